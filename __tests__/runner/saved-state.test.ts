/** Saved state that post uses to make calls: every field is one that main saves, or nothing is sent. */
import { describe, expect, test } from '@jest/globals'
import { misfits } from '../../src/runner/clean-up/saved-deletion.ts'
import { tellMisfits, tokenMisfits } from '../../src/runner/clean-up/saved-token.ts'

const HASH = 'a'.repeat(64)

/** As main saves it. */
const deletion = () => ({
  kind: 'entry',
  accountId: '65de7f2a0c1b2d3e4f5a6b7c',
  tokenId: '65de7f2a0c1b2d3e4f5a6b7d',
  displayName: 'hf-oidc-action octo-org/octo-repo 17000000001.1 20261122T181530Z 0a1b2c3d',
  variables: { HF_ENDPOINT: HASH, https_proxy: HASH, AWS_ENDPOINT_URL_STS: HASH, ACTIONS_ID_TOKEN_REQUEST_URL: HASH },
  request: {
    org: 'acme',
    hubEndpoint: 'https://huggingface.co',
    audience: 'acme',
    issuer: 'https://token.actions.githubusercontent.com',
    claimRules: [{ claim: 'ref', pattern: 'refs/heads/*' }],
    idTokenFrom: { kind: 'github' } as object,
    source: { kind: 'service-account', account: 'CI of Acme', permissions: [], orphanAgeSeconds: 86_400 },
    repositories: [],
    aws: {
      role: { arn: 'arn:aws:iam::123456789012:role/path/hf', partition: 'aws', account: '123456789012' },
      region: 'eu-west-1',
      roleSessionName: 'hf-oidc-octo-org-octo-repo-17000000001',
      roleDurationSeconds: 900,
      sessionPolicy: 'auto',
      awsEndpoints: {
        urls: { AWS_ENDPOINT_URL_STS: 'https://sts.example.com' } as Record<string, string>,
        useFips: false,
        useDualstack: false,
      },
      secret: { id: 'huggingface/acme/service-accounts', key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' },
    },
  },
})
type Fields = Record<string, unknown>

/** The state with another value at a path; undefined removes it. */
function withValue(path: string, value: unknown): Fields {
  const state: Fields = deletion()
  const keys = path.split('.')
  const last = keys.pop() ?? ''
  const parent = keys.reduce<Fields>((fields, key) => fields[key] as Fields, state)
  if (value === undefined) delete parent[last]
  else parent[last] = value
  return state
}

const { aws } = deletion().request
const ROLE = aws.role
const SECRET = aws.secret
const ENDPOINTS = aws.awsEndpoints

/** By field: values that main would not save. */
const MISFITS: Readonly<Record<string, readonly unknown[]>> = {
  kind: ['token', 7],
  accountId: ['', '../x', 'a/b', 'a?b', 'a'.repeat(65), 7],
  tokenId: ['', '..', 'a#b', 'a b', null],
  displayName: ['', 'x', deletion().displayName.toUpperCase(), `${deletion().displayName}\n::error::x`, 7],
  variables: [null, [], { HF_ENDPOINT: 'x' }, { HF_ENDPOINT: 7 }, { PATH: HASH }, { '': HASH }],
  'request.org': ['', 'a/b', 'acme?x=1', '../admin', 7],
  'request.hubEndpoint': [
    '',
    'hub',
    'http://hub.example.com',
    'https://user:pw@hub.example.com',
    'https://hub.example.com/?x=1',
    'https://hub.example.com/#x',
    'https://hub.example.com/',
    'file:///etc',
    7,
  ],
  'request.audience': ['', 'sts.amazonaws.com', 'rivals', ['acme'], 7],
  'request.issuer': [
    '',
    'http://issuer.example.com',
    'https://a@issuer.example.com',
    'https://issuer.example.com?x',
    7,
  ],
  'request.claimRules': [
    {},
    'ref=x',
    [7],
    [{ claim: 'ref' }],
    [{ claim: 'r f', pattern: 'x' }],
    [{ claim: 'ref', pattern: '' }],
  ],
  'request.idTokenFrom': [
    {},
    'github',
    { kind: 'github', path: '/x' },
    { kind: 'env', name: 'A B' },
    { kind: 'url', path: 'x' },
  ],
  'request.source.kind': ['secrets-manager', 'trusted-publisher', 7],
  'request.source.account': ['', 'a\nb', 'a'.repeat(97), 7],
  'request.aws.role': [
    {},
    ROLE.arn,
    { ...ROLE, arn: 'arn:aws:iam::123456789012:user/x' },
    { ...ROLE, account: '210987654321' },
    { ...ROLE, partition: 'aws-cn' },
    { ...ROLE, more: 'x' },
  ],
  'request.aws.region': ['', 'eu-west-1.evil.example', 'eu west', '../x', 7],
  'request.aws.roleSessionName': ['', 'a', 'a b', 'x'.repeat(65), 7],
  'request.aws.roleDurationSeconds': [0, 899, 43_201, 1e9, 900.5, '900', null],
  'request.aws.sessionPolicy': ['', 'all', '{}', '{"Statement": []}', 7],
  'request.aws.awsEndpoints': [
    {},
    'https://sts.example.com',
    { ...ENDPOINTS, urls: { AWS_ENDPOINT_URL_STS: 'http://sts.example.com' } },
    { ...ENDPOINTS, urls: { AWS_ENDPOINT_URL_STS: 'https://user:pw@sts.example.com' } },
    { ...ENDPOINTS, urls: { AWS_ENDPOINT_URL_STS: 7 } },
    { ...ENDPOINTS, urls: { AWS_ENDPOINT_URL_S3: 'https://s3.example.com' } },
    { ...ENDPOINTS, urls: { AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' } },
    { ...ENDPOINTS, useFips: true },
    { urls: {}, useFips: 'true', useDualstack: false },
    { urls: {}, useFips: false },
  ],
  'request.aws.secret': [
    {},
    'huggingface/acme/service-accounts',
    { ...SECRET, id: 'a*' },
    { ...SECRET, id: 'arn:aws:secretsmanager:us-east-1:123456789012:secret:x' },
    { ...SECRET, region: 'us-east-1' },
    { ...SECRET, key: 'a:b' },
    { ...SECRET, stage: 'A B' },
    { ...SECRET, stage: '' },
    { ...SECRET, id: 7 },
    { ...SECRET, input: 'x' },
  ],
}

describe('state about a token to delete', () => {
  test('fits as main saves it', () => {
    expect(misfits(deletion())).toEqual([])
  })

  test.each<[string, unknown]>([
    ['request.idTokenFrom', { kind: 'env', name: 'CI_TOKEN' }],
    ['request.idTokenFrom', { kind: 'file', path: '/run/token' }],
    ['request.audience', 'https://huggingface.co/acme'],
    ['request.hubEndpoint', 'http://127.0.0.1:8080/hub'],
    ['request.claimRules', []],
    ['variables', {}],
    ['request.aws.sessionPolicy', '{"Version":"2012-10-17","Statement":[]}'],
    ['request.aws.awsEndpoints', { urls: {}, useFips: true, useDualstack: true }],
    ['request.aws.secret', { ...SECRET, id: 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf' }],
  ])('fits with another %s that main may save', (path, value) => {
    expect(misfits(withValue(path, value))).toEqual([])
  })

  const READER = { arn: 'arn:aws:iam::222222222222:role/reader', partition: 'aws', account: '222222222222' }
  const UNKNOWN = { arn: 'of this runner', partition: 'aws', account: '' }
  const withWay = (way: object, role: object, rest: object = {}) =>
    withValue('request.aws', { ...aws, role, way, ...rest })

  test.each<[string, object, object, object?]>([
    ['a chain', { hops: [ROLE, { ...READER, externalId: 'a:b' }], tags: true }, READER],
    ['a chain without tags', { hops: [ROLE, READER], tags: false }, READER],
    [
      'an instance and a role',
      { runner: { kind: 'instance', endpoint: 'http://169.254.169.254' }, hops: [READER], tags: true },
      READER,
    ],
    [
      'a container alone',
      { runner: { kind: 'container', url: 'http://169.254.170.2/v2/x', tokenFile: '/t' }, hops: [], tags: true },
      UNKNOWN,
      { sessionPolicy: 'none' },
    ],
    [
      'a container and an external ID',
      { runner: { kind: 'container', url: 'https://x.test/' }, hops: [{ ...READER, externalId: 'ab' }], tags: true },
      READER,
    ],
    [
      'a web identity',
      { runner: { kind: 'web-identity', tokenFile: '/t', role: READER, sessionName: 'ab' }, hops: [], tags: true },
      READER,
    ],
  ])('fits with a way that main may save: %s', (_what, way, role, rest = {}) => {
    expect(misfits(withWay(way, role, rest))).toEqual([])
  })

  test.each<[string, unknown, object]>([
    ['none', null, ROLE],
    ['a list', [], ROLE],
    ['no roles', { tags: true }, ROLE],
    ['another last role', { hops: [ROLE, READER], tags: true }, ROLE],
    ['one role', { hops: [ROLE], tags: true }, ROLE],
    ['a role in another account', { hops: [ROLE, { ...READER, account: '333333333333' }], tags: true }, READER],
    ['a role with more', { hops: [ROLE, { ...READER, more: 1 }], tags: true }, READER],
    ['another external ID', { hops: [ROLE, { ...READER, externalId: 'a b' }], tags: true }, READER],
    ['tags as a text', { hops: [ROLE, READER], tags: 'true' }, READER],
    [
      'another host',
      { runner: { kind: 'instance', endpoint: 'http://evil.test' }, hops: [READER], tags: true },
      READER,
    ],
    ['another kind', { runner: { kind: 'profile' }, hops: [READER], tags: true }, READER],
    [
      'an unlimited runner',
      { runner: { kind: 'instance', endpoint: 'http://169.254.169.254' }, hops: [], tags: true },
      UNKNOWN,
    ],
  ])('is not used with another way: %s', (_what, way, role) => {
    expect(misfits(withWay(way as object, role))).toContain('request.aws.way')
  })

  test('fits with a version that is pinned', () => {
    const versionId = '11111111-2222-4333-8444-555555555555'
    expect(misfits(withValue('request.aws.secret', { ...SECRET, versionId }))).toEqual([])
    expect(misfits(withValue('request.aws.secret', { ...SECRET, versionId: 'x y' }))).toEqual(['request.aws.secret'])
  })

  test('is checked in every field', () => {
    expect(misfits({})).toEqual(Object.keys(MISFITS))
  })

  test.each(Object.entries(MISFITS))('is not used with another %s', (path, values) => {
    for (const value of [undefined, ...values]) {
      // A wrong region or role makes the secret’s region wrong as well, a wrong organization the audience.
      expect({ value, found: misfits(withValue(path, value)) }).toEqual({
        value,
        found: expect.arrayContaining([path]),
      })
    }
  })
})

describe('state about a token to report', () => {
  const token = {
    value: 'hf_oauth_TokenTokenTokenToken',
    endpoint: 'https://huggingface.co',
    expiresAt: 1_800_000_000_000,
    revoke: 'true',
    variables: {},
  }

  test('fits as main saves it', () => {
    const { expiresAt: _, ...withoutExpiry } = token
    expect([tokenMisfits(token), tokenMisfits(withoutExpiry)]).toEqual([[], []])
  })

  test.each<[string, readonly unknown[]]>([
    ['value', [undefined, '', 'short', 'hf_a b c d e f g', 'hf_x\nhf_yhf_y', 'x'.repeat(8193), 7, ['hf_xxxxxxxx']]],
    [
      'endpoint',
      [undefined, '', 'hub', 'http://hub.example.com', 'https://u:p@hub.example.com', 'https://h.example?x', 7],
    ],
    ['expiresAt', ['2026', 1e300, Number.NaN, null]],
    ['revoke', [undefined, true, 'yes', '']],
    ['variables', [undefined, [], { HF_ENDPOINT: 'x' }, { PATH: HASH }]],
  ])('is not used with another %s', (name, values) => {
    for (const value of values)
      expect({ value, found: tokenMisfits({ ...token, [name]: value }) }).toEqual({ value, found: [name] })
  })
})

test.each([
  [[], 'The saved state of this step is not valid. The post'],
  [['value'], 'is not valid (value has an unexpected value). The post step therefore made no calls'],
  [['value', 'endpoint'], 'is not valid (value and endpoint have unexpected values). The'],
])('the warning names the fields: %j', (names, text) => {
  expect(tellMisfits(names)).toContain(text)
})
