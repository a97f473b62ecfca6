/** Objects when the current token works, but belongs to another organization than the rotation is for. */

import { storeCommand } from '../../aws/store-command.ts'
import { ActionError } from '../../errors/action-error.ts'
import { describeToken } from '../../hub/facts/describe.ts'
import { factsOf } from '../../hub/facts/facts.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import { judge } from '../../hub/verdict/judge.ts'
import type { SecretContext } from '../context.ts'
import { narrowAccepted, narrowLine, type Objection, orNarrow } from './objection.ts'
import { pendingPlace } from './place.ts'
import { requirementOf } from './requirement.ts'
import type { Standing } from './standing.ts'

/** What is wrong with a token that does not belong to the organization; undefined when it does. */
export function belongsElsewhere(context: SecretContext, who: WhoAmI): ActionError | undefined {
  const evidence = { kind: 'stored', howToStore: storeCommand(pendingPlace(context.rotated.secret)) } as const
  const problems = judge(factsOf(who, { evidence, value: '' }), requirementOf(context), context.now())
  return problems.find(({ code }) => code === 'token-wrong-org')
}

/** The objection to replacing another organization's token; undefined for any other token. */
export function otherOrganization(context: SecretContext, standing: Standing): Objection | undefined {
  if (standing.kind !== 'alive') return undefined
  const { rotated, request } = context
  const { id } = rotated.secret
  const { who } = standing
  const problem = belongsElsewhere(context, who)
  if (!problem) return undefined
  const belongs = `does not belong to the organization ${request.org}`
  return {
    error: new ActionError('rotation-blocked', {
      failed: `The current token in ${id} ${belongs}, so it was not replaced.`,
      seen: describeToken(who),
      expected: orNarrow(`a token of a member or service account of ${request.org}`),
      ...(problem.explanation.cause === undefined ? {} : { cause: problem.explanation.cause }),
      fix: [
        `Check that the line names the secret you mean, and that ${request.org} is the right organization.`,
        ...narrowLine(context, `If you want to replace this token with one of ${request.org}`),
      ],
    }),
    warning: `${id}: the current token ${belongs} (${describeToken(who)}). ${narrowAccepted(context)}`,
  }
}
