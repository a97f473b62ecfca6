/** Starts the grace of tokens that were replaced without a label that says when. */
import { CURRENT, PENDING } from '../../aws/secret-versions.ts'
import { hasMoved } from '../outcome.ts'
import { retiredVersions } from '../secret/look.ts'
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
  // What this run has replaced, it has labelled already.
  if (!state || request.dryRun || hasMoved(outcome)) return
  const unlabelled = retiredVersions(state).filter((version) => version.since === undefined && !isDone(version))
  if (unlabelled.length === 0) return
  for (const { versionId } of unlabelled) await retire(turn, versionId)
  // A run that was killed there may have left its new current version labelled as pending.
  for (const [versionId, labels] of state.description.stages) {
    if (labels.includes(CURRENT) && labels.includes(PENDING)) await versions.move(PENDING, { from: versionId })
  }
  turn.state = { ...state, description: await versions.describe() }
}
