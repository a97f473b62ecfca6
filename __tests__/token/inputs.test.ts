import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { projectRoot } from '../../sandbox/root.ts'
import { sessionName } from '../../src/aws/session-name.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { issuerOf } from '../../src/identity/issuer.ts'
import type { Job } from '../../src/identity/job.ts'
import type { RawInputs } from '../../src/inputs/raw.ts'
import { closest } from '../../src/text/closest.ts'
import { INPUT_NAMES, INPUTS, type InputName } from '../../src/token/inputs/definitions.ts'
import { parseInputs } from '../../src/token/inputs/parse.ts'
import type { Request } from '../../src/token/request.ts'

type Raw = RawInputs<InputName>

const JOB: Job = {
  idTokenRequest: undefined,
  serverUrl: 'https://github.com',
  repository: 'octo-org/octo-repo',
  runId: '123',
  runAttempt: '1',
  eventName: 'push',
  actor: 'octocat',
  workflow: '',
  tempDirectory: '/tmp',
  presetVariables: new Set(),
  ownVariables: new Set(),
  gitConfigCount: 0,
}

function raw(given: Partial<Raw['values']> = {}, rest: Partial<Raw> = {}): Raw {
  const values = Object.fromEntries(INPUT_NAMES.map((name) => [name, INPUTS[name] ?? ''])) as Raw['values']
  return {
    values: { ...values, 'hf-org': 'acme', 'role-to-assume': 'arn:aws:iam::123456789012:role/hf', ...given },
    unknown: [],
    awsRegion: 'eu-west-1',
    hfEndpoint: '',
    awsVariables: {},
    environmentProblems: [],
    ...rest,
  }
}

const request = (given: Partial<Raw['values']> = {}, rest: Partial<Raw> = {}, job: Partial<Job> = {}): Request =>
  parseInputs(raw(given, rest), { ...JOB, ...job })

function problems(given: Partial<Raw['values']>, rest: Partial<Raw> = {}): string {
  try {
    request(given, rest)
  } catch (error) {
    if (error instanceof ActionError) return error.message
    throw error
  }
  return 'no problem'
}

test('action.yml and the code have the same inputs and defaults', () => {
  const { inputs } = parse(readFileSync(join(projectRoot, 'action.yml'), 'utf8')) as {
    inputs: Record<string, { default?: string; required?: boolean }>
  }
  expect(Object.fromEntries(Object.entries(inputs).map(([name, input]) => [name, input.default]))).toEqual(INPUTS)
  expect(Object.keys(inputs).filter((name) => inputs[name]?.required)).toEqual(['hf-org'])
})

test('the defaults make a whole request', () => {
  expect(request()).toEqual({
    org: 'acme',
    scope: 'read',
    audience: 'acme',
    issuer: 'https://token.actions.githubusercontent.com',
    claimRules: [],
    idTokenFrom: { kind: 'github' },
    source: { kind: 'secrets-manager' },
    revoke: 'auto',
    aws: {
      role: { arn: 'arn:aws:iam::123456789012:role/hf', partition: 'aws', account: '123456789012' },
      region: 'eu-west-1',
      roleSessionName: 'hf-oidc-octo-org-octo-repo-123',
      roleDurationSeconds: 900,
      sessionPolicy: 'auto',
      awsEndpoints: { urls: {}, useFips: false, useDualstack: false },
      secret: { id: 'huggingface/acme/read', key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' },
    },
    repositories: [],
    verify: 'strict',
    minLifetimeSeconds: 600,
    exportEnv: ['HF_TOKEN'],
    exportFile: false,
    gitCredentials: false,
    hubEndpoint: 'https://huggingface.co',
    endpointOverrides: [],
    timeoutMs: 60_000,
    maxAttempts: 4,
  })
})

describe('the issuer follows from the server', () => {
  test.each([
    ['https://github.com', 'https://token.actions.githubusercontent.com'],
    ['https://ghes.example.com', 'https://ghes.example.com/_services/token'],
    ['https://ghes.example.com:8443/', 'https://ghes.example.com:8443/_services/token'],
    ['https://octocorp.ghe.com', 'https://token.actions.octocorp.ghe.com'],
  ])('%s → %s', (server, issuer) => expect(issuerOf(server)).toBe(issuer))

  test('unless it is given', () => {
    const issuer = 'https://token.actions.githubusercontent.com/octocorp'
    expect(request({ 'oidc-issuer': issuer }).issuer).toBe(issuer)
  })

  test('and must be https', () => {
    expect(() => request({}, {}, { serverUrl: 'http://ghes.example.com' })).toThrow(/cannot be derived/)
  })
})

describe('roles and secrets', () => {
  test.each(['aws', 'aws-cn', 'aws-us-gov', 'aws-iso', 'aws-iso-b', 'aws-eusc'])('in the partition %s', (partition) => {
    const aws = request({ 'role-to-assume': `arn:${partition}:iam::123456789012:role/path/hf` }).aws
    expect(aws?.role).toMatchObject({ partition, account: '123456789012' })
  })

  test('a secret’s ARN brings its own region', () => {
    const id = 'arn:aws:secretsmanager:us-east-1:123456789012:secret:huggingface/acme/read-AbCdEf'
    expect(request({ 'secret-id': id }).aws?.secret).toMatchObject({ id, region: 'us-east-1' })
  })

  test('a secret whose session policy would be too long for STS is refused', () => {
    const id = `arn:aws:secretsmanager:us-east-1:123456789012:secret:${'n'.repeat(512)}-AbCdEf`
    expect(problems({ 'secret-id': id })).toMatch(/`secret-id` .*`session-policy: auto`/)
    expect(problems({ 'secret-id': id, 'session-policy': 'none' })).toBe('no problem')
  })

  test('a secret in another partition is refused', () => {
    expect(problems({ 'secret-id': 'arn:aws-cn:secretsmanager:cn-north-1:123456789012:secret:x-AbCdEf' })).toContain(
      'is in the partition aws-cn',
    )
  })
})

describe('audiences that name the organization', () => {
  test.each(['acme', '{org}', 'https://huggingface.co/acme', 'https://huggingface.co/{org}'])('%s', (audience) =>
    expect(request({ audience }).audience).toBe(audience.replace('{org}', 'acme')),
  )

  test('the endpoint in use', () => {
    const rest = { hfEndpoint: 'https://hub.corp.example/' }
    expect(request({ audience: 'https://hub.corp.example/acme' }, rest).audience).toBe('https://hub.corp.example/acme')
  })

  test.each([
    'Acme',
    'acme ',
    'acme/',
    'https://huggingface.co/acme/',
    'https://evil.co/acme',
    'sts.amazonaws.com',
    'acm',
    'acme2',
  ])('not "%s"', (audience) => expect(problems({ audience })).toMatch(/^\[audience-mismatch\]/))
})

describe('lists', () => {
  test('claim rules keep everything behind the first equals sign', () => {
    expect(request({ 'required-claims': ' ref = refs/heads/*\n\nsub=repo:a=b:*\r\n' }).claimRules).toEqual([
      { claim: 'ref', pattern: 'refs/heads/*' },
      { claim: 'sub', pattern: 'repo:a=b:*' },
    ])
  })

  test('repositories are told apart by kind, and each is checked once', () => {
    const { repositories } = request({
      repositories: 'acme/model\ndatasets/acme/data\nspaces/acme/app\nmodels/acme/model',
    })
    expect(repositories.map(({ kind, label }) => [kind, label])).toEqual([
      ['models', 'acme/model'],
      ['datasets', 'datasets/acme/data'],
      ['spaces', 'spaces/acme/app'],
    ])
  })

  test.each(['acme', 'datasets/acme', 'a/b/c/d', 'acme/../x', 'acme/mo del', '/acme/x', 'kernels/acme/x', 'acme/x?y'])(
    '"%s" is no repository',
    (line) => expect(problems({ repositories: line })).toContain('`repositories` has the line'),
  )

  test.each(['GITHUB_ENV', 'runner_temp', 'NODE_OPTIONS', 'PATH', '1A', 'A-B', 'A=B'])(
    '%s is no variable to export',
    (name) => expect(problems({ 'export-env': name })).toContain('`export-env` has'),
  )
})

describe('`revoke`', () => {
  const minted = { 'token-source': 'trusted-publisher', 'role-to-assume': '', 'hf-resource': 'acme/model' }

  test.each([
    ['auto', 'auto'],
    ['true', 'true'],
    ['TRUE', 'true'],
    ['False', 'false'],
  ])('%s is %s', (revoke, mode) => expect(request({ ...minted, revoke }, { awsRegion: '' }).revoke).toBe(mode))

  test.each(['yes', 'AUTO', ''])('"%s" is refused', (revoke) =>
    expect(problems({ ...minted, revoke })).toContain('it is one of auto, true and false'),
  )

  test('is not for a stored token, unless it is left at its default', () => {
    expect(request({ revoke: 'auto' }).revoke).toBe('auto')
    for (const revoke of ['true', 'false']) expect(problems({ revoke })).toContain('`revoke` is not used with')
  })
})

describe('what is refused', () => {
  test.each<[keyof Raw['values'], string]>([
    ['hf-org', ''],
    ['hf-org', '-acme'],
    ['hf-org', 'https://huggingface.co/acme'],
    ['role-to-assume', ''],
    ['role-to-assume', 'hf'],
    ['aws-region', 'europe'],
    ['secret-id', 'with space'],
    ['secret-id', 'arn:aws:secretsmanager:x'],
    ['secret-version-stage', 'A B'],
    ['verify', 'yes'],
    ['timeout', '0s'],
    ['timeout', '2h'],
    ['export-file', 'yes'],
    ['git-credentials', '1'],
    ['role-duration-seconds', '60'],
    ['max-attempts', '11'],
    ['session-policy', '[]'],
    ['session-policy', '{}'],
    ['session-policy', JSON.stringify({ Statement: 'x'.repeat(2048) })],
    ['hf-endpoint', 'huggingface.co'],
    ['hf-endpoint', 'http://huggingface.co'],
    ['hf-endpoint', 'https://huggingface.co?x=1'],
    ['oidc-issuer', 'http://issuer.example.com'],
  ])('%s: "%s"', (name, value) => expect(problems({ [name]: value })).toContain(`\`${name}\``))

  test('a misspelt input, with a guess', () => {
    expect(problems({}, { unknown: ['hf_org', 'hforg', 'banana'] })).toMatch(
      /`hf_org` is not an input of this action; did you mean `hf-org`\?\n.*`hforg`.*`hf-org`\?\n.*`banana` is not an input of this action$/m,
    )
  })
})

test('only near words are guessed', () => {
  expect([closest('scop', INPUT_NAMES), closest('xyz', INPUT_NAMES)]).toEqual(['scope', undefined])
})

describe('the session name', () => {
  test('leads back to the run, whatever is cut', () => {
    const repository = `${'o'.repeat(39)}/${'r'.repeat(100)}`
    const name = sessionName('', { repository, runId: '17000000001' })
    expect(name).toMatch(/^hf-oidc-r+-17000000001$/)
    expect(name.length).toBe(64)
  })

  test.each([
    ['', 'hf-oidc-octo-org-octo-repo-123'],
    ['my job/über #1', 'my-job-ber-1'],
    ['x', 'x-'],
  ])('given "%s" is "%s"', (given, name) => expect(sessionName(given, JOB)).toBe(name))
})
