/** Rotations beside each other, and jobs that read the secret meanwhile. */
import { expect, test } from '@jest/globals'
import { DAY, RotationWorld } from './rotation-world.ts'

const LIMIT_MS = 180_000

/** A world in which the token is due, and was rotated before. */
async function dueWorld(): Promise<RotationWorld> {
  const world = await RotationWorld.start()
  world.stage.sandbox.advance(8 * DAY)
  const { main } = await world.rotate()
  expect(main.exitCode).toBe(0)
  world.stage.sandbox.advance(8 * DAY)
  return world
}

/** Both came to a good end, and after the grace nothing is left of it. */
async function expectWell(
  world: RotationWorld,
  runs: readonly { exitCode: number | null; log: string }[],
  where: string,
) {
  const { sandbox } = world.stage
  expect({ where, exits: runs.map(({ exitCode }) => exitCode), logs: '' }).toEqual({
    where,
    exits: runs.map(() => 0),
    logs: runs.every(({ exitCode }) => exitCode === 0) ? '' : runs.map(({ log }) => log).join('\n----\n'),
  })
  sandbox.advance(2 * DAY)
  const last = await world.rotate({ with: { 'max-age': '30d' } })
  world.expectConverged(last.main, where)
  expect({ where, alive: world.alive }).toEqual({ where, alive: [world.current] })
}

/** Runs tasks, so many at a time. */
async function pool<T>(width: number, tasks: readonly (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = []
  const waiting = [...tasks.entries()]
  const worker = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) results[next[0]] = await next[1]()
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}

/** One run is held at its `pause`th call until another one has run from its beginning to its end. */
async function heldAt(pause: number, force: boolean): Promise<void> {
  const world = await dueWorld()
  const inputs = { force: String(force) }
  let other: ReturnType<RotationWorld['rotateBeside']> | undefined
  let operation = ''
  const { main } = await world.rotate({ with: inputs, step: { timeoutMs: 120_000 } }, (call, number) => {
    if (number !== pause) return undefined
    operation = call.operation
    other = world.rotateBeside({ with: inputs, step: { timeoutMs: 120_000 } })
    return other.then(() => undefined)
  })
  const beside = await other
  const where = `${force ? 'forced, ' : ''}held after call ${pause}, ${operation}`
  await expectWell(world, beside ? [main, beside.main] : [main], where)
  await world.stage.clear()
}

test.concurrent(
  'two runs at once end well, wherever one of them is held up',
  async () => {
    // From the look at the tokens to the last label; before and after it nothing is changed.
    const pauses = Array.from({ length: 14 }, (_, index) => index + 5)
    const tasks = pauses.map((pause) => () => heldAt(pause, pause % 2 === 0))
    await pool(8, tasks)
    process.stdout.write(`Rotation: two runs at once, one held at each of ${tasks.length} points, ended well.\n`)
  },
  LIMIT_MS,
)

test.concurrent(
  'two runs that begin at the same moment end well',
  async () => {
    const race = async (force: boolean) => {
      const world = await dueWorld()
      const inputs = { with: { force: String(force) } }
      const runs = await Promise.all([world.rotateBeside(inputs), world.rotateBeside(inputs)])
      await expectWell(
        world,
        runs.map(({ main }) => main),
        `at the same moment${force ? ', forced' : ''}`,
      )
      await world.stage.clear()
    }
    await pool(2, [() => race(false), () => race(true)])
  },
  LIMIT_MS,
)

test.concurrent(
  'a token on its way into the secret is not taken for a leftover',
  async () => {
    const world = await dueWorld()
    expect((await world.rotate()).main.exitCode).toBe(0)
    // A run that has nothing to rotate sees a token that no version holds. Right before it would revoke it, the run
    // that minted it goes on.
    let release = () => {}
    const released = new Promise<void>((resolve) => {
      release = resolve
    })
    let other: ReturnType<RotationWorld['rotateBeside']> | undefined
    let looks = 0
    const minting = world.rotate({ with: { force: 'true' } }, async ({ operation }) => {
      if (operation === 'mint-token' && !other) {
        other = world.rotateBeside()
        await released
      } else if (operation === 'DescribeSecret' && other) {
        looks += 1
        if (looks !== 2) return undefined
        release()
        await minting
      }
      return undefined
    })
    const { main } = await minting
    const beside = await other
    expect(looks).toBeGreaterThan(1)
    await expectWell(world, beside ? [main, beside.main] : [main], 'on its way')
    await world.stage.clear()
  },
  LIMIT_MS,
)

test.concurrent(
  'jobs that read the secret during rotations never get a token that the Hub refuses',
  async () => {
    const world = await dueWorld()
    const { sandbox } = world.stage
    sandbox.latencyMs = 15
    let over = false
    const jobs: string[] = []
    const reader = async () => {
      while (!over) {
        const { main } = await world.stage.main({ with: { scope: 'write' } })
        jobs.push(main.exitCode === 0 ? 'ok' : main.log)
      }
    }
    const readers = [reader(), reader()]
    for (let round = 0; round < 4; round += 1) {
      const { main } = await world.rotateBeside({ with: { force: 'true' } })
      expect(main.exitCode).toBe(0)
    }
    over = true
    await Promise.all(readers)
    expect(jobs.filter((job) => job !== 'ok')).toEqual([])
    expect(jobs.length).toBeGreaterThan(4)
    expect(world.outages).toEqual([])
    process.stdout.write(
      `Rotation: ${jobs.length} jobs read the secret during four rotations, all got a token that works.\n`,
    )
    await world.stage.clear()
  },
  LIMIT_MS,
)
