/** Decides which previous tokens have to go, and how: what is not certain to be free to go stays. */
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import { inPool } from '../../net/pool.ts'
import type { StoredToken } from '../account/entries.ts'
import { isThatFar, versionOfToken } from '../names.ts'
import { guarded } from '../outcome.ts'
import type { RetiredVersion } from '../secret/look.ts'
import { belongsElsewhere } from '../secret/other-organization.ts'
import { isInDoubt } from './deletions.ts'
import { AT_ONCE, type Leftovers, unconfirmed } from './leftovers.ts'
import { markRevoked } from './marks.ts'
import type { Survey } from './survey.ts'

/** What decides whether a token may be revoked, apart from its grace. */
export interface PlanOptions {
  survey: Survey
  /** No task of the services was started before this, in milliseconds since the epoch. */
  tasksSince: number
}

/** A replaced version of a secret, and the token in it. */
export interface Previous {
  turn: Leftovers
  version: RetiredVersion
  stored: StoredToken
}

/** A token that has to go. */
export interface Revocation {
  stored: StoredToken
  /** The account's token, when it is certain which one it is: it is deleted by its id. */
  entry: AccountToken | undefined
  /** True when the Hub has just refused the token: nothing that this run could see would prove that it is revoked. */
  isRefused: boolean
  /** The versions that hold it: the first one's secret counts it. */
  places: [Previous, ...Previous[]]
}

/**
 * What has outlived its grace. Notes in the outcomes when the grace of the others expires; with `dry-run`, it counts what
 * it would have planned. Failures are noted with their secrets.
 */
export async function planRevocations(turns: readonly Leftovers[], options: PlanOptions): Promise<Revocation[]> {
  const plan = new Map<string, Revocation>()
  await inPool(turns, AT_ONCE, async (turn) => {
    for (const version of turn.state ? unconfirmed(turn.state) : []) {
      await guarded(turn.outcome, async () => {
        const found = await planOne(turn, version, options)
        if (!found) return
        const known = plan.get(found.stored.sha256)
        if (known) known.places.push(...found.places)
        else plan.set(found.stored.sha256, found)
      })
    }
  })
  return [...plan.values()]
}

/** Undefined when there is nothing to revoke in this version, or when its token stays. */
async function planOne(
  turn: Leftovers,
  version: RetiredVersion,
  { survey, tasksSince }: PlanOptions,
): Promise<Revocation | undefined> {
  const { outcome, request } = turn
  const stored = survey.tokenIn(outcome.arn ?? '', version.versionId)
  if (!stored) return undefined
  const previous = { turn, version, stored }
  if (isWithinGrace(previous) || isKept(previous, reasonToKeep(stored, survey, tasksSince))) return undefined
  const owner = await ownerOf(previous, survey)
  if (owner === 'revoked') return await confirm(previous)
  const isRefused = !stored.entry && !owner
  const entry = await entryOf(stored, owner, survey)
  if (isKept(previous, reasonOfOwner(previous, owner) ?? reasonOfUnread(previous, entry, survey))) return undefined
  if (!request.dryRun) return { stored, entry, isRefused, places: [previous] }
  if (!isRefused) outcome.revoked += 1
  return undefined
}

/**
 * What the Hub says of a token that the account's list leaves open; undefined: it refuses it. `revoked`: an earlier run has
 * requested its revocation, and it does not work any more.
 */
async function ownerOf(
  { turn, version, stored }: Previous,
  { entries }: Survey,
): Promise<WhoAmI | 'revoked' | undefined> {
  if (stored.entry) return undefined
  const isGone = isThatFar(version, 'deleting') && entries.isGone(version.versionId, stored)
  // A name that the list lacks may have been changed on the Hub: only an answer about the very value tells.
  const hasRepository = turn.rotated.repositories.length > 0
  if (isGone && hasRepository && !(await isInDoubt(turn, stored))) return 'revoked'
  const owner = await entries.owner(stored)
  return !owner && (isGone || isThatFar(version, 'revoking')) ? 'revoked' : owner
}

/** An earlier run has requested the revocation, and this one finds that the token no longer works. Writes nothing with `dry-run`. */
async function confirm({ turn, version }: Previous): Promise<undefined> {
  if (turn.request.dryRun) return
  await markRevoked(turn, version)
  turn.log.info(
    `Hub: confirmed that the previous token of ${turn.rotated.secret.id}, version ${version.versionId}, no longer works`,
  )
}

/** Notes when the grace expires. */
export function isWithinGrace({ turn: { request, outcome, now }, stored: { since } }: Previous): boolean {
  const endsAt = since + request.graceSeconds * 1000
  if (since === Number.POSITIVE_INFINITY || now() >= endsAt) return false
  outcome.previousEndsAt = Math.max(outcome.previousEndsAt ?? 0, endsAt)
  return true
}

/** Warns when there is a reason to keep the token. */
export function isKept({ turn, version }: Previous, reason: string | undefined): boolean {
  if (reason === undefined) return false
  turn.log.warning(
    `${turn.rotated.secret.id}: the previous token in version ${version.versionId} was not revoked: ${reason}.`,
  )
  return true
}

/** Why the token must stay, whoever owns it; undefined when it may go. */
export function reasonToKeep({ since }: StoredToken, survey: Survey, tasksSince: number): string | undefined {
  if (since === Number.POSITIVE_INFINITY) return 'it is still in use in this or another listed secret'
  if (since > tasksSince) {
    return 'its grace period has passed, but tasks of a service in `ecs-services` may still use it, because not all tasks have been replaced since the rotation'
  }
  return survey.inUseKnown ? undefined : UNREAD
}

const UNREAD = 'a version that may also hold it could not be read'

/** A person may have put the right token in its place; this one may be in use where it belongs. */
function reasonOfOwner({ turn }: Previous, owner: WhoAmI | undefined): string | undefined {
  const { rotated, request } = turn
  if (!owner || rotated.narrow || !belongsElsewhere(turn, owner)) return undefined
  return `it does not belong to the organization ${request.org}. If nothing uses it, revoke it on the Hub yourself, or add \`narrow=true\` to the line of this secret for one run`
}

/** Where else a token was stored that was minted for this secret does not matter: its grace counts here. */
export function reasonOfUnread(
  { turn }: Previous,
  entry: AccountToken | undefined,
  survey: Survey,
): string | undefined {
  const isOwn = entry !== undefined && versionOfToken(entry.displayName, turn.outcome.arn ?? '') !== undefined
  return isOwn || survey.complete ? undefined : UNREAD
}

/** The account's token, if it is certain that no token in use is that one. */
async function entryOf(
  stored: StoredToken,
  owner: WhoAmI | undefined,
  survey: Survey,
): Promise<AccountToken | undefined> {
  const entry = stored.entry ?? (owner && survey.entries.ownedBy(owner, stored))
  if (!entry) return undefined
  for (const other of survey.tokens) {
    const isOther = other === stored || other.since !== Number.POSITIVE_INFINITY
    if (!isOther && (await survey.entries.compare(entry, other)) !== 'other') return undefined
  }
  return entry
}
