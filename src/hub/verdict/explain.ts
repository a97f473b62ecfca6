/** A finding about a token as an error that says what to do about a token of this kind. */
import { ActionError, type ErrorCode, type Explanation } from '../../errors/action-error.ts'
import type { Evidence } from '../token.ts'
import { type About, type Case, REMEDIES, type Remedy, type Trouble } from './remedies.ts'

/** The likely cause and the remedy for a token of this kind. */
export function remedy(trouble: Trouble, evidence: Evidence, known: Case): Remedy {
  const row = REMEDIES[trouble]
  const about = <E extends Evidence>(one: E): About<E> => ({ ...known, evidence: one })
  const isLine = known.request.notation === 'line'
  switch (evidence.kind) {
    case 'stored':
      if (known.managesAccounts) return row.adminToken(about(evidence))
      return isLine ? row.provided(about(evidence)) : row.stored(about(evidence))
    case 'minted':
      return isLine ? row.rotated(about(evidence)) : row.minted(about(evidence))
    case 'resource':
      return evidence.resource.includes('/') ? row.publisher(about(evidence)) : row.userPublisher(about(evidence))
    case 'oauth':
      return row.exchange(about(evidence))
  }
}

/** What is wrong with a token, next to what was expected. */
export interface Finding extends Pick<Explanation, 'failed' | 'seen' | 'expected' | 'cause'> {
  code: ErrorCode
  trouble: Trouble
}

/** A finding as an error that says what to do about a token of this kind. A cause of its own goes before the table's. */
export function explain(
  { code: errorCode, trouble, cause, ...observed }: Finding,
  evidence: Evidence,
  known: Case,
): ActionError {
  const found = remedy(trouble, evidence, known)
  return new ActionError(errorCode, { ...observed, ...found, ...(cause === undefined ? {} : { cause }) })
}
