/** Time that passes only when everybody waits for it: hours of waiting take a moment. */

interface Timer {
  at: number
  act: () => void
}

export class VirtualClock {
  #now = 0
  #timers: Timer[] = []
  /** Pieces of real work under way, such as an answer of the sandbox: no time passes meanwhile. */
  #busy = 0
  readonly #quietMs: number

  /** `quietMs`: real time without a sign of life before a wait that is long, in milliseconds; 0 where all work is instant. */
  constructor({ quietMs = QUIET_MS } = {}) {
    this.#quietMs = quietMs
  }

  /** Milliseconds since the clock was made. */
  now(): number {
    return this.#now
  }

  after(ms: number, act: () => void): { cancel(): void } {
    const timer = { at: this.#now + ms, act }
    this.#timers.push(timer)
    return {
      cancel: () => {
        this.#timers = this.#timers.filter((other) => other !== timer)
      },
    }
  }

  sleep(ms: number): Promise<void> {
    return new Promise((wake) => this.after(ms, wake))
  }

  /** Stops time while `work` is under way. */
  async during<T>(work: () => Promise<T>): Promise<T> {
    this.#busy += 1
    try {
      return await work()
    } finally {
      this.#busy -= 1
    }
  }

  /** Lets time pass until all of these have ended. */
  async run(tasks: readonly Promise<unknown>[]): Promise<void> {
    let left = tasks.length
    const end = () => {
      left -= 1
    }
    for (const task of tasks) task.then(end, end)
    let quiet = 0
    let quietSince = performance.now()
    const restart = () => {
      quiet = 0
      quietSince = performance.now()
    }
    for (; left > 0; quiet += 1) {
      // Everybody gets as far as the next wait.
      await new Promise((resolve) => setImmediate(resolve))
      if (this.#busy > 0) restart()
      const next = this.#next()
      if (!next || quiet < QUIET_ROUNDS) continue
      if (next.at - this.#now > FAR_MS && performance.now() - quietSince < this.#quietMs) continue
      this.#advanceTo(next)
      restart()
    }
  }

  #next(): Timer | undefined {
    return this.#timers.reduce<Timer | undefined>(
      (first, timer) => (first === undefined || timer.at < first.at ? timer : first),
      undefined,
    )
  }

  #advanceTo(next: Timer): void {
    this.#timers = this.#timers.filter((timer) => timer !== next)
    this.#now = Math.max(this.#now, next.at)
    next.act()
  }
}

/** Turns of the event loop in which nobody did anything, before time passes. */
const QUIET_ROUNDS = 3
/**
 * Far ahead there is hardly anything but a deadline, which must not pass while a signature is checked or code is loaded:
 * real time without a sign of life, in milliseconds.
 */
const FAR_MS = 30_000
const QUIET_MS = 2_000
