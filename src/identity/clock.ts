/** How far this machine's clock is off, measured from the issuer's own answers. */
import type { IncomingHttpHeaders } from 'node:http'
import { httpDateMs } from '../net/http-date.ts'

/** How far the clock may be off where nothing was measured, in seconds. */
export const CLOCK_TOLERANCE_SECONDS = 30

/**
 * The largest drift that is corrected, in seconds. GitHub's ID tokens are valid for some five minutes in both directions
 * of their issue, so a larger one is a fault of the clock or of the measurement, and nobody can tell which.
 */
export const MAX_DRIFT_SECONDS = 600

/** An answer that took longer tells too little about the time at which it was given, in milliseconds. */
const MAX_ROUND_TRIP_MS = 30_000

/** `Date` counts whole seconds: on average, it is half a second behind. */
const HALF_SECOND_MS = 500

/**
 * An answer, and when this machine sent the request and had the answer: in milliseconds by `performance.now()`, which
 * goes on evenly when someone sets the clock.
 */
export interface TimedAnswer {
  url: URL
  headers: IncomingHttpHeaders
  sentAt: number
  receivedAt: number
}

/** Collects what several answers of the issuer say about this machine's clock. */
export class ClockMeasurement {
  /** The issuer's time at the moment 0 of `performance.now()`, by each answer: how far off the clock is, may change. */
  readonly #originsMs: number[] = []

  /** Counts an answer. Only for answers that were used: anybody's error page has a `Date`. */
  measure(answer: TimedAnswer): void {
    const origin = originIn(answer)
    if (origin !== undefined) this.#originsMs.push(origin)
  }

  /**
   * Milliseconds by which this machine's clock is slow now (negative: fast); undefined when nothing was measured. The latest
   * time that an answer shows, as long as it can be corrected: a cache that sends no `Age` makes a `Date` too early, never
   * too late, and so would whoever wants to bring an expired token back.
   */
  get driftMs(): number | undefined {
    const originMs = Date.now() - performance.now()
    const all = this.#originsMs.map((origin) => origin - originMs)
    const plausible = all.filter((drift) => !isBeyondCorrection(drift))
    const drifts = plausible.length > 0 ? plausible : all
    return drifts.length > 0 ? Math.max(...drifts) : undefined
  }
}

/** The issuer's time when `performance.now()` was 0, according to one answer; undefined when the answer cannot tell. */
function originIn({ url, headers, sentAt, receivedAt }: TimedAnswer): number | undefined {
  // Without TLS, anyone on the way could set the clock. On loopback, the time is this machine's own.
  if (url.protocol !== 'https:') return undefined
  // RFC 9111, section 5.1: an answer with an `Age` comes from a cache, and `Date` says when that got it.
  if (headers.age !== undefined) return undefined
  const roundTripMs = receivedAt - sentAt
  if (roundTripMs > MAX_ROUND_TRIP_MS) return undefined
  const date = httpDateMs(headers.date)
  return date === undefined ? undefined : date + HALF_SECOND_MS - (sentAt + receivedAt) / 2
}

/** Whether a drift was measured that is too large to be corrected. */
export function isBeyondCorrection(driftMs = 0): boolean {
  return Math.abs(driftMs) > MAX_DRIFT_SECONDS * 1000
}

/** Milliseconds to add to this machine's time: the drift, or nothing where none was measured or it is too large. */
export function correctionMs(driftMs = 0): number {
  return isBeyondCorrection(driftMs) ? 0 : Math.round(driftMs)
}

/** `31 s slow` or `31 s fast`. */
export function driftInWords(driftMs: number): string {
  return `${Math.round(Math.abs(driftMs) / 1000)} s ${driftMs < 0 ? 'fast' : 'slow'}`
}

/**
 * The warning about a clock that is off by more than the tolerance. `widens`: whether the ID token was checked with the
 * corrected time too.
 */
export function clockWarning(driftMs: number | undefined, widens: boolean): string | undefined {
  if (driftMs === undefined || Math.abs(driftMs) <= CLOCK_TOLERANCE_SECONDS * 1000) return undefined
  const seen = `This runner’s clock is ${driftInWords(driftMs)}, compared with the time of the ID token’s issuer.`
  const fix = 'Synchronize the clock (NTP): other steps depend on it as well.'
  if (isBeyondCorrection(driftMs)) {
    return `${seen} The action corrects ${MAX_DRIFT_SECONDS} s at most, so it did not correct this. ${fix}`
  }
  return widens
    ? `${seen} The action used the issuer’s time instead. ${fix}`
    : `${seen} The action uses the issuer’s time for its requests to AWS and for expiry dates, but it checks this ID token by the runner’s clock. ${fix}`
}
