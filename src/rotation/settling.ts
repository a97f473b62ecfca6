/**
 * How concurrent runs stay out of each other's way without a lock. A run leaves alone for a while what another run may
 * still be working on, and undoes work of its own only within a shorter while. So no run revokes a token that another one
 * is about to make current, and what a killed run left behind is picked up by the next run. These are waits, not fences:
 * a call that arrives late still takes effect, so the times below are longer than a call can take.
 */
import type { Deadline } from '../net/deadline.ts'

/** How long unfinished work is left alone after it was first seen, in milliseconds. */
export const SETTLE_MS = 10_000
/** How long after it began a run may undo its own work, in milliseconds: well before another run may touch it. */
export const OWN_MS = 5_000
/** Unfinished work that is older by the service's clock, in milliseconds, has been abandoned: nobody waits for it. */
export const ABANDONED_MS = 600_000

/** Remembers when unfinished work was first seen, and waits until it must have settled. */
export class Settling {
  readonly #firstSeen = new Map<string, number>()
  readonly #now: () => number

  /** `now`: the right time, in milliseconds since the epoch. */
  constructor(now: () => number = Date.now) {
    this.#now = now
  }

  /** Call it as soon as something unfinished is seen. `id`: of a version or of a token. */
  see(id: string): void {
    if (!this.#firstSeen.has(id)) this.#firstSeen.set(id, performance.now())
  }

  /**
   * Waits until whoever began this work has finished it or given up. Returns false when there was nothing to wait for, so
   * that nothing can have changed. `createdAt`: milliseconds since the epoch; `waitingFor`: for the message when time runs
   * out.
   *
   * @throws `ActionError` `deadline-exceeded`.
   */
  async settle(id: string, createdAt: number | undefined, deadline: Deadline, waitingFor: string): Promise<boolean> {
    this.see(id)
    if (createdAt !== undefined && this.#now() - createdAt > ABANDONED_MS) return false
    const left = (this.#firstSeen.get(id) ?? 0) + SETTLE_MS - performance.now()
    if (left <= 0) return false
    await deadline.sleep(left, waitingFor)
    return true
  }
}

/** Work that the run itself has just begun. */
export interface OwnWork {
  /** True as long as the run may undo it: no other run touches it yet. */
  isOurs(): boolean
}

/** Begins a piece of work that the run may undo for a short while. */
export function beginOwnWork(): OwnWork {
  const startedAt = performance.now()
  return { isOurs: () => performance.now() - startedAt < OWN_MS }
}
