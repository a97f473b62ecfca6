import { afterEach, describe, expect, test } from '@jest/globals'
import { VirtualClock } from '../../sandbox/virtual-clock.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { afterAttempts, CallCount } from '../../src/net/calls-made.ts'
import { isTransient } from '../../src/net/cures.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { NetworkError, type Phase } from '../../src/net/http.ts'
import { OnceMore, type RetryPolicy, retry, type Target, TryAgain } from '../../src/net/retry.ts'
import { block, type Wording } from '../../src/text/message.ts'
import { closeAll, deadline } from './network-for-tests.ts'

afterEach(closeAll)

const X = { what: 'x' }
const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0)
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
    await expect(retry(X, policy(), attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(3)
  })

  test('is repeated until an attempt succeeds', async () => {
    let attempts = 0
    const attempt = async () => {
      attempts += 1
      if (attempts < 3) throw new TryAgain(failure, 1)
      return 'done'
    }
    expect(await retry(X, policy(), attempt)).toBe('done')
    expect(attempts).toBe(3)
  })

  test('is not repeated when another attempt cannot cure it', async () => {
    const { attempt, attempts } = failing(failure)
    await expect(retry(X, policy(), attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(1)
  })

  test('on the network is repeated', async () => {
    const { attempt, attempts } = failing(network('answer', 'ECONNRESET'))
    await expect(retry(X, policy({ maxAttempts: 2 }), attempt)).rejects.toThrow(/ECONNRESET, after 2 attempts/)
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
    await expect(retry(X, policy({ maxAttempts: 2 }), attempt)).rejects.toThrow(/network-unreachable/)
    expect(attempts()).toBe(expected)
  })

  test('on the network is explained to the user', async () => {
    const thrown = await retry(X, policy({ maxAttempts: 1 }), () =>
      Promise.reject(network('TLS', 'DEPTH_ZERO_SELF_SIGNED_CERT')),
    ).catch((error: unknown) => error)
    expect(thrown).toBeInstanceOf(ActionError)
    expect(String(thrown)).toMatch(/\[network-unreachable\].*hub\.example[\s\S]*NODE_EXTRA_CA_CERTS/)
  })
})

describe('the wait', () => {
  /** The waits of a call that fails at once, each time. */
  async function waits(random: number, afterMs?: number, target: Target = X, limitMs = 60_000): Promise<number[]> {
    const clock = new VirtualClock({ quietMs: 0 })
    const patient = new Deadline(limitMs, clock)
    const slept: number[] = []
    const onRetry = (message: string) => slept.push(Number(/retrying in (\d+) ms/.exec(message)?.[1]))
    const { attempt } = failing(new TryAgain(failure, afterMs))
    const call = retry(target, { deadline: patient, random: () => random, onRetry }, attempt).catch(() => {})
    await clock.run([call])
    patient.stop()
    return slept
  }

  test('is as long as the service asks, and up to a fifth longer', async () => {
    expect((await waits(0, 10_000))[0]).toBe(10_000)
    expect((await waits(1, 10_000))[0]).toBe(12_000)
    expect((await waits(1, 100))[0]).toBe(600)
  })

  test('is never shorter than our own: a service that asks for nothing does not use up the attempts', async () => {
    expect(await waits(0.5, 0)).toEqual(await waits(0.5))
    expect(sum(await waits(0, 1_000))).toBeGreaterThan(20_000)
  })

  test('doubles up to a sixth of the budget, half of it by chance', async () => {
    expect(await waits(0.5)).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000, 5_000, 5_000])
    expect((await waits(0)).slice(0, 4)).toEqual([125, 375, 750, 1_500])
    expect((await waits(1)).slice(0, 4)).toEqual([375, 625, 1_250, 2_500])
  })

  test.each([0, 0.25, 0.5, 0.75, 1])(
    'reaches to the end of the budget with ten attempts, by chance %d',
    async (random) => {
      const slept = await waits(random)
      expect(slept.length).toBeLessThanOrEqual(9)
      expect(sum(slept)).toBeGreaterThan(24_000)
      expect(sum(slept)).toBeLessThanOrEqual(30_000)
    },
  )

  test.each([0, 0.5, 1])('is longer where each call may have an effect: six attempts, by chance %d', async (random) => {
    const slept = await waits(random, undefined, { what: 'x', isCareful: true })
    expect(slept.length).toBeLessThanOrEqual(5)
    expect(sum(slept)).toBeGreaterThan(20_000)
  })

  test.each([5, 15, 60, 120, 360, 600, 1_800, 3_600])(
    'lets ten attempts reach to the end of half of a long timeout: %i s',
    async (seconds) => {
      for (const random of [0, 0.5, 1]) {
        const slept = await waits(random, undefined, X, seconds * 1_000)
        expect(slept.length).toBeLessThanOrEqual(9)
        expect(sum(slept)).toBeGreaterThan(seconds * 1_000 * 0.37)
        expect(sum(slept)).toBeLessThanOrEqual(seconds * 1_000 * 0.5)
        expect(slept[0]).toBeLessThan(400)
      }
    },
  )

  test('is five minutes at most, and by chance half as long again', async () => {
    expect(Math.max(...(await waits(0.5, undefined, X, 43_200_000)))).toBe(300_000)
  })

  test('is reported with the attempt', async () => {
    const told: string[] = []
    const { attempt } = failing(new TryAgain(failure, 100))
    const onRetry = (message: string) => told.push(message)
    await expect(retry(X, policy({ maxAttempts: 2, random: () => 0.5, onRetry }), attempt)).rejects.toBe(failure)
    expect(told).toEqual(['x: attempt 1 failed; retrying in 350 ms'])
  })

  test('does not start when it does not fit into the time left', async () => {
    const started = performance.now()
    const { attempt, attempts } = failing(new TryAgain(failure, 60_000))
    await expect(retry(X, policy(), attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(1)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('leaves the time that later calls need', async () => {
    const { attempt, attempts } = failing(new TryAgain(failure, 10))
    await expect(retry(X, policy({ reserveMs: 60_000 }), attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(1)
  })

  test('ends when the deadline is stopped', async () => {
    const stopped = new Deadline(60_000)
    const waiting = retry(X, policy({ deadline: stopped }), failing(new TryAgain(failure, 30_000)).attempt)
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
    const patient = { limitMs: 60_000, remainingMs: () => 60_000, sleep } as unknown as Deadline
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
    await retry(X, { ...all, ...options }, attempt).catch(() => {})
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
    let leftMs = 60_000
    const sleep = async (ms: number) => {
      slept.push(ms)
      leftMs -= ms
    }
    const patient = { limitMs: 60_000, remainingMs: () => leftMs, sleep } as unknown as Deadline
    const left = [...errors]
    const spreading = { maxAttempts: 9, deadline: patient, spreads: true, random: () => 0 }
    const outcome = await retry(X, spreading, async () => {
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
    expect(await inOrder(broken, refusal(), broken)).toEqual({ outcome: 'served', slept: [125, 20_000, 1_125] })
    expect(await inOrder(network('connect', 'ECONNREFUSED'), refusal())).toMatchObject({ outcome: 'served' })
    expect(await inOrder(refusal(), broken, refusal())).toEqual({ outcome: 'refused', slept: [20_000, 500] })
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

describe('a call whose failure a single late attempt can cure', () => {
  async function late(...errors: Error[]) {
    const slept: number[] = []
    const sleep = async (ms: number) => void slept.push(ms)
    const patient = { limitMs: 60_000, remainingMs: () => 60_000, sleep } as unknown as Deadline
    const left = [...errors]
    let made = 0
    const attempt = async () => {
      made += 1
      const error = left.shift()
      if (error) throw error
      return 'served'
    }
    const outcome = await retry(X, { deadline: patient, random: () => 0.5 }, attempt).catch(() => 'refused')
    return { outcome, made, slept }
  }
  const refusal = () => new OnceMore(failure)

  test('gets exactly one, after a second or two', async () => {
    expect(await late(refusal())).toEqual({ outcome: 'served', made: 2, slept: [1_500] })
    expect(await late(refusal(), refusal())).toEqual({ outcome: 'refused', made: 2, slept: [1_500] })
  })

  test('also gets what its other failures need', async () => {
    const broken = () => new TryAgain(failure)
    expect(await late(broken(), refusal(), broken())).toMatchObject({ outcome: 'served', made: 4 })
    expect(await late(refusal(), broken(), refusal())).toMatchObject({ outcome: 'refused', made: 3 })
  })
})

describe('the calls to one route', () => {
  const path = (): RetryPolicy => ({
    ...policy({ maxAttempts: undefined }),
    deadline: instant(),
    calls: new CallCount(),
  })
  const route = { what: 'x', route: 'GET /x' }
  /** Waits for nothing. */
  const instant = () =>
    ({ limitMs: 60_000, remainingMs: () => 60_000, sleep: () => Promise.resolve() }) as unknown as Deadline

  test('are ten at most, whatever loops make them', async () => {
    const shared = path()
    const { attempt, attempts } = failing(new TryAgain(failure))
    for (let loop = 0; loop < 3; loop += 1) await expect(retry(route, shared, attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(10)
  })

  test('are ten at most in one loop, even if it is not counted with others and more are allowed', async () => {
    const clock = new VirtualClock({ quietMs: 0 })
    const hours = new Deadline(43_200_000, clock)
    // Longer than any wait of our own: what the service asks for does not count against the budget.
    const { attempt, attempts } = failing(new TryAgain(failure, 600_000))
    await clock.run([retry(X, { deadline: hours, maxAttempts: 50 }, attempt).catch(() => {})])
    hours.stop()
    expect(attempts()).toBe(10)
  })

  test('are counted together with those that succeed', async () => {
    const shared = path()
    let made = 0
    const succeed = async () => {
      made += 1
    }
    for (let loop = 0; loop < 10; loop += 1) await retry(route, shared, succeed)
    await expect(retry(route, shared, succeed)).rejects.toThrow('10 calls were made to one route')
    expect(made).toBe(10)
  })

  test('are only those that failed, where every success asks about a new state', async () => {
    const shared = path()
    const state = { ...route, counted: 'failures' as const }
    let made = 0
    const everySecond = async () => {
      made += 1
      if (made % 2 === 1) throw new TryAgain(failure)
    }
    for (let loop = 0; loop < 9; loop += 1) await retry(state, shared, everySecond)
    expect(made).toBe(18)
    const { attempt, attempts } = failing(new TryAgain(failure))
    await expect(retry(state, shared, attempt)).rejects.toBe(failure)
    await expect(retry(state, shared, attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(1)
  })

  test('count as its path says, where the call does not say it', async () => {
    const shared = { ...path(), calls: new CallCount('failures') }
    let made = 0
    const succeed = async () => {
      made += 1
    }
    for (let loop = 0; loop < 12; loop += 1) await retry(route, shared, succeed)
    expect(made).toBe(12)
    for (let loop = 0; loop < 10; loop += 1) await retry({ ...route, counted: 'all' }, shared, succeed)
    await expect(retry({ ...route, counted: 'all' }, shared, succeed)).rejects.toThrow('10 calls were made')
  })

  test('are those since the last success, where something is waited for', async () => {
    const shared = path()
    const polled = { ...route, counted: 'since-success' as const }
    let made = 0
    const everyTenth = async () => {
      made += 1
      if (made % 10 !== 0) throw new TryAgain(failure)
    }
    for (let poll = 0; poll < 3; poll += 1) await retry(polled, shared, everyTenth)
    expect(made).toBe(30)
    const { attempt, attempts } = failing(new TryAgain(failure))
    for (let poll = 0; poll < 3; poll += 1) await expect(retry(polled, shared, attempt)).rejects.toBe(failure)
    expect(attempts()).toBe(10)
  })

  test.each([9, 6, 4, 3])('reach far into the budget although only %i are left', async (left) => {
    const clock = new VirtualClock({ quietMs: 0 })
    const minute = new Deadline(60_000, clock)
    const shared = { deadline: minute, calls: new CallCount(), random: () => 0.5 }
    for (let made = left; made < 10; made += 1) await retry(route, shared, async () => {})
    const { attempt, attempts } = failing(new TryAgain(failure))
    await clock.run([retry(route, shared, attempt).catch(() => {})])
    const elapsedMs = 60_000 - minute.remainingMs()
    minute.stop()
    expect(attempts()).toBe(left)
    expect(elapsedMs).toBeGreaterThan(12_000)
    expect(elapsedMs).toBeLessThanOrEqual(30_000)
  })

  test('leave the last failure to a later loop that gets none, although the last call succeeded', async () => {
    const shared = path()
    let made = 0
    const late = async () => {
      made += 1
      if (made < 10) throw network('answer', 'ECONNRESET')
      return 'served'
    }
    expect(await retry(route, shared, late)).toBe('served')
    const refused = await retry(route, shared, late).catch((error: unknown) => error)
    expect(String(refused)).toMatch(/\[network-unreachable\][\s\S]*ECONNRESET, after 10 attempts in less than 1 s\n/)
    expect(made).toBe(10)
  })

  test('do not count for another route, or another path', async () => {
    const shared = path()
    const { attempt, attempts } = failing(new TryAgain(failure))
    await retry(route, shared, attempt).catch(() => {})
    await retry({ what: 'x', route: 'GET /y' }, shared, attempt).catch(() => {})
    await retry(route, path(), attempt).catch(() => {})
    expect(attempts()).toBe(30)
  })
})

describe('a failure states how many calls were made', () => {
  const refused = (seen?: Wording) =>
    new ActionError('hub-failed', { failed: 'It failed.', ...(seen === undefined ? {} : { seen }), fix: 'Try again.' })
  const messageOf = async (error: Error, options: Partial<RetryPolicy> = {}) =>
    String(await retry(X, policy(options), () => Promise.reject(error)).catch((thrown: unknown) => thrown))

  test('once, at the end of what was seen', async () => {
    expect(await messageOf(refused('HTTP 503'))).toContain('Seen: HTTP 503, after one attempt\n')
    expect(await messageOf(new TryAgain(refused('HTTP 503'), 1), { maxAttempts: 2 })).toContain(
      'Seen: HTTP 503, after 2 attempts in less than 1 s\n',
    )
    expect(await messageOf(refused())).toContain('Seen: After one attempt')
    expect(await messageOf(refused(['two parts', block('x')]))).toContain('two parts, after one attempt\n  x')
    const within = retry(X, policy(), () => retry(X, policy(), () => Promise.reject(refused('HTTP 503'))))
    await expect(within).rejects.toThrow(/HTTP 503, after one attempt\n/)
  })

  test.each([
    [1, 400, 'after one attempt'],
    [1, 12_000, 'after one attempt in 12 s'],
    [7, 29_600, 'after 7 attempts in 30 s'],
    [9, 200_000, 'after 9 attempts in 3m 20s'],
  ])('%i in %i ms', (made, elapsedMs, text) => expect(afterAttempts(made, elapsedMs)).toBe(text))

  test.each([
    [3_600_000, '1h'],
    [1e29, 'more than a day'],
  ])('and that the service asks for a wait for which there is no time: %d ms', async (askedMs, wait) => {
    expect(await messageOf(new TryAgain(refused('HTTP 429'), askedMs))).toContain(
      `Seen: HTTP 429, after one attempt (it asks clients to wait ${wait}, for which there is no time)\n`,
    )
    expect(await messageOf(new TryAgain(refused('HTTP 429'), 1), { maxAttempts: 1 })).not.toContain('asks')
  })

  test('also when the time runs out', async () => {
    const message = await messageOf(deadline().error('a test'))
    expect(message).toMatch(/deadline-exceeded[\s\S]*no complete response before the time ran out, after one attempt/)
  })
})
