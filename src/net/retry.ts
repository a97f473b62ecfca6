/** The one retry policy: attempts within a budget of time, spread by chance, and only for what another one can cure. */

import type { Platform } from '../platform/platform.ts'
import { formatDuration } from '../text/duration.ts'
import { budgetOf, keptOf, MOST_CALLS, type Pace, paceOf, waitBefore, withinAfter } from './backoff.ts'
import { type CallCount, type Counted, tellCalls, withCalls } from './calls-made.ts'
import { cureOf } from './cures.ts'
import type { Deadline } from './deadline.ts'
import { NetworkError } from './http.ts'

/** Thrown by an attempt to say that another one may succeed. If there is none, `failure` is thrown. */
export class TryAgain extends Error {
  readonly failure: Error
  /** Milliseconds that the service asked us to wait, if it did. */
  readonly afterMs: number | undefined
  /** True when the service counts calls in long windows, which everybody who shares the limit waits for. */
  readonly isWindow: boolean

  constructor(failure: Error, afterMs?: number, isWindow = false) {
    super(failure.message)
    this.failure = failure
    this.afterMs = afterMs
    this.isWindow = isWindow
  }
}

/** Thrown by an attempt to say that exactly one more may succeed, after a second or two. */
export class OnceMore extends TryAgain {}

/** Milliseconds before that one attempt: from this to twice as long. */
const ONCE_MORE_MS = 1_000

export interface RetryPolicy {
  /** The most attempts at one call: the `max-attempts` input, if it is given. */
  maxAttempts?: number | undefined
  deadline: Pick<Deadline, 'limitMs' | 'remainingMs' | 'sleep'>
  /** The calls of the path that this one is on; without it, only its own count. */
  calls?: CallCount
  /** Called before each wait, for example for the debug log. */
  onRetry?: (message: string) => void
  /** Milliseconds before the deadline to keep for what comes after this call. */
  reserveMs?: number
  /**
   * After a refusal by a long window ({@link TryAgain.isWindow}), wait anywhere in the time left and ask once more, but
   * not after a second one: otherwise all jobs that share the limit would come back with the next window. Failures of
   * another kind do not count as refusals.
   */
  spreads?: boolean
  /** Called before a wait that {@link RetryPolicy.spreads}, for the log. */
  onLongWait?: (message: string) => void
  /** 0 ≤ x < 1. */
  random?: () => number
  /** The machine that the calls are made on, for messages. */
  platform?: Platform
}

/** What is called. */
export interface Target {
  /** What is being waited for, as a noun phrase for messages. */
  what: string
  /** Equal for all calls that ask the same of the same service; without it, they are not counted together. */
  route?: string
  /** Default: as the path counts. */
  counted?: Counted
  /** The call may have had its effect although its answer was lost: fewer attempts, and each may take longer. */
  isCareful?: boolean
}

/** What an attempt may take. */
export interface Attempt {
  /** Milliseconds until it must have its complete answer. */
  withinMs: number
}

/** The refusal by a long window at which a call that spreads its waits is given up. */
const MOST_REFUSALS = 2

/** Milliseconds that the call after a spread wait gets. */
const SPREAD_MARGIN_MS = 2_000

/**
 * Calls `attempt` until it does not throw {@link TryAgain} or a {@link NetworkError} that another one can cure (`cures.ts`).
 * The attempts share half of the time limit (`backoff.ts`). A service that asks for a longer wait gets it, plus up to a
 * fifth (a fleet must not come back all at once), as long as it fits into the deadline; see {@link RetryPolicy.spreads} for
 * long windows. No route gets more than {@link MOST_CALLS} calls, whatever loop makes them.
 *
 * @throws the last failure, which states how many calls were made; a network failure becomes `network-unreachable`.
 */
export async function retry<T>(
  target: Target,
  policy: RetryPolicy,
  attempt: (attempt: Attempt) => Promise<T>,
): Promise<T> {
  const loop = new Loop(target, policy)
  for (;;) {
    const limits = await loop.begin()
    try {
      return loop.done(await attempt(limits))
    } catch (error) {
      const wait = loop.waitAfter(error)
      if (!wait) throw await loop.end(error)
      loop.tell(wait)
      await policy.deadline.sleep(wait.waitMs, target.what).catch(async (late: unknown) => {
        throw await loop.end(late)
      })
    }
  }
}

interface Wait {
  waitMs: number
  isSpread: boolean
}

/** The attempts at one call. */
class Loop {
  readonly #target: Target
  readonly #policy: RetryPolicy
  readonly #pace: Pace
  readonly #budgetMs: number
  readonly #startsWithMs: number
  #made = 0
  #refusals = 0
  /** Milliseconds that the service asked for: they do not count against our budget. */
  #askedForMs = 0
  #isOnceMade = false
  /** A wait that the service asked for, and for which there was no time. */
  #tooLongMs: number | undefined

  constructor(target: Target, policy: RetryPolicy) {
    this.#target = target
    this.#policy = policy
    const left = target.route === undefined ? undefined : policy.calls?.left(target.route)
    this.#pace = paceOf(target.isCareful ?? false, left)
    this.#budgetMs = budgetOf(policy.deadline.limitMs)
    this.#startsWithMs = policy.deadline.remainingMs()
  }

  /** Counts the attempt that begins. */
  async begin(): Promise<Attempt> {
    const { calls, deadline } = this.#policy
    const { route } = this.#target
    if (calls && route !== undefined) {
      const left = deadline.remainingMs()
      if (calls.left(route) <= 0) {
        const { failure, made, sinceMs } = calls.usedUp(route)
        throw withCalls(await forUser(failure, this.#policy), made, sinceMs - left)
      }
      calls.add(route, left)
    }
    const withinMs = withinAfter(this.#made, this.#pace, this.#budgetMs)
    this.#made += 1
    return { withinMs }
  }

  done<T>(answer: T): T {
    const { route, counted } = this.#target
    if (route !== undefined) this.#policy.calls?.succeeded(route, counted)
    tellCalls(answer, this.#made, this.#elapsedMs())
    return answer
  }

  /** Undefined when there must not be another attempt. */
  waitAfter(error: unknown): Wait | undefined {
    const again = asTryAgain(error)
    // An earlier or a later loop may use up the calls of the route.
    if (again && this.#target.route !== undefined) this.#policy.calls?.failed(this.#target.route, again.failure)
    if (!again || !this.#mayCall()) return undefined
    if (again instanceof OnceMore) return this.#onceMore()
    const isSpread = again.isWindow && this.#policy.spreads === true
    if (isSpread) this.#refusals += 1
    if (this.#refusals >= MOST_REFUSALS) return undefined
    return isSpread ? this.#spread(again.afterMs) : this.#next(again.afterMs)
  }

  tell({ waitMs, isSpread }: Wait): void {
    const { onRetry, onLongWait } = this.#policy
    const { what } = this.#target
    onRetry?.(`${what}: attempt ${this.#made} failed; retrying in ${Math.round(waitMs)} ms`)
    if (!isSpread) return
    const wait = formatDuration(Math.ceil(waitMs / 1000))
    onLongWait?.(
      `Rate limited while waiting for ${what}. Other jobs share this limit, so the action waits ${wait}, a random part of the time left, and then asks once more.`,
    )
  }

  /** What to throw for the last failure. */
  async end(error: unknown): Promise<unknown> {
    const failure = error instanceof TryAgain ? error.failure : error
    if (!(failure instanceof Error)) return failure
    const told = withCalls(await forUser(failure, this.#policy), this.#made, this.#elapsedMs(), this.#tooLongMs)
    if (this.#target.route !== undefined) this.#policy.calls?.failed(this.#target.route, told)
    return told
  }

  #mayCall(): boolean {
    const { maxAttempts = MOST_CALLS, calls } = this.#policy
    const { route } = this.#target
    if (this.#made >= maxAttempts) return false
    return route === undefined || calls === undefined ? this.#made < MOST_CALLS : calls.left(route) > 0
  }

  #onceMore(): Wait | undefined {
    if (this.#isOnceMade) return undefined
    this.#isOnceMade = true
    const waitMs = ONCE_MORE_MS * (1 + this.#random())
    return this.#leaves(waitMs, 0) ? { waitMs, isSpread: false } : undefined
  }

  #next(afterMs: number | undefined): Wait | undefined {
    const { deadline } = this.#policy
    if (this.#made >= this.#pace.most && this.#policy.maxAttempts === undefined) return undefined
    const elapsedMs = this.#elapsedMs() - this.#askedForMs
    const standing = { made: this.#made, elapsedMs, budgetMs: this.#budgetMs, random: this.#random() }
    const ownMs = waitBefore(standing, this.#pace)
    const askedMs = afterMs === undefined ? 0 : afterMs + this.#random() * Math.max(500, afterMs / 5)
    if (askedMs > ownMs) {
      if (!this.#leaves(askedMs, 0)) {
        this.#tooLongMs = afterMs
        return undefined
      }
      this.#askedForMs += askedMs
      return { waitMs: askedMs, isSpread: false }
    }
    const fits = elapsedMs + ownMs <= this.#budgetMs && this.#leaves(ownMs, keptOf(deadline.limitMs))
    return fits ? { waitMs: ownMs, isSpread: false } : undefined
  }

  /** Anywhere from what the service asks to what the deadline leaves; undefined when it leaves too little. */
  #spread(afterMs = 0): Wait | undefined {
    const { deadline, reserveMs = 0 } = this.#policy
    const latestMs = deadline.remainingMs() - reserveMs - SPREAD_MARGIN_MS
    if (latestMs < afterMs) return undefined
    const waitMs = afterMs + this.#random() * (latestMs - afterMs)
    this.#askedForMs += waitMs
    return { waitMs, isSpread: true }
  }

  #leaves(waitMs: number, keptMs: number): boolean {
    const { deadline, reserveMs = 0 } = this.#policy
    return waitMs + reserveMs + keptMs < deadline.remainingMs()
  }

  #elapsedMs(): number {
    return this.#startsWithMs - this.#policy.deadline.remainingMs()
  }

  #random(): number {
    return (this.#policy.random ?? Math.random)()
  }
}

/** Undefined for a failure that another attempt cannot cure. */
function asTryAgain(error: unknown): TryAgain | undefined {
  if (error instanceof TryAgain) return error
  if (!(error instanceof NetworkError)) return undefined
  return cureOf({ from: 'network', ...error }) === 'retry' ? new TryAgain(error) : undefined
}

async function forUser(failure: Error, { platform }: RetryPolicy): Promise<Error> {
  if (!(failure instanceof NetworkError)) return failure
  const { explainNetworkError } = await import('./explain-network.ts')
  return explainNetworkError(failure, platform)
}
