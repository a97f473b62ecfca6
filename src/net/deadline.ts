/** The one time limit for everything that the action does. */
import { ActionError } from '../errors/action-error.ts'
import { formatDuration } from '../text/duration.ts'
import { code, prose } from '../text/message.ts'

/** Where time comes from. */
export interface Clock {
  /** Milliseconds since some moment. */
  now(): number
  /** Calls `act` after `ms`, unless it is told not to. */
  after(ms: number, act: () => void): { cancel(): void }
}

const SYSTEM: Clock = {
  now: () => performance.now(),
  after(ms, act) {
    const timer = setTimeout(act, ms)
    return { cancel: () => clearTimeout(timer) }
  },
}

/** Counts down from its construction. {@link Deadline.stop} ends every wait that is left, at the end of the run. */
export class Deadline {
  /** The `timeout` input, in milliseconds. */
  readonly limitMs: number
  readonly #clock: Clock
  readonly #endsAt: number
  readonly #controller = new AbortController()
  readonly #timer: { cancel(): void }
  #stopped = false

  constructor(limitMs: number, clock: Clock = SYSTEM) {
    this.limitMs = limitMs
    this.#clock = clock
    this.#endsAt = clock.now() + limitMs
    this.#timer = clock.after(limitMs, () => this.#controller.abort())
  }

  /** Aborted when no time is left. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Milliseconds left, never negative. */
  remainingMs(): number {
    return this.#stopped ? 0 : Math.max(0, this.#endsAt - this.#clock.now())
  }

  /** The failure to throw when no time is left: `deadline-exceeded`, naming what was being waited for. */
  error(waitingFor: string): ActionError {
    return new ActionError('deadline-exceeded', {
      failed: `Timed out after ${formatDuration(this.limitMs / 1000)} while waiting for ${waitingFor}.`,
      seen: 'no complete response before the time ran out',
      expected: prose`the whole action to finish within ${code('timeout')}`,
      cause:
        'The service named above is slow or unreachable from this runner, or it asked the action to wait longer than the limit.',
      fix: prose`Try again. If the problem persists, check the runner’s route to that service (egress rules, proxy, VPC endpoint), or give the action more time, for example with ${code('timeout: 2m')}.`,
    })
  }

  /** Resolves after `ms`; rejects with {@link Deadline.error} when the time runs out before that. */
  sleep(ms: number, waitingFor: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) {
        reject(this.error(waitingFor))
        return
      }
      const onAbort = () => {
        timer.cancel()
        reject(this.error(waitingFor))
      }
      const timer = this.#clock.after(ms, () => {
        this.signal.removeEventListener('abort', onAbort)
        resolve()
      })
      this.signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** From now on there is no time left: calls in progress are aborted, and no new ones start. */
  stop(): void {
    this.#timer.cancel()
    this.#stopped = true
    this.#controller.abort()
  }
}
