/** One call of the Hub: what is retried, what is reported as lost, and what a failure says. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Service } from '../../sandbox/service.ts'
import { bearer, callHub, hubFailed } from '../../src/hub/call.ts'
import { revokeToken } from '../../src/hub/revoke.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http, NetworkError, type Phase, tooSlow } from '../../src/net/http.ts'

let service: Service
let deadline: Deadline
let http: Http
beforeEach(async () => {
  service = new Service('hub', { operation: () => 'call', handle: () => ({ status: 200, body: {} }) })
  await service.listen()
  deadline = new Deadline(20_000)
  http = new Http(deadline, async () => undefined)
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await service.close()
})

const access = (maxAttempts = 3) => ({
  endpoint: service.url,
  http,
  policy: { maxAttempts, deadline, random: () => 0 },
})
const answer = (status: number, times = 1, more: object = {}) =>
  service.inject('call', { kind: 'answer', status, body: {}, ...more }, times)

/** Makes a call; `lost`: how often it was reported as lost. */
async function call(maxAttempts?: number) {
  let lost = 0
  const onLost = () => {
    lost += 1
  }
  const call = { method: 'GET', path: '/x', headers: bearer('hf_x'), what: 'an answer', onLost } as const
  const result = callHub(access(maxAttempts), call)
  const [status, code] = await result.then(
    (answer) => [answer.status, undefined] as const,
    (error: { code?: string }) => [undefined, error.code] as const,
  )
  return { status, code, lost, calls: service.calls.length }
}

describe('a retry', () => {
  test.each([408, 429, 500, 502, 503, 504])('follows HTTP %s', async (status) => {
    answer(status)
    expect(await call()).toMatchObject({ status: 200, calls: 2 })
  })

  test.each([301, 400, 401, 403, 404, 409, 422])('does not follow HTTP %s', async (status) => {
    answer(status, 9)
    expect(await call()).toMatchObject({ status, calls: 1 })
  })

  test.each([403, 404])('does not follow a page with HTTP %s, which no retry can change', async (status) => {
    answer(status, 9, { headers: { 'content-type': 'text/html' }, body: '<html>Blocked</html>' })
    expect(await call()).toMatchObject({ code: 'hub-failed', calls: 1 })
  })

  test('follows a cut connection', async () => {
    service.inject('call', { kind: 'reset' })
    expect(await call()).toMatchObject({ status: 200, calls: 2 })
  })

  test.each([
    [429, 'hub-rate-limited'],
    [503, 'hub-failed'],
  ])('of HTTP %s ends after the last attempt with %s', async (status, code) => {
    answer(status, 9)
    expect(await call(2)).toMatchObject({ code, calls: 2 })
  })
})

describe('a call counts as lost, because it may have been carried out,', () => {
  test.each([408, 500, 503, 409])('after HTTP %s', async (status) => {
    answer(status)
    expect(await call()).toMatchObject({ lost: 1 })
  })

  test('after a connection that was cut before the answer', async () => {
    service.inject('call', { kind: 'lost' })
    expect(await call()).toMatchObject({ lost: 1, status: 200 })
  })

  test.each([429, 400, 401, 404])('but not after HTTP %s', async (status) => {
    answer(status)
    expect(await call()).toMatchObject({ lost: 0 })
  })

  test.each<[Phase, number]>([
    ['connect', 0],
    ['TLS', 0],
    ['answer', 1],
  ])(
    'after a timeout in phase %s %i times: nothing is sent before it came to a connection',
    async (phase, expected) => {
      const detail = tooSlow(5_000, phase)
      const late = () => Promise.reject(new NetworkError({ what: 'x', host: 'x', phase: 'timeout', detail }))
      http.send = late
      expect(await call(1)).toMatchObject({ lost: expected, code: 'network-unreachable' })
    },
  )

  test('nor when it could not be sent', async () => {
    await service.close()
    expect(await call(1)).toMatchObject({ lost: 0, code: 'network-unreachable' })
    await service.listen()
  })
})

describe('a message', () => {
  test('quotes the Hub: status, error code, text and request ID', async () => {
    const headers = { 'x-error-code': 'Down', 'x-error-message': 'Back soon: hf_abcdefghij', 'x-request-id': 'Root=1' }
    answer(503, 9, { headers })
    const failure = callHub(access(1), { method: 'GET', path: '/', what: 'an answer' })
    await expect(failure).rejects.toThrow('Seen: HTTP 503, Down, "Back soon: hf_***", request Root=1')
    await expect(failure).rejects.toThrow('while the action was waiting for an answer.')
  })

  test.each([302, 407])('says that something in between answered with HTTP %i', (status) => {
    const answer = { status, headers: {}, body: Buffer.from(''), from: 'hub.example/api/x' }
    const { message } = hubFailed('an answer', answer, 'https://hub.example')
    expect(message).toContain(`Seen: HTTP ${status}, from hub.example/api/x`)
    expect(message).toContain('the login page of a network answered instead of the Hub')
  })

  test('says how long the Hub asks to wait', async () => {
    const headers = { ratelimit: '"api";r=0;t=55' }
    answer(429, 9, { headers })
    const failure = callHub(access(1), { method: 'GET', path: '/', what: 'an answer' })
    await expect(failure).rejects.toThrow('the Hub asks clients to wait 55s, after one attempt')
  })

  test('says how many calls were rate limited', async () => {
    answer(429, 9)
    const failure = callHub(access(2), { method: 'GET', path: '/', what: 'an answer' })
    await expect(failure).rejects.toThrow('after 2 attempts in less than 1 s')
  })
})

describe('a revocation', () => {
  test('names the token and nothing else', async () => {
    answer(202)
    await revokeToken('hf_x', access())
    const [request] = service.calls.map(({ request }) => request)
    expect([request?.method, request?.url.pathname]).toEqual(['POST', '/api/credentials/revoke'])
    expect(JSON.parse(request?.body ?? '')).toEqual({ credentials: ['hf_x'] })
    expect(request?.headers).not.toHaveProperty('authorization')
  })

  test.each([200, 201, 204, 400, 401, 404])('is none when the answer is HTTP %s', async (status) => {
    answer(status)
    await expect(revokeToken('hf_x', access())).rejects.toMatchObject({ code: 'hub-failed' })
  })
})
