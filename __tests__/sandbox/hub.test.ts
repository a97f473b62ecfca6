import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { whoamiSchema } from './schema.ts'

let hub: Hub

beforeEach(async () => {
  hub = await Hub.start()
})

afterEach(async () => {
  await hub.close()
})

function call(path: string, token?: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${hub.url}${path}`, { ...init, headers: token ? { Authorization: `Bearer ${token}` } : {} })
}

async function status(path: string, token?: string): Promise<number> {
  return (await call(path, token)).status
}

const invalidCredentials = { error: 'Invalid credentials in Authorization header' }

describe('whoami', () => {
  test('answers have the shape that the Hub documents, for every kind of token', async () => {
    hub.addOrg({ name: 'acme', plan: 'enterprise' })
    hub.addOrg({ name: 'free' })
    const group = { name: 'releases', role: 'write' }
    hub.addUser({
      name: 'mona',
      orgs: [
        { name: 'acme', roleInOrg: 'admin', resourceGroups: [group] },
        { name: 'free', roleInOrg: 'read', securityRestrictions: ['mfa', 'token-policy'] },
      ],
    })
    const tokens = [
      hub.addOrgToken('acme'),
      hub.addToken({ user: 'mona', role: 'read' }),
      hub.addToken({ user: 'mona', role: 'write', displayName: 'laptop' }),
      hub.addToken({ user: 'mona', role: 'god' }),
      hub.addToken({
        user: 'mona',
        role: 'fineGrained',
        expiresAt: new Date(Date.now() + 60_000),
        fineGrained: {
          scoped: [{ entity: { type: 'model', name: 'acme/model' }, permissions: ['repo.write'] }],
          global: ['discussion.write'],
          canReadGatedRepos: true,
        },
      }),
      hub.addToken({
        user: 'mona',
        role: 'write',
        value: 'hf_jwt_abcdef',
        auth: { type: 'oidc', expiresAt: '2026-11-22T17:00:00.000Z', resource: { sub: 'acme/model' } },
      }),
    ]
    const problems = await whoamiSchema()
    for (const token of tokens) {
      const body = await (await call('/api/whoami-v2', token)).json()
      expect({ problems: problems(body), body }).toMatchObject({ problems: [] })
    }
  })

  test('a token says who it belongs to and what it may do', async () => {
    const token = hub.addOrgToken('acme', ['repo.write'])
    expect(await (await call('/api/whoami-v2', token)).json()).toMatchObject({
      type: 'user',
      name: 'acme-ci',
      orgs: [{ name: 'acme', roleInOrg: 'write' }],
      auth: {
        type: 'access_token',
        accessToken: {
          role: 'fineGrained',
          fineGrained: { scoped: [{ entity: { type: 'org', name: 'acme' }, permissions: ['repo.write'] }] },
        },
      },
    })
  })

  test('unknown, revoked and expired tokens get the same 401', async () => {
    const revoked = hub.addOrgToken('acme')
    const expired = hub.addOrgToken('acme', [], { expiresAt: new Date(Date.now() + 60_000) })
    expect(await status('/api/whoami-v2', revoked)).toBe(200)
    expect(await status('/api/whoami-v2', expired)).toBe(200)
    hub.revokeToken(revoked)
    hub.now = () => Date.now() + 61_000
    for (const token of ['hf_nobody', revoked, expired]) {
      const answer = await call('/api/whoami-v2', token)
      expect(answer.status).toBe(401)
      expect(answer.headers.get('x-error-message')).toBe(invalidCredentials.error)
      expect(answer.headers.get('x-request-id')).toMatch(/^Root=1-/)
      expect(await answer.json()).toEqual(invalidCredentials)
    }
    expect(await status('/api/whoami-v2')).toBe(401)
  })

  test('a rate limit says how long it lasts, and ends', async () => {
    const token = hub.addOrgToken('acme')
    hub.rateLimit('whoami-v2', { times: 2, resetSeconds: 55, retryAfter: 7 })
    for (let i = 0; i < 2; i++) {
      const answer = await call('/api/whoami-v2', token)
      expect(answer.status).toBe(429)
      expect(answer.headers.get('ratelimit')).toBe('"api";r=0;t=55')
      expect(answer.headers.get('ratelimit-policy')).toBe('"fixed window";"api";q=10;w=7')
      expect(answer.headers.get('retry-after')).toBe('7')
    }
    expect(await status('/api/whoami-v2', token)).toBe(200)
    expect(hub.service.count('whoami-v2')).toBe(3)
  })
})

test('limits that are switched on are counted by user, and whoami-v2 has one of its own', async () => {
  const [token, second] = [hub.addOrgToken('acme'), hub.addOrgToken('acme')]
  const other = hub.addOrgToken('other')
  hub.addRepo({ type: 'model', name: 'acme/model', private: true })
  let now = Date.now()
  hub.now = () => now
  hub.limited = true
  for (let i = 0; i < 10; i++) expect(await status('/api/whoami-v2', token)).toBe(200)
  const refused = await call('/api/whoami-v2', second)
  expect(refused.status).toBe(429)
  expect(refused.headers.get('ratelimit')).toBe('"api";r=0;t=60')
  expect(refused.headers.get('ratelimit-policy')).toBe('"fixed window";"api";q=10;w=60')
  expect(await status('/api/whoami-v2', other)).toBe(200)
  expect(await status('/api/models/acme/model/auth-check', token)).toBe(200)
  now += 60_000
  expect(await status('/api/whoami-v2', token)).toBe(200)
})

test('tokens look like the Hub’s, differ from each other, and are the same in each run', async () => {
  const values = [hub.addOrgToken('acme'), hub.addOrgToken('acme'), hub.addOrgToken('other')]
  for (const value of values) expect(value).toMatch(/^hf_[A-Za-z0-9]{34}$/)
  expect(new Set(values).size).toBe(3)
  const again = await Hub.start()
  expect(again.addOrgToken('acme')).toBe(values[0])
  await again.close()
})

describe('auth-check', () => {
  const read = '/api/models/acme/model/auth-check'
  const write = '/api/models/acme/model/auth-check/write'

  test('a token limited to the organization reads and writes its private repositories', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    const writer = hub.addOrgToken('acme', ['repo.write'])
    const reader = hub.addOrgToken('acme', ['repo.content.read'])
    const other = hub.addOrgToken('acme', ['inference.endpoints.infer.write'])
    expect([await status(read, writer), await status(write, writer)]).toEqual([200, 200])
    expect([await status(read, reader), await status(write, reader)]).toEqual([200, 403])
    expect([await status(read, other), await status(write, other)]).toEqual([404, 404])
  })

  test('a token limited to one repository does not reach its neighbours', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    hub.addRepo({ type: 'model', name: 'acme/other', private: true })
    hub.addRepo({ type: 'dataset', name: 'acme/model', private: true })
    const scoped = [{ entity: { type: 'model' as const, name: 'acme/model' }, permissions: ['repo.write'] }]
    const token = hub.addOrgToken('acme', [], { fineGrained: { scoped } })
    expect(await status(write, token)).toBe(200)
    expect(await status('/api/models/acme/other/auth-check', token)).toBe(404)
    expect(await status('/api/datasets/acme/model/auth-check', token)).toBe(404)
  })

  test.each([
    ['admin', 'write', 200, 200],
    ['write', 'write', 200, 200],
    ['write', 'read', 200, 403],
    ['read', 'write', 200, 403],
    ['contributor', 'write', 200, 403],
    ['no_access', 'write', 404, 404],
  ] as const)('a member with role %s and a classic %s token gets %i and %i', async (roleInOrg, role, ...expected) => {
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    hub.addUser({ name: 'mona', orgs: [{ name: 'acme', roleInOrg }] })
    const token = hub.addToken({ user: 'mona', role })
    expect([await status(read, token), await status(write, token)]).toEqual(expected)
  })

  test('a fine-grained token may not do more than its user', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model' })
    hub.addUser({ name: 'guest', orgs: [{ name: 'acme', roleInOrg: 'read' }] })
    const token = hub.addOrgToken('acme', ['repo.write'], { user: 'guest' })
    expect(await status(write, token)).toBe(403)
  })

  test('a member whom the organization’s policy keeps out does not see private repositories', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    hub.addUser({ name: 'mona', orgs: [{ name: 'acme', roleInOrg: 'admin', securityRestrictions: ['sso'] }] })
    expect(await status(read, hub.addToken({ user: 'mona', role: 'write' }))).toBe(404)
  })

  test('strangers: a public repository is readable, a private one does not exist, a gated one says so', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model' })
    hub.addRepo({ type: 'dataset', name: 'acme/private', private: true })
    hub.addRepo({ type: 'space', name: 'acme/gated', gated: true, grantedTo: ['friend'] })
    const stranger = hub.addOrgToken('evil')
    expect([await status(read, stranger), await status(write, stranger)]).toEqual([200, 403])
    expect([await status(read), await status(write)]).toEqual([200, 401])

    const hidden = await call('/api/datasets/acme/private/auth-check', stranger)
    expect([hidden.status, hidden.headers.get('x-error-code')]).toEqual([404, 'RepoNotFound'])
    const missing = await call('/api/datasets/acme/missing/auth-check', stranger)
    expect([missing.status, missing.headers.get('x-error-code')]).toEqual([404, 'RepoNotFound'])
    const gated = await call('/api/spaces/acme/gated/auth-check', stranger)
    expect([gated.status, gated.headers.get('x-error-code')]).toEqual([403, 'GatedRepo'])

    hub.addUser({ name: 'friend' })
    expect(await status('/api/spaces/acme/gated/auth-check', hub.addToken({ user: 'friend', role: 'read' }))).toBe(200)
    const closed = { scoped: [] }
    const open = { scoped: [], canReadGatedRepos: true }
    const tokenOf = (fineGrained: typeof closed) => hub.addToken({ user: 'friend', role: 'fineGrained', fineGrained })
    expect(await status('/api/spaces/acme/gated/auth-check', tokenOf(closed))).toBe(403)
    expect(await status('/api/spaces/acme/gated/auth-check', tokenOf(open))).toBe(200)
  })

  test('a token that is not alive gets a 401 even for a public repository', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model' })
    expect(await (await call(read, 'hf_nobody')).json()).toEqual(invalidCredentials)
  })
})

describe('uploading and downloading', () => {
  function post(path: string, token: string, body: unknown): Promise<Response> {
    const text = Array.isArray(body) ? body.map((line) => JSON.stringify(line)).join('\n') : JSON.stringify(body)
    return call(path, token, { method: 'POST', body: text })
  }
  const commitOf = (path: string, text: string) => [
    { key: 'header', value: { summary: `Add ${path}` } },
    { key: 'file', value: { path, content: Buffer.from(text).toString('base64'), encoding: 'base64' } },
  ]

  test('a committed file is in the repository and can be downloaded again', async () => {
    const token = hub.addOrgToken('acme')
    const created = await post('/api/repos/create', token, {
      name: 'model',
      organization: 'acme',
      visibility: 'private',
    })
    expect(await created.json()).toMatchObject({ url: `${hub.url}/acme/model` })
    const upload = { files: [{ path: 'data/a.txt', sample: '', size: 5 }] }
    const modes = await (await post('/api/models/acme/model/preupload/main', token, upload)).json()
    expect(modes).toMatchObject({ files: [{ path: 'data/a.txt', uploadMode: 'regular', shouldIgnore: false }] })
    const commit = await post('/api/models/acme/model/commit/main', token, commitOf('data/a.txt', 'hello'))
    expect(commit.status).toBe(200)

    const repo = hub.repos.get('acme/model')
    expect(repo?.private).toBe(true)
    expect(repo?.files.get('data/a.txt')?.toString()).toBe('hello')
    expect(repo?.commits.map(({ title, author }) => [title, author])).toEqual([
      ['Add data/a.txt', 'acme-ci'],
      ['initial commit', 'acme-ci'],
    ])
    const head = await call('/acme/model/resolve/main/data/a.txt', token, { method: 'HEAD' })
    expect([head.headers.get('x-repo-commit'), head.headers.get('content-length')]).toEqual([repo?.commits[0].id, '5'])
    expect(await (await call('/acme/model/resolve/main/data/a.txt', token)).text()).toBe('hello')
    const tree = await call('/api/models/acme/model/tree/main', token)
    expect(await tree.json()).toMatchObject([{ path: '.gitattributes' }, { type: 'directory', path: 'data' }])
    expect(await (await call('/api/models/acme/model', token)).json()).toMatchObject({ sha: repo?.commits[0].id })
  })

  test('a token that may only read can neither create nor commit', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model', files: { 'a.txt': 'a' } })
    const reader = hub.addOrgToken('acme', ['repo.content.read'])
    expect((await post('/api/repos/create', reader, { name: 'new', organization: 'acme' })).status).toBe(403)
    expect((await post('/api/models/acme/model/commit/main', reader, commitOf('b.txt', 'b'))).status).toBe(403)
    expect([...(hub.repos.get('acme/model')?.files.keys() ?? [])]).toEqual(['.gitattributes', 'a.txt'])
    expect(await status('/acme/model/resolve/main/a.txt', reader)).toBe(200)
  })

  test('a repository that exists, a missing file and a missing revision are told apart', async () => {
    const token = hub.addOrgToken('acme')
    hub.addRepo({ type: 'dataset', name: 'acme/data' })
    const again = { name: 'data', organization: 'acme', type: 'dataset' }
    expect((await post('/api/repos/create', token, again)).status).toBe(409)
    const code = async (path: string) => (await call(path, token)).headers.get('x-error-code')
    expect(await code('/datasets/acme/data/resolve/main/none.txt')).toBe('EntryNotFound')
    expect(await code('/datasets/acme/data/resolve/v1/none.txt')).toBe('RevisionNotFound')
    expect(await code('/acme/data/resolve/main/none.txt')).toBe('RepoNotFound')
  })
})

describe('git over HTTPS', () => {
  const git = async (...args: string[]) => {
    const env = { PATH: process.env.PATH, GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', GIT_CONFIG_GLOBAL: '' }
    return (await promisify(execFile)('git', args, { env, timeout: 20_000 })).stdout
  }
  const remote = (path: string, token?: string) => {
    const url = new URL(path, hub.url)
    if (token) Object.assign(url, { username: 'anyone', password: token })
    return url.href
  }

  test('git lists the references of a private repository for a token that may read it', async () => {
    const token = hub.addOrgToken('acme', ['repo.content.read'])
    const model = hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    const data = hub.addRepo({ type: 'dataset', name: 'acme/data', private: true })
    expect(await git('ls-remote', remote('/acme/model', token))).toBe(
      `${model.commits[0].id}\tHEAD\n${model.commits[0].id}\trefs/heads/main\n`,
    )
    expect(await git('ls-remote', '--heads', remote('/acme/model.git', token))).toContain(model.commits[0].id)
    expect(await git('ls-remote', '--heads', remote('/datasets/acme/data', token))).toContain(data.commits[0].id)
    expect(hub.service.calls.filter(({ operation }) => operation === 'git-info-refs').length).toBeGreaterThanOrEqual(3)
  })

  test('without a token, git is asked for one', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    const answer = await call('/acme/model/info/refs?service=git-upload-pack')
    expect(answer.status).toBe(401)
    expect(answer.headers.get('www-authenticate')).toBe('Basic realm="Authentication required"')
    await expect(git('ls-remote', remote('/acme/model'))).rejects.toThrow('could not read Username')
  })

  test('a token that is not alive, or belongs elsewhere, does not get in', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model', private: true })
    await expect(git('ls-remote', remote('/acme/model', 'hf_nobody'))).rejects.toThrow('Authentication failed')
    await expect(git('ls-remote', remote('/acme/model', hub.addOrgToken('evil')))).rejects.toThrow('not found')
  })

  test('only a token that may write is let in to push', async () => {
    hub.addRepo({ type: 'model', name: 'acme/model' })
    const basic = (token: string) => ({ Authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` })
    const push = `${hub.url}/acme/model.git/info/refs?service=git-receive-pack`
    const statusFor = async (permissions: string[]) =>
      (await fetch(push, { headers: basic(hub.addOrgToken('acme', permissions)) })).status
    expect(await statusFor(['repo.write'])).toBe(200)
    expect(await statusFor(['repo.content.read'])).toBe(403)
  })
})

test('an address that the Hub does not have is a 404 in the log as unknown', async () => {
  expect(await status('/api/nothing')).toBe(404)
  expect(hub.service.count('unknown')).toBe(1)
})
