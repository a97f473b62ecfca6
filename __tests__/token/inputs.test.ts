import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { projectRoot } from '../../sandbox/root.ts'
import { sessionName } from '../../src/aws/session-name.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { issuerOf } from '../../src/identity/issuer.ts'
import type { Job } from '../../src/identity/job.ts'
import type { RawInputs } from '../../src/inputs/raw.ts'
import { closest } from '../../src/text/closest.ts'
import { INPUT_NAMES, INPUTS, type InputName } from '../../src/token/inputs/definitions.ts'
import { parseInputs } from '../../src/token/inputs/parse.ts'
import type { Request } from '../../src/token/request.ts'
import { platformOf } from '../platform/platforms.ts'

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
  hubTokenFiles: [],
  presetVariables: new Set(),
  ownVariables: new Set(),
  clientVariables: {},
  gitUses: [],
  gitConfigCount: 0,
  platform: platformOf(),
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
  parseInputs(raw(given, rest), {
    ...JOB,
    clientVariables: rest.hfEndpoint ? { HF_ENDPOINT: rest.hfEndpoint } : {},
    ...job,
  })

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

test('the defaults make a complete request', () => {
  expect(request()).toEqual({
    org: 'acme',
    scope: 'read',
    scopes: ['read'],
    permissions: [],
    allow: [],
    notation: 'input',
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
    repositoriesOnly: false,
    verify: 'strict',
    proofMaxAgeSeconds: 691_200,
    minLifetimeSeconds: 600,
    exportEnv: ['HF_TOKEN'],
    exportFile: false,
    exportHome: false,
    gitCredentials: false,
    hubEndpoint: 'https://huggingface.co',
    clientEndpoint: undefined,
    endpointOverrides: [],
    timeoutMs: 60_000,
    maxAttempts: undefined,
  })
})

test('the number of attempts is limited only where it is given', () => {
  expect(request({ 'max-attempts': '3' }).maxAttempts).toBe(3)
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
    expect(() => request({}, {}, { serverUrl: 'http://ghes.example.com' })).toThrow(
      /`oidc-issuer` is required, because `GITHUB_SERVER_URL` is not an `https:\/\/` URL/,
    )
  })
})

describe('roles and secrets', () => {
  test.each([
    ['aws', 'eu-west-1'],
    ['aws-cn', 'cn-northwest-1'],
    ['aws-us-gov', 'us-gov-west-1'],
    ['aws-iso', 'us-iso-east-1'],
    ['aws-iso-b', 'us-isob-east-1'],
    ['aws-eusc', 'eusc-de-east-1'],
  ])('in the partition %s', (partition, region) => {
    const arn = `arn:${partition}:iam::123456789012:role/path/hf`
    const { aws } = request({ 'role-to-assume': arn, 'aws-region': region })
    expect(aws?.role).toMatchObject({ partition, account: '123456789012' })
    if (partition !== 'aws')
      expect(problems({ 'role-to-assume': arn })).toContain(`is in the partition \`${partition}\`, but`)
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
      'partition aws-cn',
    )
  })
})

describe('a version by its ID', () => {
  const id = '11111111-2222-4333-8444-555555555555'

  test('takes the place of the staging label', () => {
    expect(request({ 'secret-version-id': id }).aws?.secret).toMatchObject({ versionId: id, stage: 'AWSCURRENT' })
    expect(problems({ 'secret-version-id': id, 'secret-version-stage': 'AWSPREVIOUS' })).toContain(
      '`secret-version-stage` cannot be combined with `secret-version-id`',
    )
  })

  test.each(['x', 'a'.repeat(31), 'a'.repeat(65), `${id} x`, `${id}\n${id}`, `${id}:x`])('is refused as %j', (text) => {
    expect(problems({ 'secret-version-id': text })).toContain('`secret-version-id` must be the ID of a version')
  })
})

describe('{owner} and {repo}', () => {
  const identity = (repository: string) => ({ claims: { repository } }) as unknown as Identity
  const TEMPLATES = {
    'role-to-assume': 'arn:aws:iam::123456789012:role/hf/{owner}.{repo}-{scope}',
    'role-chain': 'arn:aws:iam::222222222222:role/{owner}/{repo} external-id={owner}',
    'secret-id': 'hf/{org}/{owner}/{repo}',
  }

  test('are filled in from the verified claims, and from nothing before', () => {
    const { aws } = request(TEMPLATES)
    expect([aws?.role.arn, aws?.secret.id]).toEqual([
      'arn:aws:iam::222222222222:role/{owner}/{repo}',
      'hf/acme/{owner}/{repo}',
    ])
    const filled = aws?.fill?.(identity('Octo-Org/my.repo'))
    expect(filled?.way?.hops).toEqual([
      { arn: 'arn:aws:iam::123456789012:role/hf/Octo-Org.my.repo-read', partition: 'aws', account: '123456789012' },
      {
        arn: 'arn:aws:iam::222222222222:role/Octo-Org/my.repo',
        partition: 'aws',
        account: '222222222222',
        externalId: 'Octo-Org',
      },
    ])
    expect([filled?.secret.id, filled?.fill]).toEqual(['hf/acme/Octo-Org/my.repo', undefined])
  })

  test('leave nothing to complete where there are none', () => {
    expect(request().aws?.fill).toBeUndefined()
  })

  test.each<[Partial<Raw['values']>, string]>([
    [{ 'role-to-assume': 'arn:aws:iam::{owner}:role/x' }, '`role-to-assume` must be the ARN of an IAM role'],
    [{ 'role-to-assume': 'arn:aws:iam::123456789012:{repo}/x' }, '`role-to-assume` must be the ARN of an IAM role'],
    [{ 'secret-id': 'arn:aws:secretsmanager:{owner}:123456789012:secret' }, '`secret-id` must be the name or the ARN'],
    [{ 'secret-id': '{owner} {repo}' }, '`secret-id` must be the name or the ARN'],
    [{ 'secret-id': '{owner}-{repo}' }, '`secret-id` must separate'],
    [{ 'secret-id': '{branch}' }, 'no placeholder other than `{org}`, `{scope}`, `{owner}` and `{repo}`'],
    [{ audience: '{owner}' }, 'no placeholder other than `{org}` and `{scope}`'],
  ])('are validated before any call: %j', (given, says) => expect(problems(given)).toContain(says))

  test('are refused when they make an ARN that AWS reads as that of another secret', () => {
    const prefix = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hf/'
    const fillIn = (id: string, name: string) => () =>
      request({ 'secret-id': id }).aws?.fill?.(identity(name))?.secret.id
    // The secret of octo-org/model may have the ARN …/model-AbCdEf.
    expect(fillIn(`${prefix}{owner}/{repo}`, 'octo-org/model-AbCdEf')).toThrow(
      /^\[claim-rejected\].*looks like the complete ARN of another secret/s,
    )
    expect(fillIn(`${prefix}model-{repo}`, 'octo-org/AbCdEf')).toThrow(/looks like the complete ARN of another secret/)
    expect(fillIn(`${prefix}{owner}/{repo}`, 'octo-org/model')()).toBe(`${prefix}octo-org/model`)
    expect(fillIn(`${prefix}{repo}-AbCdEf`, 'octo-org/model')()).toBe(`${prefix}model-AbCdEf`)
    expect(fillIn('hf/{owner}/{repo}', 'octo-org/model-AbCdEf')()).toBe('hf/octo-org/model-AbCdEf')
  })

  test('are refused when they make a name too long', () => {
    const { aws } = request({ 'role-to-assume': 'arn:aws:iam::123456789012:role/hf-{owner}.{repo}' })
    expect(() => aws?.fill?.(identity(`octo-org/${'r'.repeat(52)}`))).not.toThrow()
    expect(() => aws?.fill?.(identity(`octo-org/${'r'.repeat(53)}`))).toThrow(
      /^\[claim-rejected\] The name of this job’s repository does not fit.*65 characters; IAM allows 64/s,
    )
    const long = request({ 'secret-id': `${'n'.repeat(500)}{repo}` }).aws
    expect(() => long?.fill?.(identity('octo-org/octo-repo-1234'))).toThrow(/`secret-id` must be the name or the ARN/)
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

  test('repositories have a kind, and each is checked once', () => {
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
    '"%s" is not a repository',
    (line) => expect(problems({ repositories: line })).toContain('`repositories` must list repositories such as'),
  )

  test.each([
    ...['GITHUB_ENV', 'runner_temp', 'ACTIONS_X', 'NODE_OPTIONS', 'PATH', 'Home', 'HF_OIDC_VARIABLES', 'HF_TOKEN_PATH'],
    ...['HF_ENDPOINT', 'HF_HOME', 'GIT_CONFIG_COUNT', 'GIT_ASKPASS', 'LD_PRELOAD', 'DYLD_LIBRARY_PATH', 'BASH_ENV'],
    ...['ENV', 'PYTHONPATH', 'https_proxy', 'ALL_PROXY', 'SSL_CERT_FILE', 'REQUESTS_CA_BUNDLE', 'AWS_PROFILE'],
  ])('%s cannot be exported', (name) =>
    expect(problems({ 'export-env': name })).toContain('`export-env` must not list'),
  )

  test.each(['1A', 'A-B', 'A=B'])('%s is not a name', (name) =>
    expect(problems({ 'export-env': name })).toContain('`export-env` must list names'),
  )

  test.each([
    'HF_TOKEN',
    'HUGGING_FACE_HUB_TOKEN',
    'HF_TOKEN_READ',
    'HF_API_TOKEN',
    'MY_HF_TOKEN',
    'HUGGINGFACEHUB_API_TOKEN',
    'UV_PUBLISH_TOKEN',
    'GIT_PASSWORD',
    'HUGGINGFACE_TOKEN',
    'NODE_AUTH_TOKEN',
  ])('%s can be exported', (name) => expect(problems({ 'export-env': name })).toBe('no problem'))
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
    expect(problems({ ...minted, revoke })).toContain('must be one of auto, true, false'),
  )

  test('does not apply to a stored token, and its default is accepted', () => {
    expect(request({ revoke: 'auto' }).revoke).toBe('auto')
    for (const revoke of ['true', 'false']) expect(problems({ revoke })).toContain('`revoke` has no effect with')
  })
})

describe('a forgotten `token-source`', () => {
  test.each<[string, Partial<Raw['values']>, string]>([
    ['hf-resource', { 'hf-resource': 'acme/model' }, 'trusted-publisher'],
    ['service-account', { 'service-account': 'ci' }, 'service-account'],
    ['orphan-age', { 'orphan-age': '1h', 'service-account': 'ci' }, 'service-account'],
    ['member', { member: 'ci@acme.example', 'oauth-scopes': 'read-repos', revoke: 'true' }, 'token-exchange'],
    ['revoke', { revoke: 'false', 'service-account': 'ci' }, 'service-account'],
    ['revoke', { revoke: 'false', 'hf-resource': 'acme/model' }, 'trusted-publisher'],
  ])('is named once, with the line to add: %s of %j', (name, given, source) => {
    const text = problems(given)
    expect(text).toContain('There is a problem with the inputs')
    expect(text).toContain(`\`${name}\``)
    expect(text).toContain(`(only with ${source}); add the line \`token-source: ${source}\`, or remove `)
  })

  test('lists all inputs that show it, in one line', () => {
    expect(problems({ member: 'ci@acme.example', 'oauth-scopes': 'read-repos' })).toContain(
      '`member` and `oauth-scopes` have no effect with `token-source: secrets-manager` (only with token-exchange); add the line `token-source: token-exchange`, or remove them',
    )
  })

  test('does not make AWS a problem where it will not be used', () => {
    const text = problems({ 'hf-resource': 'acme/model', 'role-to-assume': '' }, { awsRegion: '' })
    expect(text).toContain('There is a problem with the inputs')
    expect(text).not.toMatch(/`role-to-assume`|`aws-region`/)
  })

  test('lets the other inputs of that source be checked', () => {
    expect(problems({ 'oauth-scopes': 'read-repos' })).toContain(
      '`member` is required with `token-source: token-exchange`',
    )
  })

  test('is not guessed when the inputs show several, or when a source was set', () => {
    const several = problems({ 'hf-resource': 'acme/model', 'service-account': 'ci' })
    expect(several).toContain('`hf-resource` has no effect with `token-source: secrets-manager`')
    expect(several).toContain('`service-account` has no effect with `token-source: secrets-manager`')
    expect(several).not.toContain('add the line')
    expect(problems({ revoke: 'true' })).toContain('; remove it')
    const set = problems({ 'token-source': 'service-account', 'service-account': 'ci', member: 'ci@acme.example' })
    expect(set).toContain('set `token-source: token-exchange`, or remove it')
  })

  test.each([
    ['admin-secret-id', 'service-account', '`secret-id` names the secret with the admin token'],
    ['admin-secret-key', 'service-account', '`secret-key` names the key of the admin token'],
    ['oauth-secret-id', 'token-exchange', '`secret-id` names the secret with the OAuth app'],
  ])('may show in a name from elsewhere: %s', (name, source, hint) => {
    const text = problems({}, { unknown: [name, 'constructor', 'version', 'node-version'] })
    expect(text).toContain(
      `\`${name}\` is not an input of this action; use ${hint.replace(/^(`[^`]+`) names/, `$1 instead: with \`token-source: ${source}\`, it names`)}`,
    )
    expect(text).not.toMatch(/constructor|version/)
  })
})

describe('inputs of another source', () => {
  const OTHERS: [string, Partial<Raw['values']>, string[]][] = [
    ['secrets-manager', {}, ['hf-resource', 'member', 'oauth-scopes', 'service-account', 'orphan-age', 'revoke']],
    [
      'trusted-publisher',
      { 'role-to-assume': '', 'hf-resource': 'acme/model' },
      [
        ...['role-to-assume', 'aws-region', 'secret-id', 'secret-key', 'secret-version-stage', 'audience'],
        ...['role-session-name', 'role-duration-seconds', 'session-policy'],
        ...['member', 'oauth-scopes', 'service-account', 'orphan-age'],
      ],
    ],
    ['token-exchange', { member: 'ci@acme.example' }, ['secret-key', 'hf-resource', 'service-account', 'orphan-age']],
    ['service-account', { 'service-account': 'ci' }, ['hf-resource', 'member', 'oauth-scopes']],
  ]

  test.each(OTHERS)('are refused with %s', (source, given, others) => {
    for (const name of others) {
      const text = problems({ 'token-source': source, ...given, [name]: 'x' })
      expect(text).toContain(`\`${name}\` has no effect with \`token-source: ${source}\` (only with `)
    }
  })

  test.each(OTHERS)('are accepted with %s as long as they have their defaults', (source, given) => {
    expect(problems({ 'token-source': source, ...given })).toBe('no problem')
  })

  test('are not a problem when the source has a typo', () => {
    expect(problems({ 'token-source': 'token-exchang', member: 'ci@acme.example' })).toMatch(
      /^Seen: `token-source` must be one of secrets-manager, .* \(got "token-exchang"\); did you mean `token-exchange`\?$/m,
    )
  })
})

describe('the resource of a Trusted Publisher', () => {
  const publisher = (resource: string, scope = 'write', org = 'acme'): Partial<Raw['values']> => ({
    'token-source': 'trusted-publisher',
    'role-to-assume': '',
    'hf-resource': resource,
    'hf-org': org,
    scope,
  })

  test.each([
    ['acme/model', 'write', 'acme/model'],
    ['models/acme/model', 'read', 'acme/model'],
    ['datasets/acme/data', 'read', 'datasets/acme/data'],
    ['kernels/acme/fast', 'write', 'kernels/acme/fast'],
    ['buckets/acme/raw', 'write', 'buckets/acme/raw'],
    ['octocat', 'read', 'octocat'],
    // A user, not a kind of repository.
    ['kernels', 'read', 'kernels'],
  ])('may be %s for scope: %s', (resource, scope, expected) => {
    expect(request(publisher(resource, scope)).source).toEqual({ kind: 'trusted-publisher', resource: expected })
  })

  test.each([
    ['', 'write', 'is required with `token-source: trusted-publisher`: a repository such as acme/model'],
    ['rivals/model', 'write', 'must be in the namespace of `hf-org`, "acme" (got "rivals/model")'],
    ['datasets/rivals/data', 'read', 'must be in the namespace of `hf-org`, "acme" (got "datasets/rivals/data")'],
    ['Acme/model', 'write', 'must be in the namespace of `hf-org`, "acme"'],
    ['dataset/acme/data', 'write', '(got "dataset/acme/data"); did you mean `datasets`?'],
    ['a/b/c/d', 'write', 'must be a repository such as acme/model, or the name of a user (got "a/b/c/d")'],
    ['acme/../x', 'write', 'must be a repository such as'],
    ['acme/', 'write', 'must be a repository such as'],
    ['kernels/acme/fast', 'read', 'the Hub cannot say whether a token only reads a kernel'],
    ['buckets/acme/raw', 'read', 'the Hub cannot say whether a token only reads a bucket'],
    ['acme/model', 'admin', 'cannot provide `scope: admin`'],
    ['octocat', 'write', 'cannot provide `scope: write`'],
  ])('"%s" is refused for scope: %s', (resource, scope, text) => {
    const told = problems(publisher(resource, scope))
    expect(told).toContain('Seen: `hf-resource` ')
    expect(told).toContain(text)
  })

  test('is exchanged for an ID token that names the Hub, and nothing else', () => {
    expect(request(publisher('acme/model'), { hfEndpoint: 'https://hub.example.com/' })).toMatchObject({
      audience: 'https://hub.example.com',
      aws: undefined,
    })
  })

  test('needs a Hub without a path: its URL is an audience', () => {
    const text = problems({ ...publisher('acme/model'), 'hf-endpoint': 'https://hub.example.com/acme' })
    expect(text).toContain('`hf-endpoint` must have no path with `token-source: trusted-publisher`')
    expect(request({ 'hf-endpoint': 'https://hub.example.com/acme', 'export-env': '' }).hubEndpoint).toBe(
      'https://hub.example.com/acme',
    )
  })
})

describe('a token exchange', () => {
  const exchange = (given: Partial<Raw['values']>) => ({
    'token-source': 'token-exchange',
    member: 'a@b.example',
    ...given,
  })

  test('requests the narrowest scopes unless others are given', () => {
    expect(request(exchange({})).source).toMatchObject({ scopes: ['read-repos'] })
    expect(request(exchange({ scope: 'write' })).source).toMatchObject({ scopes: ['write-repos'] })
    expect(request(exchange({ scope: 'write', 'oauth-scopes': 'jobs, read-repos jobs' })).source).toMatchObject({
      scopes: ['jobs', 'read-repos'],
    })
  })

  test.each([
    [{ member: '' }, '`member` is required with `token-source: token-exchange`: the email address of a member'],
    [{ member: 'rosa' }, '`member` must be an email address (got "rosa")'],
    [{ member: 'a@b\n.example' }, '`member` must be an email address'],
    [{ 'oauth-scopes': 'write-repos' }, '`oauth-scopes` must not allow more than `scope: read` (got "write-repos")'],
    [
      { 'oauth-scopes': 'read-repo' },
      '`oauth-scopes` must list OAuth scopes of the Hub (got "read-repo"); did you mean `read-repos`?',
    ],
    [{ 'oauth-scopes': 'constructor' }, '`oauth-scopes` must list OAuth scopes of the Hub (got "constructor")'],
  ])('%j is refused', (given, text) => expect(problems(exchange(given))).toContain(text))
})

describe('a service account', () => {
  test.each([
    ['', '`service-account` is required with `token-source: service-account`: its slug'],
    ['a\nb', '`service-account` must be the slug, ID, or name of a service account'],
    ['x'.repeat(97), '`service-account` must be the slug, ID, or name of a service account'],
  ])('cannot be %j', (name, text) =>
    expect(problems({ 'token-source': 'service-account', 'service-account': name })).toContain(text),
  )

  test.each(['31d', '1 day'])('cannot have orphans of the age %s', (age) => {
    const given = { 'token-source': 'service-account', 'service-account': 'ci' }
    expect(problems({ ...given, 'orphan-age': age })).toContain('`orphan-age` must be ')
    expect(request({ ...given, 'orphan-age': '30d' }).source).toMatchObject({ orphanAgeSeconds: 2_592_000 })
  })

  test('gets exactly the permissions that are listed, and they must meet a scope that is given', () => {
    const given = { 'token-source': 'service-account', 'service-account': 'ci', permissions: 'job.write' }
    expect(request(given).source).toMatchObject({ permissions: ['job.write'] })
    expect(problems({ ...given, scope: 'write' })).toContain('`permissions` must include `repo.write`')
    expect(problems({ ...given, permissions: 'post.write' })).toContain('that the Hub grants to service accounts')
  })

  test('is for repositories of the organization', () => {
    const given = { 'token-source': 'service-account', 'service-account': 'ci' }
    expect(problems({ ...given, repositories: 'rivals/model' })).toContain(
      '`repositories` must list a repository of acme',
    )
    expect(problems({ repositories: 'rivals/model' })).not.toContain('must list a repository of acme')
  })
})

describe('files', () => {
  test.each([
    ['True', true, false],
    ['FALSE', false, false],
    ['hf-home', true, true],
  ])('export-file: %s', (text, exportFile, exportHome) =>
    expect(request({ 'export-file': text }, {}, { hubTokenFiles: ['/home/me/token'] })).toMatchObject({
      exportFile,
      exportHome,
    }),
  )

  test('in the home folder need one', () => {
    expect(() => request({ 'export-file': 'hf-home' })).toThrow(
      '`export-file` requires an absolute path in `HF_HOME` or, if that is not set, in `HOME`',
    )
  })

  test.each(['export-file', 'git-credentials'])('need a temporary folder: %s', (name) => {
    expect(() => request({ [name]: 'true' }, {}, { tempDirectory: '' })).toThrow(
      `\`${name}\` requires \`RUNNER_TEMP\`, which this runner does not set`,
    )
  })
})

test('a token that the next client would send elsewhere is refused', () => {
  expect(problems({ 'hf-endpoint': 'https://hub.example.com' })).toContain('a different endpoint')
})

test('an endpoint of this step alone cannot be told from one of the job, so the log says what is needed', () => {
  const raw = { hfEndpoint: 'https://hub.example.com' }
  const job = { clientVariables: { HF_ENDPOINT: 'https://hub.example.com' } }
  expect(request({}, raw, job).endpointOverrides).toEqual([
    'the Hub is https://hub.example.com (from HF_ENDPOINT: set it for the job, not for this step alone)',
  ])
})

test('custom endpoints are listed for the log', () => {
  const { endpointOverrides } = request(
    { 'hf-endpoint': 'https://hub.example.com', 'client-endpoint': 'https://huggingface.co/' },
    {
      awsVariables: { AWS_ENDPOINT_URL: 'https://aws.example.com' },
    },
  )
  expect(endpointOverrides).toEqual([
    'the Hub is https://hub.example.com',
    'clients may use https://huggingface.co',
    'AWS_ENDPOINT_URL is https://aws.example.com',
  ])
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
    ['timeout', '3601s'],
    ['min-token-lifetime', '31d'],
    ['min-token-lifetime', '10 minutes'],
    ['export-file', 'yes'],
    ['export-file', 'HF-HOME'],
    ['git-credentials', '1'],
    ['role-duration-seconds', '899'],
    ['role-duration-seconds', '43201'],
    ['max-attempts', '0'],
    ['max-attempts', '11'],
    ['max-attempts', '1e1'],
    ['secret-version-stage', 'A:B'],
    ['session-policy', '[]'],
    ['session-policy', '{}'],
    ['session-policy', JSON.stringify({ Statement: 'x'.repeat(2048) })],
    ['hf-endpoint', 'huggingface.co'],
    ['hf-endpoint', 'http://huggingface.co'],
    ['hf-endpoint', 'https://huggingface.co?x=1'],
    ['hf-endpoint', 'https://huggingface.co#x'],
    ['hf-endpoint', 'https://me@huggingface.co'],
    ['hf-endpoint', 'https://huggingface.co/"x'],
    ['oidc-issuer', 'http://issuer.example.com'],
    ['oidc-issuer', 'https://me:password@issuer.example.com'],
    ['id-token-from', 'env:1X'],
    ['id-token-from', 'file:'],
    ['required-claims', 'ref'],
    ['required-claims', '=x'],
    ['required-claims', 'ref='],
  ])('%s: "%s"', (name, value) => expect(problems({ [name]: value })).toContain(`\`${name}\``))

  test('a misspelt input, with a guess', () => {
    expect(problems({}, { unknown: ['hf-orgg', 'role_to-assume', 'hf_org', 'banana'] })).toMatch(
      /`hf-orgg` is not an input of this action; did you mean `hf-org`\?\n.*`role_to-assume`.*`role-to-assume`\?$/m,
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
