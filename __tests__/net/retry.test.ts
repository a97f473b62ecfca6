import { afterEach, describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { NetworkError, type Phase } from '../../src/net/http.ts'
import { isTransient, type RetryPolicy, retry, TryAgain } from '../../src/net/retry.ts'
import { closeAll, deadline } from './network-for-tests.ts'

afterEach(closeAll)

const failure = new Error('busy')
const policy = (options: Partial<RetryPolicy> = {}): RetryPolicy => ({
  maxAttempts: 3,
  deadline: deadline(),
  random: () => 0,
  ...options,
})

/** Fails every time; `attempts` counts. */
function failing(error: Error): { attempt: () => Promise<never>; attempts: () => number } {
  let count = 0
  const attempt = () => {
    count += 1
    return Promise.reject(error)
  }
  return { attempt, attempts: () => count }
}

const network = (phase: Phase, detail: string) =>
  new NetworkError({ what: 'a test', host: 'hub.example', phase, detail })

test.each([
  [200, false],
  [302, false],
  [400, false],
  [401, false],
  [404, false],
  [408, true],
  [409, false],
  [429, true],
  [499, false],
  [500, true],
  [503, true],
])('HTTP %i can be cured by another attempt: %s', (status, transient) => expect(isTransient(status)).toBe(transient))

describe('a call that fails', () => {
  test('is given up after the last attempt, with the last failure', async () => {
    const { attempt, attempts } = failing(new TryAgain(failure, 1))
    await expect(retry('x', policy(), attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(3)
  })

  test('is repeated until an attempt succeeds', async () => {
    let attempts = 0
    const attempt = async () => {
      attempts += 1
      if (attempts < 3) throw new TryAgain(failure, 1)
      return 'done'
    }
    expect(await retry('x', policy(), attempt)).toBe('done')
    expect(attempts).toBe(3)
  })

  test('is not repeated when another attempt cannot cure it', async () => {
    const { attempt, attempts } = failing(failure)
    await expect(retry('x', policy(), attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(1)
  })

  test('on the network is repeated', async () => {
    const { attempt, attempts } = failing(network('answer', 'ECONNRESET'))
    await expect(retry('x', policy({ maxAttempts: 2 }), attempt)).rejects.toThrow(/ECONNRESET, after 2 attempts/)
    expect(attempts()).toBe(2)
  })

  test.each([
    ['TLS', 'DEPTH_ZERO_SELF_SIGNED_CERT', 1],
    ['TLS', 'CERT_HAS_EXPIRED', 1],
    ['TLS', 'ERR_TLS_CERT_ALTNAME_INVALID', 1],
    ['TLS', 'ECONNRESET', 2],
    ['policy', 'http: is only accepted for loopback addresses', 1],
  ] as const)('in phase %s with %s gets %i attempts', async (phase, detail, expected) => {
    const { attempt, attempts } = failing(network(phase, detail))
    await expect(retry('x', policy({ maxAttempts: 2 }), attempt)).rejects.toThrow(/network-unreachable/)
    expect(attempts()).toBe(expected)
  })

  test('on the network is explained to the user', async () => {
    const thrown = await retry('x', policy({ maxAttempts: 1 }), () =>
      Promise.reject(network('TLS', 'DEPTH_ZERO_SELF_SIGNED_CERT')),
    ).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(ActionError)
    expect(String(thrown)).toMatch(/\[network-unreachable\].*hub\.example[\s\S]*NODE_EXTRA_CA_CERTS/)
  })
})

describe('the wait', () => {
  /** The waits before three further attempts. */
  async function waits(random: number, afterMs?: number): Promise<string[]> {
    const told: string[] = []
    const patient = { ...deadline(), remainingMs: () => 60_000, sleep: () => Promise.resolve() } as unknown as Deadline
    const onRetry = (message: string) => told.push(message)
    const { attempt } = failing(new TryAgain(failure, afterMs))
    await retry('x', { maxAttempts: 9, deadline: patient, random: () => random, onRetry }, attempt).catch(() => {})
    return told.map((message) => message.replace(/^.*; /, ''))
  }

  test('is as long as the service asks, and up to a fifth longer', async () => {
    expect((await waits(0, 10_000))[0]).toBe('retrying in 10000 ms')
    expect((await waits(1, 10_000))[0]).toBe('retrying in 12000 ms')
    expect((await waits(1, 100))[0]).toBe('retrying in 600 ms')
  })

  test('doubles by chance up to eight seconds when the service does not ask', async () => {
    expect((await waits(0)).slice(0, 2)).toEqual(['retrying in 100 ms', 'retrying in 100 ms'])
    expect((await waits(1)).map((text) => Number(/\d+/.exec(text)?.[0]))).toEqual([
      500, 900, 1700, 3300, 6500, 8100, 8100, 8100,
    ])
  })

  test('is reported with the attempt', async () => {
    const told: string[] = []
    const { attempt } = failing(new TryAgain(failure, 100))
    const onRetry = (message: string) => told.push(message)
    await expect(retry('x', policy({ maxAttempts: 2, random: () => 0.5, onRetry }), attempt)).rejects.toBe(failure)
    expect(told).toEqual(['x: attempt 1 of 2 failed; retrying in 350 ms'])
  })

  test('does not start when it does not fit into the time left', async () => {
    const started = performance.now()
    const { attempt, attempts } = failing(new TryAgain(failure, 60_000))
    await expect(retry('x', policy(), attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(1)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('leaves the time that later calls need', async () => {
    const { attempt, attempts } = failing(new TryAgain(failure, 10))
    await expect(retry('x', policy({ reserveMs: 60_000 }), attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(1)
  })

  test('ends when the deadline is stopped', async () => {
    const stopped = new Deadline(60_000)
    const waiting = retry('x', policy({ deadline: stopped }), failing(new TryAgain(failure, 30_000)).attempt)
    stopped.stop()
    await expect(waiting).rejects.toThrow()
    expect(stopped.remainingMs()).toBe(0)
  })
})

describe('after a refusal by a long window, a call that spreads its waits', () => {
  /** With a minute left, of which ten seconds are reserved. */
  async function spread(
    random: number,
    options: Partial<RetryPolicy> = {},
    error = new TryAgain(failure, 20_000, true),
  ) {
    const slept: number[] = []
    const told: string[] = []
    const sleep = async (ms: number) => void slept.push(ms)
    const patient = { remainingMs: () => 60_000, sleep } as unknown as Deadline
    const { attempt, attempts } = failing(error)
    const onLongWait = (message: string) => told.push(message)
    const all = {
      maxAttempts: 9,
      deadline: patient,
      reserveMs: 10_000,
      spreads: true,
      random: () => random,
      onLongWait,
    }
    await retry('x', { ...all, ...options }, attempt).catch(() => {})
    return { slept, told, attempts: attempts() }
  }

  test('waits from what the service asks to what the deadline leaves, and asks once more', async () => {
    expect(await spread(0)).toMatchObject({ slept: [20_000], attempts: 2 })
    expect(await spread(1)).toMatchObject({ slept: [48_000], attempts: 2 })
    expect(await spread(0.5)).toMatchObject({ slept: [34_000], attempts: 2 })
  })

  test('says how long it waits, and why', async () => {
    const { told } = await spread(0)
    expect(told).toEqual([
      'Rate limited while waiting for x. Other jobs share this limit, so the action waits 20s, a random part of the time left, and then asks once more.',
    ])
  })

  test('does not wait when the window does not fit', async () => {
    expect(await spread(0, {}, new TryAgain(failure, 48_001, true))).toEqual({ slept: [], told: [], attempts: 1 })
  })

  test('waits anywhere in the time left when the service does not say how long', async () => {
    const silent = new TryAgain(failure, undefined, true)
    expect(await spread(0, {}, silent)).toMatchObject({ slept: [0], attempts: 2 })
    expect(await spread(0.5, {}, silent)).toMatchObject({ slept: [24_000], attempts: 2 })
  })

  /** Fails in this order, then succeeds. */
  async function inOrder(...errors: Error[]) {
    const slept: number[] = []
    const sleep = async (ms: number) => void slept.push(ms)
    const patient = { remainingMs: () => 60_000, sleep } as unknown as Deadline
    const left = [...errors]
    const spreading = { maxAttempts: 9, deadline: patient, spreads: true, random: () => 0 }
    const outcome = await retry('x', spreading, async () => {
      const error = left.shift()
      if (error) throw error
      return 'served'
    }).catch(() => 'refused')
    return { outcome, slept }
  }
  const refusal = () => new TryAgain(failure, 20_000, true)

  test('is served when the window is open again', async () => {
    expect(await inOrder(refusal())).toEqual({ outcome: 'served', slept: [20_000] })
  })

  test('still waits for the window after a failure of another kind, and survives one after the wait', async () => {
    const broken = new TryAgain(failure)
    expect(await inOrder(broken, refusal(), broken)).toEqual({ outcome: 'served', slept: [100, 20_000, 100] })
    expect(await inOrder(network('connect', 'ECONNREFUSED'), refusal())).toMatchObject({ outcome: 'served' })
    expect(await inOrder(refusal(), broken, refusal())).toEqual({ outcome: 'refused', slept: [20_000, 100] })
  })

  test('makes one attempt where only one is allowed', async () => {
    expect(await spread(0, { maxAttempts: 1 })).toMatchObject({ slept: [], attempts: 1 })
  })

  test('is the only one that does so', async () => {
    const usual = { told: [], attempts: 9 }
    expect(await spread(0, { spreads: false })).toMatchObject(usual)
    expect(await spread(0, {}, new TryAgain(failure, 20_000))).toMatchObject(usual)
  })
})
