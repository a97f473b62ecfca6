/** What it takes for the Hub's refusal of a token to be believed. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { HubClient } from '../../src/hub/client.ts'
import { PARTS_FOR } from '../../src/hub/facts/parts.ts'
import { parseRepository } from '../../src/hub/repository.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'
import { proxyFromEnvironment } from '../../src/net/proxy.ts'

let hub: Hub
let deadline: Deadline
let http: Http
let token: string
beforeEach(async () => {
  hub = await Hub.start()
  token = hub.addOrgToken('acme')
  hub.addRepo({ type: 'model', name: 'acme/model', private: true })
  deadline = new Deadline(20_000)
  http = new Http(deadline, proxyFromEnvironment({}))
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await hub.close()
})

const client = (options?: { looksTwice: boolean }, until = deadline) =>
  new HubClient({ endpoint: hub.url, http, policy: { maxAttempts: 1, deadline: until } }, options)
const careful = (until = deadline) => client({ looksTwice: true }, until)
const refuse = (times: number, status = 401, operation = 'whoami-v2') =>
  hub.service.inject(operation, { kind: 'answer', status, body: { error: 'Invalid username or password.' } }, times)
const asked = () => hub.service.count('whoami-v2')

const PAGE = { kind: 'answer', headers: { 'content-type': 'text/html' }, body: '\n<html>Sign in</html>' } as const

describe('a page of a mirror or a proxy', () => {
  const page = (operation: string, status: number) => hub.service.inject(operation, { ...PAGE, status }, 9)
  const model = parseRepository('acme/model')

  test.each([401, 403, 404, 200, 302])('says nothing about the token, whatever its status: %s', async (status) => {
    page('whoami-v2', status)
    for (const one of [client(), careful()]) {
      await expect(one.whoAmI(token)).rejects.toMatchObject({ code: 'hub-failed' })
      await expect(one.whoAmI(token)).rejects.toThrow('did not come from the Hub’s API')
      await expect(one.owner(token)).rejects.toMatchObject({ code: 'hub-failed' })
    }
  })

  test.each([401, 403, 404, 200])('says nothing about a repository: %s', async (status) => {
    page('auth-check', status)
    if (!model) throw new Error('that is a repository')
    await expect(client().authCheck(token, model, false)).rejects.toMatchObject({ code: 'hub-failed' })
    expect(await client().corroborateAccess(token, model, false)).toEqual({ silence: `HTTP ${status}` })
  })

  test.each<[string, { status: number; headers?: Record<string, string>; body: unknown }]>([
    ['of Artifactory', { status: 401, body: { errors: [{ status: 401, message: 'Bad credentials' }] } }],
    ['of Artifactory, by its header', { status: 401, headers: { 'X-JFrog-Version': 'Artifactory/7.1' }, body: '' }],
    ['of Nexus', { status: 401, headers: { Server: 'Nexus/3.70 (OSS)' }, body: '' }],
    ['of Nexus', { status: 403, headers: { Server: 'Nexus/3.70 (OSS)' }, body: 'Forbidden' }],
  ])('is like a refusal %s', async (_whose, answer) => {
    hub.service.inject('whoami-v2', { kind: 'answer', ...answer }, 9)
    for (const one of [client(), careful()]) {
      await expect(one.whoAmI(token)).rejects.toThrow('did not come from the Hub’s API')
    }
  })

  test.each<[number, unknown]>([
    [401, { error: 'Invalid username or password.' }],
    [401, { error: 'x', errors: [] }],
    [401, 'Unauthorized'],
    [401, ''],
  ])('is not a refusal of the Hub: %s %j', async (status, body) => {
    const headers = { Server: 'nginx', 'X-JFrog-Version': 'Artifactory/7.1' }
    hub.service.inject('whoami-v2', { kind: 'answer', status, body }, 1)
    await expect(client().whoAmI(token)).rejects.toMatchObject({ code: 'token-rejected' })
    // Passed through by a mirror.
    if (typeof body !== 'object') return
    hub.service.inject('whoami-v2', { kind: 'answer', status, headers, body }, 1)
    await expect(client().whoAmI(token)).rejects.toMatchObject({ code: 'token-rejected' })
  })

  test('is neither the plain text of a success nor what has the Hub’s own error code', async () => {
    if (!model) throw new Error('that is a repository')
    hub.service.inject('auth-check', { ...PAGE, status: 200, body: 'OK' }, 2)
    expect(await client().authCheck(token, model, false)).toEqual({ granted: true })
    expect(await client().corroborateAccess(token, model, false)).toEqual({ granted: true })
    const headers = { 'content-type': 'text/html', 'x-error-code': 'RepoNotFound' }
    hub.service.inject('auth-check', { ...PAGE, status: 404, headers }, 2)
    expect(await client().authCheck(token, model, false)).toMatchObject({ granted: false, status: 404 })
    expect(await client().corroborateAccess(token, model, false)).toMatchObject({ granted: false, status: 404 })
  })

  test('is advised on as one of the Hub where there is no mirror', async () => {
    const { notTheHub } = await import('../../src/hub/explain-foreign.ts')
    const answer = { status: 404, headers: {}, body: Buffer.from('x') }
    const told = (endpoint: string) => notTheHub({ answer, said: 'HTTP 404', what: 'x', endpoint }).message
    expect(told('https://huggingface.co')).not.toMatch(/mirror|client-endpoint/)
    expect(told('https://huggingface.co')).toContain('no content type')
    expect(told('https://mirror.example')).toContain('client-endpoint: https://mirror.example')
  })
})

describe('a refusal that does not show that it is the Hub’s own', () => {
  const FOREIGN: [string, unknown][] = [
    ['an API gateway', { message: 'Forbidden' }],
    ['a proxy', 'RBAC: access denied'],
    ['nobody', ''],
  ]

  test.each(FOREIGN)('does not show that a token cannot write: of %s', async (_whose, body) => {
    const model = parseRepository('acme/model')
    if (!model) throw new Error('that is a repository')
    for (const status of [403, 404]) {
      hub.service.inject('auth-check-write', { kind: 'answer', status, body })
      expect(await client().corroborateAccess(token, model, true)).toMatchObject({ silence: expect.any(String) })
    }
  })

  test.each(FOREIGN)('does not show that a token is dead: of %s', async (_whose, body) => {
    hub.service.inject('whoami-v2', { kind: 'answer', status: 401, body }, 4)
    await expect(client().owner(token)).rejects.toMatchObject({ code: 'hub-failed' })
    await expect(careful().whoAmI(token)).rejects.toMatchObject({ code: 'hub-failed' })
  })
})

describe('a client that looks twice', () => {
  test('rejects a token when the Hub says so twice, with time in between', async () => {
    refuse(2)
    await expect(careful().whoAmI(token)).rejects.toMatchObject({
      code: 'token-rejected',
      message: expect.stringMatching(/HTTP 401.*, after 2 attempts in 1 s/),
    })
    const [first, second] = hub.service.calls
    expect(asked()).toBe(2)
    expect((second?.startedAt ?? 0) - (first?.endedAt ?? 0)).toBeGreaterThan(900)
  })

  test('ignores a 401 that does not repeat', async () => {
    refuse(1)
    expect((await careful().whoAmI(token)).name).toBe('acme-ci')
    refuse(1)
    expect((await careful().owner(token))?.name).toBe('acme-ci')
  })

  test.each([403, 500, 404])('gets no answer from a %s, alone or after a 401', async (status) => {
    refuse(1)
    refuse(2, status)
    await expect(careful().whoAmI(token)).rejects.toMatchObject({ code: 'hub-failed' })
    await expect(careful().whoAmI(token)).rejects.toMatchObject({ code: 'hub-failed' })
    refuse(1)
    refuse(2, status)
    await expect(careful().owner(token)).rejects.toMatchObject({ code: 'hub-failed' })
    await expect(careful().owner(token)).rejects.toMatchObject({ code: 'hub-failed' })
  })

  test('states the calls of both looks when the second one fails', async () => {
    refuse(1)
    refuse(1, 403)
    const failure = await careful().whoAmI(token).catch(String)
    expect(failure).toMatch(/\[hub-failed\][\s\S]*HTTP 403, after 2 attempts in 1 s/)
    refuse(1)
    hub.service.inject('whoami-v2', { kind: 'answer', status: 418, body: '<html>' }, 1)
    expect(await careful().whoAmI(token).catch(String)).toMatch(/after 2 attempts in 1 s/)
  })

  test('rejects nothing when there is no time for a second look', async () => {
    const short = new Deadline(500)
    refuse(2)
    await expect(careful(short).whoAmI(token)).rejects.toMatchObject({ code: 'deadline-exceeded' })
    await expect(careful(short).owner(token)).rejects.toMatchObject({ code: 'deadline-exceeded' })
    short.stop()
  })

  test('does not reject a token that may not use a route', async () => {
    const repository = parseRepository('acme/model')
    if (!repository) throw new Error('no repository')
    refuse(2, 401, 'auth-check')
    expect(await careful().authCheck(token, repository, false)).toMatchObject({ granted: false, status: 401 })
    refuse(1, 401, 'auth-check')
    expect(await careful().authCheck(token, repository, false)).toEqual({ granted: true })
  })
})

test('a token has an owner until the Hub says twice that it does not', async () => {
  refuse(2)
  expect(await client().owner(token)).toBeUndefined()
  expect(asked()).toBe(2)
})

test('a client for one job asks once, because it replaces and revokes nothing', async () => {
  refuse(1)
  await expect(client().whoAmI(token)).rejects.toMatchObject({ code: 'token-rejected' })
  expect(asked()).toBe(1)
})

describe('a 401 of auth-check, for one job', () => {
  const check = (of = client()) => {
    const model = parseRepository('acme/model')
    if (!model) throw new Error('no repository')
    return of.authCheck(token, model, false)
  }
  const unauthorized = () => refuse(1, 401, 'auth-check')

  test('means "not allowed here" when whoami-v2 accepts the token', async () => {
    unauthorized()
    expect(await check()).toMatchObject({
      granted: false,
      status: 401,
      seen: expect.stringMatching(/^HTTP 401.*; whoami-v2: HTTP 200/),
    })
    expect(asked()).toBe(1)
  })

  test('leaves open what it means when a page took the place of whoami-v2', async () => {
    for (const status of [200, 401]) {
      const http = client()
      hub.service.inject('whoami-v2', { ...PAGE, status })
      expect(await http.corroborate(token, PARTS_FOR.resource)).toHaveProperty('silence')
      unauthorized()
      await expect(check(http)).rejects.toThrow('it is not clear whether the token is valid')
    }
  })

  test('means that the token is dead when whoami-v2 refuses it too', async () => {
    unauthorized()
    refuse(1)
    await expect(check()).rejects.toMatchObject({ code: 'token-rejected' })
    expect(asked()).toBe(1)
  })

  test.each([403, 404, 429, 503])('leaves both open when whoami-v2 answers %s', async (status) => {
    unauthorized()
    refuse(9, status)
    const failure = check()
    await expect(failure).rejects.toMatchObject({ code: 'token-rejected' })
    await expect(failure).rejects.toThrow('it is not clear whether the token is valid')
    await expect(failure).rejects.toThrow(`whoami-v2: HTTP ${status}`)
    expect(asked()).toBe(1)
  })

  test('leaves both open when whoami-v2 cannot be reached', async () => {
    unauthorized()
    hub.service.inject('whoami-v2', { kind: 'reset' })
    await expect(check()).rejects.toThrow('it is not clear whether the token is valid')
  })

  test('asks nothing again that whoami-v2 has said in this run, and asks once for several refusals', async () => {
    const job = client()
    await job.whoAmI(token)
    refuse(3, 401, 'auth-check')
    await Promise.all([check(job), check(job), check(client())])
    expect(asked()).toBe(1)
  })

  test.each([200, 401, 503])('asks nothing again that a corroboration has asked already (%s)', async (status) => {
    const job = client()
    if (status !== 200) refuse(1, status)
    refuse(1, 401, 'auth-check')
    const [, access] = await Promise.allSettled([job.corroborate(token, PARTS_FOR.resource), check(job)])
    expect(access.status).toBe(status === 200 ? 'fulfilled' : 'rejected')
    expect(asked()).toBe(1)
  })

  test('is not followed by another whoami-v2', async () => {
    const job = client()
    refuse(2, 401, 'auth-check')
    await Promise.all([check(job), check(job)])
    expect((await job.whoAmI(token)).name).toBe('acme-ci')
    expect(asked()).toBe(1)
  })

  test('does not make a later look at the token stale', async () => {
    const job = client()
    await job.whoAmI(token)
    refuse(1)
    await expect(job.whoAmI(token)).rejects.toMatchObject({ code: 'token-rejected' })
  })

  test.each([
    [401, { 'x-error-code': 'GatedRepo' }],
    [403, {}],
    [404, {}],
  ])('is the only one that whoami-v2 is asked about: %s %j', async (status, headers) => {
    hub.service.inject('auth-check', { kind: 'answer', status, headers })
    expect(await check()).toMatchObject({ granted: false, status })
    expect(asked()).toBe(0)
  })
})

describe('an answer is usable', () => {
  const answer = (body: object, times = 1) =>
    hub.service.inject('whoami-v2', { kind: 'answer', status: 200, body }, times)
  const bound = { type: 'user', name: '[OIDC]', auth: { type: 'oauth', resource: { sub: 'acme/model' } } }

  test('when the parts are readable that the caller depends on', async () => {
    answer({ ...bound, orgs: 'none' })
    expect(await client().whoAmI(token, 0, PARTS_FOR.resource)).toMatchObject({
      name: '[OIDC]',
      resource: 'acme/model',
    })
  })

  test('and otherwise not, also for whoever asks whether a token works', async () => {
    answer({ ...bound, orgs: 'none' }, 3)
    await expect(client().whoAmI(token)).rejects.toMatchObject({ code: 'hub-failed' })
    await expect(client().owner(token)).rejects.toMatchObject({ code: 'hub-failed' })
    await expect(client().whoAmI(token, 0, PARTS_FOR.oauth)).rejects.toMatchObject({ code: 'hub-failed' })
  })

  test('when it is about an app', async () => {
    answer({ type: 'app', id: '1', name: '[OIDC]', auth: { type: 'app_token' } })
    expect(await client().whoAmI(token)).toMatchObject({ principal: 'app', orgsAreListed: false })
  })
})

describe('an answer that only corroborates', () => {
  const PARTS = PARTS_FOR.resource

  test('is what whoami-v2 says', async () => {
    expect(await client().corroborate(token, PARTS)).toMatchObject({ name: 'acme-ci' })
    expect(asked()).toBe(1)
  })

  test.each([401, 403, 404, 429, 500, 503])('is silence, after one call, when the Hub answers %s', async (status) => {
    refuse(9, status)
    expect(await client().corroborate(token, PARTS)).toEqual({ silence: expect.stringContaining(`HTTP ${status}`) })
    expect(asked()).toBe(1)
  })

  test.each<[string, unknown]>([
    ['a page', '<html>hello</html>'],
    ['a part that cannot be read', { type: 'user', auth: { type: 'oauth', resource: {} }, orgs: [] }],
  ])('is silence when the Hub answers with %s', async (_what, body) => {
    hub.service.inject('whoami-v2', { kind: 'answer', status: 200, body })
    expect(await client().corroborate(token, PARTS)).toEqual({ silence: expect.stringContaining('not in the format') })
  })

  test('is silence when there is none within two seconds', async () => {
    hub.service.inject('whoami-v2', { kind: 'stall', afterBytes: 0 })
    const startedAt = performance.now()
    expect(await client().corroborate(token, PARTS)).toEqual({ silence: 'no response within 2 s' })
    expect(performance.now() - startedAt).toBeLessThan(10_000)
  })

  test('is silence when the connection breaks', async () => {
    hub.service.inject('whoami-v2', { kind: 'lost' })
    expect(await client().corroborate(token, PARTS)).toEqual({ silence: expect.any(String) })
  })

  test('about a repository is a refusal only in the Hub’s own words', async () => {
    const model = parseRepository('acme/model')
    if (!model) throw new Error('no repository')
    const access = () => client().corroborateAccess(token, model, false)
    expect(await access()).toEqual({ granted: true })
    refuse(1, 401, 'auth-check')
    expect(await access()).toEqual({ silence: expect.stringContaining('HTTP 401') })
    refuse(1, 404, 'auth-check')
    expect(await access()).toMatchObject({ granted: false, status: 404 })
    hub.service.inject('auth-check', { kind: 'answer', status: 401, headers: { 'x-error-code': 'GatedRepo' } })
    expect(await access()).toMatchObject({ granted: false, status: 401 })
  })
})

describe('whoami-v2 that is rate limited by a long window is asked', () => {
  const limited = () =>
    hub.service.inject(
      'whoami-v2',
      {
        kind: 'answer',
        status: 429,
        headers: { RateLimit: '"api";r=0;t=0', 'RateLimit-Policy': '"fixed window";"api";q=10;w=60' },
        body: {},
      },
      9,
    )
  const patient = (looksTwice: boolean) =>
    new HubClient({ endpoint: hub.url, http, policy: { maxAttempts: 3, deadline, random: () => 0 } }, { looksTwice })

  test('twice at most for a job', async () => {
    limited()
    await expect(patient(false).whoAmI(token)).rejects.toMatchObject({ code: 'hub-rate-limited' })
    expect(asked()).toBe(2)
  })

  test('as often as `max-attempts` allows for a rotation', async () => {
    limited()
    await expect(patient(true).whoAmI(token)).rejects.toMatchObject({ code: 'hub-rate-limited' })
    expect(asked()).toBe(3)
  })
})
