/** Starts the grace of tokens that were replaced without a label that says when. */
import { CURRENT, PENDING } from '../../aws/secret-versions.ts'
import type { SecretContext } from '../context.ts'
import { hasMoved } from '../outcome.ts'
import { retiredVersions, type SecretState } from '../secret/look.ts'
import { retire } from '../secret/steps.ts'
import { isDone, type Leftovers } from './leftovers.ts'

/**
 * Labels versions that were replaced by hand, or by a run that was killed right then: their grace begins now. Call it
 * before services are redeployed, so that the new tasks are younger than the label. Does nothing with `dry-run`.
 *
 * @throws what Secrets Manager throws.
 */
export async function labelReplaced(turn: Leftovers): Promise<void> {
  const { versions, request, outcome, state } = turn
  // What this run has replaced, and what was there before, it has labelled already.
  if (!state || request.dryRun || hasMoved(outcome)) return
  if (!(await labelUnlabelled(turn, state))) return
  // A run that was killed there may have left its new current version labelled as pending.
  for (const [versionId, labels] of state.description.stages) {
    if (labels.includes(CURRENT) && labels.includes(PENDING)) await versions.move(PENDING, { from: versionId })
  }
  turn.state = { ...state, description: await versions.describe() }
}

/**
 * Labels the previous version if no label says when it was replaced. Call it before another version becomes current: AWS
 * then takes AWSPREVIOUS off, and without any label, no run would find the token in it. False when there was nothing to do.
 *
 * @throws what Secrets Manager throws.
 */
export async function labelUnlabelled(
  context: Pick<SecretContext, 'versions' | 'now'>,
  state: Pick<SecretState, 'description' | 'current'>,
): Promise<boolean> {
  const unlabelled = retiredVersions(state).filter((version) => version.since === undefined && !isDone(version))
  for (const { versionId } of unlabelled) await retire(context, versionId)
  return unlabelled.length > 0
}
