/** How a token is handed to later steps. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { VerifiedToken } from '../../src/hub/verdict/verify.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { COPIES_STATE } from '../../src/runner/copies.ts'
import { deliver } from '../../src/runner/deliver/deliver.ts'
import { DELIVERED_STATE, planDelivery } from '../../src/runner/deliver/plan.ts'
import { readJob } from '../../src/runner/inputs.ts'
import type { Request } from '../../src/token/request.ts'
import { Step } from './step.ts'

const TOKEN = 'hf_DeliveredDeliveredDeliveredDelive'
const EXPIRES_AT = Date.parse('2026-11-22T18:00:00Z')

let step: Step
beforeEach(() => {
  step = new Step({ GIT_CONFIG_COUNT: undefined, HF_OIDC_VARIABLES: undefined, HF_OIDC_GIT: undefined })
})
afterEach(() => step.end())

const token = { value: TOKEN, identity: 'acme-ci', kind: 'fine-grained', expiresAt: EXPIRES_AT, origin: {} }
const identity = { subject: 'repo:acme/x', audience: 'acme' } as unknown as Identity
const request = (rest: Partial<Request> = {}): Request =>
  ({
    org: 'acme',
    hubEndpoint: 'https://hub.example.com:8443',
    exportEnv: ['HF_TOKEN'],
    exportFile: false,
    exportHome: false,
    gitCredentials: false,
    source: { kind: 'secrets-manager' },
    repositories: [],
    ...rest,
  }) as Request
const run = (rest: Partial<Request> = {}) =>
  deliver(token as unknown as VerifiedToken, identity, request(rest), readJob(process.env))
const everything = { exportFile: true, gitCredentials: true }

test('variables, files, Git and outputs get the token, and the reader is told where', () => {
  expect(run(everything)).toBe(
    '$HF_TOKEN, the file at $HF_TOKEN_PATH, Git for hub.example.com:8443/acme and the output hf-token',
  )
  const env = Object.fromEntries(step.env)
  const directory = dirname(env.HF_TOKEN_PATH ?? '')
  expect(dirname(directory)).toBe(step.temp)
  expect(env).toEqual({
    HF_TOKEN: TOKEN,
    HF_TOKEN_PATH: join(directory, 'token'),
    GIT_CONFIG_KEY_0: 'credential.https://hub.example.com:8443.helper',
    GIT_CONFIG_VALUE_0: '',
    GIT_CONFIG_KEY_1: 'credential.https://hub.example.com:8443.useHttpPath',
    GIT_CONFIG_VALUE_1: 'true',
    GIT_CONFIG_KEY_2: 'credential.https://hub.example.com:8443.helper',
    GIT_CONFIG_VALUE_2: expect.stringMatching(/^!eval .* 'https:\/\/hub\.example\.com:8443'$/),
    GIT_CONFIG_COUNT: '3',
    HF_OIDC_GIT_HELPER: expect.stringMatching(/^hf_oidc_git\(\) \{/),
    // The whole value is the path: in a container action, the runner rewrites such a value only.
    HF_OIDC_GIT_ANSWER_0: join(directory, 'git-credentials').replaceAll('\\', '/'),
    HF_OIDC_GIT: [
      '0',
      ...['acme', 'datasets/acme', 'spaces/acme', 'kernels/acme', 'buckets/acme'].map(
        (path) => `https://hub.example.com:8443/${path}`,
      ),
    ].join(' '),
    HF_OIDC_VARIABLES: 'HF_TOKEN HF_TOKEN_PATH',
  })
  expect(readFileSync(env.HF_TOKEN_PATH ?? '', 'utf8')).toBe(TOKEN)
  expect(readFileSync(join(directory, 'git-credentials'), 'utf8')).toContain(`password=${TOKEN}`)
  expect(readdirSync(directory).sort()).toEqual(['git-credentials', 'token'])
  expect(step.outputs).toMatchObject({
    'hf-token': TOKEN,
    'hf-identity': 'acme-ci',
    'hf-token-expires-at': '2026-11-22T18:00:00.000Z',
    'ecs-secret': '',
    'oidc-subject': 'repo:acme/x',
  })
})

test('a use that replaces the prefix of an earlier one for git says so', () => {
  step.set({ HF_OIDC_GIT: '4 https://hub.example.com:8443/acme/model https://hub.example.com:8443/acme/model.git' })
  const source = { kind: 'trusted-publisher', resource: 'acme/other' } as const
  run({ gitCredentials: true, source })
  expect(step.visible).not.toContain('warning')
  expect(Object.fromEntries(step.env).HF_OIDC_GIT).toMatch(/^4 .*acme\/model\.git\|5 https:.*acme\/other /)
  run({ gitCredentials: true, source: { ...source, resource: 'acme/model' } })
  expect(step.visible).toContain(
    '::warning::An earlier use of this action in this job gave git a token for https://hub',
  )
})

test('clients that know no variable find the token in the home folder', () => {
  const path = join(step.temp, 'home', 'token')
  step.set({ HF_HOME: join(step.temp, 'home') })
  expect(run({ exportEnv: [], exportFile: true, exportHome: true })).toBe(
    `the file at $HF_TOKEN_PATH, ${path} and the output hf-token`,
  )
  expect(readFileSync(path, 'utf8')).toBe(TOKEN)
  expect(run({ exportEnv: [], exportFile: true, exportHome: true })).toBe(
    'the file at $HF_TOKEN_PATH and the output hf-token',
  )
  rmSync(path)
  step.set({ HF_HOME: join(step.temp, 'home', 'token', 'deeper') })
  writeFileSync(path, 'a file')
  expect(() => run({ exportEnv: [], exportFile: true, exportHome: true })).toThrow(
    'a place where the runner’s user can',
  )
})

test('a token without a known expiry has an empty output for it', () => {
  deliver({ ...token, expiresAt: undefined } as unknown as VerifiedToken, identity, request(), readJob(process.env))
  expect(step.outputs['hf-token-expires-at']).toBe('')
})

test('the token is masked before anything else, and printed nowhere', () => {
  run(everything)
  expect(step.lines[0]).toBe(`::add-mask::${TOKEN}`)
  expect(step.visible).not.toContain(TOKEN)
})

test('the state for post holds no token, and lists what was delivered', () => {
  step.set({ GIT_CONFIG_COUNT: '2' })
  run({ ...everything, exportEnv: ['HUB', 'HF_TOKEN'] })
  const env = Object.fromEntries(step.env)
  expect(JSON.parse(step.state[DELIVERED_STATE] ?? '')).toEqual({
    directory: dirname(env.HF_TOKEN_PATH ?? ''),
    variables: ['HUB', 'HF_TOKEN'],
    git: {
      use: 0,
      count: 2,
      entries: [2, 3, 4].map((at) => [`GIT_CONFIG_KEY_${at}`, `GIT_CONFIG_VALUE_${at}`].map((name) => env[name])),
    },
  })
  // By this, post recognizes copies that other programs make of it.
  expect(JSON.parse(step.state[COPIES_STATE] ?? '')).toMatchObject({
    hash: createHash('sha256').update(TOKEN).digest('hex'),
    length: TOKEN.length,
  })
  expect(JSON.stringify(step.state)).not.toContain(TOKEN)
})

test('variables of an earlier use are remembered', () => {
  step.set({ HF_OIDC_VARIABLES: 'HF_TOKEN OTHER' })
  run({ exportEnv: ['HF_TOKEN', 'HUB'] })
  expect(Object.fromEntries(step.env).HF_OIDC_VARIABLES).toBe('HF_TOKEN OTHER HUB')
})

test('without variables, only the outputs are set', () => {
  expect(run({ exportEnv: [] })).toBe('the output hf-token')
  expect(step.env).toEqual([])
  expect(planDelivery(request(), readJob(process.env))).toEqual({
    tokenFile: undefined,
    homeFiles: [],
    gitAnswer: undefined,
    delivered: { directory: undefined, variables: ['HF_TOKEN'], git: undefined },
  })
})

describe('a runner that does not accept what the action writes', () => {
  test.each(['GITHUB_ENV', 'GITHUB_OUTPUT', 'GITHUB_STATE'])('gets nothing without %s', (name) => {
    step.set({ [name]: '' })
    expect(() => run(everything)).toThrow(
      `[delivery-failed] The token is valid, but it could not be passed to later steps.\nSeen: no value in \`${name}\`\n`,
    )
    step.set({ [name]: join(step.temp, 'none') })
    expect(step.visible).not.toContain(TOKEN)
    expect(readdirSync(step.temp)).toEqual([])
  })

  test('gets no file or variable unless post knows about it', () => {
    step.set({ GITHUB_STATE: step.temp })
    expect(() => run(everything)).toThrow(/^Seen: a write that failed with EISDIR$/m)
    expect(readdirSync(step.temp)).toEqual([])
    expect(step.env).toEqual([])
  })

  test('fails with the system’s error code, and not with a text that may quote the token', () => {
    step.set({ RUNNER_TEMP: join(step.temp, 'none') })
    expect(() => run(everything)).toThrow(/^Seen: a write that failed with ENOENT$/m)
    expect(existsSync(join(step.temp, 'none'))).toBe(false)
    expect(step.env).toEqual([])
    // Post cleans up all the same.
    expect(step.state).toHaveProperty(DELIVERED_STATE)
  })
})
