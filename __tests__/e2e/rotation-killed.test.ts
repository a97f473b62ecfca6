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
    const spoilt = await world.rotate({ step: { onStart }, with: { 'max-attempts': '2' } }, (call, number) => {
      if (number === cut) operation = call.operation
      return spoil(number, cut, () => child?.kill('SIGKILL'))
    })
    if (operation === '') break
    cuts += 1
    sandbox.advance(later)
    // A run that came to a good end in spite of it needs no other.
    const { main } = spoilt.main.exitCode === 0 ? spoilt : await world.rotate()
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

/** Several worlds share the cuts: while one of them waits, the others work. */
async function shared(way: Omit<Way, 'first' | 'of'>, worlds: number): Promise<number> {
  const shares = Array.from({ length: worlds }, (_, index) => everyCut({ ...way, first: index + 1, of: worlds }))
  return (await Promise.all(shares)).reduce((sum, share) => sum + share, 0)
}

test.concurrent(
  'killed after any call, the next run converges',
  async () => tell(await shared({ spoil: killed, later: HOUR }, 3), 'killed'),
  LIMIT_MS,
)

test.concurrent(
  'when the answer to any call is lost, this run or the next one converges',
  async () => {
    const spoil: Spoil = (number, cut) => (number === cut ? 'lose' : undefined)
    tell(await shared({ spoil, later: HOUR }, 3), 'an answer lost')
  },
  LIMIT_MS,
)

test.concurrent(
  'when all answers are lost from a call on, the next run converges',
  async () => {
    const spoil: Spoil = (number, cut) => (number >= cut ? 'lose' : undefined)
    tell(await everyCut({ spoil, later: HOUR, first: 2, of: 5 }), 'cut off from the network', 5)
  },
  LIMIT_MS,
)

test.concurrent(
  'killed, a run that begins at once converges too',
  async () => {
    // From the minting on it waits for ten seconds where another run might still be at work: many worlds at once.
    const shares = [10, 11, 12, 13, 15, 17].map((cut) => everyCut({ spoil: killed, later: 0, first: cut, last: cut }))
    const cuts = (await Promise.all(shares)).reduce((sum, share) => sum + share, 0)
    tell(cuts, 'killed, and run again at once,', 6)
  },
  LIMIT_MS,
)
