/** Objects when the current token can do something that its replacement could not. */
import { ActionError } from '../../errors/action-error.ts'
import { describeToken } from '../../hub/facts/describe.ts'
import { lostRights } from '../../hub/facts/lost-rights.ts'
import { membershipIn } from '../../hub/facts/rights.ts'
import { list, plain } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import { howToKeep } from './keep-rights.ts'
import { narrowAccepted, narrowLine, type Objection, orNarrow } from './objection.ts'
import { describeReplacement, type Replacement, successorOf } from './replacement.ts'
import type { Standing } from './standing.ts'

/** How many lost rights a message lists. */
const MAX_LISTED = 20

/** The objection to a replacement with fewer rights; undefined if nothing is lost, or nobody knows yet. */
export function losesRights(
  context: SecretContext,
  standing: Standing,
  replacement: Replacement,
): Objection | undefined {
  if (standing.kind !== 'alive') return undefined
  const { rotated, request } = context
  const { id } = rotated.secret
  const { who } = standing
  const org = membershipIn(who, request.org)
  const next = successorOf(context, org, replacement)
  if (!org || !next) return undefined
  const lost = lostRights(who, next, org)
  if (lost.length === 0) return undefined
  const rights = lost.length === 1 ? 'a right' : `${lost.length} rights`
  const lostList = list([
    ...lost.slice(0, MAX_LISTED),
    ...(lost.length > MAX_LISTED ? [`and ${lost.length - MAX_LISTED} more`] : []),
  ])
  const { cause, keep } = howToKeep(context, { who, org, replacement, lost: lost.length })
  return {
    error: new ActionError('rotation-blocked', {
      failed: `The new token for ${id} would lack ${rights} of the current token, so the current token was not replaced.`,
      seen: [
        `the current token: ${describeToken(who)}`,
        `the new token: ${describeReplacement(context, replacement)}`,
        'only the current token has:',
        lostList,
      ],
      expected: orNarrow('a new token with every right of the current one'),
      cause,
      fix: [
        ...keep,
        ...narrowLine(context, `If nobody who reads this secret needs ${keep.length === 0 ? 'them' : 'any of them'}`),
      ],
    }),
    warning: `${id}: the new token lacks ${rights} of the current one:\n${plain(lostList)}\n${narrowAccepted(context)}`,
  }
}
