/** Revokes the previous tokens of all secrets on the Hub once their grace has expired. */
import { ActionError } from '../../errors/action-error.ts'
import type { HubAccess } from '../../hub/call.ts'
import { revokeToken } from '../../hub/revoke.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import { withEarlierCalls } from '../../net/calls-made.ts'
import { inPool } from '../../net/pool.ts'
import { versionOfToken } from '../names.ts'
import { guarded } from '../outcome.ts'
import { retiredVersions } from '../secret/look.ts'
import { type Deletion, type Deletions, stillAccepted } from './deletions.ts'
import { AT_ONCE, DELETE_WITHIN_MS, type Leftovers } from './leftovers.ts'
import { mark, markRevoked, tidyLabels, unmark } from './marks.ts'
import {
  isKept,
  isWithinGrace,
  type PlanOptions,
  type Previous,
  planRevocations,
  type Revocation,
  reasonOfUnread,
  reasonToKeep,
} from './plan.ts'
import type { Survey } from './survey.ts'

export interface RevokeOptions extends PlanOptions {
  /** Receives what was deleted by its id: the caller proves all of it at once. */
  deletions: Deletions
}

/**
 * Revokes what has outlived its grace, and notes in the outcomes how many tokens are proven to be revoked by now, and when
 * the others expire. With `dry-run` it only counts. Failures are noted with their secrets.
 *
 * @throws what `Survey.look` throws.
 */
export async function revokePrevious(turns: readonly Leftovers[], options: RevokeOptions): Promise<void> {
  const { survey } = options
  const plan = await planRevocations(turns, options)
  // While the Hub was asked, a token may have come into use again.
  if (plan.length > 0) await survey.look()
  await inPool(plan, AT_ONCE, (one) => guarded(one.places[0].turn.outcome, () => revokeOne(one, options)))
  await inPool(turns, AT_ONCE, (turn) => guarded(turn.outcome, () => tidyLabels(turn, survey)))
}

/** Pauses between attempts, in milliseconds: together longer than most outages. */
const PAUSES_MS = [1_000, 2_000, 4_000, 8_000, 16_000]
/** Kept for what follows, in milliseconds. */
const RESERVE_MS = 10_000

/**
 * The look at the secret comes last, right before each attempt: between two, somebody may make the version current again,
 * and the second one would revoke a token in use.
 */
async function revokeOne(revocation: Revocation, options: RevokeOptions): Promise<void> {
  const { entry, places } = revocation
  if (staysBySurvey(revocation, options)) return
  // If the run is killed right after the deletion, the next one knows that it was about to delete the token.
  for (const place of places) {
    if (entry && isFor(place, entry)) await mark(place.turn, place.version, 'deleting')
  }
  const tried = await attempt(revocation, options)
  if (tried === 'kept') return
  if (entry) options.deletions.add(deletionOf(revocation, entry, tried.failure))
  else if (tried.failure) throw tried.failure
  else await noteReport(revocation, options.survey)
}

/** Why the last attempt failed, if it did. `kept`: the token may be in use again. */
async function attempt(
  revocation: Revocation,
  options: RevokeOptions,
): Promise<'kept' | { failure: ActionError | undefined }> {
  const { entry, places } = revocation
  const [{ turn }] = places
  const startsWithMs = turn.deadline.remainingMs()
  let failure: ActionError | undefined
  for (const pauseMs of [0, ...PAUSES_MS]) {
    if (pauseMs > 0 && turn.deadline.remainingMs() < pauseMs + RESERVE_MS) break
    if (pauseMs > 0) await turn.deadline.sleep(pauseMs, 'the Hub to revoke a previous token')
    if (await staysNow(revocation, options)) return 'kept'
    const latest = await failureOf(() => (entry ? deleteOnce(turn, entry) : reportOnce(revocation)))
    const elapsedMs = startsWithMs - turn.deadline.remainingMs()
    failure = latest && failure ? withEarlierCalls(latest, failure, elapsedMs) : latest
    if (!failure || !isPassing(failure)) break
  }
  return { failure }
}

/** True when the secrets that hold the token have changed, or nobody knows any more whether they have. */
async function staysNow({ places }: Revocation, { survey }: RevokeOptions): Promise<boolean> {
  const lookedAt = performance.now()
  for (const place of places) {
    if (isKept(place, (await isUsedAgain(place, survey)) ? 'its secret has changed meanwhile' : undefined)) return true
  }
  if (performance.now() - lookedAt < DELETE_WITHIN_MS) return false
  warnOfNextRun(places[0], 'it took too long to see whether its secret has changed meanwhile')
  return true
}

/** True for a failure that another attempt may cure. */
const isPassing = ({ code }: ActionError) => /^(?:hub-failed|hub-rate-limited|network-unreachable)$/.test(code)

async function deleteOnce({ minter }: Leftovers, entry: AccountToken): Promise<void> {
  const failure = await minter?.removeOnce(entry)
  if (failure) throw failure
}

async function reportOnce({ stored: { value }, places: [{ turn }] }: Revocation): Promise<void> {
  if (value === undefined) throw new TypeError('the value of a token that has to go is kept')
  await revokeToken(value, onceOnly(turn.access))
}

/** Whether anything that the survey has seen since the plan was made keeps the token. */
function staysBySurvey({ stored, entry, places }: Revocation, { survey, tasksSince }: RevokeOptions): boolean {
  const [previous] = places
  const reason = reasonToKeep(stored, survey, tasksSince) ?? reasonOfUnread(previous, entry, survey)
  return isWithinGrace(previous) || isKept(previous, reason)
}

function warnOfNextRun(previous: Previous, why: string): void {
  previous.turn.log.warning(`${subject(previous)} was not revoked: ${why}. The next run tries again.`)
}

/** Notes how far a token is that was reported by its value. */
async function noteReport({ stored, isRefused, places }: Revocation, survey: Survey): Promise<void> {
  const [previous] = places
  const { turn, version } = previous
  // What is seen to work is not marked: a passing refusal in the next run would then count as the confirmation.
  const isAlive = !isRefused && (await survey.entries.ownerNow(stored)) !== undefined
  for (const place of places) await (isAlive ? unmark(place.turn, place.version) : markRequested(place))
  if (isAlive) throw stillAccepted(turn.rotated.secret.id, subject(previous))
  const what = `the previous token of ${turn.rotated.secret.id}, version ${version.versionId}`
  if (isRefused) {
    turn.log.info(
      `Hub: requested the revocation of ${what}. The Hub refused the token before that too; the next run confirms that it no longer works`,
    )
    return
  }
  turn.outcome.revoked += 1
  turn.log.info(`Hub: revoked ${what}`)
}

const markRequested = ({ turn, version }: Previous) => mark(turn, version, 'revoking')

const subject = ({ turn, version }: Previous) =>
  `The previous token of ${turn.rotated.secret.id} (version ${version.versionId})`

function deletionOf({ stored, places }: Revocation, entry: AccountToken, failure: ActionError | undefined): Deletion {
  const [previous] = places
  const { turn, version } = previous
  return {
    turn,
    entry,
    stored,
    what: subject(previous),
    onProven: async () => {
      turn.log.info(`Hub: revoked the previous token of ${turn.rotated.secret.id}, version ${version.versionId}`)
      for (const place of places) await markRevoked(place.turn, place.version)
    },
    onUnproven: (error: unknown) => {
      throw failure ?? error
    },
  }
}

/** True when the token was minted for this very version. */
function isFor({ turn, version, stored }: Previous, { displayName }: AccountToken): boolean {
  return stored.entry !== undefined && versionOfToken(displayName, turn.outcome.arn ?? '') === version.versionId
}

/** Without retries. */
function onceOnly(access: HubAccess): HubAccess {
  return { ...access, policy: { ...access.policy, maxAttempts: 1 } }
}

/** Why it failed; undefined when it did not. */
async function failureOf(work: () => Promise<void>): Promise<ActionError | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (!(error instanceof ActionError) || error.code === 'deadline-exceeded') throw error
    return error
  }
}

/** True when a version of the secret came into use after the last look that holds the token, or may hold it. */
async function isUsedAgain({ turn, stored }: Previous, survey: Survey): Promise<boolean> {
  const { state, versions } = turn
  if (!state) return true
  const description = await versions.describe()
  const retired = new Set(retiredVersions({ ...state, description }).map(({ versionId }) => versionId))
  return [...description.stages].some(([versionId, labels]) => {
    if (labels.length === 0 || retired.has(versionId)) return false
    return !survey.wasRead(state.arn, versionId) || survey.tokenIn(state.arn, versionId) === stored
  })
}
