/** Logs what becomes of a token that is not revoked. */
import { type Fate, tellLeft } from '../ledger.ts'
import { runnerLog } from '../log.ts'

/** A warning when the token outlives the next hour (`kept`), a line in the log otherwise (`expires`). */
export function logLeft(token: Fate): 'kept' | 'expires' {
  const { text, warn } = tellLeft(token, Date.now())
  if (warn) runnerLog.warning(text)
  else runnerLog.info(text)
  return warn ? 'kept' : 'expires'
}
