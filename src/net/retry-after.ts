/** How long a service asks us to wait. */
import type { IncomingHttpHeaders } from 'node:http'
import { httpDateMs } from './http-date.ts'

/**
 * Milliseconds that the answer asks to wait, or undefined when it does not say: `Retry-After` (RFC 9110, seconds or a
 * date), or else the longest `t` among the `RateLimit` items with nothing left (`"api";r=0;t=55`, IETF
 * httpapi-ratelimit-headers). The Hub sends `RateLimit` with every answer; an item with something left asks for no wait.
 */
export function retryAfterMs(headers: IncomingHttpHeaders, now: number): number | undefined {
  const after = headers['retry-after']?.trim()
  if (after && /^\d+(?:\.\d+)?$/.test(after)) return Number(after) * 1000
  const until = httpDateMs(after)
  // Both are the service's times: this machine's clock may be off.
  if (until !== undefined) return Math.max(0, until - (httpDateMs(headers.date) ?? now))
  const limits = headers.ratelimit
  const items = (Array.isArray(limits) ? limits.join(',') : (limits ?? '')).split(',')
  const waits = items.flatMap((item) => {
    const left = /;\s*r=(\d+)/.exec(item)?.[1]
    const reset = /;\s*t=(\d+)/.exec(item)?.[1]
    return reset !== undefined && Number(left ?? 0) === 0 ? [Number(reset) * 1000] : []
  })
  return waits.length > 0 ? Math.max(...waits) : undefined
}

/** From this length on, a window is worth spreading waits over: 30 s, in milliseconds. */
const LONG_WINDOW_MS = 30_000

/**
 * True when the answer says that calls are counted in long windows: `RateLimit-Policy: "fixed window";"api";q=10;w=60`
 * (IETF httpapi-ratelimit-headers; `w` in seconds).
 */
export function hasLongWindow(headers: IncomingHttpHeaders): boolean {
  const policies = headers['ratelimit-policy']
  const items = (Array.isArray(policies) ? policies.join(',') : (policies ?? '')).split(',')
  return items.some((item) => Number(/;\s*w=(\d+)/.exec(item)?.[1] ?? 0) * 1000 >= LONG_WINDOW_MS)
}
