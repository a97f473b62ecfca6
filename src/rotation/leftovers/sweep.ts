/** Revokes tokens that no version holds: a run was killed between minting a token and storing it. */
import type { AccountToken } from '../../hub/service-accounts.ts'
import type { Minter, RotatedToken } from '../account/minter.ts'
import { retire } from '../secret/steps.ts'
import { isLabelled, type Leftovers, unheldTokens } from './leftovers.ts'
import { isFullyRead, type Survey } from './survey.ts'

/** How old the look at a secret may be when a token is revoked that it did not show, in milliseconds. */
const DELETE_WITHIN_MS = 3_000

/**
 * Revokes tokens of the account that were minted for this secret and that no version holds: only what existed when the
 * run began, and only after whoever minted it had time to store it. With `dry-run` it only counts.
 *
 * @throws what the Hub and Secrets Manager throw; `ActionError` `deadline-exceeded`.
 */
export async function sweepUnheld(turn: Leftovers, survey: Survey): Promise<void> {
  const { minter, settling, deadline, rotated, request, state } = turn
  const found = unheldTokens(turn)
  if (!minter || !state || found.length === 0) return
  // A version that cannot be read may hold any of them.
  if (!survey.inUseKnown || !isFullyRead(survey, state.arn, state.description)) return
  const what = `the run that minted a token for ${rotated.secret.id} and may still be working`
  if (!request.dryRun) for (const { id, createdAt } of found) await settling.settle(id, createdAt, deadline, what)

  const isHeld = await heldBy(survey)
  for (const token of found.filter((one) => !isHeld(one))) {
    if ((await sweepOne(turn, { survey, token, minter, arn: state.arn })) === 'unreadable') return
  }
}

interface Sweep {
  survey: Survey
  token: RotatedToken
  minter: Minter
  arn: string
}

/** `unreadable`: since the survey, a version got a label that nobody has read, so nothing more may be revoked. */
async function sweepOne(turn: Leftovers, { survey, token, minter, arn }: Sweep): Promise<'done' | 'unreadable'> {
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
  const stored = request.dryRun ? undefined : await versions.read(versionId, { labels })
  const asked = performance.now()
  const description = await versions.describe()
  if (!isFullyRead(survey, arn, description)) return 'unreadable'
  if (stored && !isLabelled(description, versionId)) {
    // It was stored, and later replaced by hand: it may be in use until its grace expires.
    await retire(turn, versionId)
    return 'done'
  }
  if (!request.dryRun) {
    const isFresh = performance.now() - asked < DELETE_WITHIN_MS
    if (!isFresh || !(await minter.removeOnce(token))) {
      log.warning(
        `${rotated.secret.id}: no version holds the token "${displayName}", but this run could not revoke it.`,
      )
      return 'done'
    }
    log.info(`Hub: revoked "${displayName}", minted by a run that was killed before it stored the token`)
  }
  outcome.revoked += 1
  return 'done'
}

/** Whether the versions of all secrets hold a token, whatever version it was minted for. */
async function heldBy({ since, entries }: Survey): Promise<(token: AccountToken) => boolean> {
  const ids = new Set<string>()
  const names = new Set<string>()
  for (const token of since.keys()) {
    const entry = await entries.find(token)
    const name = entry ? undefined : (await entries.owner(token))?.displayName
    if (entry) ids.add(entry.id)
    // It is not certain which token this is: none with its name is removed.
    else if (name !== undefined) names.add(name)
  }
  return ({ id, displayName }) => ids.has(id) || names.has(displayName)
}
