/** Which token of the service account a stored value is: what may be concluded from the Hub's answers, and what not. */
import { describe, expect, test } from '@jest/globals'
import type { HubClient } from '../../src/hub/client.ts'
import type { WhoAmI } from '../../src/hub/facts/whoami.ts'
import type { AccountToken } from '../../src/hub/service-accounts.ts'
import type { Deadline } from '../../src/net/deadline.ts'
import { AccountEntries } from '../../src/rotation/account/entries.ts'
import { entryOf } from '../../src/rotation/account/entry.ts'
import type { Minter } from '../../src/rotation/account/minter.ts'

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

interface Known {
  tokens?: AccountToken[]
  minted?: Record<string, string>
  /** False when the Hub does not list the account's tokens. */
  listed?: boolean
}

/** What is known of values when the Hub answers this, each answer once, the last one for ever. */
function known(
  answers: Record<string, (WhoAmI | undefined)[]>,
  { tokens = [], minted = {}, listed = true }: Known = {},
) {
  const asked: string[] = []
  const hub = {
    owner: async (token: string) => {
      asked.push(token)
      const left = answers[token] ?? []
      return left.length > 1 ? left.shift() : left[0]
    },
  } as unknown as HubClient
  const minter = {
    idOf: (value: string) => minted[value],
    tokens: async () => (listed ? tokens : undefined),
    entryOf: (given: WhoAmI, all: readonly AccountToken[]) => entryOf(given, ACCOUNT, all),
  } as unknown as Minter
  const deadline = { sleep: async () => {} } as unknown as Deadline
  return { asked, entries: new AccountEntries({ hub, minter, deadline }, new Set(Object.keys(answers))) }
}

describe('of tokens in use', () => {
  test('one refusal by the Hub is not believed', async () => {
    const { entries, asked } = known({ used: [undefined, who()] }, { tokens: [entry()] })
    expect((await entries.find('used'))?.id).toBe('a')
    expect(asked).toEqual(['used', 'used'])
  })

  test('two are', async () => {
    const { entries } = known({ used: [undefined, undefined, who()] }, { tokens: [entry()] })
    expect(await entries.find('used')).toBeUndefined()
    expect(await entries.isInUse(entry(), 'old')).toBe(false)
  })

  test('none is taken for a replaced one', async () => {
    const used = entry({ id: 'b', displayName: 'another name' })
    const { entries } = known({ used: [who({ displayName: 'another name' })] }, { tokens: [entry(), used] })
    expect(await entries.isInUse(entry(), 'old')).toBe(false)
    expect(await entries.isInUse(used, 'old')).toBe(true)
    expect(await entries.isInUse(used, 'used')).toBe(false)
  })

  test('one that cannot be told apart from it by more than its name counts as the same', async () => {
    const { entries } = known({ used: [who({ createdAt: AT + 5 })] }, { tokens: [entry()] })
    expect(await entries.isInUse(entry(), 'old')).toBe(true)
  })

  test('what the run minted itself is known by its id', async () => {
    const { entries, asked } = known(
      { used: [who()] },
      { tokens: [entry(), entry({ id: 'b' })], minted: { used: 'b' } },
    )
    expect((await entries.find('used'))?.id).toBe('b')
    expect(await entries.isInUse(entry(), 'old')).toBe(false)
    expect(asked).toEqual([])
  })

  test('none is told apart while the Hub does not list the account’s tokens: the name alone counts', async () => {
    const { entries } = known({ used: [who()], own: [who()] }, { listed: false, minted: { own: 'a' } })
    expect(await entries.find('used')).toBeUndefined()
    expect(await entries.find('own')).toBeUndefined()
    expect(await entries.isInUse(entry(), 'old')).toBe(true)
    expect(await entries.isInUse(entry({ displayName: 'another name' }), 'old')).toBe(false)
  })
})
