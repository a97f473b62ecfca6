/** Logs what becomes of a token that is not revoked. */
import { type Fate, tellLeft } from '../ledger.ts'
import { runnerLog } from '../log.ts'

/** A warning when the token outlives the next hour, a line in the log otherwise. */
export function logLeft(token: Fate): void {
  const { text, warn } = tellLeft(token, Date.now())
  if (warn) runnerLog.warning(text)
  else runnerLog.info(text)
}
