/** How an inventory is shown: in the log, in the summary, and as JSON within what GitHub accepts. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { AccountRow, Inventory, SecretRow, TokenRow } from '../../src/rotation/inventory/inventory.ts'
import { inventoryJson } from '../../src/rotation/inventory/json.ts'
import { inventoryLines } from '../../src/rotation/inventory/lines.ts'
import { inventorySummary } from '../../src/rotation/inventory/summary.ts'
import { ARN, DAY, failure, NOW } from './fakes.ts'

const row = (secret: string, rest: Partial<SecretRow> = {}): SecretRow => ({
  secret,
  scope: 'read',
  arn: ARN,
  findings: [],
  unknown: {},
  token: {
    state: 'accepted',
    createdAt: NOW - 3 * DAY,
    expiresAt: undefined,
    dueAt: NOW + 4 * DAY,
    lastUse: { at: NOW - DAY },
    owner: { kind: 'service account', name: 'ci' },
  },
  versionId: '11111111-1111-8111-8111-111111111111',
  storedAt: NOW - 3 * DAY,
  proof: { provenAt: NOW - 3 * DAY, isOfToken: true },
  isDueSoon: false,
  versions: [],
  rotationEnabled: false,
  primaryRegion: undefined,
  owningService: undefined,
  deletedAt: undefined,
  orphans: [],
  errors: [],
  ...rest,
})
const token = (id: string, rest: Partial<TokenRow> = {}): TokenRow => ({
  id,
  name: `token ${id}`,
  findings: [],
  unknown: {},
  createdAt: NOW - DAY,
  expiresAt: undefined,
  lastUse: 'never',
  origin: { kind: 'other' },
  state: 'not held',
  ...rest,
})
const inventory = (secrets: SecretRow[], account?: AccountRow): Inventory => ({
  org: 'acme',
  takenAt: NOW,
  secrets,
  account,
})
const many = <T>(count: number, make: (at: number) => T) => Array.from({ length: count }, (_, at) => make(at))
const secretsIn = (lines: readonly string[]) => lines.slice(1).map((line) => line.split(' ')[0])

test('what failed comes first, then findings, then what is unknown, then the rest as listed', () => {
  const rows = [
    row('a'),
    row('b', { unknown: { leaver: 'no answer' } }),
    row('c', { findings: ['overdue'] }),
    row('d', { errors: [failure('secret-not-found')] }),
    row('e'),
  ]
  expect(secretsIn(inventoryLines(inventory(rows)))).toEqual(['d', 'c', 'b', 'a', 'e'])
})

test('every state of a secret is told', () => {
  const lines = inventoryLines(
    inventory([
      row('a', {
        isDueSoon: true,
        primaryRegion: 'us-east-1',
        owningService: 'appflow',
        deletedAt: NOW,
        rotationEnabled: true,
        orphans: [token('1'), token('2')],
        proof: { provenAt: NOW, isOfToken: false },
        versions: [
          { versionId: 'v', role: 'current', labels: [], storedAt: NOW, retiredAt: undefined, problem: undefined },
          { versionId: 'w', role: 'previous', labels: [], storedAt: NOW, retiredAt: NOW - DAY, problem: undefined },
          { versionId: 'x', role: 'pending', labels: [], storedAt: NOW, retiredAt: undefined, problem: 'no value' },
        ],
      }),
    ]),
  )
  expect(lines[1]?.replace(/ {2,}/g, ' | ')).toBe(
    'a | due soon, marked for deletion, owned by appflow, replica of us-east-1, rotated by AWS, 2 orphans | 3d | 2026-09-12 08:00Z | service account ci | 1d ago | of another token | current, previous (replaced 1d ago), pending (no value)',
  )
})

describe('a summary', () => {
  test('of 200 secrets folds those without findings', () => {
    const rows = many(200, (at) => row(`hub/${at}`, at === 150 ? { findings: ['leaver'] } : {}))
    const html = inventorySummary(inventory(rows), [], undefined)
    expect(html).toContain('199 without findings')
    expect(html.slice(0, html.indexOf('<details>'))).toContain('leaver')
    expect(html).not.toMatch(/\n\s*\n/)
  })

  test('stays below what GitHub shows', () => {
    const rows = many(3_000, (at) =>
      row(`huggingface/acme/${'x'.repeat(60)}/${at}`, { findings: ['overdue', 'unused'] }),
    )
    const account = {
      name: 'ci',
      total: 12_000,
      tokens: many(12_000, (at) => token(String(at), { name: '<&>'.repeat(33) })),
    }
    // Half of them are folded away.
    const half = rows.map((one, at) => (at % 2 === 0 ? one : row(one.secret)))
    for (const listed of [rows, half]) {
      const html = inventorySummary(inventory(listed, account), [], undefined)
      expect(Buffer.byteLength(html)).toBeLessThan(700_000)
      expect(html).toMatch(/\d more rows are not shown\. The log and the output <code>inventory<\/code> have more\./)
    }
  })

  test('of 600 failures explains as many as fit, and says how many are left', () => {
    const failures = many(
      600,
      (at) => new ActionError('secret-access-denied', { failed: `hub/${at} ${'x'.repeat(2_000)}`, fix: 'Wait.' }),
    )
    const html = inventorySummary(inventory([row('a')]), failures, undefined)
    expect(Buffer.byteLength(html)).toBeLessThan(300_000)
    const shown = html.split('secret-access-denied').length - 1
    expect(html).toContain(
      `${600 - shown} more failures are not explained here. The log and the output <code>inventory</code> have more.`,
    )
  })
})

describe('the JSON', () => {
  interface Json {
    secrets: { secret: string }[]
    omittedSecrets: number
    account: { others: { id: string }[]; omittedOthers: number }
  }
  const json = (of: Inventory) => {
    const text = inventoryJson(of, { failOn: [] })
    return { text, parsed: JSON.parse(text) as Json }
  }

  test('leaves out rows without findings first, and counts them', () => {
    const rows = many(3_000, (at) => row(`hub/${at}`, at === 2_999 ? { findings: ['overdue'] } : {}))
    const tokens = many(12_000, (at) => token(`${at}`, at === 11_999 ? { findings: ['unused'] } : {}))
    const { text, parsed } = json(inventory(rows, { name: 'ci', total: 12_000, tokens }))
    expect(Buffer.byteLength(text)).toBeLessThan(500_000)
    expect(parsed.secrets[0]?.secret).toBe('hub/2999')
    expect(parsed.secrets.length + parsed.omittedSecrets).toBe(3_000)
    expect(parsed.secrets.length).toBeGreaterThan(300)
    expect(parsed.account.others[0]?.id).toBe('11999')
    expect(parsed.account.others.length + parsed.account.omittedOthers).toBe(12_000)
    expect(parsed.account.others.length).toBeGreaterThan(50)
  })

  test('of 60 secrets fits into a variable, whatever the account has', () => {
    const tokens = many(12_000, (at) => token(`${at}`))
    const { text } = json(
      inventory(
        many(60, (at) => row(`hub/${at}`)),
        { name: 'ci', total: 12_000, tokens },
      ),
    )
    expect(Buffer.byteLength(text)).toBeLessThan(131_072)
  })

  test('has no error of an account that was not asked for', () => {
    expect(JSON.parse(inventoryJson(inventory([]), { failOn: ['leaver'] }))).toMatchObject({
      failOn: ['leaver'],
      account: null,
      accountError: null,
    })
    const broken = { ...inventory([]), account: failure('exchange-rejected') }
    expect(json(broken).parsed).toMatchObject({ account: null, accountError: { code: 'exchange-rejected' } })
  })
})
