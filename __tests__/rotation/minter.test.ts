/** What a run finds again of the tokens that it minted, and what it must not take for them. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Hub } from '../../sandbox/hub/index.ts'
import { plainMembership } from '../../src/hub/facts/rights.ts'
import type { WhoAmI } from '../../src/hub/facts/whoami.ts'
import { mintToken } from '../../src/hub/mint.ts'
import { onWholeOrganization } from '../../src/hub/mint-rights.ts'
import { parseRepository } from '../../src/hub/repository.ts'
import { ServiceAccounts } from '../../src/hub/service-accounts.ts'
import { CallCount } from '../../src/net/calls-made.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'
import { Minter } from '../../src/rotation/account/minter.ts'
import { who } from '../hub/tokens.ts'

const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:huggingface/acme/write-a1B2c3'
const VERSION = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
const WANTED = { permissions: ['repo.content.read'], repositories: [] }
const RIGHTS = onWholeOrganization(['repo.content.read'])
const HOUR = 3_600_000
const warnings: string[] = []
const infos: string[] = []
const log = {
  info: (text: string) => void infos.push(text),
  debug() {},
  warning: (text: string) => void warnings.push(text),
}
const adminSecret = { input: 'admin-secret-id', id: 'huggingface/acme/service-accounts' } as const

let hub: Hub
let deadline: Deadline
let http: Http
let admin: string
beforeEach(async () => {
  warnings.length = 0
  infos.length = 0
  hub = await Hub.start()
  hub.addOrg({ name: 'acme', plan: 'enterprise' })
  hub.addServiceAccount({ org: 'acme', name: 'ci' })
  admin = hub.addOrgToken('acme', ['org.serviceAccounts.read', 'org.serviceAccounts.write'])
  deadline = new Deadline(30_000)
  http = new Http(deadline, async () => undefined)
})
afterEach(async () => {
  deadline.stop()
  http.close()
  await hub.close()
})

const access = () => ({ endpoint: hub.url, http, policy: { maxAttempts: 3, deadline, calls: new CallCount() } })
const masked: string[] = []
const open = () =>
  Minter.open({
    access: access(),
    org: 'acme',
    admin,
    adminSecret,
    account: 'ci',
    mask: (value) => masked.push(value),
    log,
  })
const plant = (displayName: string, ago = 0) =>
  hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName, createdAt: new Date(hub.now() - ago) })
const account = () => hub.serviceAccountTokens('acme', 'ci')
const idOf = (value: string) => account().find((token) => token.value === value)?.id
/** From now on the Hub lists these of the account's tokens. */
const listWith = (how: (entries: object[]) => object[]) =>
  hub.service.inject(
    'service-account',
    {
      kind: 'change',
      change: ({ body, ...rest }) => {
        const { accessTokens } = body as { accessTokens: object[] }
        return { ...rest, body: { ...(body as object), accessTokens: how(accessTokens) } }
      },
    },
    9,
  )
/** From now on the Hub answers to minting with this in place of what it says of the token. */
const answerWith = (tokenInfo: unknown) =>
  hub.service.inject('mint-token', {
    kind: 'change',
    change: ({ body, ...rest }) => ({ ...rest, body: { ...(body as object), tokenInfo } }),
  })

test('a run with many secrets may ask as often as it has secrets', async () => {
  const minter = await open()
  for (let n = 0; n < 12; n += 1) {
    const token = await minter.mint(ARN, VERSION, WANTED)
    expect((await minter.tokens())?.map(({ id }) => id)).toContain(token.id)
  }
})

test('a list that the Hub does not give is asked for ten times at most, however many secrets need it', async () => {
  const minter = await open()
  const { calls } = hub.service
  calls.length = 0
  hub.service.inject('service-account', { kind: 'answer', status: 503 }, 100)
  for (let secret = 0; secret < 5; secret += 1) {
    await expect(minter.tokens()).rejects.toMatchObject({ code: 'hub-failed' })
  }
  expect(calls.filter(({ operation }) => operation === 'service-account')).toHaveLength(10)
})

describe('a token that the run minted', () => {
  test('is masked before anyone has it', async () => {
    const minter = await open()
    const { value } = await minter.mint(ARN, VERSION, WANTED)
    expect(masked).toContain(value)
  })

  test('is found by its id, whatever else has its name', async () => {
    const minter = await open()
    const token = await minter.mint(ARN, VERSION, WANTED)
    plant(token.displayName)
    expect((await minter.findMinted(token)).map(({ id }) => id)).toEqual([idOf(token.value)])
    expect(minter.idOf(token.value)).toBe(idOf(token.value))
  })

  test('is found by its id while the list does not have it yet', async () => {
    const minter = await open()
    const token = await minter.mint(ARN, VERSION, WANTED)
    listWith(() => [])
    const found = await minter.findMinted(token)
    expect(found.map(({ id }) => id)).toEqual([idOf(token.value)])
    for (const entry of found) await minter.remove(entry)
    expect(hub.isAlive(token.value)).toBe(false)
  })

  test.each<[string, (entries: object[]) => object[]]>([
    ['does not have it yet', () => []],
    ['does not say when it was created', (entries) => entries.map((entry) => ({ ...entry, createdAt: undefined }))],
  ])('is not found when the Hub did not say its id, and the list %s', async (_what, how) => {
    const minter = await open()
    answerWith(undefined)
    const token = await minter.mint(ARN, VERSION, WANTED)
    listWith(how)
    expect(await minter.findMinted(token)).toEqual([])
  })

  test('is found by its name when the Hub did not say its id, but nothing that is older', async () => {
    const minter = await open()
    answerWith(undefined)
    const token = await minter.mint(ARN, VERSION, WANTED)
    expect(token.id).toBeUndefined()
    plant(token.displayName, HOUR)
    expect((await minter.findMinted(token)).map(({ id }) => id)).toEqual([idOf(token.value)])
  })

  test('is none that was there before the run, even if the Hub answers with its id', async () => {
    const before = plant('the current token')
    const minter = await open()
    answerWith({ _id: idOf(before) })
    const token = await minter.mint(ARN, VERSION, WANTED)
    expect(token.id).toBeUndefined()
    expect((await minter.findMinted(token)).map(({ id }) => id)).toEqual([idOf(token.value)])
  })
})

test.each([
  [['repo.content.read', 'repo.contribute'], 1],
  [['repo.content.read'], 0],
])('a new token with %j gets %i warnings about what its predecessor created', async (permissions, count) => {
  const minter = await open()
  const value = hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName: 'new' })
  hub.service.inject('mint-token', { kind: 'answer', status: 201, body: { token: value } })
  await minter.mint(ARN, VERSION, { permissions, repositories: [] })
  // The description of August 2026 does not have the contributor permission yet.
  hub.contract.violations.splice(0)
  const about = warnings.filter((text) => text.includes('cannot write to those that the previous token created'))
  expect(about).toHaveLength(count)
  // Several secrets are rotated at the same time.
  const [info = ''] = infos.filter((text) => text.startsWith('Hub: minted'))
  for (const text of [info, ...about]) expect(text).toContain(' for huggingface/acme/write w')
})

test('a token that was there before the run is not taken for a minted one, whatever it is called now', async () => {
  const before = plant('the current token')
  const minter = await open()
  answerWith(undefined)
  const token = await minter.mint(ARN, VERSION, WANTED)
  hub.service.inject('service-account', {
    kind: 'change',
    change: ({ body, ...rest }) => {
      const { accessTokens } = body as { accessTokens: { _id: string }[] }
      const renamed = accessTokens.map((entry) =>
        entry._id === idOf(before) ? { ...entry, displayName: token.displayName } : entry,
      )
      return { ...rest, body: { ...(body as object), accessTokens: renamed } }
    },
  })
  expect((await minter.findMinted(token)).map(({ id }) => id)).toEqual([idOf(token.value)])
})

test('after a lost answer, only what was made since then is removed', async () => {
  const known = plant('the name')
  const older = plant('the name', HOUR)
  const accounts = new ServiceAccounts(access(), 'acme', admin, adminSecret)
  hub.service.inject('mint-token', { kind: 'lost' })
  const { value } = await mintToken(accounts, {
    account: await accounts.find('ci'),
    displayName: 'the name',
    rights: RIGHTS,
    before: new Set([idOf(known) ?? '']),
    log,
    onMinted: () => {},
    onDoubt: () => {},
  })
  expect(hub.minted).toHaveLength(2)
  expect(new Set(account().map((token) => token.value))).toEqual(new Set([known, older, value]))
})

describe('a leftover', () => {
  test('is revoked at the first try or not at all', async () => {
    const leftover = plant('left by a run')
    const minter = await open()
    const [entry] = (await minter.tokens()) ?? []
    if (!entry) throw new Error('no entry')
    hub.service.inject('delete-token', { kind: 'answer', status: 503 })
    expect(await minter.removeOnce(entry)).toMatchObject({ code: 'hub-failed' })
    expect(hub.isAlive(leftover)).toBe(true)
    expect(await minter.removeOnce(entry)).toBeUndefined()
    expect(hub.isAlive(leftover)).toBe(false)
  })

  test('that is gone already is no failure', async () => {
    plant('left by a run')
    const minter = await open()
    const [entry] = (await minter.tokens()) ?? []
    if (!entry) throw new Error('no entry')
    await minter.remove(entry)
    await minter.remove(entry)
    expect(account()).toEqual([])
  })
})

describe('when the Hub does not list the tokens of the account', () => {
  const unlisted = (times: number) => {
    hub.service.inject(
      'service-account',
      {
        kind: 'change',
        change: ({ body, ...rest }) => ({ ...rest, body: { ...(body as object), accessTokens: undefined } }),
      },
      times,
    )
  }

  test('a run says what it cannot find, and begins', async () => {
    plant('left by a run')
    unlisted(9)
    const minter = await open()
    expect(warnings).toEqual([expect.stringContaining('does not list the tokens of the service account ci')])
    expect(minter.firstIds).toEqual([])
    expect(minter.firstTokensFor(ARN)).toEqual([])
    expect(await minter.tokensFor(ARN)).toEqual([])
    expect(await minter.tokens()).toBeUndefined()
  })

  test('a minted token is found by its id alone', async () => {
    unlisted(9)
    const minter = await open()
    const token = await minter.mint(ARN, VERSION, WANTED)
    const [entry, ...others] = await minter.findMinted(token)
    expect(others).toEqual([])
    if (!entry) throw new Error('no entry')
    await minter.remove(entry)
    expect(hub.isAlive(token.value)).toBe(false)
  })

  test('and not its id either, it is not found', async () => {
    unlisted(9)
    const minter = await open()
    answerWith(undefined)
    expect(await minter.findMinted(await minter.mint(ARN, VERSION, WANTED))).toEqual([])
  })
})

describe('the account’s place in the organization', () => {
  const place = plainMembership('acme')
  const stated = { displayName: 'x', createdAt: undefined, permissions: ['repo.content.read'] }
  const theirs = who({ name: 'ci', orgs: [place] })

  test('is asked for once, however many secrets need it at the same time', async () => {
    const minter = await open()
    let asked = 0
    const ask = async () => {
      asked += 1
      await new Promise((resolve) => setImmediate(resolve))
      return theirs
    }
    await Promise.all([minter.learnPlace(ask), minter.learnPlace(ask), minter.learnPlace(ask)])
    await minter.learnPlace(ask)
    expect(asked).toBe(1)
  })

  test('is asked for by the next one when the first got no answer, or one about a person', async () => {
    const minter = await open()
    const asked: string[] = []
    const ask = (name: string, answer: () => WhoAmI) => async () => {
      asked.push(name)
      await new Promise((resolve) => setImmediate(resolve))
      return answer()
    }
    const fails = ask('fails', () => {
      throw new Error('no answer')
    })
    const results = await Promise.allSettled([
      minter.learnPlace(fails),
      minter.learnPlace(ask('a person’s', () => who({ name: 'rosa' }))),
      minter.learnPlace(ask('answers', () => theirs)),
    ])
    expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'fulfilled'])
    await minter.learnPlace(ask('late', () => theirs))
    expect(asked).toEqual(['fails', 'a person’s', 'answers'])
  })

  test('is not asked for again when the Hub lists no organizations for the account', async () => {
    const minter = await open()
    let asked = 0
    const ask = async () => {
      asked += 1
      return who({ name: 'ci', orgs: [], grants: [] })
    }
    await minter.learnPlace(ask)
    await minter.learnPlace(ask)
    expect(asked).toBe(1)
    expect((await minter.known(stated, WANTED))?.who.orgs).toEqual([place])
  })

  test('is not a person’s', async () => {
    const minter = await open()
    await minter.learnPlace(async () => who({ name: 'rosa', orgs: [{ ...place, roleInOrg: 'admin' }] }))
    expect((await minter.known(stated, WANTED))?.who.orgs).toEqual([place])
  })

  test('limits what is known of its tokens', async () => {
    const minter = await open()
    expect((await minter.known(stated, WANTED))?.who.orgs).toEqual([place])
    await minter.learnPlace(async () => ({ ...theirs, orgs: [{ ...place, roleInOrg: 'no_access' }] }))
    expect((await minter.known(stated, WANTED))?.who.orgs).toEqual([{ ...place, roleInOrg: 'no_access' }])
  })
})

test('the Hub is asked for the ID of a repository once in a run, and again after a failure', async () => {
  hub.addRepo({ type: 'model', name: 'acme/model', private: true, files: {} })
  admin = hub.addOrgToken('acme', ['org.serviceAccounts.read', 'org.serviceAccounts.write', 'repo.content.read'])
  const minter = await open()
  const repository = parseRepository('acme/model')
  if (!repository) throw new Error('not a repository')
  const wanted = { ...WANTED, repositories: [repository] }
  const path = '/api/models/acme/model'
  const asked = () => hub.service.calls.filter(({ request }) => request.url.pathname === path).length
  const operation = hub.operation({
    method: 'GET',
    url: new URL(hub.url + path),
    headers: {},
    body: '',
    bytes: Buffer.alloc(0),
  })
  hub.service.inject(operation, { kind: 'answer', status: 404, body: {} })
  await expect(minter.rightsToMint(wanted)).rejects.toMatchObject({ code: 'exchange-rejected' })
  const before = asked()
  await Promise.all([minter.rightsToMint(wanted), minter.rightsToMint(wanted)])
  await minter.mint(ARN, VERSION, wanted)
  expect(asked()).toBe(before + 1)
})
