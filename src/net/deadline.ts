/** The one time limit of everything that the action does. */
import { ActionError } from '../errors/action-error.ts'
import { formatDuration } from '../text/duration.ts'

/** Counts down from its making. {@link Deadline.stop} ends everything that still waits, at the end of the run. */
export class Deadline {
  readonly #limitMs: number
  readonly #endsAt: number
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  #stopped = false

  /** `limitMs`: the `timeout` input, in milliseconds. */
  constructor(limitMs: number) {
    this.#limitMs = limitMs
    this.#endsAt = performance.now() + limitMs
    this.#timer = setTimeout(() => this.#controller.abort(), limitMs)
  }

  /** Aborted when the time is over. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** Milliseconds left, never negative. */
  remainingMs(): number {
    return this.#stopped ? 0 : Math.max(0, this.#endsAt - performance.now())
  }

  /** The failure to throw when the time is over: `deadline-exceeded`, naming what was being waited for. */
  error(waitingFor: string): ActionError {
    return new ActionError('deadline-exceeded', {
      failed: `The action's time limit of ${formatDuration(this.#limitMs / 1000)} is over; it was waiting for ${waitingFor}.`,
      seen: `no complete answer within the time that was left`,
      expected: 'all of the action to end within the `timeout` input',
      cause:
        'the service named above is slow or unreachable from this runner, or asked us to wait longer than the limit.',
      fix: `Try again; if it stays, check the runner's route to that service (egress rules, proxy, VPC endpoint), or give the action more time with \`timeout\` (for example \`timeout: 2m\`).`,
    })
  }

  /** Resolves after `ms`; rejects with {@link Deadline.error} when the time is over before that. */
  sleep(ms: number, waitingFor: string): Promise<void> {
    return new Promise((resolve, reject) => {
      if (this.signal.aborted) {
        reject(this.error(waitingFor))
        return
      }
      const onAbort = () => {
        clearTimeout(timer)
        reject(this.error(waitingFor))
      }
      const timer = setTimeout(() => {
        this.signal.removeEventListener('abort', onAbort)
        resolve()
      }, ms)
      this.signal.addEventListener('abort', onAbort, { once: true })
    })
  }

  /** From now on there is no time left: calls under way are given up, and none is begun. */
  stop(): void {
    clearTimeout(this.#timer)
    this.#stopped = true
    this.#controller.abort()
  }
}
