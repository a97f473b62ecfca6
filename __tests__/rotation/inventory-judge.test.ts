/** How an inventory judges what it found out: each finding, and everything that nobody knows. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { Members } from '../../src/hub/members.ts'
import type { AccountToken } from '../../src/hub/service-accounts.ts'
import type { InventoryFacts, SecretFacts, StoredToken, TokenOwner } from '../../src/rotation/inventory/facts.ts'
import { failuresOf } from '../../src/rotation/inventory/failures.ts'
import type { AccountRow, Inventory, SecretRow } from '../../src/rotation/inventory/inventory.ts'
import { judge, type Rules } from '../../src/rotation/inventory/judge.ts'
import { rotatedTokenName } from '../../src/rotation/names.ts'
import { ARN, DAY, failure, MINUTE, membership, NOW, whoami } from './fakes.ts'

const V1 = '11111111-1111-8111-8111-111111111111'
const V2 = '22222222-2222-8222-8222-222222222222'
const NAME = 'hub/x'

const RULES: Rules & { hubEndpoint: string } = {
  org: 'acme',
  maxAgeSeconds: (90 * DAY) / 1000,
  graceSeconds: DAY / 1000,
  warnAgeSeconds: (72 * DAY) / 1000,
  unusedAfterSeconds: (30 * DAY) / 1000,
  failOn: ['overdue', 'leaver', 'unused'],
  hubEndpoint: 'https://huggingface.co',
}

const entry = (id: string, rest: Partial<AccountToken> = {}): AccountToken => ({
  id,
  displayName: rotatedTokenName(ARN, V1),
  createdAt: NOW - 3 * DAY,
  lastUsedAt: NOW - DAY,
  ...rest,
})
const listed = (rest: Partial<AccountToken> = {}): StoredToken => ({ kind: 'listed', entry: entry('id-1', rest) })
const byHand = (rest: Partial<TokenOwner> = {}): StoredToken => ({
  kind: 'other',
  who: whoami([], { id: 'id-rosa', name: 'rosa', createdAt: NOW - 3 * DAY, ...rest }),
})

const DESCRIBED = {
  arn: ARN,
  stages: new Map(),
  rotationEnabled: false,
  createdAt: undefined,
  primaryRegion: undefined,
  owningService: undefined,
  deletedAt: undefined,
}

const version = (rest: Partial<SecretFacts['versions'][number]> = {}): SecretFacts['versions'][number] => ({
  versionId: V1,
  labels: ['AWSCURRENT'],
  storedAt: NOW - DAY,
  token: listed(),
  problem: undefined,
  proof: undefined,
  ...rest,
})
const secret = (token: StoredToken | undefined, rest: Partial<SecretFacts> = {}): SecretFacts => ({
  secret: NAME,
  scope: 'read',
  description: DESCRIBED,
  versions: token ? [version({ token })] : [],
  errors: [],
  ...rest,
})
const facts = (secrets: SecretFacts[], rest: Partial<InventoryFacts> = {}): InventoryFacts => ({
  secrets,
  account: { account: { id: 'a', name: 'CI', slug: 'ci' }, tokens: [entry('id-1')] },
  members: { unknown: 'nobody asked' },
  serviceAccounts: { unknown: 'nobody asked' },
  possiblyHeld: new Map(),
  ...rest,
})

function take(
  token: StoredToken | undefined,
  rest: Partial<InventoryFacts> = {},
  rules: Partial<Rules> = {},
): SecretRow {
  const [row] = judge(facts([secret(token)], rest), { ...RULES, ...rules }, NOW).secrets
  if (!row) throw new Error('no row')
  return row
}
const verdict = ({ findings, unknown }: SecretRow) => ({ findings, unknown })
const FINE = { findings: [], unknown: {} }

test('a minted token that is young and in use is fine', () => {
  const row = take(listed())
  expect(verdict(row)).toEqual(FINE)
  expect(row.token).toMatchObject({
    state: 'accepted',
    dueAt: NOW + 87 * DAY,
    owner: { kind: 'service account', name: 'ci' },
    lastUse: { at: NOW - DAY },
  })
})

describe('a token is overdue', () => {
  test.each<[string, StoredToken | undefined, boolean]>([
    ['at `max-age`', listed({ createdAt: NOW - 90 * DAY }), true],
    ['not a moment earlier', listed({ createdAt: NOW - 90 * DAY + 1 }), false],
    ['`grace` before it expires', byHand({ expiresAt: NOW + DAY }), true],
    ['not before that', byHand({ expiresAt: NOW + DAY + 1 }), false],
    ['when the Hub does not accept it', { kind: 'refused' }, true],
    ['when there is none', undefined, true],
  ])('%s', (_when, token, expected) => {
    expect(take(token, {}, { failOn: [] }).findings.includes('overdue')).toBe(expected)
  })

  test('by the age of its version when the Hub gives a time in the future', () => {
    expect(take(listed({ createdAt: NOW + 2 * DAY })).token.createdAt).toBe(NOW - DAY)
  })

  test('or nobody knows, when the Hub did not say how old it is', () => {
    const row = take({ kind: 'unknown', why: 'no answer' })
    expect(verdict(row)).toEqual({
      findings: [],
      unknown: { overdue: 'no answer', leaver: 'no answer', unused: 'no answer' },
    })
  })

  test('for certain when even its version is too old', () => {
    const old = secret(undefined, {
      versions: [version({ token: { kind: 'unknown', why: 'no answer' }, storedAt: NOW - 91 * DAY })],
    })
    expect(judge(facts([old]), RULES, NOW).secrets[0]?.findings).toEqual(['overdue'])
  })

  test('or nobody knows, when neither the Hub nor AWS says a time', () => {
    const timeless = secret(undefined, {
      versions: [version({ token: listed({ createdAt: undefined }), storedAt: undefined })],
    })
    expect(judge(facts([timeless]), RULES, NOW).secrets[0]?.unknown).toHaveProperty('overdue')
  })
})

describe('a person is asked to act soon', () => {
  test.each<[string, StoredToken, boolean]>([
    ['from `warn-age` on', byHand({ createdAt: NOW - 72 * DAY }), true],
    ['not before', byHand({ createdAt: NOW - 72 * DAY + 1 }), false],
    ['before the token expires', byHand({ expiresAt: NOW + 18 * DAY }), true],
    ['never for a token that rotation renews', listed({ createdAt: NOW - 80 * DAY }), false],
    ['not when it is too late', byHand({ createdAt: NOW - 91 * DAY }), false],
  ])('%s', (_when, token, expected) => {
    expect(take(token).isDueSoon).toBe(expected)
  })
})

describe('an owner', () => {
  const nowhere = { orgs: [], orgsAreListed: true }
  const elsewhere = { orgs: [membership('other')], orgsAreListed: true }
  const members = (...names: string[]) => ({ is: new Members(names.map((name) => ({ id: `id-${name}`, name }))) })
  const accounts = (...slugs: string[]) => ({ is: new Set(slugs) })

  test.each<[string, Partial<TokenOwner>, Partial<InventoryFacts>, boolean | undefined]>([
    ['is a member if the token lists the organization', {}, {}, true],
    ['is a member of an organization in another spelling', { orgs: [membership('Acme')] }, {}, true],
    ['has left if it lists only others', elsewhere, {}, false],
    ['is a member if the list has them, whatever the token lists', elsewhere, { members: members('rosa') }, true],
    [
      'has left if the list does not have them',
      nowhere,
      { members: members('ada'), serviceAccounts: accounts() },
      false,
    ],
    ['is unknown without a list', nowhere, {}, undefined],
    [
      'is unknown if the list is cut',
      nowhere,
      { members: { is: new Members([], 'cut') }, serviceAccounts: accounts() },
      undefined,
    ],
    ['is unknown if they may be a service account', nowhere, { members: members('ada') }, undefined],
    [
      'has left if only somebody else now has the name',
      { ...nowhere, id: 'id-before' },
      { members: members('rosa'), serviceAccounts: accounts() },
      false,
    ],
  ])('%s', (_what, who, rest, expected) => {
    const row = take(byHand(who), rest, { failOn: ['leaver'] })
    expect(row.findings.includes('leaver')).toBe(expected === false)
    expect(row.unknown.leaver !== undefined).toBe(expected === undefined)
  })

  test('may be another service account, which does not leave', () => {
    const row = take(byHand({ ...nowhere, name: 'cd' }), { members: members('ada'), serviceAccounts: accounts('cd') })
    expect(row.token.owner).toEqual({ kind: 'service account', name: 'cd' })
    expect(row.findings).toEqual([])
    expect(row.unknown.leaver).toBeUndefined()
  })

  test.each<[string, StoredToken]>([
    ['the Hub does not accept the token', { kind: 'refused' }],
    ['the Hub names nobody', byHand({ name: '' })],
  ])('is unknown when %s', (_why, token) => {
    expect(take(token).unknown).toHaveProperty('leaver')
  })
})

describe('a token is unused', () => {
  test.each<[string, Partial<AccountToken>, boolean]>([
    ['after `unused-after`', { lastUsedAt: NOW - 30 * DAY - 1 }, true],
    ['not before', { lastUsedAt: NOW - 30 * DAY }, false],
    ['if it was never used since then', { lastUsedAt: undefined, createdAt: NOW - 31 * DAY }, true],
    ['not if it is younger', { lastUsedAt: undefined }, false],
  ])('%s', (_when, rest, expected) => {
    expect(take(listed(rest)).findings.includes('unused')).toBe(expected)
  })

  test('or nobody knows', () => {
    const unreadable = { lastUsedAt: 'unreadable', createdAt: NOW - 31 * DAY } as const
    expect(take(listed(unreadable))).toMatchObject({ findings: [], unknown: { unused: expect.any(String) } })
    const timeless = { lastUsedAt: undefined, createdAt: undefined }
    expect(take(listed(timeless)).unknown).toHaveProperty('unused')
    expect(take({ kind: 'refused' }).unknown).toHaveProperty('unused')
    expect(take(byHand()).unknown).toHaveProperty('unused')
    // Nobody relies on it: then it is no news that the Hub does not say it of a person's token.
    expect(take(byHand(), {}, { failOn: [] }).unknown).toEqual({})
  })
})

test('of a secret that could not be read, nothing is known', () => {
  const broken = secret(undefined, { description: undefined, errors: [failure('secret-access-denied')] })
  const [row] = judge(facts([broken]), RULES, NOW).secrets
  expect(row?.findings).toEqual([])
  expect(Object.keys(row?.unknown ?? {})).toEqual(['overdue', 'leaver', 'unused'])
  expect(row?.token.state).toBe('unread')
})

test('a secret that is marked for deletion is no secret without a token', () => {
  const doomed = secret(undefined, {
    description: { ...DESCRIBED, deletedAt: NOW },
    versions: [version({ token: undefined, storedAt: undefined })],
  })
  const [row] = judge(facts([doomed]), RULES, NOW).secrets
  expect(row).toMatchObject({ findings: [], token: { state: 'unread' }, deletedAt: NOW })
  expect(row?.unknown.overdue).toContain('marked for deletion')
})

test('versions are told apart by their labels', () => {
  const labels = [
    ['AWSCURRENT', 'AWSPENDING'],
    ['AWSPENDING'],
    ['AWSPREVIOUS', 'hf-oidc-retired-20260901T080000.000Z'],
    ['hf-oidc-retired-20260801T080000.000Z'],
    ['mine'],
    [],
  ]
  const many = secret(undefined, { versions: labels.map((one) => version({ labels: one })) })
  const [row] = judge(facts([many]), RULES, NOW).secrets
  expect(row?.versions.map(({ role, retiredAt }) => [role, retiredAt])).toEqual([
    ['current', undefined],
    ['pending', undefined],
    ['previous', Date.UTC(2026, 8, 1, 8)],
    ['retired', Date.UTC(2026, 7, 1, 8)],
    ['other', undefined],
    ['unlabeled', undefined],
  ])
})

describe('a token of the account', () => {
  const rows = (
    tokens: AccountToken[],
    rest: Partial<InventoryFacts> = {},
    held: SecretFacts[] = [secret(listed())],
  ) => {
    const account = { account: { id: 'a', name: 'CI', slug: 'ci' }, tokens: [entry('id-1'), ...tokens] }
    return judge(facts(held, { account, ...rest }), RULES, NOW)
  }
  const states = (inventory: Inventory) =>
    (inventory.account as AccountRow).tokens.map(({ id, origin, state }) => [id, origin.kind, state])

  test('that a secret holds is not listed again', () => {
    expect(rows([]).account).toMatchObject({ name: 'ci', total: 1, tokens: [] })
  })

  test('is an orphan if it was minted for a secret of which no version holds it', () => {
    const inventory = rows([entry('id-2')])
    expect(states(inventory)).toEqual([['id-2', 'rotation', 'not held']])
    expect(inventory.secrets[0]?.orphans.map(({ id }) => id)).toEqual(['id-2'])
  })

  test.each<[string, AccountToken, Partial<InventoryFacts>, SecretFacts[]]>([
    ['a run is about to store it', entry('id-2', { createdAt: NOW - MINUTE }), {}, [secret(listed())]],
    ['a version may hold it', entry('id-2', { displayName: 'x' }), { possiblyHeld: new Map([['id-2', NAME]]) }, []],
    [
      'nobody knows what is in its version',
      entry('id-2', { displayName: rotatedTokenName(ARN, V2) }),
      {},
      [secret(undefined, { versions: [version({ versionId: V2, token: { kind: 'unknown', why: 'x' } })] })],
    ],
    [
      'its version could not be read',
      entry('id-2', { displayName: rotatedTokenName(ARN, V2) }),
      {},
      [secret(undefined, { versions: [version({ versionId: V2, token: undefined, storedAt: undefined })] })],
    ],
  ])('is no orphan while %s', (_why, token, rest, held) => {
    const inventory = rows([token], rest, held)
    expect(states(inventory).filter(([id]) => id === 'id-2')).not.toContainEqual([
      'id-2',
      expect.anything(),
      'not held',
    ])
    expect(inventory.secrets.flatMap(({ orphans }) => orphans.filter(({ id }) => id === 'id-2'))).toEqual([])
  })

  test('is shown by what its name says, and nothing follows from it', () => {
    const names = ['hf-oidc-action octo-org/octo-repo 1.1 20260901T080000Z 0a1b2c3d', 'rosa’s', 'a\n::error::b']
    const inventory = rows(names.map((displayName, at) => entry(`id-${at + 2}`, { displayName })))
    expect(states(inventory).map(([, kind]) => kind)).toEqual(['job', 'other', 'other'])
    expect((inventory.account as AccountRow).tokens[2]?.name).toBe('a\\u{a}::error::b')
  })

  test('is found to be unused', () => {
    const inventory = rows([entry('id-2', { lastUsedAt: undefined, createdAt: NOW - 31 * DAY })])
    expect((inventory.account as AccountRow).tokens[0]?.findings).toEqual(['unused'])
    expect(failuresOf(inventory, RULES).map(({ code }) => code)).toEqual(['inventory-finding'])
  })
})

describe('the step fails', () => {
  const codes = (inventory: Inventory, failOn = RULES.failOn) =>
    failuresOf(inventory, { ...RULES, failOn }).map(({ code }) => code)
  const inventory = (secrets: SecretFacts[], rest: Partial<InventoryFacts> = {}) =>
    judge(facts(secrets, rest), RULES, NOW)

  test('by no finding that `fail-on` does not list', () => {
    const all = inventory([secret({ kind: 'refused' })])
    expect(codes(all, [])).toEqual([])
    expect(codes(all, ['overdue'])).toEqual(['rotation-overdue'])
    expect(codes(all, ['leaver'])).toEqual(['inventory-incomplete'])
  })

  test('once for each kind, whatever the number of secrets', () => {
    const left = Array.from({ length: 200 }, (_, at) =>
      secret(byHand({ orgs: [membership('other')], createdAt: NOW - 99 * DAY }), { secret: `hub/${at}` }),
    )
    const errors = failuresOf(inventory(left), { ...RULES, failOn: ['overdue', 'leaver'] })
    expect(errors.map(({ code }) => code)).toEqual(['rotation-overdue', 'inventory-finding'])
    expect(errors[0]?.message).toContain('and 180 more')
  })

  test('when a secret or the account could not be read, whatever `fail-on` lists', () => {
    const broken = secret(undefined, { description: undefined, errors: [failure('secret-not-found')] })
    expect(codes(inventory([broken], { account: failure('exchange-rejected') }), [])).toEqual([
      'secret-not-found',
      'exchange-rejected',
    ])
    // It says already what failed.
    expect(codes(inventory([broken]))).toEqual(['secret-not-found'])
  })

  test('when the Hub does not list the account’s tokens, for what only they say', () => {
    const unlisted = { account: { account: { id: 'a', name: 'CI', slug: 'ci' }, tokens: undefined } }
    expect(codes(inventory([], unlisted), ['unused'])).toEqual(['inventory-incomplete'])
    expect(codes(inventory([], unlisted), ['overdue', 'leaver'])).toEqual([])
  })

  test('with an error for each reason that says what is missing', () => {
    const [error] = failuresOf(inventory([secret(byHand({ orgs: [] }))]), { ...RULES, failOn: ['leaver'] })
    expect(error).toBeInstanceOf(ActionError)
    expect(error?.message).toContain('org.members.read')
    expect(error?.message).toContain(`nobody asked (${NAME})`)
  })
})
