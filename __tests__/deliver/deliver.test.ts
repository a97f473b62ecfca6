import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ecsSecret } from '../../src/deliver/ecs-secret.ts'
import { credentialStore, gitConfig, gitVariables } from '../../src/deliver/git.ts'
import { makePrivateDirectory, writePrivateFile } from '../../src/deliver/private-file.ts'
import type { Request } from '../../src/inputs/request.ts'
import type { Origin } from '../../src/sources/token-source.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'deliver-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe('git', () => {
  test('the store has the token as the password for the Hub’s host alone', () => {
    expect(credentialStore('https://huggingface.co', 'hf_a/b@c')).toBe(
      'https://hf-oidc-action:hf_a%2Fb%40c@huggingface.co\n',
    )
    expect(credentialStore('http://127.0.0.1:81/hub', 'hf_x')).toBe('http://hf-oidc-action:hf_x@127.0.0.1:81\n')
  })

  test('paths of Windows, with spaces and with quotes survive', () => {
    expect(gitConfig('https://huggingface.co', 'acme', 'C:\\a b\\store')).toContain(
      `helper = "store --file='C:/a b/store'"`,
    )
    const helper = `\thelper =\n\thelper = "store --file='/a'\\\\''b\\"c'"\n`
    expect(gitConfig('https://huggingface.co/', 'acme', '/a\'b"c')).toBe(
      ['acme', 'datasets/acme', 'spaces/acme']
        .map((place) => `[credential "https://huggingface.co/${place}"]\n${helper}`)
        .join(''),
    )
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
