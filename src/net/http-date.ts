/** The time in a header such as `Date`. */

/**
 * Milliseconds since the epoch of an IMF-fixdate (RFC 9110, section 5.6.7): `Sun, 22 Nov 2026 12:00:30 GMT`. Undefined
 * for anything else, and for a date that does not exist.
 */
export function httpDateMs(text: string | undefined): number | undefined {
  const time = Date.parse(text ?? '')
  return Number.isNaN(time) || new Date(time).toUTCString() !== text ? undefined : time
}
