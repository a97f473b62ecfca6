/** What proves the runner's own identity to AWS: what is read, and what is refused. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { awsTokenFrom } from '../../src/runner/aws-token.ts'
import { Step } from './step.ts'

let folder: string
let step: Step
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aws-token-'))
  step = new Step()
})
afterEach(() => {
  step.end()
  rmSync(folder, { recursive: true, force: true })
})

const file = (text: string) => {
  const path = join(folder, 'token')
  writeFileSync(path, text)
  return { kind: 'file', path } as const
}
const VARIABLE = 'AWS_CONTAINER_AUTHORIZATION_TOKEN'

describe('the token', () => {
  test.each(['eyJhbGciOiJSUzI1NiJ9.e30.sig', 'Basic dXNlcjpwYXNz', 'Bearer abcdefgh'])(
    '%s is read and masked',
    (token) => {
      expect(awsTokenFrom({})(file(`${token}\n`))).toBe(token)
      expect(awsTokenFrom({ [VARIABLE]: ` ${token} ` })({ kind: 'variable' })).toBe(token)
      expect(step.masks).toEqual([token, token])
    },
  )

  test('need not be in a variable', () => {
    expect(awsTokenFrom({})({ kind: 'variable' })).toBeUndefined()
    expect(awsTokenFrom({ [VARIABLE]: ' ' })({ kind: 'variable' })).toBeUndefined()
  })

  test('may be behind a link, as Kubernetes mounts it', () => {
    const { path } = file('the-token-of-the-pod')
    symlinkSync(path, join(folder, 'link'))
    expect(awsTokenFrom({})({ kind: 'file', path: join(folder, 'link') })).toBe('the-token-of-the-pod')
  })

  test.each([
    ['several lines', 'the-first-line\nthe-second-line'],
    ['a control character', 'the-token\u0007-of-the-pod'],
    ['letters beyond ASCII', 'the-tökén-of-the-pod'],
    ['nothing', ''],
    ['a few characters', 'x'],
    ['more than anybody makes', 'x'.repeat(70_000)],
  ])('is not a file with %s', (_what, text) => {
    const read = () => awsTokenFrom({})(file(text))
    expect(read).toThrow(/^\[aws-identity-unavailable\]/)
    if (text.length > 9) expect(read).not.toThrow(text.slice(0, 9))
    expect(step.lines).toEqual([])
  })

  test('is not in a folder', () => {
    expect(() => awsTokenFrom({})({ kind: 'file', path: folder })).toThrow(/^\[aws-identity-unavailable\]/)
  })
})
