/** What to do about a pending version that someone stored and that cannot become current. */
import { PENDING } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import { type Part, partsOf } from '../../text/message.ts'
import { Unfit } from './compare.ts'
import { shapeOf } from './look.ts'
import { newTokenByHand } from './new-token-by-hand.ts'
import { moveLabel } from './place.ts'
import type { Turn } from './turn.ts'

/**
 * `error`, the reason, as the failure of the pending version that it was found in: with a remedy that leaves the version
 * to whoever stored it.
 */
export function refusedPending(turn: Turn, versionId: string, error: ActionError): ActionError {
  const { secret } = turn.rotated
  const { failed, seen = [] } = error.explanation
  return new ActionError(error.code, {
    ...error.explanation,
    failed: `The pending version ${versionId} of ${secret.id} cannot become the current one.`,
    // What an unfit version failed is just this.
    seen: error instanceof Unfit ? seen : [...partsOf(failed), ...partsOf(seen)],
    fix: ['The current version is unchanged.', ...remedy(turn, versionId)],
  })
}

function remedy(turn: Turn, versionId: string): (string | Part)[] {
  const remove = moveLabel(turn.rotated.secret, PENDING, versionId)
  if (turn.minter) {
    return [
      'The pending version was not created by a rotation with this service account. If nobody needs it, remove its label; the next run then mints a token:',
      remove,
    ]
  }
  return [
    ...newTokenByHand(turn, shapeOf(turn.state?.current)),
    'Or, to keep the current token, remove the label of the pending version:',
    remove,
  ]
}
