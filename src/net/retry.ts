/** The one retry policy: few attempts, with jitter, within the deadline, and only for what another attempt can cure. */

import type { Platform } from '../platform/platform.ts'
import { formatDuration } from '../text/duration.ts'
import type { Deadline } from './deadline.ts'
import { isCertificateError, NetworkError } from './http.ts'

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

/**
 * True for the answers that another attempt can cure, whoever gave them: too slow (408), too many (429), and failures of
 * the service itself. Source: RFC 9110, sections 15.5.9 and 15.6; RFC 6585, section 4.
 */
export function isTransient(status: number): boolean {
  return status === 408 || status === 429 || status >= 500
}

export interface RetryPolicy {
  /** The most attempts at one call: the `max-attempts` input. */
  maxAttempts: number
  deadline: Deadline
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

/** The most that `max-attempts` allows: more calls to one route would make a service's bad day worse. */
export const MOST_ATTEMPTS = 10

/** The refusal by a long window at which a call that spreads its waits is given up, whatever `max-attempts` allows. */
const MOST_REFUSALS = 2

/** Milliseconds that the call after a spread wait gets. */
const SPREAD_MARGIN_MS = 2_000

/** Without a wish of the service: a wait is at least half of the base, and its random part doubles up to the cap. */
const BASE_MS = 200
const CAP_MS = 8_000

/**
 * Calls `attempt` until it does not throw {@link TryAgain} or a {@link NetworkError}, at most `maxAttempts` times.
 * Waits as long as the service asked, plus up to a fifth (a fleet must not come back all at once), or else with
 * exponential backoff and full jitter; see {@link RetryPolicy.spreads} for long windows. A wait that does not fit into the deadline does not start.
 *
 * @throws the last failure; a network failure becomes `network-unreachable`.
 */
export async function retry<T>(what: string, policy: RetryPolicy, attempt: () => Promise<T>): Promise<T> {
  let refusals = 0
  for (let made = 1; ; made += 1) {
    try {
      return await attempt()
    } catch (error) {
      const again = asTryAgain(error)
      if (!again) throw error
      if (isRefusal(again, policy)) refusals += 1
      const wait = refusals < MOST_REFUSALS ? nextWait(again, made, policy) : undefined
      if (!wait) throw await forUser(again.failure, made, policy)
      tellOfWait(what, wait, policy)
      await policy.deadline.sleep(wait.waitMs, what)
    }
  }
}

/** A refusal by a long window, of a call that spreads its waits. */
const isRefusal = ({ isWindow }: TryAgain, { spreads = false }: RetryPolicy): boolean => isWindow && spreads

/** Undefined when there must not be another attempt. */
function nextWait(again: TryAgain, made: number, policy: RetryPolicy): Wait | undefined {
  if (isPermanent(again.failure) || made >= policy.maxAttempts) return undefined
  const isSpread = isRefusal(again, policy)
  const waitMs = isSpread ? spread(again.afterMs, policy) : waitBefore(made, again.afterMs, policy)
  return fits(waitMs, policy) ? { made, waitMs, isSpread } : undefined
}

interface Wait {
  made: number
  waitMs: number
  isSpread: boolean
}

function tellOfWait(what: string, { made, waitMs, isSpread }: Wait, { maxAttempts, onRetry, onLongWait }: RetryPolicy) {
  onRetry?.(`${what}: attempt ${made} of ${maxAttempts} failed; retrying in ${Math.round(waitMs)} ms`)
  if (!isSpread) return
  const wait = formatDuration(Math.ceil(waitMs / 1000))
  onLongWait?.(
    `Rate limited while waiting for ${what}. Other jobs share this limit, so the action waits ${wait}, a random part of the time left, and then asks once more.`,
  )
}

/** Undefined for a failure that another attempt cannot cure. */
function asTryAgain(error: unknown): TryAgain | undefined {
  if (error instanceof TryAgain) return error
  return error instanceof NetworkError ? new TryAgain(error) : undefined
}

/** Milliseconds to wait after so many attempts. */
function waitBefore(made: number, afterMs: number | undefined, { random = Math.random }: RetryPolicy): number {
  if (afterMs !== undefined) return afterMs + random() * Math.max(500, afterMs / 5)
  return BASE_MS / 2 + random() * Math.min(CAP_MS, BASE_MS * 2 ** made)
}

/** Milliseconds: anywhere from what the service asks to what the deadline leaves; infinite when it leaves too little. */
function spread(afterMs: number | undefined, { deadline, reserveMs = 0, random = Math.random }: RetryPolicy): number {
  const earliestMs = afterMs ?? 0
  const latestMs = deadline.remainingMs() - reserveMs - SPREAD_MARGIN_MS
  return latestMs < earliestMs ? Number.POSITIVE_INFINITY : earliestMs + random() * (latestMs - earliestMs)
}

function fits(waitMs: number, { deadline, reserveMs = 0 }: RetryPolicy): boolean {
  return waitMs + reserveMs < deadline.remainingMs()
}

/** A certificate that was refused and an address that is not allowed stay what they are. */
function isPermanent(failure: Error): boolean {
  if (!(failure instanceof NetworkError)) return false
  return failure.phase === 'policy' || (failure.phase === 'TLS' && isCertificateError(failure.detail))
}

async function forUser(failure: Error, attempts: number, { platform }: RetryPolicy): Promise<Error> {
  if (!(failure instanceof NetworkError)) return failure
  const { explainNetworkError } = await import('./explain-network.ts')
  return explainNetworkError(failure, attempts, platform)
}
