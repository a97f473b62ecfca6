import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Origin } from '../../src/hub/token.ts'
import { credentialAnswer, gitConfig, gitVariables } from '../../src/runner/deliver/git.ts'
import { makePrivateDirectory, writePrivateFile } from '../../src/runner/deliver/private-file.ts'
import { ecsSecret } from '../../src/token/ecs-secret.ts'
import type { Request } from '../../src/token/request.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deliver-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('git', () => {
  test('the helper answers with the token as the password', () => {
    expect(credentialAnswer('hf_abcdefgh')).toBe('username=hf-oidc-action\npassword=hf_abcdefgh\n')
  })

  test('is configured for the organization’s repositories of every kind, and asks no other helper', () => {
    const section = (place: string) =>
      `[credential "https://huggingface.co/${place}"]\n\tuseHttpPath = true\n\thelper =\n\thelper = "!f() { test \\"$1\\" = get && cat '/x'; }; f"\n`
    expect(gitConfig('https://huggingface.co/', 'acme', '/x')).toBe(
      ['acme', 'datasets/acme', 'spaces/acme'].map(section).join(''),
    )
  })

  test('paths of Windows, with spaces and with quotes survive', () => {
    expect(gitConfig('https://huggingface.co', 'acme', 'C:\\a b\\answer')).toContain(`cat 'C:/a b/answer'`)
    expect(gitConfig('https://huggingface.co', 'acme', "/a'b")).toContain(`cat '/a'\\\\''b'`)
  })

  test('what the job configures by variables already is kept', () => {
    expect(gitVariables('/x/gitconfig', 2)).toEqual([
      ['GIT_CONFIG_KEY_2', 'include.path'],
      ['GIT_CONFIG_VALUE_2', '/x/gitconfig'],
      ['GIT_CONFIG_COUNT', '3'],
    ])
  })
})

describe('private files', () => {
  test('on Windows the access list names the owner alone, without a shell', () => {
    const calls: [string, readonly string[]][] = []
    const path = join(folder, 'windows')
    makePrivateDirectory(path, 'win32', (file, args) => calls.push([file, args]))
    expect(calls).toEqual([
      [expect.stringContaining('icacls.exe'), [path, '/inheritance:r', '/grant:r', '*S-1-3-4:(OI)(CI)F']],
    ])
  })

  test('elsewhere nothing is run', () => {
    makePrivateDirectory(join(folder, 'linux'), 'linux', () => {
      throw new Error('ran something')
    })
  })

  test('a file that is there is not written', () => {
    const path = join(folder, 'file')
    writePrivateFile(path, 'one')
    expect(() => writePrivateFile(path, 'two')).toThrow(/EEXIST/)
    expect(readFileSync(path, 'utf8')).toBe('one')
    expect(existsSync(path)).toBe(true)
  })
})

describe('the line for ECS', () => {
  const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf'
  const line = (secretKey: string | undefined, stage: string, exportEnv = ['HF_TOKEN']) =>
    ecsSecret(
      { aws: { secretArn: arn, secretKey, secretStage: stage, holdsToken: true } } as unknown as Origin,
      { exportEnv } as unknown as Request,
    )

  test.each([
    ['token', 'AWSCURRENT', `HF_TOKEN=${arn}:token::`],
    [undefined, 'AWSCURRENT', `HF_TOKEN=${arn}`],
    ['token', 'BLUE', `HF_TOKEN=${arn}:token:BLUE:`],
    [undefined, 'BLUE', `HF_TOKEN=${arn}::BLUE:`],
  ])('key %s, stage %s', (key, stage, expected) => expect(line(key, stage)).toBe(expected))

  test('there is none for a minted token', () => {
    const request = { exportEnv: ['HF_TOKEN'] } as unknown as Request
    expect(ecsSecret({ aws: undefined } as unknown as Origin, request)).toBe('')
    expect(ecsSecret({ aws: { secretArn: arn, holdsToken: false } } as unknown as Origin, request)).toBe('')
  })

  test('has the name that the job uses', () => {
    expect(line('token', 'AWSCURRENT', ['HUB', 'X'])).toMatch(/^HUB=/)
    expect(line('token', 'AWSCURRENT', [])).toMatch(/^HF_TOKEN=/)
  })
})
