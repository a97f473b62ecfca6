/** A fixed window of calls per caller, as the Hub counts them. */

export class FixedWindow {
  readonly quota: number
  readonly windowMs: number
  readonly #counts = new Map<string, { endsAt: number; used: number }>()

  constructor(quota: number, windowMs: number) {
    this.quota = quota
    this.windowMs = windowMs
  }

  /** Counts one call at `now` (milliseconds): whether it is within the quota, what is left, and when the window ends. */
  take(caller: string, now: number): { allowed: boolean; left: number; resetMs: number } {
    const known = this.#counts.get(caller)
    const count = known && known.endsAt > now ? known : { endsAt: now + this.windowMs, used: 0 }
    this.#counts.set(caller, count)
    const allowed = count.used < this.quota
    if (allowed) count.used += 1
    return { allowed, left: this.quota - count.used, resetMs: count.endsAt - now }
  }
}
