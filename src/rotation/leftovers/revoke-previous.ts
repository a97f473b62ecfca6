/** Revokes the previous tokens of a secret on the Hub once their grace has expired. */
import { PREVIOUS } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import { revokeToken } from '../../hub/revoke.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import { isRetiredLabel, versionOfToken } from '../names.ts'
import { hasMoved } from '../outcome.ts'
import { type RetiredVersion, retiredVersions } from '../secret/look.ts'
import { belongsElsewhere } from '../secret/other-organization.ts'
import type { Leftovers } from './leftovers.ts'
import { placeOf, type Survey } from './survey.ts'

/** What decides whether a token may be revoked, apart from its grace. */
export interface RevokeOptions {
  survey: Survey
  /** No task of the services was started before this, in milliseconds since the epoch. */
  tasksSince: number
}

/** Two rotations in a row leave no more labelled versions than this, apart from the previous one. */
const MANY = 2

/**
 * Revokes what has outlived its grace, and notes in the outcome how many tokens that were and when the others expire.
 * With `dry-run` it only counts.
 *
 * @throws `ActionError` `hub-failed` when the Hub still accepts a token after its revocation, and what the Hub and Secrets
 * Manager throw: the first failure, after it has gone on with the other tokens.
 */
export async function revokePrevious(turn: Leftovers, options: RevokeOptions): Promise<void> {
  const { outcome, state, request } = turn
  if (!state) return
  const failures: unknown[] = []
  const retired = retiredVersions(state)
  const older = retired.filter(({ labels }) => !labels.includes(PREVIOUS))
  // Labels are tidied when the secret is written to anyway: a run that has nothing to rotate writes nothing, unless runs
  // that were cut off have left too many labels.
  const tidies = !request.dryRun && (hasMoved(outcome) || older.length > MANY)
  for (const version of retired) {
    try {
      const isDead = await revokeOne(turn, version, options)
      if (isDead && tidies && older.includes(version)) await removeLabels(turn, version)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

async function removeLabels({ versions }: Leftovers, { versionId, labels }: RetiredVersion): Promise<void> {
  for (const label of labels.filter(isRetiredLabel)) await versions.move(label, { from: versionId })
}

/** True when the version's token does not work any more, or when the version holds no token. */
async function revokeOne(turn: Leftovers, { versionId }: RetiredVersion, options: RevokeOptions): Promise<boolean> {
  const { request, outcome, log, rotated } = turn
  const { tokens, since: replaced, entries } = options.survey
  const place = placeOf(outcome.arn ?? '', versionId)
  const token = tokens.get(place)
  if (token === undefined) return tokens.has(place)
  const since = replaced.get(token) ?? turn.now()
  if (isWithinGrace(turn, since)) return false
  const owner = await entries.owner(token)
  if (!owner) return true
  const { reason, entry } = await reasonToKeep(turn, { token, since, owner }, options)
  if (reason !== undefined) {
    log.warning(`${rotated.secret.id}: the previous token in version ${versionId} was not revoked: ${reason}.`)
    return false
  }
  if (!request.dryRun) {
    if (await isUsedAgain(turn, options.survey, token)) return false
    await revoke(turn, { token, entry, versionId, options })
  }
  outcome.revoked += 1
  return !request.dryRun
}

/** Notes when the grace expires. */
function isWithinGrace({ request, outcome, now }: Leftovers, since: number): boolean {
  const endsAt = since + request.graceSeconds * 1000
  if (since === Number.POSITIVE_INFINITY || now() >= endsAt) return false
  outcome.previousEndsAt = Math.max(outcome.previousEndsAt ?? 0, endsAt)
  return true
}

interface Judgement {
  /** Why the token must stay, for a warning; undefined when it may be revoked. */
  reason: string | undefined
  /** The token in the account's list, when it is certain which one it is. */
  entry: AccountToken | undefined
}

interface PreviousToken {
  /** A secret. */
  token: string
  since: number
  owner: WhoAmI
}

async function reasonToKeep(
  turn: Leftovers,
  { token, since, owner }: PreviousToken,
  { survey, tasksSince }: RevokeOptions,
): Promise<Judgement> {
  const { outcome, rotated, request } = turn
  const keep = (reason: string): Judgement => ({ reason, entry: undefined })
  if (since === Number.POSITIVE_INFINITY) {
    return keep('it is still in use in this or another listed secret')
  }
  if (since > tasksSince) {
    return keep(
      'its grace period has passed, but tasks of a service in `ecs-services` may still use it, because not all tasks have been replaced since the rotation',
    )
  }
  // A person may have put the right token in its place; this one may be in use where it belongs.
  if (!rotated.narrow && belongsElsewhere(turn, owner)) {
    return keep(
      `it does not belong to the organization ${request.org}. If nothing uses it, revoke it on the Hub yourself, or add \`narrow=true\` to the line of this secret for one run`,
    )
  }
  const entry = survey.inUseKnown ? await ownEntry(survey, token) : undefined
  // Where else a token was stored that was minted for this secret does not matter: its grace counts here.
  const isOwn = entry !== undefined && versionOfToken(entry.displayName, outcome.arn ?? '') !== undefined
  if (!isOwn && !survey.complete) return keep('a version that may also hold it could not be read')
  return { reason: undefined, entry }
}

/** The account's token with this value, if it is certain that no other value in use is that token. */
async function ownEntry({ entries }: Survey, token: string): Promise<AccountToken | undefined> {
  const entry = await entries.find(token)
  return entry && !(await entries.isInUse(entry, token)) ? entry : undefined
}

/** True when a version of the secret came into use after the survey that holds the token, or may hold it. */
async function isUsedAgain({ state, versions }: Leftovers, { tokens }: Survey, token: string): Promise<boolean> {
  if (!state) return true
  const description = await versions.describe()
  const retired = new Set(retiredVersions({ ...state, description }).map(({ versionId }) => versionId))
  return [...description.stages].some(([versionId, labels]) => {
    if (labels.length === 0 || retired.has(versionId)) return false
    const place = placeOf(state.arn, versionId)
    return !tokens.has(place) || tokens.get(place) === token
  })
}

interface Revocation {
  /** A secret. */
  token: string
  entry: AccountToken | undefined
  versionId: string
  options: RevokeOptions
}

/** By its id when the account has it, otherwise by its value; then the Hub must refuse it. */
async function revoke(turn: Leftovers, { token, entry, versionId, options }: Revocation): Promise<void> {
  const { log, rotated, minter, access } = turn
  if (entry && minter) await minter.remove(entry)
  else await revokeToken(token, access)
  if (await options.survey.entries.ownerNow(token)) {
    throw new ActionError('hub-failed', {
      failed: `The previous token of ${rotated.secret.id} (version ${versionId}) was revoked, but the Hub still accepts it.`,
      seen: 'A successful whoami-v2 response for the token after its revocation.',
      expected: 'HTTP 401.',
      cause: 'The Hub is having an incident, or the revocation has not taken effect yet.',
      fix: 'Run the rotation again later. If the problem persists, revoke the token on the Hub yourself.',
    })
  }
  log.info(`Hub: revoked the previous token of ${rotated.secret.id}, version ${versionId}`)
}
