/** Revokes tokens that no version holds: a run was killed between minting a token and storing it. */
import type { SecretVersion } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import type { Minter, RotatedToken } from '../account/minter.ts'
import { retire } from '../secret/steps.ts'
import type { Deletions } from './deletions.ts'
import { DELETE_WITHIN_MS, isLabelled, type Leftovers, unheldTokens } from './leftovers.ts'
import type { Survey } from './survey.ts'

/**
 * Revokes tokens of the account that were minted for this secret and that no version holds: only what existed when the
 * run began, and only after whoever minted it had time to store it. The caller proves the deletions, which counts them. With
 * `dry-run` it only counts.
 *
 * @throws what the Hub and Secrets Manager throw; `ActionError` `deadline-exceeded`.
 */
export async function sweepUnheld(turn: Leftovers, survey: Survey, deletions: Deletions): Promise<void> {
  const { minter, settling, deadline, rotated, request, state } = turn
  const found = unheldTokens(turn).filter(({ id }) => survey.entries.has(id))
  if (!minter || !state || found.length === 0) return
  // A version that cannot be read may hold any of them.
  if (!survey.inUseKnown || !survey.isFullyRead(state.arn, state.description)) return
  const what = `the run that minted a token for ${rotated.secret.id} and may still be working`
  if (!request.dryRun) for (const { id, createdAt } of found) await settling.settle(id, createdAt, deadline, what)

  for (const token of found) {
    if (await isHeld(turn, token, survey)) continue
    if ((await sweepOne(turn, { survey, deletions, token, minter, arn: state.arn })) === 'unreadable') return
  }
}

interface Sweep {
  survey: Survey
  deletions: Deletions
  token: RotatedToken
  minter: Minter
  arn: string
}

/** `unreadable`: since the survey, a version got a label that nobody has read, so nothing more may be revoked. */
async function sweepOne(
  turn: Leftovers,
  { survey, deletions, token, minter, arn }: Sweep,
): Promise<'done' | 'unreadable'> {
  const { outcome, log, rotated, versions, request } = turn
  const { versionId, displayName } = token
  if (token.createdAt === undefined) {
    log.warning(
      `${rotated.secret.id}: the token "${displayName}" was not revoked, because the Hub does not say when it was created.`,
    )
    return 'done'
  }
  // Read before the labels: what is stored between the two calls then shows as pending, not as a replaced version.
  const labels = turn.state?.description.stages.get(versionId) ?? []
  const stored = request.dryRun ? undefined : await readStored(turn, versionId, labels)
  if (stored === 'denied') {
    log.warning(
      `${rotated.secret.id}: the token "${displayName}" was not revoked, because the role may not read version ${versionId}, which may hold it: a policy that demands a staging label denies a version without any. If nothing uses the token, delete it on the Hub, or let the role read the secret without that condition for one run.`,
    )
    return 'done'
  }
  const asked = performance.now()
  const description = await versions.describe()
  if (!survey.isFullyRead(arn, description)) return 'unreadable'
  if (stored && !isLabelled(description, versionId)) {
    // It was stored, and later replaced by hand: it may be in use until its grace expires.
    await retire(turn, versionId)
    return 'done'
  }
  if (request.dryRun) {
    outcome.revoked += 1
    return 'done'
  }
  const failed = `${rotated.secret.id}: no version holds the token "${displayName}", but this run could not revoke it.`
  if (performance.now() - asked >= DELETE_WITHIN_MS) {
    log.warning(failed)
    return 'done'
  }
  const isConfirmed = (await minter.removeOnce(token)) === undefined
  deletions.add({
    turn,
    entry: token,
    stored: undefined,
    what: `The token "${displayName}"`,
    onProven: async () =>
      log.info(`Hub: revoked "${displayName}", minted by a run that was killed before it stored the token`),
    onUnproven: () =>
      log.warning(
        isConfirmed
          ? `${failed} The Hub confirmed the deletion, but its list of the account’s tokens does not.`
          : failed,
      ),
  })
  return 'done'
}

/** `denied`: a version without a label is asked for by its id, which a policy may not allow, whether it exists or not. */
async function readStored(
  { versions }: Leftovers,
  versionId: string,
  labels: readonly string[],
): Promise<SecretVersion | 'denied' | undefined> {
  try {
    return await versions.read(versionId, { labels })
  } catch (error) {
    if (error instanceof ActionError && error.code === 'secret-access-denied') return 'denied'
    throw error
  }
}

/** Whether any version of any secret holds a token, or may hold it, whatever version it was minted for. */
async function isHeld(
  { rotated, log }: Leftovers,
  token: RotatedToken,
  { tokens, entries }: Pick<Survey, 'tokens' | 'entries'>,
): Promise<boolean> {
  let isUnclear = false
  for (const stored of tokens) {
    const relation = await entries.compare(token, stored)
    if (relation === 'same') return true
    isUnclear ||= relation === 'unclear'
  }
  if (isUnclear) {
    log.warning(
      `${rotated.secret.id}: the token "${token.displayName}" was not revoked, because a stored token may be this one: the Hub does not tell them apart. If nothing uses the token, delete it on the Hub.`,
    )
  }
  return isUnclear
}
