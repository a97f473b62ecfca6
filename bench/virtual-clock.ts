/** Time that passes only when everybody waits for it: hours of waiting take a moment. */
import type { RetryPolicy } from '../src/net/retry.ts'

/** What a retry needs of a deadline. */
type Deadline = RetryPolicy['deadline']

export class VirtualClock {
  /** Milliseconds since the clock was made. */
  now = 0
  readonly #sleepers: { at: number; wake: () => void }[] = []

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.#sleepers.push({ at: this.now + ms, wake }))
  }

  /** A deadline that ends after `limitMs`. */
  deadline(limitMs: number): Deadline {
    const endsAt = this.now + limitMs
    const remainingMs = () => Math.max(0, endsAt - this.now)
    return { limitMs, remainingMs, sleep: (ms: number) => this.sleep(ms) }
  }

  /** Lets time pass until all of these have ended. */
  async run(tasks: readonly Promise<void>[]): Promise<void> {
    for (;;) {
      // Everybody gets as far as the next wait.
      await new Promise((resolve) => setImmediate(resolve))
      this.#sleepers.sort((a, b) => b.at - a.at)
      const next = this.#sleepers.pop()
      if (!next) break
      this.now = next.at
      next.wake()
    }
    await Promise.all(tasks)
  }
}
