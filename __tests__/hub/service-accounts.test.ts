/** Service accounts: how one is found, how a token is minted, and that none is left behind whose value nobody has. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { mintToken } from '../../src/hub/mint.ts'
import { onWholeOrganization } from '../../src/hub/mint-rights.ts'
import { ServiceAccounts } from '../../src/hub/service-accounts.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'

const PERMISSIONS = ['repo.content.read']
const NAME = 'the name'
const HOUR = 3_600_000

let hub: Hub
let deadline: Deadline
let http: Http
let accounts: ServiceAccounts
beforeEach(async () => {
  hub = await Hub.start()
  hub.addOrg({ name: 'acme', plan: 'enterprise' })
  hub.addServiceAccount({ org: 'acme', name: 'ci' })
  const admin = hub.addOrgToken('acme', ['org.serviceAccounts.read', 'org.serviceAccounts.write'])
  deadline = new Deadline(30_000)
  http = new Http(deadline, async () => undefined)
  accounts = open(admin)
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await hub.close()
})

const open = (admin: string, input = 'secret-id') => {
  const policy = { maxAttempts: 3, deadline, random: () => 0 }
  return new ServiceAccounts({ endpoint: hub.url, http, policy }, 'acme', admin, { input, id: 'the/secret' })
}
const answer = (operation: string, status: number, body: unknown = {}, times = 1) =>
  hub.service.inject(operation, { kind: 'answer', status, body }, times)
const plant = (displayName: string, ago = 0) =>
  hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName, createdAt: new Date(hub.now() - ago) })
const live = () => hub.serviceAccountTokens('acme', 'ci')
const ID = '0123456789abcdef01234567'

describe('an account', () => {
  const OTHER = 'fedcba9876543210fedcba98'
  const both = [
    { _id: ID, name: 'CI', user: 'acme-ci' },
    { _id: OTHER, name: 'CI', user: 'acme-old-ci' },
  ]

  test.each([
    ['its slug', 'acme-ci'],
    ['its ID', ID],
    ['its name', 'Deploy'],
  ])('is found by %s', async (_what, given) => {
    answer('service-accounts', 200, [
      { _id: OTHER, name: 'x', user: 'y' },
      { ...both[0], name: 'Deploy' },
    ])
    expect(await accounts.find(given)).toEqual({ id: ID, name: 'Deploy', slug: 'acme-ci' })
  })

  test('is found by its slug before one that has that slug as its ID, and by its ID before one that has it as its name', async () => {
    answer('service-accounts', 200, [
      { _id: 'robot', name: 'b', user: 'c' },
      { _id: ID, name: 'robot', user: 'd' },
      { _id: OTHER, name: 'a', user: 'robot' },
    ])
    expect((await accounts.find('robot')).id).toBe(OTHER)
    answer('service-accounts', 200, [
      { _id: OTHER, name: 'robot', user: 'd' },
      { _id: 'robot', name: 'b', user: 'c' },
    ])
    expect((await accounts.find('robot')).id).toBe('robot')
  })

  test('is not one of two with the same name', async () => {
    answer('service-accounts', 200, both)
    const refusal = accounts.find('CI')
    await expect(refusal).rejects.toMatchObject({ code: 'exchange-rejected' })
    await expect(refusal).rejects.toThrow('acme has 2 service accounts named "CI".')
    await expect(refusal).rejects.toThrow(`acme-ci, ID ${ID}`)
    await expect(refusal).rejects.toThrow(`acme-old-ci, ID ${OTHER}`)
    answer('service-accounts', 200, both)
    expect((await accounts.find('acme-old-ci')).id).toBe(OTHER)
  })

  test('that does not exist is told with the slugs of those that do', async () => {
    answer('service-accounts', 200, [...both, { _id: 'x', name: 'without a slug' }])
    await expect(accounts.find('robot')).rejects.toThrow(
      /no service account "robot"[\s\S]*Seen: service accounts: acme-ci, acme-old-ci and without a slug/,
    )
    answer('service-accounts', 200, [])
    await expect(accounts.find('robot')).rejects.toThrow(/Seen: no service accounts/)
  })

  test('that cannot be read hides no other', async () => {
    answer('service-accounts', 200, [null, { _id: null, name: 'ci' }, { _id: ID, name: 7 }, { _id: ID, name: 'ci' }])
    expect(await accounts.find('ci')).toEqual({ id: ID, name: 'ci', slug: undefined })
  })

  test.each(['../users', 'a/b', '', '.', 'a'.repeat(65), 'a b', 'a?b'])(
    'with the ID %j is skipped: an ID becomes part of a path',
    async (_id) => {
      answer('service-accounts', 200, [{ _id, name: 'ci' }])
      await expect(accounts.find('ci')).rejects.toMatchObject({ code: 'exchange-rejected' })
    },
  )

  test.each([{}, 'ci', null])('is not looked for in %j', async (body) => {
    answer('service-accounts', 200, body, 3)
    await expect(accounts.find('ci')).rejects.toMatchObject({ code: 'hub-failed' })
  })
})

describe('the tokens of an account', () => {
  const tokens = async () => accounts.tokens({ id: ID, name: 'ci', slug: undefined })
  const entry = (createdAt: unknown) => ({ _id: ID, displayName: NAME, createdAt })

  test('are read without those that cannot be', async () => {
    answer('service-account', 200, { accessTokens: [7, { _id: '../x', displayName: NAME }, { _id: ID }, entry(null)] })
    expect(await tokens()).toEqual([{ id: ID, displayName: NAME, createdAt: undefined }])
  })

  test.each([
    ['2026-11-22T12:00:00Z', Date.parse('2026-11-22T12:00:00Z')],
    ['2026-11-22T12:00:00', undefined],
    ['yesterday', undefined],
    [7, undefined],
  ])('created at %p: %p', async (createdAt, expected) => {
    answer('service-account', 200, { accessTokens: [entry(createdAt)] })
    expect((await tokens())?.[0]?.createdAt).toBe(expected)
  })

  test('are read with what the Hub says of each', async () => {
    const time = '2026-11-22T12:00:00Z'
    const rights = {
      permissions: ['org.read'],
      repoIds: [ID],
      repoPermissions: ['repo.write'],
      endpointPatterns: ['acme-*'],
    }
    const more = { ...rights, role: 'fineGrained', lastUsedAt: time, expiration: time, last4: 'wxyz' }
    answer('service-account', 200, { accessTokens: [{ ...entry(time), ...more }] })
    const at = Date.parse(time)
    expect(await tokens()).toEqual([
      {
        id: ID,
        displayName: NAME,
        createdAt: at,
        lastUsedAt: at,
        expiresAt: at,
        last4: 'wxyz',
        role: 'fineGrained',
        ...rights,
      },
    ])
  })

  test('are read without the parts that cannot be', async () => {
    const odd = { permissions: 'all', repoIds: [7], repoPermissions: null, lastUsedAt: 'once', expiration: 1, last4: 1 }
    answer('service-account', 200, { accessTokens: [{ ...entry(null), ...odd }] })
    // Only a token without the time was never used.
    expect(await tokens()).toEqual([{ id: ID, displayName: NAME, createdAt: undefined, lastUsedAt: 'unreadable' }])
    answer('service-account', 200, { accessTokens: [{ ...entry(null), lastUsedAt: null }] })
    expect(await tokens()).toEqual([{ id: ID, displayName: NAME, createdAt: undefined }])
  })

  test('may be as many as fit into 16 MB', async () => {
    const many = Array.from({ length: 40_000 }, (_, n) => ({ _id: `id${n}`, displayName: 'n'.repeat(100) }))
    answer('service-account', 200, { accessTokens: many })
    expect(await tokens()).toHaveLength(many.length)
  })

  test.each([{}, { accessTokens: null }])('are not known when the Hub answers %j', async (body) => {
    answer('service-account', 200, body)
    expect(await tokens()).toBeUndefined()
  })

  test.each([{ accessTokens: {} }, { accessTokens: 'none' }, []])('are not read from %j', async (body) => {
    answer('service-account', 200, body)
    await expect(tokens()).rejects.toMatchObject({ code: 'hub-failed' })
  })
})

describe('a token is deleted', () => {
  const remove = (id: string) => accounts.remove({ id: ID }, { id })

  test('by its ID', async () => {
    const [keep, gone] = [plant(NAME), plant(NAME)]
    const account = await accounts.find('ci')
    const id = live().find(({ value }) => value === gone)?.id ?? ''
    await accounts.remove(account, { id })
    expect(live().map(({ value }) => value)).toEqual([keep])
  })

  test('also when it is gone already', async () => {
    answer('delete-token', 404, { error: 'Token not found' })
    await remove(ID)
  })

  test('but not when another server answers 404', async () => {
    answer('delete-token', 404, { message: 'no Route matched with those values' })
    await expect(remove(ID)).rejects.toMatchObject({ code: 'hub-failed' })
  })

  test.each([401, 403, 400, 302])('but not when the Hub answers %s', async (status) => {
    answer('delete-token', status)
    await expect(remove(ID)).rejects.toMatchObject({ code: 'exchange-rejected' })
  })

  test('but not when the Hub has an incident', async () => {
    answer('delete-token', 503, {}, 9)
    await expect(remove(ID)).rejects.toMatchObject({ code: 'hub-failed' })
  })
})

describe('what a user is told when the Hub refuses the admin token', () => {
  test.each([
    [401, 'does not allow the admin token to manage service accounts'],
    [403, 'does not allow the admin token to manage service accounts'],
  ])('HTTP %s', async (status, says) => {
    answer('service-accounts', status, { error: 'No.' })
    const refusal = accounts.find('ci')
    await expect(refusal).rejects.toThrow(says)
    await expect(refusal).rejects.toThrow('First check `secret-id`. The action read the/secret')
    await expect(refusal).rejects.toThrow('the default names the secret for a stored token')
    await expect(refusal).rejects.toThrow('/settings/tokens/new?tokenType=fineGrained&orgs=acme.')
    await expect(refusal).rejects.toThrow('select only `org.serviceAccounts.read` and `org.serviceAccounts.write`')
    await expect(refusal).rejects.toThrow('"No."')
  })

  test('after a 401, whoami-v2 says whether the token is dead', async () => {
    answer('service-accounts', 401)
    answer('whoami-v2', 401)
    const dead = accounts.find('ci')
    await expect(dead).rejects.toThrow('The Hub does not accept the admin token that mints tokens.')
    await expect(dead).rejects.toThrow(/whoami-v2: HTTP 401[\s\S]*was revoked, has expired/)
    expect(hub.service.count('whoami-v2')).toBe(1)
  })

  test('after a 401 that whoami-v2 does not explain, both causes are named', async () => {
    answer('service-accounts', 401)
    answer('whoami-v2', 503)
    const unclear = accounts.find('ci')
    await expect(unclear).rejects.toThrow('The Hub refused the admin token that mints tokens.')
    await expect(unclear).rejects.toThrow(/was revoked, has expired[\s\S]*; or the admin token lacks/)
    expect(hub.service.count('whoami-v2')).toBe(1)
  })

  test('by another input, nothing is said of a default', async () => {
    answer('service-accounts', 403)
    const refusal = open('hf_wrongwrong', 'admin-secret-id').find('ci')
    await expect(refusal).rejects.toThrow('First check `admin-secret-id`')
    answer('service-accounts', 403)
    await expect(open('hf_wrongwrong', 'admin-secret-id').find('ci')).rejects.toThrow(/^(?![\s\S]*the default is)/)
  })
})

describe('minting', () => {
  /** Mints a token, and notes what happened in which order. */
  async function mint(before?: ReadonlySet<string>) {
    const account = await accounts.find('ci')
    const events: string[] = []
    const log = { info: (text: string) => void events.push(text), debug() {}, warning() {} }
    const minted = await mintToken(accounts, {
      account,
      displayName: NAME,
      rights: onWholeOrganization(PERMISSIONS),
      ...(before ? { before } : {}),
      log,
      onMinted: ({ value }) => void events.push(`value ${value}`),
      onDoubt: () => void events.push('doubt'),
    })
    return { minted, events }
  }
  const values = () => new Set(live().map(({ value }) => value))

  test('gives the value and the ID', async () => {
    const { minted, events } = await mint()
    expect(events).toEqual([`value ${minted.value}`])
    expect(live().map(({ id, value }) => ({ id, value }))).toEqual([{ id: minted.id, value: minted.value }])
  })

  /** Changes what the Hub says of the token that it mints. */
  const answerWith = (tokenInfo: unknown) =>
    hub.service.inject('mint-token', {
      kind: 'change',
      change: ({ body, ...rest }) => ({ ...rest, body: { ...(body as object), tokenInfo } }),
    })

  test('gives what the Hub says that it granted, and nothing where it does not say', async () => {
    answerWith({
      _id: ID,
      displayName: NAME,
      permissions: ['org.read'],
      repoIds: [ID],
      repoPermissions: ['repo.write'],
    })
    expect((await mint()).minted).toMatchObject({
      id: ID,
      granted: { permissions: ['org.read'], repoIds: [ID], repoPermissions: ['repo.write'] },
    })
    answerWith({ _id: ID, displayName: NAME, permissions: 'all', repoIds: [] })
    expect((await mint()).minted.granted).toEqual({ repoIds: [] })
  })

  test.each([
    ['the ID of a token with another name', { _id: ID, displayName: 'another name' }],
    ['an ID that is no part of a path', { _id: '../users', displayName: NAME }],
  ])('does not take %s for the new one’s', async (_what, tokenInfo) => {
    answerWith(tokenInfo)
    expect((await mint()).minted.id).toBeUndefined()
  })

  test('reports a lost answer when the Hub does not list the tokens, and goes on', async () => {
    hub.service.inject('mint-token', { kind: 'lost' })
    answer('service-account', 200, {})
    answer('service-account', 200, {})
    const { minted, events } = await mint()
    expect(events).toEqual(['doubt', `value ${minted.value}`])
    expect(live()).toHaveLength(2)
  })

  test('removes a token whose answer was lost, and no other', async () => {
    const [older, other] = [plant(NAME, HOUR), plant('another name')]
    hub.service.inject('mint-token', { kind: 'lost' })
    const { minted, events } = await mint()
    expect(events).toEqual(['Hub: removed a token whose value was lost in transit', `value ${minted.value}`])
    expect(values()).toEqual(new Set([older, other, minted.value]))
  })

  test('removes no token that was known before', async () => {
    const known = plant(NAME)
    const id = live()[0]?.id ?? ''
    hub.service.inject('mint-token', { kind: 'lost' })
    const { minted } = await mint(new Set([id]))
    expect(values()).toEqual(new Set([known, minted.value]))
  })

  test('looks again for a token that a slow Hub created after the first look', async () => {
    hub.service.inject('mint-token', { kind: 'lost' })
    answer('service-account', 200, { accessTokens: [] })
    const { minted, events } = await mint()
    expect(events[0]).toBe('doubt')
    expect(values()).toEqual(new Set([minted.value]))
  })

  test('does not remove its own token when the Hub does not say its ID', async () => {
    hub.service.inject('mint-token', { kind: 'lost' })
    answer('service-account', 200, { accessTokens: [] })
    hub.service.inject('mint-token', {
      kind: 'change',
      change: ({ body, ...rest }) => ({ ...rest, body: { ...(body as object), tokenInfo: undefined } }),
    })
    const { minted } = await mint()
    expect(minted.id).toBeUndefined()
    expect(values()).toContain(minted.value)
  })

  test.each([
    ['a page', '<html>hello</html>'],
    ['a token that is too short to be masked', { token: 'hf_abcd' }],
    ['a token that is no text', { token: 7 }],
  ])('takes %s for a lost answer', async (_what, body) => {
    hub.service.inject('mint-token', { kind: 'change', change: () => ({ status: 201, body }) })
    await expect(mint()).rejects.toMatchObject({ code: 'hub-failed' })
    expect(live()).toEqual([])
  })

  test('takes a refusal for no lost answer', async () => {
    answer('mint-token', 400, { error: 'Unknown permission' })
    await expect(mint()).rejects.toThrow('The Hub refused to mint the token.')
    expect(hub.service.count('service-account')).toBe(0)
  })

  test('takes a conflict for a lost answer', async () => {
    answer('mint-token', 409)
    await expect(mint()).rejects.toMatchObject({ code: 'exchange-rejected' })
    expect(hub.service.count('service-account')).toBe(1)
  })
})
