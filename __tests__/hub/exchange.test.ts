/** The Hub's two token exchanges: what is sent, what is kept secret, and what the ledger knows at each moment. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { Service } from '../../sandbox/service.ts'
import { readAnswer } from '../../src/hub/exchange/answer.ts'
import { memberExchangeAdvice, trustedPublisherAdvice } from '../../src/hub/exchange/explain.ts'
import { exchangeIdToken } from '../../src/hub/exchange/id-token.ts'
import { exchangeForMember } from '../../src/hub/exchange/member.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'
import { plain } from '../../src/text/message.ts'

const TOKEN = 'hf_jwt_0123456789'
const GITHUB = 'https://token.actions.githubusercontent.com'
const identityOf = (claims: object, issuer = GITHUB) =>
  ({ idToken: 'the-id-token', issuer, claims }) as unknown as Identity
const APP = { clientId: 'app:1', clientSecret: 'geheim 100%', member: 'a@b.example', scopes: ['jobs'], secret: 'it' }

let service: Service
let deadline: Deadline
let http: Http
/** What happened, in order. */
let events: string[]
beforeEach(async () => {
  events = []
  service = new Service('hub', {
    operation: () => 'exchange',
    handle: () => {
      events.push('call')
      return { status: 200, body: { access_token: TOKEN, expires_in: 3600 } }
    },
  })
  await service.listen()
  deadline = new Deadline(20_000)
  http = new Http(deadline, async () => undefined)
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await service.close()
})

const context = () => ({
  request: { org: 'acme', hubEndpoint: service.url },
  http,
  policy: { maxAttempts: 2, deadline, random: () => 0 },
  mask: (secret: string) => void events.push(`mask ${secret}`),
  log: { info() {}, debug() {}, warning: () => void events.push('warning') },
  ledger: {
    begin: () => void events.push('begin'),
    made: ({ value, expiresAt }: { value: string; expiresAt: number | undefined }) =>
      void events.push(`made ${value}${expiresAt === undefined ? ', no known expiry' : ''}`),
    refused: () => void events.push('refused'),
  },
})
const forPublisher = () => exchangeIdToken(identityOf({}), 'acme/model', context())
const forMember = () => exchangeForMember(APP, context())
const answer = (status: number, body: unknown) => service.inject('exchange', { kind: 'answer', status, body })
const sent = () => service.calls.at(-1)?.request

describe('what is sent', () => {
  test('for a publisher: the ID token, and the resource', async () => {
    await forPublisher()
    expect([sent()?.method, sent()?.url.pathname]).toEqual(['POST', '/oauth/token'])
    expect(JSON.parse(sent()?.body ?? '')).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: 'the-id-token',
      resource: 'acme/model',
    })
  })

  test('for a member: the e-mail and the scopes, with the app’s credentials encoded', async () => {
    await forMember()
    expect(Object.fromEntries(new URLSearchParams(sent()?.body))).toMatchObject({
      subject_token: 'a@b.example',
      subject_token_type: 'urn:huggingface:token-type:user-email',
      scope: 'jobs',
    })
    const basic = Buffer.from('app%3A1:geheim%20100%25').toString('base64')
    expect(sent()?.headers.authorization).toBe(`Basic ${basic}`)
    expect(events.slice(0, 3)).toEqual([`mask ${basic}`, 'begin', 'call'])
  })
})

describe('the ledger', () => {
  test('knows before the call that a token may exist, and of the token right after its mask', async () => {
    expect(await forPublisher()).toMatchObject({ token: TOKEN, scopes: [] })
    expect(events).toEqual(['begin', 'call', `mask ${TOKEN}`, `made ${TOKEN}`])
  })

  test('knows of a token even when the rest of the answer is wrong', async () => {
    answer(200, { access_token: TOKEN, scope: 7 })
    await expect(forPublisher()).rejects.toMatchObject({ code: 'hub-failed' })
    expect(events).toEqual(['begin', `mask ${TOKEN}`, `made ${TOKEN}, no known expiry`])
  })

  test.each([400, 401, 403])('knows after HTTP %s that there is none', async (status) => {
    answer(status, { error: 'invalid_grant' })
    await expect(forPublisher()).rejects.toMatchObject({ code: 'exchange-rejected' })
    expect(events).toEqual(['begin', 'refused'])
  })

  test('knows nothing for certain after a conflict', async () => {
    answer(409, { error: 'conflict' })
    await expect(forPublisher()).rejects.toMatchObject({ code: 'exchange-rejected' })
    expect(events).toEqual(['begin', 'warning'])
  })

  test.each([undefined, 7, '', 'hf_abcd', { value: TOKEN }])('masks nothing like %p', async (token) => {
    answer(200, { access_token: token })
    await expect(forPublisher()).rejects.toMatchObject({ code: 'hub-failed' })
    expect(events).toEqual(['begin', 'warning'])
  })

  test('warns of a lost answer before the retry', async () => {
    service.inject('exchange', { kind: 'lost' })
    await forPublisher()
    expect(events).toEqual(['begin', 'call', 'warning', 'call', `mask ${TOKEN}`, `made ${TOKEN}`])
  })
})

describe('what is granted', () => {
  test.each<[string, object, readonly string[]]>([
    ['an absent scope is the requested one', {}, ['jobs']],
    ['an empty scope is none', { scope: '' }, []],
    ['scopes are separated by spaces', { scope: 'jobs  read-repos' }, ['jobs', 'read-repos']],
  ])('%s', async (_what, more, scopes) => {
    answer(200, { access_token: ` ${TOKEN}\n`, ...more })
    expect(await forMember()).toMatchObject({ token: TOKEN, scopes })
  })

  test.each([
    [3600, 3600],
    ['60', 60],
    [0, undefined],
    [-5, undefined],
    [1e9, undefined],
    ['soon', undefined],
    [null, undefined],
  ])('expires_in %p is %p seconds', async (given, seconds) => {
    answer(200, { access_token: TOKEN, expires_in: given })
    const { expiresAt } = await forMember()
    if (seconds === undefined) expect(expiresAt).toBeUndefined()
    else expect(Math.abs((expiresAt ?? 0) - Date.now() - seconds * 1000)).toBeLessThan(5000)
  })

  test('expires_in counts from the right time, and for post from this machine’s', async () => {
    const known: (number | undefined)[] = []
    const ledger = {
      ...context().ledger,
      made: ({ expiresAt }: { expiresAt: number | undefined }) => void known.push(expiresAt),
    }
    const { expiresAt } = await exchangeForMember(APP, { ...context(), ledger, now: () => 1_000_000 })
    expect(expiresAt).toBe(4_600_000)
    expect(Math.abs((known[0] ?? 0) - Date.now() - 3_600_000)).toBeLessThan(5000)
  })
})

describe('an outage of the Hub that looks like a refusal', () => {
  const aborted = { error: 'invalid_grant', error_description: 'This operation was aborted' }

  test('is retried, and a token that comes then is kept', async () => {
    answer(400, aborted)
    expect(await forPublisher()).toMatchObject({ token: TOKEN })
    expect(events).toEqual(['begin', 'call', `mask ${TOKEN}`, `made ${TOKEN}`])
  })

  test('names the Hub as the cause if it persists, and the ledger does not rule out a token', async () => {
    answer(400, aborted)
    answer(400, aborted)
    const failure = forPublisher()
    await expect(failure).rejects.toMatchObject({ code: 'hub-failed' })
    await expect(failure).rejects.toThrow('Seen: HTTP 400, "invalid_grant: This operation was aborted"')
    await expect(failure).rejects.toThrow('Nothing in this response is about the trusted publisher.')
    await expect(failure).rejects.not.toThrow('provider:')
    expect(events).toEqual(['begin'])
    expect(service.calls).toHaveLength(2)
  })

  test('does not hide a refusal that follows, and the ledger does not rule out a token of the first attempt', async () => {
    answer(400, aborted)
    answer(400, { error: 'invalid_grant', error_description: 'No publisher' })
    await expect(forPublisher()).rejects.toMatchObject({ code: 'exchange-rejected' })
    expect(events).toEqual(['begin'])
  })

  test('is told in the Hub’s words when the time runs out during the next attempt', async () => {
    const short = new Deadline(1500)
    service.inject('exchange', { kind: 'answer', status: 400, body: aborted })
    service.inject('exchange', { kind: 'stall', afterBytes: 0 })
    const late = {
      ...context(),
      http: new Http(short, async () => undefined),
      policy: { ...context().policy, deadline: short },
    }
    await expect(exchangeIdToken(identityOf({}), 'acme/model', late)).rejects.toThrow('This operation was aborted')
    short.stop()
  })

  test('of a member’s exchange does not blame the app', async () => {
    answer(503, { error: 'server_error', error_description: 'down' })
    answer(503, { error: 'server_error', error_description: 'down' })
    const failure = forMember()
    await expect(failure).rejects.toMatchObject({ code: 'hub-failed' })
    await expect(failure).rejects.toThrow('HTTP 503, "server_error: down"')
    await expect(failure).rejects.toThrow('is about the OAuth app and the member.')
  })

  test('is not seen in a plain refusal: there is no second call', async () => {
    answer(400, { error: 'invalid_grant', error_description: 'No publisher' })
    await expect(forPublisher()).rejects.toMatchObject({ code: 'exchange-rejected' })
    expect(service.calls).toHaveLength(1)
  })

  test('gives no reason and takes long: one more attempt, however many are allowed', async () => {
    const reallyNow = performance.now.bind(performance)
    let passedMs = 0
    const clock = jest.spyOn(performance, 'now').mockImplementation(() => reallyNow() + passedMs)
    const slow: Pick<Http, 'send'> = {
      async send() {
        events.push('call')
        passedMs += 9000
        return { status: 400, headers: {}, body: Buffer.from('{"error":"invalid_grant"}') }
      },
    }
    const patient = new Deadline(60_000)
    const policy = { maxAttempts: 9, deadline: patient, random: () => 0 }
    const failure = exchangeIdToken(identityOf({}), 'acme/model', { ...context(), http: slow as Http, policy })
    await expect(failure).rejects.toMatchObject({ code: 'hub-failed' })
    await expect(failure).rejects.toThrow('"invalid_grant", after 9s')
    await expect(failure).rejects.toThrow('gave no reason')
    expect(events).toEqual(['begin', 'call', 'call'])
    patient.stop()
    clock.mockRestore()
  })
})

describe('an answer of /oauth/token', () => {
  const kindOf = (status: number, body: unknown, tookMs = 0, headers = {}) =>
    readAnswer({ status, headers, body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)) }, tookMs)
      .kind
  const described = (error_description: string) => kindOf(400, { error: 'invalid_grant', error_description })

  test.each([
    'This operation was aborted',
    'AbortError: signal is aborted',
    'The request timed out',
    'Timeout while verifying the token',
    'Connection time-out',
    'Internal error',
    'Internal Server Error',
    'Service unavailable',
    'Service Temporarily Unavailable',
    'upstream connect error',
    'Connection reset by peer',
    'read ECONNRESET',
    'connect ETIMEDOUT 10.0.0.1:443',
    'fetch failed',
    'socket hang up',
  ])('is an outage when it says %j', (words) => {
    expect(described(words)).toBe('outage')
    expect(kindOf(400, { error: words })).toBe('outage')
    expect(kindOf(400, { error: 'invalid_grant' }, 0, { 'x-error-message': words })).toBe('outage')
  })

  test.each([
    'No trusted publisher matches',
    'No trusted publisher of acme/upstream has this issuer',
    'No trusted publisher of timeout/connection has this issuer',
    'The claim environment is "internal error", expected "connection timeout"',
    "The claim ref is 'refs/heads/upstream', expected 'aborted'",
    'The resource is upstream-connections',
    'The token has expired',
    'The account is locked',
  ])('is a refusal when it says %j', (words) => {
    expect(described(words)).toBe('refused')
  })

  test.each(['server_error', 'temporarily_unavailable'])('is an outage with the code %s', (error) => {
    for (const status of [200, 400, 403, 503]) expect(kindOf(status, { error })).toBe('outage')
  })

  test('may be an outage when it gives no reason and was slow', () => {
    expect(kindOf(400, { error: 'invalid_grant' }, 8000)).toBe('slow')
    expect(kindOf(400, { error: 'invalid_grant', error_description: '' }, 12_000)).toBe('slow')
    expect(kindOf(400, { error: 'invalid_grant' }, 7999)).toBe('refused')
    expect(kindOf(400, { error: 'invalid_grant', error_description: 'No publisher' }, 12_000)).toBe('refused')
  })

  test.each<[number, unknown]>([
    [400, '<html>Bad Request</html>'],
    [403, '<html>Blocked</html>'],
    [403, ''],
    [404, '<html>Not found</html>'],
    [302, ''],
    [401, { errors: [{ status: 401 }] }],
    [400, { error: '' }],
    [400, { error: 7 }],
    [400, ['error']],
    [503, '<html>down</html>'],
  ])('of another service is not the Hub’s: %s %j', (status, body) => {
    expect(kindOf(status, body)).toBe('foreign')
  })

  test('is a refusal with an error in it, whatever its status', () => {
    expect(kindOf(200, { error: 'invalid_grant' })).toBe('refused')
    expect(kindOf(200, { error: null, access_token: TOKEN })).toBe('granted')
    expect(kindOf(201, { access_token: TOKEN })).toBe('granted')
  })
})

test.each([400, 403, 404])('an intermediary that answers %s is not taken for the Hub', async (status) => {
  service.inject('exchange', {
    kind: 'answer',
    status,
    headers: { 'content-type': 'text/html' },
    body: '<html>Blocked</html>',
  })
  const failure = forPublisher()
  await expect(failure).rejects.toMatchObject({ code: 'hub-failed' })
  await expect(failure).rejects.toThrow(
    'did not come from the Hub’s API. The action was waiting for the Hub’s /oauth/token.',
  )
  await expect(failure).rejects.toThrow('20 bytes (text/html)')
  expect(service.calls).toHaveLength(1)
  expect(events).toEqual(['begin'])
})

test('a page with a status of the service itself is retried', async () => {
  answer(503, '<html>down</html>')
  expect(await forPublisher()).toMatchObject({ token: TOKEN })
})

test('a success with an error in it is a refusal', async () => {
  answer(200, { error: 'invalid_grant', error_description: 'No publisher' })
  await expect(forPublisher()).rejects.toMatchObject({ code: 'exchange-rejected' })
  expect(events).toEqual(['begin', 'refused'])
})

test('a refusal that brings a token along leaves it to post', async () => {
  answer(200, { error: 'invalid_grant', access_token: TOKEN })
  await expect(forPublisher()).rejects.toMatchObject({ code: 'exchange-rejected' })
  expect(events).toEqual(['begin', `mask ${TOKEN}`, `made ${TOKEN}, no known expiry`])
})

test('a lost answer stays in doubt when the next one is a refusal', async () => {
  service.inject('exchange', { kind: 'lost' })
  answer(400, { error: 'invalid_grant' })
  await expect(forPublisher()).rejects.toMatchObject({ code: 'exchange-rejected' })
  expect(events).toEqual(['begin', 'call', 'warning'])
})

test('a refusal quotes the Hub', async () => {
  answer(400, { error: 'invalid_grant', error_description: 'No publisher' })
  await expect(forPublisher()).rejects.toThrow('Seen: HTTP 400, "invalid_grant: No publisher"')
})

describe('what to enter for a trusted publisher', () => {
  const advice = (claims: object, resource = 'acme/model', issuer = GITHUB, error = 'invalid_grant') =>
    trustedPublisherAdvice(error, {
      identity: identityOf(claims, issuer),
      resource,
      endpoint: 'https://huggingface.co',
    })
  const fix = (claims: object, resource = 'acme/model', issuer = GITHUB) => plain(advice(claims, resource, issuer).fix)
  const claims = {
    repository: 'octo/repo',
    workflow_ref: 'octo/repo/.github/workflows/train.yml@refs/heads/main',
    ref: 'refs/heads/main',
    environment: 'gpu',
  }

  test('are the job’s own claims', () => {
    expect(fix(claims)).toContain(
      'provider: GitHub Actions\nrepository: octo/repo\nworkflow: train.yml\nbranch: main\nenvironment: gpu\n',
    )
    expect(fix(claims)).toContain('https://huggingface.co/acme/model/settings')
  })

  test.each(['refs/tags/v1', 'refs/pull/7/merge'])('is no branch for %s', (ref) => {
    expect(fix({ ...claims, ref })).toContain(`\nbranch: (leave empty: ${ref} is not a branch)\n`)
  })

  test.each([{ environment: '' }, { environment: undefined }])('is no environment where there is none: %j', (none) => {
    expect(fix({ ...claims, ...none })).toContain('\nenvironment: (leave empty: this job uses none)\n')
  })

  test('names both files of a reusable workflow, and says which is which', () => {
    const reusable = 'octo/shared/.github/workflows/deploy.yml@refs/tags/v2'
    const text = fix({ ...claims, job_workflow_ref: reusable })
    expect(text).toContain(`workflow_ref: ${claims.workflow_ref}\njob_workflow_ref: ${reusable}\n`)
    expect(text).toContain('`workflow_ref` names the caller, and `job_workflow_ref` names the reusable workflow')
    expect(text).toContain('is the caller’s file, `train.yml`, not `deploy.yml`')
  })

  test.each([
    {},
    { job_workflow_ref: claims.workflow_ref },
    { workflow_ref: undefined, job_workflow_ref: 'x/y/z.yml@1' },
  ])('is about one file for any other job: %j', (more) => {
    expect(fix({ ...claims, ...more })).not.toContain('reusable')
  })

  test('shows the audience next to the one that the Hub requires', () => {
    expect(fix({ ...claims, aud: ['acme', 'other'] })).toContain(
      'The audience of this job’s ID token is `acme, other`. The Hub requires its own address, `https://huggingface.co`.',
    )
  })

  test('comes with all that the Hub does not tell apart', () => {
    const cause = plain(advice(claims).cause ?? '')
    for (const words of ['no trusted publisher', 'claims differs', 'the audience of', 'is locked']) {
      expect(cause).toContain(words)
    }
  })

  test.each(['invalid_request', 'invalid_target'])(
    'is not said of a request that the Hub cannot read (%s)',
    (error) => {
      const { fix: steps, cause = '' } = advice(claims, 'acme/model', GITHUB, error)
      expect(plain(steps)).not.toContain('provider:')
      expect(plain(cause)).toContain('`hf-resource` (`acme/model`)')
    },
  )

  test('is the issuer of another CI system, with its subject', () => {
    expect(fix({ sub: 'project:1', ref: 'main' }, 'acme/model', 'https://gitlab.example')).toContain(
      'issuer: https://gitlab.example\nsub: project:1\nref: main\n',
    )
    expect(fix(claims, 'acme/model', 'https://ghes.example')).toContain('other, with the issuer https://ghes.example')
  })

  test('is on the account’s page for a user', () => {
    expect(fix(claims, 'rosa')).toContain('https://huggingface.co/settings/authentication')
    expect(fix(claims, 'rosa')).toContain('"CI/CD Access"')
  })
})

test.each([
  ['invalid_client', 'The app’s secret was renewed on the Hub'],
  ['invalid_scope', 'created with fewer scopes than this job requests'],
  ['invalid_grant', '`member` is not the verified email address of a member of acme'],
  ['', '`member` is not the verified email address of a member of acme'],
])('a member’s exchange that ends with %j has its own cause', (error, says) => {
  const { cause = '' } = memberExchangeAdvice(error, APP, { org: 'acme', hubEndpoint: 'https://huggingface.co' })
  expect(plain(cause)).toContain(says)
})
