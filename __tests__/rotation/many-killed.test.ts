/** A run with several sessions, four secrets at a time, that is spoilt after each of its calls, and the run after it. */
import { expect, test } from '@jest/globals'
import { DAY, HOUR, ManyWorld, type OnCall } from './many-world.ts'

const LIMIT_MS = 300_000
/** Every so many calls, a run is spoilt; `ROTATION_CUTS=1`: at every single one, which takes minutes. */
const EVERY = Number(process.env.ROTATION_CUTS ?? 6)

/** Spoils a run at every `of`th of its calls; the next run must converge. Returns how many points there were. */
async function everyCut(spoil: (cut: number) => OnCall, of: number): Promise<number> {
  const world = await ManyWorld.start()
  try {
    // Two weeks: from now on each run also ends tokens whose grace is over.
    for (let week = 0; week < 2; week += 1) {
      world.advance(8 * DAY)
      world.expectConverged(await world.rotate(), `week ${week}`)
    }
    expect(world.sandbox.calls().AssumeRoleWithWebIdentity).toBeGreaterThanOrEqual(2 * 3)
    let cuts = 0
    for (let cut = 1; ; cut += of) {
      world.advance(8 * DAY)
      const spoilt = await world.rotate(spoil(cut))
      if (spoilt.calls < cut) break
      cuts += 1
      world.advance(HOUR)
      const isWell = spoilt.rotation !== undefined && spoilt.errors.length === 0
      world.expectConverged(isWell ? spoilt : await world.rotate(), `cut after call ${cut}`)
    }
    return cuts
  } finally {
    await world.close()
  }
}

function tell(cuts: number, what: string, atLeast: number): void {
  process.stdout.write(`Rotation of several at a time: ${what} at ${cuts} points; the next run converged each time.\n`)
  expect(cuts).toBeGreaterThanOrEqual(atLeast)
}

test(
  'killed after its calls, the next run finishes every secret',
  async () => tell(await everyCut((cut) => (_, number) => (number === cut ? 'kill' : undefined), EVERY), 'killed', 15),
  LIMIT_MS,
)

test(
  'when an answer is lost, this run or the next one finishes every secret',
  async () =>
    tell(
      await everyCut((cut) => (_, number) => (number === cut ? 'lose' : undefined), 3 * EVERY),
      'an answer was lost',
      5,
    ),
  LIMIT_MS,
)

test(
  'when all answers are lost from a call on, the next run finishes every secret',
  async () =>
    tell(await everyCut((cut) => (_, number) => (number >= cut ? 'lose' : undefined), 8 * EVERY), 'cut off', 2),
  LIMIT_MS,
)

test(
  'two runs at the same moment finish every secret, and leave nothing behind',
  async () => {
    const world = await ManyWorld.start()
    try {
      world.advance(8 * DAY)
      world.expectConverged(await world.rotate(), 'before')
      world.advance(8 * DAY)
      const runs = await Promise.all([world.rotate(), world.rotate()])
      for (const { errors } of runs) expect(errors).toEqual([])
      world.advance(2 * DAY)
      world.expectConverged(await world.rotate(), 'after')
    } finally {
      await world.close()
    }
  },
  LIMIT_MS,
)

test(
  'an account with 12,000 other tokens is no obstacle, and they are left alone',
  async () => {
    const world = await ManyWorld.start()
    try {
      const { hub } = world.sandbox
      const others = Array.from({ length: 12_000 }, (_, index) =>
        hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName: `another pipeline ${index}` }),
      )
      for (let week = 0; week < 2; week += 1) {
        world.advance(8 * DAY)
        const { rotation, errors } = await world.rotate()
        expect({ errors, actions: new Set(rotation?.secrets.map(({ action }) => action)) }).toEqual({
          errors: [],
          actions: new Set(['rotated']),
        })
      }
      expect(others.every((token) => hub.isAlive(token))).toBe(true)
      expect(world.outages).toEqual([])
    } finally {
      await world.close()
    }
  },
  LIMIT_MS,
)
