/** Staging labels of replaced versions: how far the revocation of the token is. Removed once nothing is left to do. */
import { PREVIOUS } from '../../aws/secret-versions.ts'
import { isRetiredLabel, isRevocationLabel, isThatFar, type Revocation, revocationLabel } from '../names.ts'
import { hasMoved } from '../outcome.ts'
import { type RetiredVersion, retiredVersions } from '../secret/look.ts'
import type { Leftovers } from './leftovers.ts'
import type { Survey } from './survey.ts'

/** Two rotations in a row leave no more labelled versions than this, apart from the previous one. */
const MANY = 2

/** Notes how far the revocation is, in `version` too, unless a label says so already. */
export async function mark(
  { versions, now }: Leftovers,
  version: RetiredVersion,
  revocation: Exclude<Revocation, 'revoked'>,
): Promise<void> {
  const { versionId, labels } = version
  if (isThatFar(version, revocation)) return
  const label = revocationLabel(revocation, now(), versionId)
  await versions.move(label, { to: versionId })
  version.labels = [...labels, label]
}

/**
 * Notes that the token is revoked: the previous version is marked, so that no run asks about its token again, and any other
 * version loses its labels.
 */
export async function markRevoked(turn: Leftovers, version: RetiredVersion): Promise<void> {
  const { versionId, labels } = version
  if (!labels.includes(PREVIOUS)) return await removeLabels(turn, version)
  await turn.versions.move(revocationLabel('revoked', turn.now(), versionId), { to: versionId })
}

/** Those that say when it was replaced go last: a run that is killed in between leaves a version that still counts as replaced. */
async function removeLabels({ versions }: Leftovers, { versionId, labels }: RetiredVersion): Promise<void> {
  for (const ours of [isRevocationLabel, isRetiredLabel]) {
    for (const label of labels.filter(ours)) await versions.move(label, { from: versionId })
  }
}

/**
 * Removes the labels of versions whose tokens are revoked, or that hold no token, when the secret is written to anyway: a
 * run that has nothing to rotate writes nothing, unless runs that were cut off have left too many labels. `survey`:
 * undefined when no version was read.
 */
export async function tidyLabels(turn: Leftovers, survey?: Survey): Promise<void> {
  const { state, request, outcome } = turn
  if (!state || request.dryRun) return
  const older = retiredVersions(state).filter(({ labels }) => !labels.includes(PREVIOUS))
  if (!hasMoved(outcome) && older.length <= MANY) return
  for (const version of older) {
    const { versionId } = version
    const isEmpty = survey?.wasRead(state.arn, versionId) === true && !survey.tokenIn(state.arn, versionId)
    if (isEmpty || isThatFar(version, 'revoked')) await removeLabels(turn, version)
  }
}
