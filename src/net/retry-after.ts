/** How long a service asks us to wait. */
import type { IncomingHttpHeaders } from 'node:http'

/**
 * Milliseconds that the answer asks to wait, or undefined when it does not say: `Retry-After` (RFC 9110, seconds or a
 * date), else `t` of a `RateLimit` item that has nothing left (`"api";r=0;t=55`, IETF httpapi-ratelimit-headers).
 */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number): number | undefined {
  const after = headers['retry-after']?.trim()
  if (after) {
    if (/^\d{1,6}$/.test(after)) return Number(after) * 1000
    const date = Date.parse(after)
    if (!Number.isNaN(date)) return Math.max(0, date - now)
  }
  const limit = headers.ratelimit
  const reset = /;\s*t=(\d{1,6})/.exec(Array.isArray(limit) ? limit.join() : (limit ?? ''))?.[1]
  return reset === undefined ? undefined : Number(reset) * 1000
}
