/** Every cell of the table in docs/rotation.md: no token that works stops working early, or is replaced without a report. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Fault } from '../../sandbox/service.ts'
import { CELLS, type Cell, CURRENTS, type Effect, LINES, MODES } from '../../scripts/docs/rotation-cells.ts'
import { type Played, playCell, reachOf, SILENCES } from './cell.ts'

/** What each effect comes to: the failure, and what this run calls it. */
const EXPECTED: Readonly<Record<Effect, { code: RegExp | undefined; action: RegExp }>> = {
  replaced: { code: undefined, action: /^(?:rotated|promoted)$/ },
  warned: { code: undefined, action: /^(?:rotated|promoted)$/ },
  filled: { code: undefined, action: /^rotated$/ },
  blocked: { code: /^rotation-blocked$/, action: /^failed$/ },
  overdue: { code: /^rotation-overdue$/, action: /^failed$/ },
  open: { code: /^hub-(?:failed|rate-limited)$/, action: /^failed$/ },
  'would-replace': { code: undefined, action: /^would-rotate$/ },
  'would-warn': { code: undefined, action: /^would-rotate$/ },
  'would-fill': { code: undefined, action: /^would-rotate$/ },
}

interface Play {
  cell: Cell
  fault: Fault | undefined
  name: string
}

const plays: Play[] = CELLS.flatMap((cell): Play[] => {
  const name = `${CURRENTS[cell.current]}, ${MODES[cell.mode]}, a line for ${LINES[cell.line]}`
  if (cell.current !== 'unknown') return [{ cell, fault: undefined, name }]
  return Object.entries(SILENCES).map(([how, fault]) => ({ cell, fault, name: `${name} (${how})` }))
})

/** Cells are played a few at a time, ahead of their tests: many of them wait for a second look. */
const AT_ONCE = 8
const results = new Map<Play, Promise<Played>>()

const seen = new Set<object>()
beforeAll(() => {
  const gates = Array.from({ length: AT_ONCE }, () => Promise.resolve())
  for (const [at, play] of plays.entries()) {
    const gate = gates[at % AT_ONCE] ?? Promise.resolve()
    const played = gate.then(() => playCell(play.cell, { silence: play.fault }))
    results.set(play, played)
    gates[at % AT_ONCE] = played.then(
      () => {},
      () => {},
    )
  }
})
afterAll(() => {
  process.stdout.write(`rotation table: ${seen.size} of ${CELLS.length} cells played, in ${plays.length} plays\n`)
})

const isMove = (effect: Effect) => ['replaced', 'warned', 'filled'].includes(effect)

function expectOutcome({ effect }: Cell, { code, message, outcome }: Played): void {
  const expected = EXPECTED[effect]
  const wanted = expected.code ? expect.stringMatching(expected.code) : 'done'
  expect([code ?? 'done', message]).toEqual([wanted, expect.anything()])
  expect(outcome?.action ?? 'failed').toMatch(expected.action)
}

/** Whatever worked before still works, and so does what readers get now. */
function expectNoOutage({ current, effect }: Cell, played: Played): void {
  const worked = current !== 'dead' && current !== 'none'
  expect([played.beforeWorks, played.beforeWorksLater]).toEqual([worked, worked])
  if (worked || isMove(effect)) expect(played.current.works).toBe(true)
  expect(played.current.token !== played.before).toBe(isMove(effect))
  expect(played.isRetired).toBe(isMove(effect) && current !== 'none')
}

/** Nothing is written, minted or revoked unless the token is replaced. */
function expectWrites({ mode, line, effect }: Cell, { writes, mintedFor }: Played): void {
  const moves = ['UpdateSecretVersionStage']
  const expected = mode === 'promote' ? moves : ['PutSecretValue', ...moves, 'mint-token']
  expect(writes).toEqual(isMove(effect) ? expected : [])
  // A token for repositories is minted for these alone.
  expect(mintedFor).toEqual(isMove(effect) && mode !== 'promote' ? [reachOf(line)] : [])
}

/** A replacement is reported, and a loss is warned of. */
function expectReport({ effect }: Cell, { outcome, warnings, message }: Played): void {
  const text = expect.stringMatching(/./)
  const moves = isMove(effect) || effect.startsWith('would')
  if (moves) expect([outcome?.before, outcome?.after]).toEqual([text, text])
  const losses = warnings.filter((warning) => warning.includes('`narrow=true`'))
  expect(losses.length > 0).toBe(effect === 'warned' || effect === 'would-warn')
  if (effect === 'blocked') expect(message).toContain('narrow=true')
}

describe('the current token', () => {
  for (const play of plays) {
    test(play.name, async () => {
      const { cell } = play
      const played = await results.get(play)
      if (!played) throw new Error('this cell was not played')
      expectOutcome(cell, played)
      expectNoOutage(cell, played)
      expectWrites(cell, played)
      expectReport(cell, played)
      // The account's tokens are judged by its list and by the mint answer.
      if (cell.current === 'minted' && cell.mode !== 'promote') expect(played.whoamiOfMinted).toBe(0)
      seen.add(cell)
    }, 60_000)
  }
})

test('the table has every source, mode and line once', () => {
  const names = CELLS.map(({ current, mode, line }) => `${current} ${mode} ${line}`)
  const count = [CURRENTS, MODES, LINES].reduce((product, of) => product * Object.keys(of).length, 1)
  expect([names.length, new Set(names).size]).toEqual([count, count])
})
