/** Objects when the current token has the contributor permission: what it created, a new token cannot write. */
import { ActionError } from '../../errors/action-error.ts'
import { describeToken } from '../../hub/facts/describe.ts'
import { writesEverywhere, writesItsOwn } from '../../hub/facts/own-repositories.ts'
import { membershipIn } from '../../hub/facts/rights.ts'
import { hubDocs } from '../../hub/pages.ts'
import { code, link, prose } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'
import { narrowAccepted, narrowLine, type Objection, orNarrow } from './objection.ts'
import { describeReplacement, type Replacement, successorOf } from './replacement.ts'
import type { Standing } from './standing.ts'

/** The objection; undefined if the new token can write to all that the current one may have created, or nobody knows yet. */
export function losesItsOwn(
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
  if (!org || !next || !writesItsOwn(who, org) || writesEverywhere(next, org)) return undefined
  return {
    error: new ActionError('rotation-blocked', {
      failed: `The current token in ${id} has the contributor permission, so it was not replaced: a new token could not write to the repositories that the current one created.`,
      seen: [`the current token: ${describeToken(who)}`, `the new token: ${describeReplacement(context, replacement)}`],
      expected: orNarrow('a current token without the contributor permission'),
      cause: 'With the contributor permission, a token writes only to the repositories that this very token created.',
      fix: [
        prose`Give the pipeline ${code('repo.write')} on the repositories that it writes to: ask for ${code('scope=write')}, and list them in ${code('repositories=')}. Or let it use a Trusted Publisher, which needs no stored token: ${link(hubDocs('trusted-publishers'))}`,
        ...narrowLine(
          context,
          'If nothing has to write to those repositories any more, or the line lists them already',
        ),
      ],
    }),
    warning: `${id}: the current token has the contributor permission; the new token cannot write to the repositories that the current one created, unless its line lists them. ${narrowAccepted(context)}`,
  }
}
