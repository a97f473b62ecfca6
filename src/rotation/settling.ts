/**
 * How runs beside each other stay out of each other's way without a lock. What another run may have in its hands is
 * left alone for a while; a run undoes work of its own within a shorter while, or not at all. So nobody revokes a token
 * that somebody else is about to make current, and what a run that was killed has left is taken up by the next one.
 */
import type { Deadline } from '../net/deadline.ts'

/** How long unfinished work is left alone after it was first seen, in milliseconds. */
export const SETTLE_MS = 10_000
/** Within this after minting, in milliseconds, a run may take its own token back: well before others stop waiting. */
export const OWN_MS = 5_000
/** Unfinished work that is older by the service's clock, in milliseconds, belongs to nobody any more. */
export const ABANDONED_MS = 600_000

/** Remembers when something unfinished was first seen. */
export class Settling {
  readonly #firstSeen = new Map<string, number>()

  /** Call it as soon as something unfinished is seen: an id of a version or of a token. */
  see(id: string): void {
    if (!this.#firstSeen.has(id)) this.#firstSeen.set(id, performance.now())
  }

  /**
   * Waits until whoever made it has finished or given up. Returns false when there was nothing to wait for, and so
   * nothing can have changed. `createdAt`: milliseconds since the epoch.
   */
  async settle(id: string, createdAt: number | undefined, deadline: Deadline, what: string): Promise<boolean> {
    this.see(id)
    if (createdAt !== undefined && Date.now() - createdAt > ABANDONED_MS) return false
    const left = (this.#firstSeen.get(id) ?? 0) + SETTLE_MS - performance.now()
    if (left <= 0) return false
    await deadline.sleep(left, what)
    return true
  }
}

/** A stretch of work in which a run may undo what it does. */
export function ownWork(): { isOurs: () => boolean } {
  const started = performance.now()
  return { isOurs: () => performance.now() - started < OWN_MS }
}
