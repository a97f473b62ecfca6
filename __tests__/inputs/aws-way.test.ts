/** How a role is reached: chains, tags, and the runner's own identity. */
import { describe, expect, test } from '@jest/globals'
import { MAX_CHAIN, type ParsedWay, parseWay, type WayInputs } from '../../src/inputs/aws-way.ts'
import { Problems } from '../../src/inputs/problems.ts'

const FIRST = 'arn:aws:iam::111111111111:role/hf'
const READER = 'arn:aws:iam::222222222222:role/apps/reader'

const INPUTS: WayInputs = {
  'aws-identity': 'oidc',
  'role-to-assume': FIRST,
  'role-chain': '',
  'session-tags': 'true',
  'role-duration-seconds': '900',
  'session-policy': 'auto',
}

function parse(inputs: Partial<WayInputs>, variables: Record<string, string> = {}): ParsedWay & { lines: string } {
  const problems = new Problems()
  const way = parseWay({ ...INPUTS, ...inputs }, variables, problems)
  return { ...way, lines: problems.lines.join('\n') }
}

const role = (arn: string) => ({ arn, partition: 'aws', account: arn.split(':')[4] })

test('a role alone takes no way', () => {
  expect(parse({})).toEqual({ role: role(FIRST), lines: '' })
})

describe('a chain', () => {
  test('ends with the role that makes the calls', () => {
    const chain = `\n  ${READER}   external-id=acme:42/x \r\n\n${FIRST}`
    expect(parse({ 'role-chain': chain })).toEqual({
      role: role(FIRST),
      way: {
        runner: undefined,
        hops: [role(FIRST), { ...role(READER), externalId: 'acme:42/x' }, role(FIRST)],
        tags: true,
      },
      lines: '',
    })
  })

  test.each<[string, string, string]>([
    ['a name', 'reader', '`role-chain` must be the ARN of an IAM role'],
    ['a user', 'arn:aws:iam::222222222222:user/x', '`role-chain` must be the ARN of an IAM role'],
    ['another setting', `${READER} external=x`, 'must have lines of the form'],
    ['two settings', `${READER} external-id=ab external-id=cd`, 'must have lines of the form'],
    ['an empty external ID', `${READER} external-id=`, 'has an external ID that AWS does not accept'],
    ['an external ID with a quote', `${READER} external-id=a"b`, 'has an external ID that AWS does not accept'],
    ['a wildcard', 'arn:aws:iam::222222222222:role/*', '`role-chain` must be the ARN of an IAM role'],
    ['the same role twice', `${READER}\n${READER}`, 'right after the same role'],
    ['the first role again', FIRST, 'right after the same role'],
    ['another partition', 'arn:aws-cn:iam::222222222222:role/x', 'which no role in aws can assume'],
    ['too many', `${READER}\n${FIRST}\n`.repeat(MAX_CHAIN), `must have at most ${MAX_CHAIN} lines`],
  ])('is refused with %s', (_what, chain, says) => {
    expect(parse({ 'role-chain': chain }).lines).toContain(says)
  })

  test('needs a first role', () => {
    expect(parse({ 'role-to-assume': '', 'role-chain': READER }).lines).toContain('`role-to-assume` is required')
  })

  test('lasts an hour at most', () => {
    expect(parse({ 'role-chain': READER, 'role-duration-seconds': '3600' }).lines).toBe('')
    expect(parse({ 'role-chain': READER, 'role-duration-seconds': '3601' }).lines).toMatch(
      /^`role-duration-seconds` must be at most 3600 with `role-chain`, because AWS limits/,
    )
    expect(parse({ 'role-duration-seconds': '43200' }).lines).toBe('')
  })

  test('may have no tags, which nothing else has', () => {
    expect(parse({ 'role-chain': READER, 'session-tags': 'false' }).way?.tags).toBe(false)
    expect(parse({ 'session-tags': 'false' }).lines).toMatch(/^`session-tags` has an effect only with `role-chain`/)
  })
})

describe('the runner’s own identity', () => {
  const runner = (variables: Record<string, string>, inputs: Partial<WayInputs> = {}) =>
    parse({ 'aws-identity': 'runner', ...inputs }, variables)

  const POD = { AWS_WEB_IDENTITY_TOKEN_FILE: '/var/run/token', AWS_ROLE_ARN: READER }
  const ECS = { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/v2/credentials/5f3a' }
  const EKS = {
    AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.170.23/v1/credentials',
    AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: '/var/run/pod-identity/token',
  }

  test.each<[string, Record<string, string>, object]>([
    ['a pod’s', POD, { kind: 'web-identity', tokenFile: '/var/run/token', role: role(READER) }],
    ['a pod’s, before others', { ...POD, ...ECS, ...EKS }, { kind: 'web-identity', tokenFile: '/var/run/token' }],
    [
      'a pod’s with a session name',
      { ...POD, AWS_ROLE_SESSION_NAME: 'agent' },
      { kind: 'web-identity', sessionName: 'agent' },
    ],
    ['a task’s', ECS, { kind: 'container', url: 'http://169.254.170.2/v2/credentials/5f3a' }],
    [
      'a pod’s from the agent of its node',
      EKS,
      {
        kind: 'container',
        url: 'http://169.254.170.23/v1/credentials',
        tokenFile: '/var/run/pod-identity/token',
      },
    ],
    [
      'a container’s on IPv6',
      { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://[fd00:ec2::23]/v1/credentials' },
      { url: 'http://[fd00:ec2::23]/v1/credentials' },
    ],
    [
      'a container’s on loopback',
      { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://localhost:1338/latest?x=1' },
      { url: 'http://localhost:1338/latest?x=1' },
    ],
    ['an instance’s', {}, { kind: 'instance', endpoint: 'http://169.254.169.254' }],
    [
      'an instance’s on IPv6',
      { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv6' },
      { kind: 'instance', endpoint: 'http://[fd00:ec2::254]' },
    ],
    [
      'an instance’s on IPv6, as a URL',
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://[fd00:ec2::254]/' },
      { kind: 'instance', endpoint: 'http://[fd00:ec2::254]' },
    ],
  ])('is %s', (_what, variables, expected) => {
    const { way, lines } = runner(variables)
    expect([way?.runner, lines]).toEqual([expect.objectContaining(expected), ''])
  })

  test.each<[string, Record<string, string>, string]>([
    ['a name on the Internet', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://evil.test/x' }, 'FULL_URI` must be'],
    ['another address', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://169.254.1.1/x' }, 'FULL_URI` must be'],
    ['an address in another form', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'http://0xA9FEAA02/x' }, 'FULL_URI` must be'],
    ['a password', { AWS_CONTAINER_CREDENTIALS_FULL_URI: 'https://u:p@x.test/x' }, 'it may contain a password'],
    ['another host behind a path', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '@evil.test/x' }, 'RELATIVE_URI` must be'],
    ['another port', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: ':8080/x' }, 'RELATIVE_URI` must be'],
    ['a longer host', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '.evil.test/x' }, 'RELATIVE_URI` must be'],
    ['a metadata service in another form', { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://0x7f.1' }, 'ENDPOINT` must be'],
    ['a metadata service as a number', { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://2130706433' }, 'ENDPOINT` must be'],
    [
      'a longer metadata service',
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://169.254.169.254.evil.test' },
      'ENDPOINT` must be',
    ],
    [
      'a metadata service behind a password',
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://169.254.169.254@evil.test' },
      'ENDPOINT` must be',
    ],
    [
      'a metadata service on IPv6 that is another one',
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://[::ffff:169.254.169.254]' },
      'ENDPOINT` must be',
    ],
    ['a way up', { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: '/a/../b' }, 'RELATIVE_URI` must be'],
    [
      'a relative token file',
      { ...ECS, AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: 'token' },
      'must be the absolute path of a file',
    ],
    ['a relative web identity', { ...POD, AWS_WEB_IDENTITY_TOKEN_FILE: 'x' }, 'must be the absolute path of a file'],
    ['no role for a web identity', { AWS_WEB_IDENTITY_TOKEN_FILE: '/x' }, '`AWS_ROLE_ARN` is required'],
    ['a role that is none', { ...POD, AWS_ROLE_ARN: 'x' }, '`AWS_ROLE_ARN` must be the ARN of an IAM role'],
    ['a session name that is none', { ...POD, AWS_ROLE_SESSION_NAME: 'a b' }, 'must be the name of a role session'],
    ['metadata elsewhere', { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'https://evil.test' }, 'SERVICE_ENDPOINT` must be'],
    [
      'metadata at another address',
      { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://169.254.170.2' },
      'SERVICE_ENDPOINT` must be',
    ],
    ['metadata below a path', { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1/x' }, 'SERVICE_ENDPOINT` must be'],
    ['metadata in no mode', { AWS_EC2_METADATA_SERVICE_ENDPOINT_MODE: 'IPv5' }, 'must be IPv4 or IPv6'],
    ['no metadata', { AWS_EC2_METADATA_DISABLED: 'TRUE' }, 'this runner has no AWS identity'],
  ])('is refused with %s', (_what, variables, says) => {
    expect(runner(variables).lines).toContain(says)
  })

  test('assumes the first role too', () => {
    const { role: last, way, lines } = runner({}, { 'role-chain': READER })
    expect([last, way?.hops.map(({ arn }) => arn), lines]).toEqual([role(READER), [FIRST, READER], ''])
  })

  test('needs no role; one of a pod is limited, and others must be said to be unlimited', () => {
    const none = { 'role-to-assume': '' }
    expect(runner(POD, none)).toMatchObject({ role: role(READER), way: { hops: [] }, lines: '' })
    for (const variables of [ECS, {}]) {
      expect(runner(variables, none).lines).toMatch(/^`session-policy` cannot limit the runner’s own AWS identity/)
      expect(runner(variables, { ...none, 'session-policy': '{"Statement":[]}' }).lines).not.toBe('')
      expect(runner(variables, { ...none, 'session-policy': 'none' })).toMatchObject({
        role: { arn: 'of this runner', account: '' },
        lines: '',
      })
    }
  })

  test('opens sessions of an hour at most', () => {
    expect(runner({}, { 'role-duration-seconds': '3601' }).lines).toContain('at most 3600 with `aws-identity: runner`')
  })
})

test('another identity does not exist', () => {
  expect(parse({ 'aws-identity': 'runer' }).lines).toContain(
    '`aws-identity` must be one of oidc, runner (got "runer"); did you mean `runner`?',
  )
})

test('a role of another partition than the runner’s own is refused', () => {
  const variables = { AWS_WEB_IDENTITY_TOKEN_FILE: '/x', AWS_ROLE_ARN: 'arn:aws-cn:iam::222222222222:role/pod' }
  const says = (inputs: Partial<WayInputs>) => parse({ 'aws-identity': 'runner', ...inputs }, variables).lines
  expect(says({})).toMatch(/^`role-to-assume` is in the partition aws, but the runner’s own role .* is in aws-cn/)
  expect(says({ 'role-to-assume': '', 'role-chain': READER })).toMatch(/^`role-chain` is in the partition aws/)
  expect(says({ 'role-to-assume': '' })).toBe('')
})

test('a misspelled input is one problem', () => {
  const runner = { 'aws-identity': 'Runner', 'role-to-assume': '', 'session-tags': 'false' }
  expect(parse(runner).lines).toMatch(/^`aws-identity` must be one of oidc, runner[^\n]*$/)
  expect(parse({ 'session-tags': 'no' }).lines).toMatch(/^`session-tags` must be true or false[^\n]*$/)
})
