/** Opening a session: what STS is sent, what happens to the keys that it issues, and which refusals are retried. */
import { describe, expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { openSession } from '../../src/aws/assume-role.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { NetworkError } from '../../src/net/http.ts'
import { FakeAws, failureOf, REGION, ROLE, SESSION, session, stsRefusal } from './fake-aws.ts'

const KEYS = {
  AccessKeyId: 'ASIAEXAMPLE',
  SecretAccessKey: 'the-secret-access-key',
  SessionToken: 'the-session-token',
  Expiration: '2030-01-01T00:00:00Z',
}
const REQUEST = {
  role: ROLE,
  region: REGION,
  roleSessionName: 'run',
  roleDurationSeconds: 900,
  sessionPolicy: 'auto',
  awsEndpoints: { urls: {}, useFips: false, useDualstack: false },
}
const identity = (idToken: string) =>
  ({
    idToken,
    issuer: 'https://token.actions.githubusercontent.com',
    audience: 'acme',
    subject: 'repo:octo-org/octo-repo:ref:refs/heads/main',
    claims: {},
    clockOffsetMs: 31_000,
  }) as unknown as Identity

/** Opens a session; `said` has every mask and every line of the log, in order. */
function open(answers: readonly (SandboxResponse | Error)[], document?: string) {
  const aws = new FakeAws(...answers)
  const said: string[] = []
  const line = (text: string) => void said.push(text)
  let renewals = 0
  const opening = openSession(identity('first-token'), REQUEST, document, {
    http: aws.http,
    policy: aws.policy,
    mask: (secret) => void said.push(`mask ${secret}`),
    log: { info: line, debug: line, warning: line },
    renew: async () => {
      renewals += 1
      return identity('second-token')
    },
  })
  return { aws, said, opening, renewals: () => renewals }
}

const tokens = (aws: FakeAws) => aws.sent.map(({ input }) => input.WebIdentityToken)

describe('a session', () => {
  test('is requested for the role, with the ID token and nothing else as proof', async () => {
    const { aws, opening } = open([session(KEYS)], '{"Statement":[]}')
    await opening
    const [sent] = aws.sent
    expect(sent?.input).toMatchObject({
      RoleArn: ROLE.arn,
      RoleSessionName: 'run',
      WebIdentityToken: 'first-token',
      DurationSeconds: '900',
      Policy: '{"Statement":[]}',
    })
    expect(sent?.request.url.href).toBe(`https://sts.${REGION}.amazonaws.com/`)
    expect(Object.keys(sent?.request.headers ?? {})).not.toContain('authorization')
  })

  test('has no session policy when none is wanted', async () => {
    const { aws, opening } = open([session(KEYS)])
    await opening
    expect(aws.sent[0]?.input).not.toHaveProperty('Policy')
  })

  test('calls AWS with the keys that were issued, and says who it is', async () => {
    const { opening } = open([session(KEYS)])
    expect(await opening).toEqual({
      credentials: {
        accessKeyId: 'ASIAEXAMPLE',
        secretAccessKey: KEYS.SecretAccessKey,
        sessionToken: KEYS.SessionToken,
        clockOffsetMs: 31_000,
      },
      name: SESSION,
      role: ROLE,
      sessionPolicy: 'auto',
      awsEndpoints: REQUEST.awsEndpoints,
    })
  })

  test('has its keys masked before anything is said', async () => {
    const { said, opening } = open([session(KEYS)])
    await opening
    expect(said).toEqual([
      'mask the-secret-access-key',
      'mask the-session-token',
      `AWS: assumed ${SESSION} in ${REGION}`,
      'AWS: the session expires at 2030-01-01T00:00:00.000Z; session policy: auto',
    ])
  })

  test.each(['AccessKeyId', 'SecretAccessKey', 'SessionToken'])(
    'is not opened when STS answers without %s, and the other keys are masked all the same',
    async (missing) => {
      const { [missing as 'AccessKeyId']: _, ...rest } = KEYS
      const { aws, said, opening } = open([session(rest)])
      const failure = await failureOf(opening)
      expect(failure.message).toContain('[sts-failed] STS returned no credentials.')
      expect(said).toEqual(
        (['SecretAccessKey', 'SessionToken'] as const)
          .filter((name) => name !== missing)
          .map((name) => `mask ${KEYS[name]}`),
      )
      expect(aws.sent).toHaveLength(1)
    },
  )
})

describe('a refusal that another attempt can cure is retried', () => {
  test.each<[string, SandboxResponse | Error]>([
    ['throttling', stsRefusal('Throttling', 'Rate exceeded')],
    ['an outage', stsRefusal('ServiceUnavailable', 'down', 503)],
    ['too many requests', stsRefusal('Whatever', 'slow down', 429)],
    ['an issuer that AWS could not reach', stsRefusal('IDPCommunicationError', 'no answer from the issuer')],
    [
      'keys that AWS could not fetch',
      stsRefusal('InvalidIdentityToken', "Couldn't retrieve verification key from your identity provider"),
    ],
    ['a lost connection', new NetworkError({ what: 'STS', host: 'sts', phase: 'answer', detail: 'ECONNRESET' })],
  ])('%s', async (_what, refusal) => {
    const { aws, opening } = open([refusal, refusal, session(KEYS)])
    await opening
    expect(tokens(aws)).toEqual(['first-token', 'first-token', 'first-token'])
  })

  test('after as long as STS asks', async () => {
    const busy = stsRefusal('Throttling', 'Rate exceeded', 400)
    const { aws, opening } = open([{ ...busy, headers: { ...busy.headers, 'retry-after': '7' } }, session(KEYS)])
    await opening
    expect(aws.waits).toEqual([7000])
  })

  test('and no longer than there are attempts', async () => {
    const { aws, opening } = open([stsRefusal('Throttling', 'Rate exceeded')])
    expect((await failureOf(opening)).message).toContain('STS is throttling the account')
    expect(aws.sent).toHaveLength(3)
  })
})

describe('a refusal that may be due to IAM’s own delay gets one late attempt', () => {
  const denied = stsRefusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', 403)

  test('which may succeed', async () => {
    const { aws, opening } = open([denied, session(KEYS)])
    await opening
    expect(aws.sent.length).toBe(2)
    expect(aws.waits).toEqual([1000])
  })

  test('and is final otherwise', async () => {
    const { aws, opening, renewals } = open([denied])
    expect((await failureOf(opening)).message).toMatch(/^\[role-trust-rejected\] [\s\S]*, after 2 attempts/)
    expect([aws.sent.length, renewals()]).toEqual([2, 0])
  })

  test('but not when a policy denies it explicitly', async () => {
    const { aws, opening } = open([
      stsRefusal('AccessDenied', 'not authorized with an explicit deny in a service control policy', 403),
    ])
    await failureOf(opening)
    expect(aws.sent.length).toBe(1)
  })
})

describe('an answer without a session is repeated', () => {
  test.each(['<html>busy</html>', '{}', ''])('%j', async (body) => {
    const { aws, opening } = open([{ status: 200, body }, session(KEYS)])
    await opening
    expect(aws.sent.length).toBe(2)
  })
})

describe('a refusal that stays is told after one attempt', () => {
  test.each<[string, string, string]>([
    ['InvalidIdentityToken', 'No OpenIDConnect provider found in your account', 'oidc-provider-missing'],
    ['InvalidIdentityToken', 'Incorrect token audience', 'audience-not-registered'],
    ['InvalidIdentityToken', 'something else', 'sts-failed'],
    ['MalformedPolicyDocument', 'Syntax errors in policy', 'sts-failed'],
    ['IDPRejectedClaim', 'the issuer did not like it', 'sts-failed'],
    ['ValidationError', 'DurationSeconds exceeds the MaxSessionDuration', 'sts-failed'],
  ])('%s: %s', async (name, message, code) => {
    const { aws, opening, renewals } = open([stsRefusal(name, message)])
    expect((await failureOf(opening)).message).toMatch(new RegExp(`^\\[${code}\\] `))
    expect([aws.sent.length, renewals()]).toEqual([1, 0])
  })

  test('an answer that nobody can read is not quoted', async () => {
    const { aws, opening } = open([{ status: 200, body: '<html>the-secret-access-key' }])
    const failure = await failureOf(opening)
    expect(failure).toBeInstanceOf(ActionError)
    expect(failure.message).not.toContain('the-secret-access-key')
    expect(aws.sent).toHaveLength(3)
  })
})

describe('an ID token that expired before STS saw it', () => {
  const expired: [string, SandboxResponse][] = [
    ['ExpiredTokenException', stsRefusal('ExpiredTokenException', 'Token expired')],
    ['IDPRejectedClaim', stsRefusal('IDPRejectedClaim', 'the claim expired', 403)],
  ]

  test.each(expired)('is renewed: %s', async (_name, refusal) => {
    const { aws, said, opening, renewals } = open([refusal, session(KEYS)])
    expect((await opening).name).toBe(SESSION)
    expect([tokens(aws), renewals()]).toEqual([['first-token', 'second-token'], 1])
    expect(said[0]).toBe('STS says that the ID token has expired: requesting a new one, once')
  })

  test.each(expired)('is renewed once only: %s', async (_name, refusal) => {
    const { aws, opening, renewals } = open([refusal])
    const failure = await failureOf(opening)
    expect(failure).toBeInstanceOf(ActionError)
    expect(failure.message).toMatch(/^\[sts-failed\] [\s\S]*, after 2 attempts in less than 1 s/)
    expect([tokens(aws), renewals()]).toEqual([['first-token', 'second-token'], 1])
  })

  test.each(expired)('counts among the calls of any later failure: %s', async (_name, refusal) => {
    const { opening } = open([refusal, stsRefusal('ValidationError', 'no such thing')])
    expect((await failureOf(opening)).message).toMatch(/no such thing[\s\S]*, after 2 attempts in less than 1 s/)
  })
})
