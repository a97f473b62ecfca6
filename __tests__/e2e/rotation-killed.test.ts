/** A rotation that is cut off after every single call, in three ways, and the run after it. */
import type { ChildProcess } from 'node:child_process'
import { expect, test } from '@jest/globals'
import type { Fate } from '../../sandbox/service.ts'
import { DAY, HOUR, RotationWorld } from './rotation-world.ts'

/** More than any run makes: each loop must come to its end. */
const MAX_CUTS = 60
const LIMIT_MS = 180_000

/** How a run is spoilt from its `cut`th call on: what becomes of call `number`. */
type Spoil = (number: number, cut: number, kill: () => void) => Fate

interface Way {
  spoil: Spoil
  /** How long after it the next run begins, in milliseconds. */
  later: number
  /** Takes every `of`th cut from `first` to `last`: several worlds share the work. */
  first?: number
  last?: number
  of?: number
}

/** Returns how many cut points there were. */
async function everyCut({ spoil, later, first = 1, last = MAX_CUTS, of = 1 }: Way): Promise<number> {
  const world = await RotationWorld.start()
  const { sandbox } = world.stage
  // Two weeks: from now on each run also ends a token whose grace is over.
  for (let week = 0; week < 2; week += 1) {
    sandbox.advance(8 * DAY)
    const { main } = await world.rotate()
    world.expectConverged(main, `week ${week}`)
  }
  let cuts = 0
  for (let cut = first; cut <= last; cut += of) {
    sandbox.advance(8 * DAY)
    let child: ChildProcess | undefined
    let operation = ''
    const onStart = (process: ChildProcess) => {
      child = process
    }
    await world.rotate({ step: { onStart }, with: { 'max-attempts': '2' } }, (call, number) => {
      if (number === cut) operation = call.operation
      return spoil(number, cut, () => child?.kill('SIGKILL'))
    })
    if (operation === '') break
    cuts += 1
    sandbox.advance(later)
    const { main } = await world.rotate()
    world.expectConverged(main, `cut after call ${cut}, ${operation}`)
  }
  // The grace is over: nothing but the current token is left.
  sandbox.advance(2 * DAY)
  const { main } = await world.rotate({ with: { 'max-age': '30d' } })
  world.expectConverged(main, 'at the end')
  expect(world.alive).toEqual([world.current])
  expect(sandbox.hub.isAlive(sandbox.tokens.write)).toBe(false)
  await world.stage.clear()
  return cuts
}

/** For the reader of the log. */
function tell(cuts: number, what: string, atLeast = 21): void {
  process.stdout.write(`Rotation: ${what} at ${cuts} cut points; the next run converged each time.\n`)
  expect(cuts).toBeGreaterThanOrEqual(atLeast)
}

const killed: Spoil = (number, cut, kill) => {
  if (number !== cut) return undefined
  kill()
  return 'hang'
}

test(
  'killed after any call, the next run converges',
  async () => tell(await everyCut({ spoil: killed, later: HOUR }), 'killed'),
  LIMIT_MS,
)

test(
  'when the answer to any call is lost, this run or the next one converges',
  async () => {
    const spoil: Spoil = (number, cut) => (number === cut ? 'lose' : undefined)
    tell(await everyCut({ spoil, later: HOUR }), 'an answer lost')
  },
  LIMIT_MS,
)

test(
  'when all answers are lost from any call on, the next run converges',
  async () => {
    const spoil: Spoil = (number, cut) => (number >= cut ? 'lose' : undefined)
    const shares = [1, 3].map((first) => everyCut({ spoil, later: HOUR, first, of: 4 }))
    const cuts = (await Promise.all(shares)).reduce((sum, share) => sum + share, 0)
    tell(cuts, 'cut off from the network', 11)
  },
  LIMIT_MS,
)

test(
  'killed after any call, a run that begins at once converges too',
  async () => {
    // From before the minting to after the deployment: it waits for ten seconds where another run might still be at
    // work, so many worlds at the same time.
    const shares = [8, 9, 10, 11, 12].map((first) => everyCut({ spoil: killed, later: 0, first, last: 17, of: 5 }))
    const cuts = (await Promise.all(shares)).reduce((sum, share) => sum + share, 0)
    tell(cuts, 'killed, and run again at once,', 10)
  },
  LIMIT_MS,
)
