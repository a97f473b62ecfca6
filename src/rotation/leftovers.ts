/** Revokes tokens on the Hub that nobody may use any more: replaced ones after their grace, and ones nobody stored. */
import { PREVIOUS, type SecretDescription } from '../aws/secret-versions.ts'
import { ActionError } from '../errors/action-error.ts'
import { revokeToken } from '../hub/revoke.ts'
import type { Fence } from './fence.ts'
import { type RetiredVersion, retiredVersions, type SecretState, withToken } from './look.ts'
import { hasMoved, type Outcome } from './outcome.ts'
import { isRetiredLabel } from './retired-label.ts'
import { retire } from './steps.ts'
import { versionOfToken } from './token-name.ts'
import type { SecretWorld } from './world.ts'

/** What is known of a secret whose leftovers are to be removed. */
export interface Leftovers extends SecretWorld {
  fence: Fence
  /** What was done so far. */
  outcome: Outcome
  /** The first look, and the last. */
  first: SecretState | undefined
  state: SecretState | undefined
  /** Versions that this run has made. */
  made: Set<string>
  /** Tokens that may be in use: of the current and of a pending version. Secrets. */
  inUse: { current?: string; pending?: string }
}

/** What must stay alive, over all secrets of the run. */
export interface InUse {
  /** Tokens: secrets. */
  values: ReadonlySet<string>
  /** False when a secret could not be read: then nobody knows what is in it. */
  complete: boolean
  /** Tasks of services may have been started at this time or later, in milliseconds since the epoch, and not before. */
  tasksSince: number
}

/**
 * Labels a version that was replaced by hand, or by a run that was killed right then: its end begins now. Before the
 * services are deployed, so that their tasks are newer than the label.
 *
 * @throws what Secrets Manager throws.
 */
export async function labelReplaced(turn: Leftovers): Promise<void> {
  const { versions, request, outcome, state } = turn
  if (!state || request.dryRun) return
  // What this run has replaced, it has labelled.
  const unlabelled = retiredVersions(state.description).filter(({ since }) => since === undefined)
  if (unlabelled.length === 0 || hasMoved(outcome)) return
  for (const { versionId } of unlabelled) await retire(turn, versionId)
  turn.state = { ...state, description: await versions.describe() }
}

/**
 * Brings replaced tokens of the secret to their end once their grace is over, and says in the outcome how many, and when
 * the others end. With `dry-run` only counts.
 *
 * @throws `ActionError` `hub-failed` when a token is still accepted after it was revoked, and what the Hub and Secrets
 * Manager throw.
 */
export async function endRetired(turn: Leftovers, inUse: InUse): Promise<void> {
  const { versions, request, outcome, state } = turn
  if (!state) return
  const isOverdue = ({ since }: RetiredVersion) =>
    since !== undefined && Date.now() >= since + request.graceSeconds * 1000
  const known = retiredVersions(state.description)
  // Before anything is revoked, and after everything that was moved, what was seen at the beginning is too old.
  const stale = hasMoved(outcome) || known.some(isOverdue)
  const description = stale ? await versions.describe() : state.description
  for (const retired of retiredVersions(description)) {
    const since = retired.since ?? Date.now()
    const endsAt = since + request.graceSeconds * 1000
    if (Date.now() < endsAt) {
      outcome.previousEndsAt = Math.max(outcome.previousEndsAt ?? 0, endsAt)
      continue
    }
    if (since > inUse.tasksSince) {
      turn.log.warning(
        `${turn.rotated.secret.id}: the token of version ${retired.versionId} is past its grace and was not revoked: tasks of a service in \`ecs-services\` may still use it, because they have not all been replaced since.`,
      )
      continue
    }
    const isOver = await endToken(turn, retired, inUse)
    // Labels are tidied when the secret is written to anyway: a run that has nothing to rotate writes nothing.
    if (isOver && hasMoved(outcome) && !retired.labels.includes(PREVIOUS)) {
      for (const label of retired.labels.filter(isRetiredLabel)) await versions.move(label, { from: retired.versionId })
    }
  }
}

/** True when the token of the version is dead now, or there is none. */
async function endToken(turn: Leftovers, { versionId }: RetiredVersion, inUse: InUse): Promise<boolean> {
  const { versions, request, outcome, log, rotated, minter, access } = turn
  const version = await versions.read(versionId)
  if (!version) return true
  const token = tokenOf(turn, version)
  if (token === undefined) return true
  const name = await nameOnHub(turn, token)
  if (name === undefined) return true
  if (inUse.values.has(token)) {
    log.warning(
      `${rotated.secret.id}: the token of version ${versionId} was replaced, and is in use all the same (in this or another of the \`secrets\`); it was not revoked.`,
    )
    return false
  }
  const ours = versionOfToken(name, outcome.arn ?? '') !== undefined
  if (!ours && !inUse.complete) {
    log.warning(
      `${rotated.secret.id}: the token of version ${versionId} was not revoked, because a secret that may hold it too could not be read.`,
    )
    return false
  }
  outcome.revoked += 1
  if (request.dryRun) return false
  if (!(ours && minter && (await minter.removeNamed(name)))) await revokeToken(token, access)
  if ((await nameOnHub(turn, token)) !== undefined) {
    outcome.revoked -= 1
    throw new ActionError('hub-failed', {
      failed: `The replaced token of ${rotated.secret.id} (version ${versionId}) was revoked, and the Hub still accepts it.`,
      seen: 'a whoami-v2 answer after the revocation',
      expected: 'HTTP 401',
      cause: 'the Hub has an incident, or the revocation takes a while.',
      fix: 'Run the rotation again later; if it stays, revoke the token on the Hub by hand.',
    })
  }
  log.info(`Hub: revoked the replaced token of ${rotated.secret.id}, version ${versionId}`)
  return true
}

/** Undefined for a value that is no token. */
function tokenOf(turn: Leftovers, version: Parameters<typeof withToken>[1]): string | undefined {
  try {
    return withToken(turn, version).value.token
  } catch (error) {
    if (error instanceof ActionError) return undefined
    throw error
  }
}

/** The token's name, which may be empty; undefined when the Hub does not accept it. */
async function nameOnHub({ hub }: Leftovers, token: string): Promise<string | undefined> {
  try {
    return (await hub.whoAmI(token)).displayName ?? ''
  } catch (error) {
    if (error instanceof ActionError && (error.code === 'token-rejected' || error.code === 'token-expired')) {
      return undefined
    }
    throw error
  }
}

/**
 * Revokes tokens of the account that were made for this secret and that no version holds: a run was killed between
 * minting and storing. Only what was there when the run began, and only after whoever made it had time to store it.
 *
 * @throws what the Hub and Secrets Manager throw.
 */
export async function removeOrphans(turn: Leftovers): Promise<void> {
  const { minter, first, outcome, fence, deadline, log, rotated, versions, request, hub, inUse } = turn
  if (!minter || !first) return
  const suspects = minter.firstTokensFor(first.arn).filter(({ versionId }) => !isHeld(first.description, versionId))
  if (suspects.length === 0) return
  const what = `the run that minted a token for ${rotated.secret.id}, which may still be at work`
  if (!request.dryRun) for (const { id, createdAt } of suspects) await fence.settle(id, createdAt, deadline, what)

  // Somebody may have copied its value into another version by hand.
  const current = inUse.current === undefined ? undefined : (await hub.whoAmI(inUse.current)).displayName
  for (const orphan of suspects.filter(({ displayName }) => displayName !== current)) {
    // Looked at right before it is revoked: somebody may have stored it by now. A version that this run made holds the
    // token that this run minted, and none of an earlier try.
    const isStored = !turn.made.has(orphan.versionId) && isHeld(await versions.describe(), orphan.versionId)
    if (isStored) continue
    outcome.revoked += 1
    if (request.dryRun) continue
    await minter.remove(orphan)
    log.info(`Hub: revoked "${orphan.displayName}", which a run made that was cut off before it was stored`)
  }
}

/** True when the version has a label, and so a value that counts. */
function isHeld({ stages }: SecretDescription, versionId: string): boolean {
  return (stages.get(versionId)?.length ?? 0) > 0
}
