/** The one retry policy: few, jittered, bounded in number and by the deadline, and only for what another try can cure. */
import type { ActionError } from '../errors/action-error.ts'
import type { Deadline } from './deadline.ts'
import { NetworkError } from './http.ts'

/** Thrown by an attempt to say: another try may cure this. `failure` is thrown if there is none. */
export class TryAgain extends Error {
  readonly failure: Error
  /** Milliseconds that the service asked us to wait, if it did. */
  readonly afterMs: number | undefined

  constructor(failure: Error, afterMs?: number) {
    super(failure.message)
    this.failure = failure
    this.afterMs = afterMs
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
  /** How often one call is made at most: the `max-attempts` input. */
  maxAttempts: number
  deadline: Deadline
  /** Told about each wait, e.g. for the debug log. */
  onRetry?: (message: string) => void
  /** Milliseconds of the deadline to keep for what comes after this call. */
  reserveMs?: number
  /** 0 ≤ x < 1. */
  random?: () => number
}

/** The most that `max-attempts` allows: more calls to one route would make a service's bad day worse. */
export const MOST_ATTEMPTS = 10

const BASE_MS = 200
const CAP_MS = 8_000

/**
 * Calls `attempt` until it does not throw {@link TryAgain} or a {@link NetworkError}, at most `maxAttempts` times.
 * Waits as long as the service asked, plus up to a fifth (a fleet must not come back all at once), else with
 * exponential backoff and full jitter. A wait that does not fit into the deadline is not begun.
 *
 * @throws the last failure; a network failure becomes `network-unreachable`.
 */
export async function retry<T>(what: string, policy: RetryPolicy, attempt: () => Promise<T>): Promise<T> {
  const random = policy.random ?? Math.random
  for (let made = 1; ; made += 1) {
    try {
      return await attempt()
    } catch (error) {
      const again = error instanceof TryAgain ? error : error instanceof NetworkError ? new TryAgain(error) : undefined
      if (!again) throw error
      const failure = again.failure instanceof NetworkError ? await unreachable(again.failure, made) : again.failure
      const permanent = again.failure instanceof NetworkError && isPermanent(again.failure)
      const waitMs =
        again.afterMs === undefined
          ? BASE_MS / 2 + random() * Math.min(CAP_MS, BASE_MS * 2 ** made)
          : again.afterMs + random() * Math.max(500, again.afterMs / 5)
      const fits = waitMs + (policy.reserveMs ?? 0) < policy.deadline.remainingMs()
      if (permanent || made >= policy.maxAttempts || !fits) throw failure
      policy.onRetry?.(`${what}: try ${made} of ${policy.maxAttempts} failed, the next in ${Math.round(waitMs)} ms`)
      await policy.deadline.sleep(waitMs, what)
    }
  }
}

/** A refused certificate and a forbidden address stay what they are. */
function isPermanent({ phase, detail }: NetworkError): boolean {
  return phase === 'policy' || (phase === 'TLS' && /CERT|SELF_SIGNED|UNABLE_TO|HOSTNAME|ALTNAME/.test(detail))
}

async function unreachable(error: NetworkError, attempts: number): Promise<ActionError> {
  const { explainNetworkError } = await import('./explain-network.ts')
  return explainNetworkError(error, attempts)
}
