/** Ways to a role: what each hop is sent, what is masked, and what a refusal says. */
import { describe, expect, test } from '@jest/globals'
import { xmlResponse } from '../../sandbox/aws/answers.ts'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { languageOf, problemOf } from '../../sandbox/snippets.ts'
import type { AwsToken } from '../../src/aws/assume-role.ts'
import { reachRole } from '../../src/aws/reach-role.ts'
import type { RoleHop, RunnerIdentity, SessionRequest } from '../../src/aws/request.ts'
import { askNearby } from '../../src/aws/runner/ask.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { NetworkError } from '../../src/net/http.ts'
import { FakeAws, failureOf, REGION, ROLE, stsRefusal } from './fake-aws.ts'

const READER: RoleHop = { arn: 'arn:aws:iam::222222222222:role/apps/reader', partition: 'aws', account: '222222222222' }
const LAST: RoleHop = { arn: 'arn:aws:iam::333333333333:role/last', partition: 'aws', account: '333333333333' }

/** The answer of STS with keys that name the hop. */
function session(action: string, name: string): SandboxResponse {
  const Credentials = {
    AccessKeyId: `ASIA${name.toUpperCase().padEnd(16, 'X')}`,
    SecretAccessKey: `secret-key-of-${name}`,
    SessionToken: `session-token-of-${name}`,
    Expiration: '2030-01-01T00:00:00Z',
  }
  const result = { Credentials, AssumedRoleUser: { Arn: `arn:session:${name}`, AssumedRoleId: 'AROA:run' } }
  return xmlResponse(200, `${action}Response`, { [`${action}Result`]: result }, 'request-1')
}
const byToken = (name: string) => session('AssumeRoleWithWebIdentity', name)
const byRole = (name: string) => session('AssumeRole', name)
const callerIs = (Arn: string): SandboxResponse =>
  xmlResponse(200, 'GetCallerIdentityResponse', { GetCallerIdentityResult: { Arn, Account: '1', UserId: 'x' } }, 'r')

const json = (body: object): SandboxResponse => ({ status: 200, body })
const KEYS = {
  AccessKeyId: 'ASIAMACHINEXXXXXXXXX',
  SecretAccessKey: 'machine-secret-key',
  Token: 'machine-session-token',
}
const MACHINE = 'arn:aws:sts::111111111111:assumed-role/agent/i-1'

interface Options {
  hops?: readonly RoleHop[]
  runner?: RunnerIdentity
  request?: Partial<SessionRequest>
  tags?: boolean
  awsToken?: AwsToken
  document?: string | undefined
}

function reach(answers: readonly (SandboxResponse | Error)[], options: Options = {}) {
  const {
    hops = [ROLE, READER],
    runner,
    request = {},
    tags = true,
    awsToken,
    document = '{"the":"document"}',
  } = options
  const aws = new FakeAws(...answers)
  const said: string[] = []
  const line = (text: string) => void said.push(text)
  const identity = {
    idToken: 'the-id-token',
    issuer: 'https://token.actions.githubusercontent.com',
    audience: 'acme',
    subject: 'repo:octo-org/octo-repo:ref:refs/heads/main',
    claims: { repository: 'octo-org/octo-repo', run_id: '17' },
  } as unknown as Identity
  const last = hops.at(-1) ?? ROLE
  const asked: SessionRequest = {
    role: { arn: last.arn, partition: last.partition, account: last.account },
    way: { runner, hops, tags },
    region: REGION,
    roleSessionName: 'run',
    roleDurationSeconds: 1800,
    sessionPolicy: 'auto',
    awsEndpoints: { urls: {}, useFips: false, useDualstack: false },
    ...request,
  }
  const reaching = reachRole(identity, asked, document, {
    http: aws.http,
    policy: aws.policy,
    mask: (secret) => void said.push(`mask ${secret}`),
    log: { info: line, debug: () => {}, warning: line },
    renew: async () => identity,
    ...(awsToken ? { awsToken } : {}),
  })
  return { aws, said, reaching }
}

const link = (to: string, actions: string | string[] = ['sts:AssumeRole', 'sts:TagSession']) =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: actions, Resource: to }] })

describe('a chain of three roles', () => {
  const hops = [ROLE, { ...READER, externalId: 'acme:42' }, LAST]
  const answers = [byToken('one'), byRole('two'), byRole('three')]

  test('limits every session but the last to opening the next one', async () => {
    const { aws, reaching } = reach(answers, { hops })
    await reaching
    expect(
      aws.sent.map(({ operation, input }) => [operation, input.RoleArn, input.DurationSeconds, input.Policy]),
    ).toEqual([
      ['AssumeRoleWithWebIdentity', ROLE.arn, '900', link(READER.arn)],
      ['AssumeRole', READER.arn, '900', link(LAST.arn)],
      ['AssumeRole', LAST.arn, '1800', '{"the":"document"}'],
    ])
    expect(aws.sent.map(({ input }) => input.ExternalId)).toEqual([undefined, 'acme:42', undefined])
  })

  test('signs each call with the keys of the session before it', async () => {
    const { aws, reaching } = reach(answers, { hops })
    const caller = await reaching
    const tokens = aws.sent.map(({ request }) => request.headers?.['x-amz-security-token'])
    expect(tokens).toEqual([undefined, 'session-token-of-one', 'session-token-of-two'])
    expect(caller).toMatchObject({
      credentials: { sessionToken: 'session-token-of-three' },
      name: 'arn:session:three',
      via: ['arn:session:one', 'arn:session:two'],
      role: LAST,
    })
    expect(caller.role).not.toHaveProperty('externalId')
  })

  test('masks every key before it says whose session it is', async () => {
    const { said, reaching } = reach(answers, { hops })
    await reaching
    expect(said).toEqual(
      ['one', 'two', 'three'].flatMap((name) => [
        `mask secret-key-of-${name}`,
        `mask session-token-of-${name}`,
        `AWS: assumed arn:session:${name} in ${REGION}`,
      ]),
    )
  })

  test('tags what another session opens, and asks for no more than that without tags', async () => {
    const tagged = reach(answers, { hops })
    await tagged.reaching
    expect(tagged.aws.sent[1]?.input).toMatchObject({
      'Tags.member.1.Key': 'hf-oidc:repository',
      'Tags.member.1.Value': 'octo-org/octo-repo',
      'Tags.member.2.Key': 'hf-oidc:run_id',
    })
    const plain = reach(answers, { hops, tags: false })
    await plain.reaching
    expect(Object.keys(plain.aws.sent[1]?.input ?? {}).filter((name) => name.startsWith('Tags'))).toEqual([])
    expect(plain.aws.sent[0]?.input.Policy).toBe(link(READER.arn, 'sts:AssumeRole'))
  })

  test('limits nothing with session-policy: none', async () => {
    const { aws, reaching } = reach(answers, { hops, request: { sessionPolicy: 'none' }, document: undefined })
    await reaching
    // A default value takes the place of undefined.
    expect(aws.sent.slice(0, 2).map(({ input }) => input.Policy)).toEqual([undefined, undefined])
  })
})

describe('a refusal names the hop', () => {
  const denied = (text: string) => stsRefusal('AccessDenied', text, 403)
  const on = (action: string, why = '') =>
    `User: arn:aws:sts::123456789012:assumed-role/hf/run is not authorized to perform: ${action} on resource: ${READER.arn}${why}`

  test.each<[string, SandboxResponse, string, readonly string[]]>([
    [
      'nothing more',
      denied(on('sts:AssumeRole')),
      'role-trust-rejected',
      ['"AWS": "arn:aws:iam', '"Resource": "arn:aws:iam'],
    ],
    [
      'the first role’s policy',
      denied(on('sts:AssumeRole', ' because no identity-based policy allows the sts:AssumeRole action')),
      'role-trust-rejected',
      ['No policy of the role', '"Resource": "arn:aws:iam'],
    ],
    [
      'the trust policy',
      denied(on('sts:AssumeRole', ' because no resource-based policy allows the sts:AssumeRole action')),
      'role-trust-rejected',
      ['does not allow', '"AWS": "arn:aws:iam'],
    ],
    [
      'an organization',
      denied(on('sts:AssumeRole', ' with an explicit deny in a service control policy')),
      'role-trust-rejected',
      ['service control policy'],
    ],
    ['tags', denied(on('sts:TagSession')), 'role-trust-rejected', ['session-tags: false', '"sts:TagSession"']],
    ['a policy that is too long', stsRefusal('PackedPolicyTooLarge', 'x'), 'sts-failed', ['session tags together']],
    ['keys that are too old', stsRefusal('ExpiredToken', 'x', 403), 'sts-failed', ['credentials that were used']],
    ['keys that are too new', stsRefusal('InvalidClientTokenId', 'x', 403), 'sts-failed', ['Re-run']],
    ['words of its own', stsRefusal('Whatever', 'some reason'), 'sts-failed', ['"some reason"']],
  ])('that gives %s', async (_what, refusal, code, says) => {
    const { message } = await failureOf(reach([byToken('one'), refusal]).reaching)
    expect(message).toMatch(new RegExp(`^\\[${code}\\] .*\\(role 2 of 2\\)`))
    for (const text of [READER.arn, ...says]) expect(message).toContain(text)
    expect(message).not.toContain('secret-key-of-one')
  })

  test.each([
    ['identity-based', 'a policy of the role'],
    ['session', 'the session policy of the role'],
    ['resource-based', 'the trust policy of the role'],
  ])('by an explicit deny in a %s policy prints no Allow, which would not help', async (kind, whose) => {
    for (const action of ['sts:AssumeRole', 'sts:TagSession']) {
      const refusal = denied(on(action, ` with an explicit deny in a ${kind} policy`))
      const { message } = await failureOf(reach([byToken('one'), refusal]).reaching)
      expect(message).toMatch(/^\[role-trust-rejected\]/)
      expect(message).toContain(`In ${whose}`)
      expect(message).toContain(`Narrow the Deny statement in ${whose}`)
      expect(message).not.toContain('"Allow"')
      expect(message.includes('session-tags: false')).toBe(action === 'sts:TagSession')
      const account = kind === 'resource-based' ? READER.account : ROLE.account
      expect(message).toContain(`administrators of AWS account ${account}.`)
    }
  })

  test('of the tags alone names who refused them', async () => {
    const by = (policy: string) => denied(on('sts:TagSession', ` with an explicit deny in a ${policy} policy`))
    const { message } = await failureOf(reach([byToken('one'), by('service control')]).reaching)
    expect(message).toContain('A service control policy of the AWS organization explicitly denies `sts:TagSession`')
    expect(message).toContain('session-tags: false')
    expect(message).not.toContain('"Principal"')
  })

  test('by a boundary or an endpoint prints what both calls need', async () => {
    for (const policy of ['permissions boundary', 'VPC endpoint policy']) {
      const refusal = denied(on('sts:AssumeRole', ` because no ${policy} allows the sts:AssumeRole action`))
      const { message } = await failureOf(reach([byToken('one'), refusal]).reaching)
      expect(message).toContain('"sts:TagSession"')
    }
  })

  test('whose other side is known prints only what is missing', async () => {
    const own = await failureOf(
      reach([byToken('one'), denied(on('sts:AssumeRole', ' because no identity-based policy allows x'))]).reaching,
    )
    expect(own.message).not.toContain('"Principal"')
    const trust = await failureOf(
      reach([byToken('one'), denied(on('sts:AssumeRole', ' because no resource-based policy allows x'))]).reaching,
    )
    expect(trust.message).not.toContain('"Resource"')
  })

  test('with an external ID prints it as a condition, and does not ask for another one', async () => {
    const hops = [ROLE, { ...READER, externalId: 'acme:42' }]
    const { message } = await failureOf(reach([byToken('one'), denied(on('sts:AssumeRole'))], { hops }).reaching)
    expect(message).toContain('"sts:ExternalId": "acme:42"')
    expect(message).not.toContain('external-id=…')
  })

  test('of a message of a megabyte, and of one with commands, stays readable', async () => {
    const { message } = await failureOf(
      reach([byToken('one'), denied(`\n::error::x\r${'a'.repeat(1_000_000)}`)]).reaching,
    )
    expect(message.length).toBeLessThan(10_000)
    expect(message).not.toMatch(/^::error/m)
  })
})

const CONTAINER = { kind: 'container', url: 'http://169.254.170.2/v2/x' } as const
const INSTANCE = { kind: 'instance', endpoint: 'http://169.254.169.254' } as const

describe('the runner of a container', () => {
  test('is asked at its address with its token, and says who it is', async () => {
    const awsToken: AwsToken = ({ kind }) => (kind === 'variable' ? 'Basic abc' : undefined)
    const { aws, said, reaching } = reach([json(KEYS), callerIs(MACHINE)], {
      runner: CONTAINER,
      hops: [],
      awsToken,
      request: { sessionPolicy: 'none' },
    })
    const caller = await reaching
    const [first] = aws.sent
    expect([first?.request.url.href, first?.request.headers?.authorization]).toEqual([CONTAINER.url, 'Basic abc'])
    expect(first?.request).toMatchObject({ isForCredentials: true, withinMs: 1500 })
    expect(caller).toMatchObject({
      name: MACHINE,
      role: { arn: 'arn:aws:iam::111111111111:role/agent', account: '111111111111' },
    })
    expect(said).toEqual([
      'mask machine-secret-key',
      'mask machine-session-token',
      `AWS: this runner is ${MACHINE} (credentials of its container)`,
    ])
  })

  test('is named by the role that its endpoint names, which has its path', async () => {
    const RoleArn = 'arn:aws:iam::111111111111:role/tasks/agent'
    const { reaching } = reach([json({ ...KEYS, RoleArn }), callerIs(MACHINE)], { runner: CONTAINER, hops: [] })
    expect((await reaching).role.arn).toBe(RoleArn)
  })

  test('reads its token from the file that is named', async () => {
    const asked: object[] = []
    const awsToken: AwsToken = (place) => {
      asked.push(place)
      return 'token'
    }
    const runner = { ...CONTAINER, tokenFile: '/run/token' }
    await reach([json(KEYS), callerIs(MACHINE)], { runner, hops: [], awsToken }).reaching
    expect(asked).toEqual([{ kind: 'file', path: '/run/token' }])
  })

  test('may assume a role although STS does not say who it is', async () => {
    const refusal = stsRefusal('AccessDenied', 'x', 403)
    const { reaching } = reach([json(KEYS), refusal, refusal, byRole('two')], {
      runner: CONTAINER,
      hops: [READER],
    })
    expect(await reaching).toMatchObject({ name: 'arn:session:two', via: ['the runner’s own AWS identity'] })
  })

  test('cannot go on without a role when STS does not know its keys', async () => {
    const { reaching } = reach([json(KEYS), stsRefusal('InvalidClientTokenId', 'x', 403)], {
      runner: CONTAINER,
      hops: [],
    })
    expect((await failureOf(reaching)).message).toContain('[aws-identity-unavailable]')
  })

  test.each<[string, SandboxResponse, string, RegExp]>([
    ['old keys', stsRefusal('ExpiredToken', 'x', 403), 'aws-identity-unavailable', /was given have expired/],
    ['an outage', stsRefusal('Throttling', 'Rate exceeded', 400), 'sts-failed', /is throttling the account/],
    ['a wrong clock', stsRefusal('SignatureDoesNotMatch', 'Signature expired: x', 403), 'sts-failed', /clock is wrong/],
    ['an endpoint', stsRefusal('AccessDenied', 'x', 403), 'aws-identity-unavailable', /nobody needs a permission/],
  ])('is told why STS does not say who it is: %s', async (_what, refusal, code, says) => {
    const { message } = await failureOf(reach([json(KEYS), refusal], { runner: CONTAINER, hops: [] }).reaching)
    expect(message).toMatch(new RegExp(`^\\[${code}\\]`))
    expect(message).toMatch(says)
    expect(/have expired/.test(message)).toBe(_what === 'old keys')
  })

  test('is told to get new keys when STS does not accept them for the next role', async () => {
    const old = stsRefusal('ExpiredToken', 'The security token included in the request is expired', 403)
    const { message } = await failureOf(reach([json(KEYS), old], { runner: CONTAINER, hops: [READER] }).reaching)
    expect(message).toMatch(/^\[aws-identity-unavailable\]/)
    expect(message).toContain('Restart the task')
    expect(message).not.toContain('ID token expired')
  })

  test('is told what to trust when it may not assume the role', async () => {
    const { reaching } = reach([json(KEYS), callerIs(MACHINE), stsRefusal('AccessDenied', 'no', 403)], {
      runner: CONTAINER,
      hops: [READER],
    })
    const { message } = await failureOf(reaching)
    expect(message).toContain('"AWS": "arn:aws:iam::111111111111:role/agent"')
    expect(message).toContain('(role 1 of 1)')
  })

  test.each<[string, SandboxResponse | Error]>([
    ['an answer without a token', json({ ...KEYS, Token: undefined })],
    ['a key with a line break', json({ ...KEYS, SecretAccessKey: 'machine-secret\nkey' })],
    ['an error', { status: 404, body: 'no' }],
    ['an outage', { status: 500, body: 'no' }],
    ['no answer', new NetworkError({ what: 'x', host: '169.254.170.2', phase: 'connect', detail: 'ECONNREFUSED' })],
  ])('is told why there are no credentials: %s', async (_what, answer) => {
    const { aws, reaching } = reach([answer], { runner: CONTAINER, hops: [] })
    const { message } = await failureOf(reaching)
    expect(message).toMatch(/^\[aws-identity-unavailable\]/)
    expect(message).not.toContain('machine-')
    expect(aws.sent.length).toBeLessThanOrEqual(3)
    // Nothing was signed with it.
    expect(aws.sent.map(({ operation }) => operation).join('')).toBe('')
  })
})

describe('an endpoint for credentials', () => {
  const gone = new NetworkError({ what: 'x', host: '169.254.170.2', phase: 'timeout', detail: 'nothing' })
  const busy = { status: 429, headers: { 'retry-after': '7' }, body: '' }
  const asked = (answers: (SandboxResponse | Error)[], maxAttempts?: number) => {
    const aws = new FakeAws(...answers)
    const policy = { ...aws.policy, maxAttempts }
    const url = new URL('http://169.254.170.2/x')
    const unavailable = (seen: string) => new ActionError('aws-identity-unavailable', { failed: seen, fix: 'x' })
    const answer = askNearby({ method: 'GET', url, what: 'x' }, { http: aws.http, policy }, unavailable)
    return answer.then(
      ({ status }) => ({ status, calls: aws.sent.length, waits: aws.waits }),
      () => ({ status: 0, calls: aws.sent.length, waits: aws.waits }),
    )
  }

  test('that is busy gets the time that every service gets', async () => {
    expect(await asked([busy, { status: 503, body: '' }, busy, busy, json(KEYS)])).toMatchObject({
      status: 200,
      calls: 5,
    })
    expect((await asked([busy, json(KEYS)])).waits).toEqual([7_000])
    expect(await asked([busy])).toMatchObject({ status: 0, calls: 10 })
  })

  test('that is not there is asked twice', async () => {
    expect(await asked([gone])).toMatchObject({ status: 0, calls: 2 })
    expect(await asked([gone, json(KEYS)])).toMatchObject({ status: 200, calls: 2 })
  })

  test('is asked once when the user says so', async () => {
    expect(await asked([busy], 1)).toMatchObject({ calls: 1 })
    expect(await asked([gone], 1)).toMatchObject({ calls: 1 })
  })
})

describe('the runner of an instance', () => {
  const text = (body: string): SandboxResponse => ({ status: 200, body })

  test('is asked by version 2 of the metadata service only', async () => {
    const { aws, said, reaching } = reach([text('AQAEAtoken=='), text('agent\n'), json(KEYS), callerIs(MACHINE)], {
      runner: INSTANCE,
      hops: [],
    })
    await reaching
    expect(aws.sent.slice(0, 3).map(({ request }) => [request.method, request.url.href])).toEqual([
      ['PUT', 'http://169.254.169.254/latest/api/token'],
      ['GET', 'http://169.254.169.254/latest/meta-data/iam/security-credentials/'],
      ['GET', 'http://169.254.169.254/latest/meta-data/iam/security-credentials/agent'],
    ])
    expect(aws.sent[2]?.request.headers).toMatchObject({ 'x-aws-ec2-metadata-token': 'AQAEAtoken==' })
    expect(said[0]).toBe('mask AQAEAtoken==')
  })

  test.each<[string, (SandboxResponse | Error)[], string]>([
    ['no service', [new NetworkError({ what: 'x', host: 'h', phase: 'timeout', detail: 'none' })], 'hop limit'],
    ['a service that is off', [{ status: 403, body: '' }], 'turn on the service'],
    ['a page instead of a token', [text('<html>\n</html>')], 'an answer that is not a token'],
    ['no role', [text('AQAEAtoken=='), { status: 404, body: '' }], 'has no instance profile'],
    ['a name that is none', [text('AQAEAtoken=='), text('../../x')], 'the role "../../x"'],
    ['other keys', [text('AQAEAtoken=='), text('agent'), json({ Code: 'Failed' })], 'no usable credentials'],
  ])('is told why there are no credentials: %s', async (_what, answers, says) => {
    const { message } = await failureOf(reach(answers, { runner: INSTANCE, hops: [] }).reaching)
    expect(message).toMatch(/^\[aws-identity-unavailable\]/)
    expect(message).toContain(says)
    const commands = message.split('\n').filter((line) => languageOf(line.trim()) === 'sh')
    expect(commands.flatMap((text) => problemOf({ language: 'sh', text, where: 'message' }) ?? [])).toEqual([])
  })
})

describe('the runner of a pod', () => {
  const POD = { kind: 'web-identity', tokenFile: '/run/token', role: ROLE } as const
  const awsToken: AwsToken = () => 'the-token-of-the-pod'

  test('opens a session that is limited to the secret, or to the next role', async () => {
    const alone = reach([byToken('pod')], { runner: POD, hops: [], awsToken })
    await alone.reaching
    expect(alone.aws.sent[0]?.input).toMatchObject({
      RoleArn: ROLE.arn,
      WebIdentityToken: 'the-token-of-the-pod',
      Policy: '{"the":"document"}',
    })
    const chained = reach([byToken('pod'), byRole('two')], {
      runner: { ...POD, sessionName: 'agent' },
      hops: [READER],
      awsToken,
    })
    await chained.reaching
    expect(chained.aws.sent[0]?.input).toMatchObject({ RoleSessionName: 'agent', Policy: link(READER.arn) })
  })

  test('is told AWS’s own words', async () => {
    const { reaching } = reach([stsRefusal('AccessDenied', 'Not authorized', 403)], { runner: POD, hops: [], awsToken })
    const { message } = await failureOf(reaching)
    expect(message).toContain('[aws-identity-unavailable]')
    expect(message).toContain('Not authorized')
    expect(message).toMatch(/whoever administers AWS account 123456789012/i)
  })

  test.each<[string, SandboxResponse, string, RegExp]>([
    ['an outage', stsRefusal('Throttling', 'Rate exceeded', 400), 'sts-failed', /is throttling the account/],
    ['a region', stsRefusal('RegionDisabledException', 'x', 403), 'sts-failed', /STS is not activated/],
    ['a long policy', stsRefusal('PackedPolicyTooLarge', 'x'), 'sts-failed', /session policy is too long/],
    [
      'an organization',
      stsRefusal('AccessDenied', 'x with an explicit deny in a service control policy', 403),
      'aws-identity-unavailable',
      /A service control policy of the AWS organization explicitly denies/,
    ],
    [
      'a provider',
      stsRefusal('InvalidIdentityToken', 'No OpenIDConnect provider found in your account for https://oidc.test'),
      'aws-identity-unavailable',
      /has no OIDC provider for the cluster/,
    ],
    [
      'a token that is too old',
      stsRefusal('ExpiredTokenException', 'x'),
      'aws-identity-unavailable',
      /pod’s token has expired/,
    ],
    ['words of its own', stsRefusal('Whatever', 'some reason'), 'sts-failed', /the reason that is quoted above/],
  ])('is told about %s, and nothing about trust', async (_what, refusal, code, says) => {
    const { message } = await failureOf(reach([refusal], { runner: POD, hops: [], awsToken }).reaching)
    expect(message).toMatch(new RegExp(`^\\[${code}\\]`))
    expect(message).toMatch(says)
    expect(message).not.toContain('does not let in this service account')
  })
})
