/** The name of the role session, which CloudTrail shows. */
import { describe, expect, test } from '@jest/globals'
import { sessionName } from '../../src/aws/session-name.ts'

const job = (repository: string, runId = '123') => ({ repository, runId })

describe('a session without a name of its own', () => {
  test('is named after the repository and the run', () => {
    expect(sessionName('', job('octo-org/octo-repo'))).toBe('hf-oidc-octo-org-octo-repo-123')
  })

  test('keeps the repository rather than its owner when both do not fit', () => {
    expect(sessionName('', job(`${'o'.repeat(60)}/octo-repo`))).toBe('hf-oidc-octo-repo-123')
  })

  test('keeps the run, whatever else is cut', () => {
    const name = sessionName('', job(`octo-org/${'r'.repeat(100)}`, '12345678901'))
    expect(name).toHaveLength(64)
    expect(name).toMatch(/^hf-oidc-r+-12345678901$/)
  })

  test('needs neither repository nor run', () => {
    expect(sessionName('', job('', ''))).toBe('hf-oidc')
  })
})

describe('a name that is given', () => {
  test.each([
    ['release', 'release'],
    ['a b/c:d\n', 'a-b-c-d-'],
    ['x', 'x-'],
    ['n'.repeat(65), 'n'.repeat(64)],
  ])('%j becomes %j, which STS accepts', (given, name) => expect(sessionName(given, job('o/r'))).toBe(name))
})
