/** Which token of the service account a stored value is: what may be concluded from the Hub's answers, and what not. */
import { describe, expect, test } from '@jest/globals'
import type { HubClient } from '../../src/hub/client.ts'
import type { WhoAmI } from '../../src/hub/facts/whoami.ts'
import type { AccountToken } from '../../src/hub/service-accounts.ts'
import type { Deadline } from '../../src/net/deadline.ts'
import { AccountEntries, type StoredToken } from '../../src/rotation/account/entries.ts'
import { entryOf, mayOwn } from '../../src/rotation/account/entry.ts'
import type { Minter } from '../../src/rotation/account/minter.ts'
import { rotatedTokenName } from '../../src/rotation/names.ts'
import { sha256 } from '../../src/text/sha256.ts'

const ACCOUNT = { slug: 'acme-ci' }
const AT = Date.UTC(2026, 8, 8, 8)

function entry(rest: Partial<AccountToken> = {}): AccountToken {
  return { id: 'a', displayName: 'the name', createdAt: AT, ...rest }
}

function who(rest: Partial<WhoAmI> = {}): WhoAmI {
  return {
    id: 'id-of-ci',
    name: 'acme-ci',
    principal: 'user',
    email: undefined,
    role: 'fineGrained',
    authType: 'access_token',
    displayName: 'the name',
    createdAt: AT,
    grants: [],
    global: [],
    canReadGatedRepos: false,
    expiresAt: undefined,
    appScope: undefined,
    resource: undefined,
    orgs: [],
    orgsAreListed: true,
    unreadable: [],
    unknown: [],
    ...rest,
  }
}

describe('a token is one of the account’s', () => {
  test('when owner, name and time are those of exactly one entry', () => {
    const others = [
      entry({ id: 'b', displayName: 'another name' }),
      entry({ id: 'c', createdAt: AT - 1 }),
      entry({ id: 'd', displayName: 'another name', createdAt: undefined }),
    ]
    expect(entryOf(who(), ACCOUNT, [...others, entry()])?.id).toBe('a')
  })

  test.each<[string, Partial<WhoAmI>, AccountToken[]]>([
    ['it is a stranger’s of the same name and time', { name: 'mallory' }, [entry()]],
    ['its owner has the account’s name in other letters', { name: 'Acme-CI' }, [entry()]],
    ['two entries have its name and time', {}, [entry(), entry({ id: 'b' })]],
    [
      'another entry has its name, and nobody knows since when',
      {},
      [entry(), entry({ id: 'b', createdAt: undefined })],
    ],
    ['it was made a millisecond later', { createdAt: AT + 1 }, [entry()]],
    ['the Hub does not say when it was made', { createdAt: undefined }, [entry()]],
    ['it has no name', { displayName: undefined }, [entry()]],
    ['the list is empty', {}, []],
  ])('but not when %s', (_what, rest, tokens) => {
    expect(entryOf(who(rest), ACCOUNT, tokens)).toBeUndefined()
  })

  test('but not when the Hub does not say what the account’s user is called', () => {
    expect(entryOf(who({ name: 'ci' }), { slug: undefined }, [entry()])).toBeUndefined()
  })
})

describe('a token is another account’s', () => {
  test('when the Hub names another owner, whatever its name is', () => {
    expect(mayOwn(ACCOUNT, who({ name: 'mallory' }))).toBe(false)
    expect(mayOwn(ACCOUNT, who())).toBe(true)
  })

  test('but not for certain when the Hub does not say whose it is, or what the account’s user is called', () => {
    expect(mayOwn(ACCOUNT, who({ name: '' }))).toBe(true)
    expect(mayOwn({ slug: undefined }, who({ name: 'mallory' }))).toBe(true)
  })
})

/** A value that ends in these four characters; in use, unless it says since when it is replaced. */
function stored(tail: string, rest: Partial<StoredToken> = {}): StoredToken {
  const value = `hf_value_${tail}`
  return { sha256: sha256(value), tail, since: Number.POSITIVE_INFINITY, entry: undefined, value, ...rest }
}

interface Known {
  tokens?: AccountToken[]
  minted?: Record<string, string>
  /** False when the Hub does not list the account's tokens. */
  listed?: boolean
}

/** What is known of values when the Hub answers this, by their last characters, each answer once, the last one for ever. */
async function known(
  answers: Record<string, (WhoAmI | undefined)[]>,
  { tokens = [], minted = {}, listed = true }: Known = {},
) {
  const asked: string[] = []
  const hub = {
    owner: async (token: string) => {
      asked.push(token.slice(-4))
      const left = answers[token.slice(-4)] ?? []
      return left.length > 1 ? left.shift() : left[0]
    },
  } as unknown as HubClient
  let reads = 0
  const minter = {
    idOf: (value: string) => minted[value.slice(-4)],
    tokens: async () => {
      reads += 1
      return listed ? tokens : undefined
    },
    entryOf: (given: WhoAmI, all: readonly AccountToken[]) => entryOf(given, ACCOUNT, all),
    mayOwn: (given: WhoAmI) => mayOwn(ACCOUNT, given),
  } as unknown as Minter
  const deadline = { sleep: async () => {} } as unknown as Deadline
  return { asked, reads: () => reads, entries: await AccountEntries.read({ hub, minter, deadline }) }
}

describe('whose a token is', () => {
  test('one refusal by the Hub is not believed of a token in use, but two are', async () => {
    const { entries, asked } = await known({ used: [undefined, who()], dead: [undefined, undefined, who()] })
    expect((await entries.owner(stored('used')))?.name).toBe('acme-ci')
    expect(await entries.owner(stored('dead'))).toBeUndefined()
    expect(asked).toEqual(['used', 'used', 'dead', 'dead'])
  })

  test('one is believed of a replaced token', async () => {
    const { entries, asked } = await known({ past: [undefined, who()] })
    expect(await entries.owner(stored('past', { since: AT }))).toBeUndefined()
    expect(asked).toEqual(['past'])
  })

  test('is asked once, however many want to know at a time, and again on request', async () => {
    const { entries, asked } = await known({ used: [who(), undefined] })
    await Promise.all([entries.owner(stored('used')), entries.owner(stored('used'))])
    expect(asked).toEqual(['used'])
    expect(await entries.ownerNow(stored('used'))).toBeUndefined()
    expect(await entries.owner(stored('used'))).toBeUndefined()
  })
})

describe('the account’s token that a version holds', () => {
  const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hub/x-a1B2c3'
  const versionId = 'aaaaaaaa-bbbb-4ccc-8ddd-000000000001'
  const own = (rest: Partial<AccountToken> = {}) =>
    entry({ displayName: rotatedTokenName(ARN, versionId), last4: 'used', ...rest })
  const held = { arn: ARN, versionId, token: 'hf_value_used', storedAt: AT }

  test('is known by the list alone, which is read once', async () => {
    const { entries, asked, reads } = await known({}, { tokens: [entry({ id: 'b' }), own()] })
    expect(entries.certain(held)?.id).toBe('a')
    expect(entries.certain({ ...held, versionId: versionId.replace('1', '2') })).toBeUndefined()
    expect([asked, reads()]).toEqual([[], 1])
    expect([entries.has('a'), entries.has('c')]).toEqual([true, false])
  })

  test('is known by its id when the run minted it itself', async () => {
    const { entries } = await known({}, { tokens: [own(), entry({ id: 'b' })], minted: { used: 'b' } })
    expect(entries.certain(held)?.id).toBe('b')
  })

  test('is not certain when two were minted for the version, or nothing is listed', async () => {
    const { entries } = await known({}, { tokens: [own(), own({ id: 'b', last4: '9999' })] })
    expect(entries.certain(held)).toBeUndefined()
    expect((await known({}, { listed: false })).entries.certain(held)).toBeUndefined()
  })

  test('is told by what the Hub says of the value, unless the last characters are others', async () => {
    const { entries } = await known({}, { tokens: [entry({ last4: 'used' })] })
    expect(entries.ownedBy(who(), { tail: 'used' })?.id).toBe('a')
    expect(entries.ownedBy(who(), { tail: 'else' })).toBeUndefined()
    expect(entries.ownedBy(who({ name: 'mallory' }), { tail: 'used' })).toBeUndefined()
    const { entries: withoutTails } = await known({}, { tokens: [entry()] })
    expect(withoutTails.ownedBy(who(), { tail: 'used' })?.id).toBe('a')
  })
})

describe('a stored token and an entry of the account', () => {
  test('are told apart by their last characters, without a call', async () => {
    const { entries, asked } = await known({ used: [who()] }, { tokens: [entry({ last4: 'past' })] })
    expect(await entries.compare(entry({ last4: 'past' }), stored('used'))).toBe('other')
    expect(asked).toEqual([])
  })

  test('are told apart by ids, without a call', async () => {
    const { entries, asked } = await known({})
    expect(await entries.compare(entry(), stored('used', { entry: entry() }))).toBe('same')
    expect(await entries.compare(entry(), stored('used', { entry: entry({ id: 'b' }) }))).toBe('other')
    expect(asked).toEqual([])
  })

  test.each<[string, string, WhoAmI | undefined, Partial<AccountToken>]>([
    ['same', 'the Hub says so', who(), {}],
    ['same', 'the Hub says so, and the last characters are the same', who(), { last4: 'used' }],
    ['other', 'the Hub says that it is another entry', who({ displayName: 'b' }), {}],
    ['other', 'the value belongs to another account, whatever it is called', who({ name: 'mallory' }), {}],
    ['other', 'it has another name', who({ displayName: 'c' }), {}],
    ['other', 'it does not work, and no last characters are listed', undefined, {}],
    ['unclear', 'it does not work, but its last characters are the same', undefined, { last4: 'used' }],
    ['unclear', 'only its name is the same', who({ createdAt: AT + 5 }), {}],
    ['unclear', 'the Hub does not say what it is called', who({ displayName: undefined }), {}],
    ['unclear', 'it has another name, but the same last characters', who({ displayName: 'c' }), { last4: 'used' }],
  ])('are %s when %s', async (relation, _when, answer, rest) => {
    const own = entry(rest)
    const { entries } = await known({ used: [answer] }, { tokens: [own, entry({ id: 'b', displayName: 'b' })] })
    expect(await entries.compare(own, stored('used'))).toBe(relation)
  })
})
