/** Where a message sends people for a new token, and what it says about the preset there. */
import { describe, expect, test } from '@jest/globals'
import { coveringScope } from '../../src/hub/covering-scope.ts'
import { createToken } from '../../src/hub/new-token.ts'
import { hubPages } from '../../src/hub/pages.ts'
import { REPOSITORY_RIGHTS, USER_RIGHTS } from '../../src/hub/scopes.ts'
import { plain } from '../../src/text/message.ts'
import { requirement } from './tokens.ts'

const linkFor = (scope: string, permissions: string[] = []) =>
  hubPages('https://huggingface.co').newToken('acme', requirement({ scope, permissions }))

describe('the link to the token page', () => {
  test.each([
    ['identity', 'preset=read-only'],
    ['read', 'preset=read-only'],
    ['contribute', 'preset=read-only'],
    ['write', 'preset=ci-cd'],
    ['read+write', 'preset=ci-cd'],
    ['write+infer', 'preset=ci-cd'],
    ['infer', 'preset=inference'],
    ['read+infer', 'preset=inference'],
    ['admin', 'preset=write'],
    ['write+admin', 'preset=write'],
  ])('selects the preset for scope %s: %s', (scope, query) =>
    expect(linkFor(scope)).toBe(`https://huggingface.co/settings/tokens/new?${query}&orgs=acme`),
  )

  test.each([
    [['repo.content.read'], 'preset=read-only'],
    [['repo.content.read', 'repo.content.write'], 'preset=ci-cd'],
    [['inference.endpoints.infer.write'], 'preset=inference'],
    [['org.write', 'repo.write'], 'preset=write'],
    [['org.serviceAccounts.read', 'org.serviceAccounts.write'], 'tokenType=fineGrained'],
    [['job.write'], 'tokenType=fineGrained'],
  ])('selects the preset for the permissions %j: %s', (permissions, query) =>
    expect(linkFor('read', permissions)).toBe(`https://huggingface.co/settings/tokens/new?${query}&orgs=acme`),
  )
})

describe('the advice on a new token', () => {
  const advice = (scope: string, permissions: string[] = [], hubEndpoint = 'https://hub.acme.example') =>
    plain(createToken(requirement({ scope, permissions, hubEndpoint })))

  test('names the preset, what the token needs, and the classic token behind "Full Access"', () => {
    const text = advice('write')
    expect(text).toMatch(
      /^Create a new fine-grained token at https:\/\/hub\.acme\.example\/settings\/tokens\/new\?preset=ci-cd&orgs=acme\.$/m,
    )
    expect(text).toContain(
      'the preset "CI/CD", which may contain more or less than you need. On acme, select `repo.content.read` and `repo.write`.',
    )
    expect(text).toContain('Remove everything else, or list it in `allow`.')
    expect(text).toContain('Do not use the preset "Full Access"; it creates a classic token.')
  })

  test('does not name a preset where none fits', () => {
    const text = advice('read', ['org.serviceAccounts.write'])
    expect(text).toContain('choose acme and select only `org.serviceAccounts.write`')
    expect(text).not.toContain('The link selects')
  })

  test('says which of several permissions are enough, and when none is needed', () => {
    expect(advice('infer')).toContain('select `inference.serverless.write` or `inference.endpoints.infer.write`.')
    expect(advice('identity')).toContain('select no permissions.')
    expect(advice('read', ['repo.write'])).toContain('select `repo.write`.')
  })
})

describe('the scope that would have covered a surplus', () => {
  const covering = (scope: string, surplus: string[], permissions: string[] = []) =>
    coveringScope(requirement({ scope, permissions }), surplus)

  test.each<[string, string[], string]>([
    ['read', ['inference.serverless.write'], 'read+infer'],
    ['read', ['inference.endpoints.infer.write', 'inference.serverless.write'], 'read+infer'],
    ['read', ['inference-api'], 'read+infer'],
    ['write', ['inference.serverless.write'], 'write+infer'],
    ['read', ['repo.write'], 'write'],
    ['read', ['write-repos'], 'write'],
    ['read', ['repo.content.write', 'discussion.write'], 'write'],
    ['read', ['repo.write', 'inference.serverless.write'], 'write+infer'],
    ['infer', ['repo.write'], 'write+infer'],
    ['read', ['repo.contribute'], 'read+contribute'],
    ['contribute', ['repo.write'], 'write'],
    ['identity', ['inference.serverless.write'], 'infer'],
  ])('of scope %s and %j: %s', (scope, surplus, expected) => expect(covering(scope, surplus)).toBe(expected))

  test.each<[string, string[], string[]]>([
    // No scope has it.
    ['read', ['job.write'], []],
    ['read', ['repo.write', 'job.write'], []],
    // Administration is never proposed.
    ['read', ['org.write'], []],
    // The token may not have what the scope needs.
    ['read', ['discussion.write'], []],
    // It was included already, and yet not requested.
    ['read', ['collection.read'], []],
    ['read', ['collection.read', 'inference.serverless.write'], []],
    // Outside the organization.
    ['read', ['repo.write@user:rosa'], []],
    // An OAuth scope without a permission, and a part of whoami-v2 that nobody knows.
    ['read', ['gated-repos'], []],
    ['read', ['inference-api', 'gated-repos'], []],
    ['read', ['canReadGatedRepos'], []],
    ['read', [], []],
    // Exact permissions have no scope.
    ['read', ['inference.serverless.write'], ['repo.content.read']],
  ])('is not there for scope %s and %j (permissions %j)', (scope, surplus, permissions) =>
    expect(covering(scope, surplus, permissions)).toBeUndefined(),
  )

  test('is one that this kind of token can provide', () => {
    const read = requirement({ scope: 'read' })
    expect(coveringScope(read, ['inference-api'], USER_RIGHTS)).toBe('read+infer')
    expect(coveringScope(read, ['inference-api'], REPOSITORY_RIGHTS)).toBeUndefined()
    expect(coveringScope(read, ['repo.write'], REPOSITORY_RIGHTS)).toBe('write')
    expect(coveringScope(read, ['repo.write'], USER_RIGHTS)).toBeUndefined()
  })
})
