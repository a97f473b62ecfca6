/** The Hub's two token exchanges: what is sent, what is kept secret, and what the ledger knows at each moment. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Service } from '../../sandbox/service.ts'
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
    answer(409, {})
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
})

test('a refusal quotes the Hub', async () => {
  answer(400, { error: 'invalid_grant', error_description: 'No publisher' })
  await expect(forPublisher()).rejects.toThrow('Seen: HTTP 400, "invalid_grant: No publisher"')
})

describe('what to enter for a trusted publisher', () => {
  const fix = (claims: object, resource = 'acme/model', issuer = GITHUB) =>
    plain(trustedPublisherAdvice(identityOf(claims, issuer), resource, 'https://huggingface.co').fix)
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

  test('is no branch for a tag, and no environment where there is none', () => {
    const text = fix({ ...claims, ref: 'refs/tags/v1', environment: '' })
    expect(text).not.toMatch(/branch:|environment:/)
  })

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
