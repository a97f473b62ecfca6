/** In which order a report shows the secrets, and how much of it fits. Pure. */
import { moves, type Outcome } from '../outcome.ts'

/** The secrets of one report, each part in the order of the list. */
export interface Ordered {
  failed: Outcome[]
  /** What was changed, and what somebody should know. */
  changed: Outcome[]
  unchanged: Outcome[]
}

/** Failures first: they are what the report is read for. */
export function ordered(outcomes: readonly Outcome[]): Ordered {
  const result: Ordered = { failed: [], changed: [], unchanged: [] }
  for (const outcome of outcomes) {
    const { action, errors, revoked } = outcome
    if (errors.length > 0 || action === 'failed') result.failed.push(outcome)
    else if (action !== 'not-due' || moves(outcome) || revoked > 0) result.changed.push(outcome)
    else result.unchanged.push(outcome)
  }
  return result
}

/** As many of the first parts as fit into so many bytes, and how many do not. */
export function fitting(parts: readonly string[], maxBytes: number): { shown: string[]; left: number } {
  let bytes = 0
  const end = parts.findIndex((part) => {
    bytes += Buffer.byteLength(part) + 1
    return bytes > maxBytes
  })
  const shown = end < 0 ? [...parts] : parts.slice(0, end)
  return { shown, left: parts.length - shown.length }
}
