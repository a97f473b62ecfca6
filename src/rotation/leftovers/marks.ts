/** Staging labels of replaced versions: how far the revocation of the token is. Removed once nothing is left to do. */
import { PREVIOUS } from '../../aws/secret-versions.ts'
import { isRetiredLabel, isRevocationLabel, isThatFar, type Revocation, revocationLabel } from '../names.ts'
import { hasMoved } from '../outcome.ts'
import { type RetiredVersion, retiredVersions } from '../secret/look.ts'
import { isDone, type Leftovers } from './leftovers.ts'
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

/** Removes what says that the revocation was requested: the token was seen to work after that. */
export async function unmark({ versions }: Leftovers, { versionId, labels }: RetiredVersion): Promise<void> {
  for (const label of labels.filter(isRevocationLabel)) await versions.move(label, { from: versionId })
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

/** Those that say how far the revocation is go last: a run that is killed in between leaves a version that is known to be done. */
async function removeLabels({ versions }: Leftovers, { versionId, labels }: RetiredVersion): Promise<void> {
  for (const ours of [isRetiredLabel, isRevocationLabel]) {
    for (const label of labels.filter(ours)) await versions.move(label, { from: versionId })
  }
}

/**
 * Removes the labels of versions whose tokens are revoked, or that hold no token, when the secret is written to anyway: a
 * run that has nothing to rotate writes nothing, unless runs that were cut off have left labels. `survey`: undefined when
 * no version was read.
 */
export async function tidyLabels(turn: Leftovers, survey?: Survey): Promise<void> {
  const { state, request, outcome } = turn
  if (!state || request.dryRun) return
  const older = retiredVersions(state).filter(({ labels }) => !labels.includes(PREVIOUS))
  const tidies = hasMoved(outcome) || older.length > MANY
  for (const version of older) {
    if (isDone(version) || (tidies && isOver(state.arn, version, survey))) await removeLabels(turn, version)
  }
}

function isOver(arn: string, version: RetiredVersion, survey: Survey | undefined): boolean {
  const isEmpty = survey?.wasRead(arn, version.versionId) === true && !survey.tokenIn(arn, version.versionId)
  return isEmpty || isThatFar(version, 'revoked')
}
