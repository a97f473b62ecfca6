/** The sandbox's Hub mints tokens and takes them back, as the real one does. */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import * as forgeries from '../../sandbox/github/forgeries.ts'
import { GitHub, type Job, type JobOptions } from '../../sandbox/github.ts'
import { Hub } from '../../sandbox/hub/index.ts'
import type { NewTrustedPublisher } from '../../sandbox/hub/trusted-publishers.ts'
import { REGION, roleArn, Sandbox, secretName } from '../../sandbox/index.ts'
import { OtherIssuer } from '../../sandbox/issuers.ts'
import { whoamiSchema } from './schema.ts'

const EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token'
const USER_EMAIL = 'urn:huggingface:token-type:user-email'

let hub: Hub
let github: GitHub

beforeEach(async () => {
  ;[hub, github] = await Promise.all([Hub.start(), GitHub.start()])
})

afterEach(() => Promise.all([hub.close(), github.close()]))

interface Answer {
  status: number
  headers: Headers
  body: Record<string, unknown>
}

async function call(path: string, token?: string, init: RequestInit = {}): Promise<Answer> {
  const headers = { ...(token && { Authorization: `Bearer ${token}` }), ...init.headers }
  const response = await fetch(`${hub.url}${path}`, { ...init, headers })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) }
}

function post(path: string, body: unknown, token?: string): Promise<Answer> {
  const headers = { 'Content-Type': 'application/json' }
  return call(path, token, { method: 'POST', body: JSON.stringify(body), headers })
}

async function idTokenOf({ idTokenRequestUrl, idTokenRequestToken }: Job, audience: string): Promise<string> {
  const response = await fetch(`${idTokenRequestUrl}&audience=${encodeURIComponent(audience)}`, {
    headers: { authorization: `Bearer ${idTokenRequestToken}` },
  })
  return ((await response.json()) as { value: string }).value
}

/** How the Hub answers this token, everywhere where it is used. */
async function reach(token: string, repo = 'models/acme/model'): Promise<Record<string, number>> {
  const file = { key: 'file', value: { path: 'a.txt', content: 'YQ==', encoding: 'base64' } }
  const commit = [{ key: 'header', value: { summary: 'Add a.txt' } }, file]
    .map((line) => JSON.stringify(line))
    .join('\n')
  const [whoami, read, write, committed] = await Promise.all([
    call('/api/whoami-v2', token),
    call(`/api/${repo}/auth-check`, token),
    call(`/api/${repo}/auth-check/write`, token),
    call(`/api/${repo}/commit/main`, token, { method: 'POST', body: commit }),
  ])
  return { whoami: whoami.status, read: read.status, write: write.status, commit: committed.status }
}

const WRITES = { whoami: 200, read: 200, write: 200, commit: 200 }
const READS = { whoami: 200, read: 200, write: 403, commit: 403 }
const SEES_NOTHING = { whoami: 200, read: 404, write: 404, commit: 404 }
const DEAD = { whoami: 401, read: 401, write: 401, commit: 401 }

async function whoami(token: string): Promise<Record<string, unknown>> {
  const { status, body } = await call('/api/whoami-v2', token)
  expect(status).toBe(200)
  expect((await whoamiSchema())(body)).toEqual([])
  return body
}

const revoke = (...credentials: string[]) => post('/api/credentials/revoke', { credentials })

describe('a trusted publisher', () => {
  beforeEach(() => {
    hub.addOrg({ name: 'acme', plan: 'enterprise' })
    hub.addUser({ name: 'mona', orgs: [{ name: 'acme', roleInOrg: 'admin' }] })
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    hub.addRepo({ type: 'dataset', name: 'acme/model', private: true })
  })

  function publish(rest: Partial<NewTrustedPublisher> = {}): void {
    hub.addTrustedPublisher({
      resource: 'acme/model',
      issuer: github.issuer,
      keys: () => github.jwks(),
      claims: { repository: 'octo-org/octo-repo' },
      ...rest,
    })
  }

  const idToken = (job: JobOptions = {}, audience = hub.publicUrl) => idTokenOf(github.startJob(job), audience)

  function exchange(token: string, rest: Record<string, unknown> = {}): Promise<Answer> {
    return post('/oauth/token', {
      grant_type: EXCHANGE,
      subject_token_type: ID_TOKEN,
      subject_token: token,
      resource: 'acme/model',
      ...rest,
    })
  }

  async function traded(resource = 'acme/model', job: JobOptions = {}): Promise<string> {
    const { status, body } = await exchange(await idToken(job), { resource })
    expect({ status, body }).toMatchObject({ status: 200 })
    return String(body.access_token)
  }

  test('trades the ID token of the configured repository for a token of one hour', async () => {
    publish()
    const { status, headers, body } = await exchange(await idToken())
    expect(status).toBe(200)
    expect(headers.get('cache-control')).toBe('no-store')
    expect(body).toEqual({
      access_token: expect.stringMatching(/^hf_jwt_[\w-]+\.[\w-]+\.[\w-]+$/),
      token_type: 'bearer',
      expires_in: 3600,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
    })
    expect(hub.minted).toEqual([body.access_token])
    expect(hub.service.count('oauth-token (trusted publisher)')).toBe(1)
  })

  test('gives a token that is recognized by its resource and its end, not by a role', async () => {
    publish()
    hub.now = () => Date.parse('2026-11-22T17:00:00.000Z')
    const now = Date.parse('2026-11-22T17:00:00.000Z') / 1000
    const token = await traded('acme/model', { claims: { iat: now, nbf: now, exp: now + 300 } })
    expect(await whoami(token)).toMatchObject({
      name: 'mona',
      orgs: [{ name: 'acme', roleInOrg: 'admin', plan: 'enterprise' }],
      auth: { type: 'oauth', expiresAt: '2026-11-22T18:00:00.000Z', resource: { sub: 'acme/model' } },
    })
    expect((await whoami(token)).auth).not.toHaveProperty('accessToken')
    hub.now = () => Date.parse('2026-11-22T18:00:00.000Z')
    expect(await reach(token)).toEqual(DEAD)
  })

  test('writes that one repository and reaches no other', async () => {
    publish()
    const token = await traded()
    expect(await reach(token)).toEqual(WRITES)
    expect(hub.repos.get('acme/model')?.files.get('a.txt')?.toString()).toBe('a')
    expect(await reach(token, 'datasets/acme/model')).toEqual(SEES_NOTHING)
    expect((await post('/api/repos/create', { name: 'new', organization: 'acme' }, token)).status).toBe(403)
    expect((await call('/api/organizations/acme/service-accounts', token)).status).toBe(403)
  })

  test('gives a token that is dead everywhere once it is revoked', async () => {
    publish()
    const [token, other] = [await traded(), await traded()]
    expect((await revoke(token)).status).toBe(202)
    expect(await reach(token)).toEqual(DEAD)
    expect(await reach(other)).toEqual(WRITES)
  })

  test('that is read-only reads', async () => {
    publish({ resource: 'datasets/acme/model', readOnly: true })
    expect(await reach(await traded('datasets/acme/model'), 'datasets/acme/model')).toEqual(READS)
  })

  test('of a user gives a token that reads gated repositories only', async () => {
    publish({ resource: 'mona' })
    hub.addRepo({ type: 'model', name: 'meta/gated', gated: true, grantedTo: ['mona'] })
    hub.addRepo({ type: 'model', name: 'meta/closed', gated: true })
    hub.addRepo({ type: 'model', name: 'mona/notes', private: true })
    const token = await traded('mona')
    expect(token).toMatch(/^hf_oauth_/)
    expect(await whoami(token)).toMatchObject({ name: 'mona', auth: { resource: { sub: 'mona' } } })
    expect(await reach(token, 'models/meta/gated')).toEqual(READS)
    expect(await reach(token, 'models/meta/closed')).toMatchObject({ read: 403 })
    for (const repo of ['models/acme/model', 'models/mona/notes'])
      expect(await reach(token, repo)).toEqual(SEES_NOTHING)
  })

  test.each<[string, Record<string, string>, JobOptions]>([
    ['repository', { repository: 'octo-org/octo-repo' }, { repository: 'mallory/octo-repo' }],
    ['branch', { repository: 'octo-org/octo-repo', branch: 'main' }, { ref: 'refs/heads/main2' }],
    ['branch', { branch: 'v1' }, { ref: 'refs/tags/v1' }],
    ['workflow', { workflow: 'publish.yml' }, { workflowFile: 'other.yml' }],
    ['environment', { environment: 'production' }, {}],
    ['sub', { sub: 'repo:octo-org/octo-repo:ref:refs/heads/main' }, { subjectFormat: 'immutable' }],
  ])('refuses another %s', async (name, claims, job) => {
    publish({ claims })
    const { status, headers, body } = await exchange(await idToken(job))
    expect(status).toBe(400)
    expect(body).toEqual({ error: 'invalid_grant', error_description: expect.stringMatching(new RegExp(`: ${name}$`)) })
    expect(headers.get('x-request-id')).toMatch(/^Root=1-/)
    expect(hub.minted).toEqual([])
  })

  test('knows branch, workflow file and environment of a job', async () => {
    publish({ claims: { branch: 'feat/a', workflow: 'publish.yml', environment: 'production' } })
    await traded('acme/model', { ref: 'refs/heads/feat/a', environment: 'production' })
  })

  test('is found among several of one repository', async () => {
    publish({ claims: { repository: 'octo-org/other' } })
    publish()
    await traded()
  })

  test.each(Object.entries(forgeries))('refuses a forged ID token: %s', async (_, mint) => {
    publish()
    const token = await idToken({ mint })
    expect(await exchange(token)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  test('refuses ID tokens for another audience, of another issuer, and for other resources', async () => {
    publish()
    const refused = { status: 400, body: { error: 'invalid_grant' } }
    expect(await exchange(await idToken({}, 'acme'))).toMatchObject(refused)
    const issuer = github.addIssuer('/_services/token/mallory')
    expect(await exchange(await idToken({ issuer }))).toMatchObject(refused)
    for (const resource of ['acme/other', 'datasets/acme/model', 'mona']) {
      expect(await exchange(await idToken(), { resource })).toMatchObject(refused)
    }
    expect(await exchange('not a JWT')).toMatchObject(refused)
  })

  test('wants the audience under which clients know the Hub', async () => {
    publish()
    hub.publicUrl = 'https://huggingface.co'
    await traded()
    expect((await exchange(await idToken({}, hub.url))).status).toBe(400)
  })

  test.each([
    { grant_type: 'client_credentials' },
    { subject_token_type: USER_EMAIL },
    { subject_token: undefined },
    { resource: undefined },
    { resource: 'models/a/b/c' },
  ])('refuses a request that is not one: %j', async (change) => {
    publish()
    expect(await exchange(await idToken(), change)).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  test('trusts any issuer whose claims it was told, also with ES256 keys', async () => {
    const issuer = await OtherIssuer.kubernetes({ alg: 'ES256', audience: ['cluster', hub.url] })
    publish({
      issuer: issuer.issuer,
      keys: () => issuer.jwks(),
      claims: { sub: 'system:serviceaccount:ml:publisher' },
    })
    expect(await exchange(await issuer.issue())).toMatchObject({ status: 200 })
    expect((await exchange(await issuer.issue({ sub: 'system:serviceaccount:ml:other' }))).status).toBe(400)
    expect(issuer.service.calls).toEqual([])
    await issuer.close()
  })
})

describe("an organization's token exchange", () => {
  let app: { clientId: string; clientSecret: string }

  beforeEach(() => {
    hub.addUser({ name: 'mona', email: 'mona@acme.example', orgs: [{ name: 'acme', roleInOrg: 'write' }] })
    hub.addUser({ name: 'rival', email: 'rival@rivals.example', orgs: [{ name: 'rivals', roleInOrg: 'admin' }] })
    app = hub.addOAuthApp({
      org: 'acme',
      scopes: ['profile', 'read-repos', 'write-repos', 'contribute-repos', 'manage-repos'],
    })
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
  })

  async function exchange(rest: Record<string, string> = {}, secret = app.clientSecret): Promise<Answer> {
    const response = await fetch(`${hub.url}/oauth/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${Buffer.from(`${app.clientId}:${secret}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: EXCHANGE,
        subject_token: 'mona@acme.example',
        subject_token_type: USER_EMAIL,
        ...rest,
      }),
    })
    const body = (await response.json()) as Record<string, unknown>
    return { status: response.status, headers: response.headers, body }
  }

  const traded = async (scope: string) => String((await exchange({ scope })).body.access_token)

  test('gives a token of the member with the scopes that were asked for', async () => {
    const { status, body } = await exchange({ scope: 'profile read-repos' })
    expect(status).toBe(200)
    expect(body).toEqual({
      access_token: expect.stringMatching(/^hf_oauth_/),
      token_type: 'bearer',
      expires_in: 28_800,
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      scope: 'profile read-repos',
    })
    const who = await whoami(String(body.access_token))
    expect(who).toMatchObject({ name: 'mona', email: 'mona@acme.example', orgs: [{ name: 'acme' }] })
    expect(who.auth).toEqual({ type: 'oauth', expiresAt: expect.any(String) })
    expect(hub.service.count('oauth-token (organization)')).toBe(1)
  })

  test('gives a token that is dead everywhere once it is revoked, or its eight hours are over', async () => {
    const [token, other] = [await traded('write-repos'), await traded('write-repos')]
    await revoke(token)
    expect(await reach(token)).toEqual(DEAD)
    expect(await reach(other)).toEqual(WRITES)
    hub.now = () => Date.now() + 28_801_000
    expect(await reach(other)).toEqual(DEAD)
  })

  test('gives all that the app may have when no scope was asked for', async () => {
    expect((await exchange()).body.scope).toBe('profile read-repos write-repos contribute-repos manage-repos')
  })

  test('lets the token do what its scopes say, in that organization only', async () => {
    hub.addUser({
      name: 'mona',
      email: 'mona@acme.example',
      orgs: ['acme', 'other'].map((name) => ({ name, roleInOrg: 'write' })),
    })
    for (const name of ['other/model', 'mona/model']) hub.addRepo({ type: 'model', name, private: true })
    expect(await reach(await traded('profile'))).toEqual(SEES_NOTHING)
    expect(await reach(await traded('read-repos'))).toEqual(READS)
    for (const scope of ['write-repos', 'manage-repos']) {
      const token = await traded(scope)
      expect(await reach(token)).toEqual(WRITES)
      for (const elsewhere of ['other', 'mona']) {
        expect(await reach(token, `models/${elsewhere}/model`)).toEqual(SEES_NOTHING)
      }
    }
  })

  test('lets contribute-repos create repositories and write those alone', async () => {
    const create = async (name: string, scope: string) =>
      (await post('/api/repos/create', { name, organization: 'acme' }, await traded(scope))).status
    expect(await create('none', 'write-repos')).toBe(403)
    expect(await create('new', 'contribute-repos')).toBe(200)
    const token = await traded('contribute-repos')
    expect(await reach(token, 'models/acme/new')).toEqual(WRITES)
    expect(await reach(token)).toEqual(SEES_NOTHING)
  })

  test('is limited by the role of the member', async () => {
    hub.addUser({ name: 'mona', email: 'mona@acme.example', orgs: [{ name: 'acme', roleInOrg: 'read' }] })
    expect(await reach(await traded('manage-repos'))).toEqual(READS)
  })

  test('tells a wrong client, a stranger and a scope too many apart', async () => {
    const client = await exchange({}, 'wrong')
    expect(client).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect(client.headers.get('x-request-id')).toMatch(/^Root=1-/)
    for (const subject_token of ['nobody@acme.example', 'rival@rivals.example', 'mona']) {
      expect(await exchange({ subject_token })).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    }
    for (const scope of ['jobs', 'profile write', 'read-repos jobs']) {
      expect(await exchange({ scope })).toMatchObject({ status: 400, body: { error: 'invalid_scope' } })
    }
    expect(await exchange({ grant_type: 'password' })).toMatchObject({ body: { error: 'invalid_request' } })
    expect(hub.minted).toEqual([])
  })
})

describe('service accounts', () => {
  const base = '/api/organizations/acme/service-accounts'
  let account: { id: string; name: string }
  let admin: string
  let reader: string

  beforeEach(() => {
    account = hub.addServiceAccount({ org: 'acme', name: 'ci' })
    admin = hub.addOrgToken('acme', ['org.serviceAccounts.write'])
    reader = hub.addOrgToken('acme', ['org.serviceAccounts.read'])
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
  })

  const mint = (body: unknown, token = admin) => post(`${base}/${account.id}/tokens`, body, token)
  const remove = (id: unknown, token = admin) => call(`${base}/${account.id}/tokens/${id}`, token, { method: 'DELETE' })
  const living = () => hub.serviceAccountTokens('acme', 'ci').map(({ displayName }) => displayName)
  const write = ['repo.content.read', 'repo.write']

  test('are listed with their tokens, the oldest first', async () => {
    hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName: 'today', permissions: ['org.read'] })
    const createdAt = new Date('2026-11-01T08:00:00.000Z')
    hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName: 'old', createdAt })
    for (const token of [admin, reader]) {
      const list = await call(base, token)
      const summary = {
        _id: account.id,
        user: 'ci',
        name: 'ci',
        email: 'ci@example.com',
        createdAt: expect.any(String),
      }
      expect([list.status, list.body]).toEqual([200, [summary]])
      const one = await call(`${base}/${account.id}`, token)
      expect(one).toMatchObject({
        status: 200,
        body: {
          _id: expect.stringMatching(/^[0-9a-f]{24}$/),
          name: 'ci',
          accessTokens: [
            { displayName: 'old', createdAt: '2026-11-01T08:00:00.000Z', permissions: write },
            { displayName: 'today', permissions: ['org.read'] },
          ],
        },
      })
      expect(JSON.stringify(one.body)).not.toContain('hf_')
    }
  })

  test('get a token for single repositories, and nothing else', async () => {
    const id = hub.repos.get('acme/model')?.id ?? ''
    hub.addRepo({ type: 'dataset', name: 'acme/data', private: true })
    const rights = { permissions: [], repoIds: [id], repoPermissions: write }
    const { body } = await mint({ displayName: 'run 1', ...rights })
    expect(body.tokenInfo).toMatchObject(rights)
    const token = String(body.token)
    expect(await whoami(token)).toMatchObject({
      auth: {
        accessToken: {
          fineGrained: { scoped: [{ entity: { _id: id, type: 'model', name: 'acme/model' }, permissions: write }] },
        },
      },
    })
    expect(await reach(token)).toEqual(WRITES)
    expect((await call('/api/datasets/acme/data/auth-check', token)).status).toBe(404)
  })

  test('get no token for a repository of another organization', async () => {
    const { id } = hub.addRepo({ type: 'model', name: 'rivals/model' })
    const rights = { permissions: [], repoIds: [id], repoPermissions: write }
    expect((await mint({ displayName: 'run 1', ...rights })).status).toBe(400)
    expect(living()).toEqual([])
  })

  test('get a token with exactly the permissions that were asked for', async () => {
    const { status, body } = await mint({ displayName: 'run 1', permissions: write })
    expect(status).toBe(201)
    expect(body).toEqual({
      token: expect.stringMatching(/^hf_[A-Za-z0-9]{34}$/),
      tokenInfo: {
        _id: expect.stringMatching(/^[0-9a-f]{24}$/),
        displayName: 'run 1',
        createdAt: expect.stringMatching(/Z$/),
        permissions: write,
        repoIds: [],
        repoPermissions: [],
        endpointPatterns: [],
        skipNetworkSecurity: false,
      },
    })
    const token = String(body.token)
    expect(await whoami(token)).toMatchObject({
      name: 'ci',
      orgs: [{ name: 'acme', roleInOrg: 'write' }],
      auth: {
        type: 'access_token',
        accessToken: {
          displayName: 'run 1',
          role: 'fineGrained',
          fineGrained: { scoped: [{ entity: { type: 'org', name: 'acme' }, permissions: write }] },
        },
      },
    })
    expect(await reach(token)).toEqual(WRITES)
    const reading = await mint({ displayName: 'run 1', permissions: ['repo.content.read'] })
    expect(await reach(String(reading.body.token))).toEqual(READS)
    expect(living()).toEqual(['run 1', 'run 1'])
    const [first] = hub.serviceAccountTokens('acme', 'ci')
    expect(first?.value).toBe(token)
    expect(Math.abs(Date.now() - (first?.createdAt.getTime() ?? 0))).toBeLessThan(60_000)
    expect(hub.minted).toHaveLength(2)
  })

  test('lose a token when it is deleted', async () => {
    const { token, tokenInfo } = (await mint({ displayName: 'run 1', permissions: write })).body
    await mint({ displayName: 'run 2', permissions: write })
    const { _id: id } = tokenInfo as { _id: string }
    expect((await remove(id)).status).toBe(204)
    expect(await reach(String(token))).toEqual(DEAD)
    expect(living()).toEqual(['run 2'])
    expect((await remove(id)).status).toBe(404)
    expect(hub.service.count('delete-token')).toBe(2)
  })

  test('keep a token whose answer was lost', async () => {
    hub.service.inject('mint-token', { kind: 'lost' })
    await expect(mint({ displayName: 'lost', permissions: write })).rejects.toThrow()
    expect(living()).toEqual(['lost'])
  })

  test.each([
    [{ displayName: '', permissions: write }],
    [{ displayName: 'x'.repeat(101), permissions: write }],
    [{ displayName: 'x', permissions: 'repo.write' }],
    [{ displayName: 'x', repoIds: ['acme/model'], repoPermissions: write }],
    [{ displayName: 'x', repoPermissions: ['org.write'] }],
    [{ displayName: 'x', permissions: ['repo.write', 'repo.everything'] }],
  ])('get no token for %j', async (body) => {
    const { status, headers } = await mint(body)
    expect([status, headers.get('x-error-message')]).toEqual([400, expect.any(String)])
    expect(living()).toEqual([])
  })

  test('are managed with the permission for it on that organization only', async () => {
    const planted = { org: 'acme', account: 'ci', displayName: 'old' }
    const minted = hub.addServiceAccountToken({ ...planted, permissions: write })
    const elsewhere = hub.addOrgToken('rivals', ['org.serviceAccounts.write'])
    const [token] = hub.serviceAccountTokens('acme', 'ci')
    for (const caller of [minted, elsewhere, hub.addOrgToken('acme', ['org.write'])]) {
      const answers = [
        await call(base, caller),
        await call(`${base}/${account.id}`, caller),
        await mint({ displayName: 'x', permissions: write }, caller),
        await remove(token?.id, caller),
      ]
      expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403])
      expect(answers.map(({ headers }) => headers.get('x-error-message'))).toEqual(
        Array(4).fill(expect.stringContaining('org.serviceAccounts')),
      )
    }
    expect((await mint({ displayName: 'x', permissions: write }, reader)).status).toBe(403)
    expect((await remove(token?.id, reader)).status).toBe(403)
    expect((await call(base)).status).toBe(401)
    expect((await call('/api/organizations/nobody/service-accounts', admin)).status).toBe(404)
    expect((await call(`${base}/${'0'.repeat(24)}`, admin)).status).toBe(404)
    expect(living()).toEqual(['old'])
  })
})

describe('revoking', () => {
  test('kills tokens of every kind, without authentication, and always says 202', async () => {
    hub.addUser({ name: 'mona', email: 'mona@acme.example', orgs: [{ name: 'acme', roleInOrg: 'admin' }] })
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    hub.addServiceAccount({ org: 'acme', name: 'ci' })
    const grants = [
      { kind: 'repo', key: 'acme/model', access: 'write' },
      { kind: 'org', org: 'acme', scopes: ['write-repos'], clientId: 'app' },
    ] as const
    const tokens = [
      hub.addOrgToken('acme'),
      hub.addToken({ user: 'mona', role: 'write' }),
      hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName: 'run' }),
      ...grants.map((grant, index) =>
        hub.accounts.addToken({ user: 'mona', grant, value: `hf_oauth_${index}`, authType: 'oauth' }),
      ),
    ]
    const other = hub.addOrgToken('acme')
    for (const token of tokens) expect(await reach(token)).toEqual(WRITES)
    expect((await revoke(...tokens, 'hf_nobody')).status).toBe(202)
    for (const token of tokens) {
      expect(await reach(token)).toEqual(DEAD)
      expect(hub.isAlive(token)).toBe(false)
    }
    expect((await revoke(...tokens)).status).toBe(202)
    expect(await reach(other)).toEqual(WRITES)
    expect(hub.service.count('revoke')).toBe(2)
  })

  test('refuses a body of another shape', async () => {
    expect((await post('/api/credentials/revoke', { token: 'hf_x' })).status).toBe(400)
  })

  test('an admin cuts a token off from the organization, and only from there', async () => {
    hub.addUser({ name: 'mona', orgs: [{ name: 'acme', roleInOrg: 'write' }] })
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    hub.addRepo({ type: 'model', name: 'mona/model', private: true })
    const [token, second] = [
      hub.addToken({ user: 'mona', role: 'write' }),
      hub.addToken({ user: 'mona', role: 'write' }),
    ]
    const cut = (caller: string) => post('/api/organizations/acme/settings/tokens/revoke', { token }, caller)
    expect((await cut(second)).status).toBe(403)
    expect((await cut(hub.addOrgToken('acme', ['org.write']))).status).toBe(200)
    expect(await reach(token)).toEqual(SEES_NOTHING)
    expect(await reach(token, 'models/mona/model')).toEqual(WRITES)
    expect(await reach(second)).toEqual(WRITES)
    expect(await whoami(token)).toMatchObject({ orgs: [{ name: 'acme', securityRestrictions: ['token-revoked'] }] })
  })
})

describe('the world of acme', () => {
  test('can mint in each way, and setting it up makes no call', async () => {
    const sandbox = await Sandbox.start()
    expect(sandbox.calls()).toEqual({})
    await hub.close()
    hub = sandbox.hub
    const { clientId, clientSecret, adminToken, member, serviceAccount } = sandbox.minting
    const stored = (scope: string) => JSON.parse(String(sandbox.aws.secret(secretName(scope)).versions[0]?.value))
    expect(stored('oauth')).toEqual({ client_id: clientId, client_secret: clientSecret })
    expect(stored('service-accounts')).toEqual({ token: adminToken })
    expect(hub.accounts.users.get('ml-engineer')?.email).toBe(member)
    expect((await call(`/api/organizations/acme/service-accounts/${serviceAccount.id}`, adminToken)).status).toBe(200)
    const subject_token = await idTokenOf(sandbox.startJob().job, hub.url)
    const exchange = { grant_type: EXCHANGE, subject_token_type: ID_TOKEN, subject_token }
    expect((await post('/oauth/token', { ...exchange, resource: 'acme/model' })).status).toBe(200)
    expect((await post('/oauth/token', { ...exchange, resource: 'datasets/acme/data' })).status).toBe(400)
    await Promise.all([sandbox.github.close(), sandbox.aws.close()])
  })

  test('keeps what it mints with behind roles that may read just that', async () => {
    const sandbox = await Sandbox.start()
    const { job } = sandbox.startJob()
    const WebIdentityToken = await idTokenOf(job, 'acme')
    const endpoint = { endpoint: sandbox.aws.url, region: REGION }
    const read = async (role: string, secret: string) => {
      const { Credentials } = await new STSClient(endpoint).send(
        new AssumeRoleWithWebIdentityCommand({
          RoleArn: roleArn(role),
          RoleSessionName: 'test',
          WebIdentityToken,
        }),
      )
      const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = Credentials ?? {}
      const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
      const client = new SecretsManagerClient({ ...endpoint, credentials })
      const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretName(secret) }))
      return JSON.parse(SecretString ?? '')
    }
    const { clientId, clientSecret, adminToken } = sandbox.minting
    expect(await read('exchange', 'oauth')).toEqual({ client_id: clientId, client_secret: clientSecret })
    expect(await read('accounts', 'service-accounts')).toEqual({ token: adminToken })
    for (const [role, secret] of [
      ['exchange', 'service-accounts'],
      ['accounts', 'oauth'],
      ['accounts', 'write'],
    ] as const) {
      await expect(read(role, secret)).rejects.toThrow('not authorized')
    }
    await sandbox.close()
  })
})
