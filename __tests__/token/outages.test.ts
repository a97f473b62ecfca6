/**
 * Outages of each call, as a table in docs/reliability.md: fault × call × seconds × calls made. `npm run docs:messages`
 * updates it.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { record } from '../../bench/record.ts'
import { Sandbox } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { MOST_CALLS } from '../../src/net/backoff.ts'
import type { HttpRequest } from '../../src/net/http.ts'
import {
  ACCOUNT,
  CALLS,
  type Call,
  type CallName,
  FAULTS,
  type FaultName,
  isFinal,
  isPossible,
  play,
  preload,
  REFUSALS,
  STORED,
  TIMEOUT_MS,
} from './outages.ts'

let sandbox: Sandbox
beforeAll(async () => {
  sandbox = await Sandbox.start()
  await preload()
})
afterAll(() => sandbox.close())

const SECONDS = [1, 2, 5, 10, 20]
const ALL_CALLS = Object.keys(CALLS) as CallName[]
const ALL_FAULTS = Object.keys(FAULTS) as FaultName[]

/** Calls made, by fault and call. */
const made = new Map<string, number[]>()
const cell = (fault: FaultName, call: CallName) => `${fault}, ${call}`

describe.each(ALL_FAULTS)('an outage of 1 to 20 seconds (%s)', (fault) => {
  test.each(ALL_CALLS.filter((call) => isPossible(fault, call) && !isFinal(fault, call)))(
    'of %s ends in success',
    async (call) => {
      const calls: number[] = []
      for (const seconds of SECONDS) {
        const played = await play(sandbox, { call, meet: FAULTS[fault], seconds, random: () => 0.5 })
        expect([seconds, played.outcome]).toEqual([seconds, 'served'])
        expect(played.elapsedMs).toBeLessThan(TIMEOUT_MS)
        expect(played.most).toBeLessThanOrEqual(MOST_CALLS)
        calls.push(played.calls)
      }
      made.set(cell(fault, call), calls)
    },
  )

  test.each([0, 0.999])('ends in success whatever chance says: %d', async (random) => {
    for (const call of ALL_CALLS.filter((one) => isPossible(fault, one) && !isFinal(fault, one))) {
      const played = await play(sandbox, { call, meet: FAULTS[fault], seconds: 20, random: () => random })
      expect([call, played.outcome]).toEqual([call, 'served'])
      expect(played.most).toBeLessThanOrEqual(MOST_CALLS)
    }
  })
})

describe('an outage of a whole service for 20 seconds ends in success', () => {
  const isPath =
    (pattern: RegExp) =>
    ({ url }: HttpRequest) =>
      pattern.test(url.pathname)
  /** Everything from the first call on that is one of these. */
  const from = (first: (request: HttpRequest) => boolean, all: (request: HttpRequest) => boolean) => {
    let hasBegun = false
    return (request: HttpRequest) => {
      hasBegun ||= first(request)
      return hasBegun && all(request)
    }
  }
  const isHubs = isPath(/^\/(?:api|oauth)\//)
  test.each<[string, () => Call]>([
    ['GitHub', () => ({ is: isPath(/well-known|token/), inputs: STORED })],
    ['AWS', () => ({ is: isPath(/^\/$/), inputs: STORED })],
    ['the Hub', () => ({ is: isHubs, inputs: ACCOUNT })],
    ['the Hub, from the mint on', () => ({ is: from(CALLS['minting a token'].is, isHubs), inputs: ACCOUNT })],
  ])('%s', async (_service, call) => {
    for (const fault of ['HTTP 503', 'connection refused', 'answer lost', 'silence'] as const) {
      const played = await play(sandbox, { call: call(), meet: FAULTS[fault], seconds: 20, random: () => 0.5 })
      expect([fault, played.outcome]).toEqual([fault, 'served'])
      expect(played.most).toBeLessThanOrEqual(MOST_CALLS)
    }
  })
})

const FINAL = ALL_FAULTS.flatMap((fault) =>
  ALL_CALLS.filter((call) => isFinal(fault, call)).map((call) => [fault, call] as const),
)

test.each(FINAL)('%s is reported at once by a call that mints: %s', async (fault, call) => {
  const played = await play(sandbox, { call, meet: FAULTS[fault], seconds: 20, random: () => 0.5 })
  expect(played).toMatchObject({ outcome: { code: 'hub-failed' }, calls: 1 })
})

describe('what no repetition cures is reported at once, or after one late attempt', () => {
  test.each(REFUSALS)('%s: %s', async (call, _refusal, meet, expected) => {
    const { outcome, calls } = await play(sandbox, { call, meet, seconds: 3_600, random: () => 0.5 })
    expect(outcome).not.toBe('served')
    expect(calls).toBe(expected)
    expect(String(outcome)).toMatch(expected === 1 ? /after one attempt|HTTP 4/ : /after 2 attempts/)
  })
})

describe('an outage that does not end', () => {
  test.each(ALL_CALLS)('of %s is given up in time, and says how many calls were made', async (call) => {
    const played = await play(sandbox, { call, meet: FAULTS['HTTP 503'], seconds: 3_600, random: () => 0.5 })
    expect(String(played.outcome)).toMatch(/after (?:[2-9]|10) attempts in \d\d s/)
    expect(played.elapsedMs).toBeLessThan(TIMEOUT_MS)
    expect(played.most).toBeLessThanOrEqual(MOST_CALLS)
  })
})

test('the page about reliability has the tables', () => {
  const refused = [...Map.groupBy(REFUSALS, ([, refusal]) => refusal)].map(([refusal, rows]) => {
    const of = rows.length === ALL_CALLS.length ? 'every call' : rows.map(([call]) => call).join(', ')
    return [refusal, of, String(rows[0]?.[3])]
  })
  show('refusals', [['refusal', 'call', 'calls made'], ['---', '---', '---:'], ...refused])
  const rows = ALL_FAULTS.map((fault) => [fault, ...ALL_CALLS.map((call) => textOf(fault, call))])
  show('outages', [['fault', ...ALL_CALLS], ['---', ...ALL_CALLS.map(() => '---')], ...rows])
})

/** Writes the table into the page, or expects it there. */
function show(name: string, lines: readonly (readonly string[])[]): void {
  const table = lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n')
  if (process.env.UPDATE_MESSAGES) record(name, table, 'reliability.md')
  // When this fails because the policy was changed on purpose: npm run docs:messages
  expect(readFileSync(join(projectRoot, 'docs', 'reliability.md'), 'utf8')).toContain(`\n${table}\n`)
}

function textOf(fault: FaultName, call: CallName): string {
  if (isFinal(fault, call)) return 'reported at once'
  return made.get(cell(fault, call))?.join(' ') ?? '–'
}
