/** Revokes the previous tokens of all secrets on the Hub once their grace has expired. */
import { ActionError } from '../../errors/action-error.ts'
import { revokeToken } from '../../hub/revoke.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import { inPool } from '../../net/pool.ts'
import { versionOfToken } from '../names.ts'
import { guarded } from '../outcome.ts'
import { retiredVersions } from '../secret/look.ts'
import { type Deletion, type Deletions, stillAccepted } from './deletions.ts'
import { AT_ONCE, type Leftovers } from './leftovers.ts'
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

async function revokeOne(revocation: Revocation, options: RevokeOptions): Promise<void> {
  const { entry } = revocation
  if (await staysNow(revocation, options)) return
  if (entry) options.deletions.add(await deleteEntry(revocation, entry))
  else await reportToken(revocation, options.survey)
}

/** Whether anything that was seen since the plan was made keeps the token. */
async function staysNow(
  { stored, entry, places }: Revocation,
  { survey, tasksSince }: RevokeOptions,
): Promise<boolean> {
  const [previous] = places
  const reason = reasonToKeep(stored, survey, tasksSince) ?? reasonOfUnread(previous, entry, survey)
  if (isWithinGrace(previous) || isKept(previous, reason)) return true
  for (const place of places) {
    if (isKept(place, (await isUsedAgain(place, survey)) ? 'its secret has changed meanwhile' : undefined)) return true
  }
  return false
}

/** Revokes a token by its value. */
async function reportToken({ stored, isRefused, places }: Revocation, survey: Survey): Promise<void> {
  const [previous] = places
  const { turn, version } = previous
  const { value } = stored
  if (value === undefined) throw new TypeError('the value of a token that has to go is kept')
  await revokeToken(value, turn.access)
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

async function deleteEntry({ stored, places }: Revocation, entry: AccountToken): Promise<Deletion> {
  const [previous] = places
  const { turn, version } = previous
  // If the run is killed right after the deletion, the next one need not ask the Hub about a value that nobody knows.
  for (const place of places.filter((one) => isFor(one, entry))) await mark(place.turn, place.version, 'deleting')
  return {
    turn,
    entry,
    stored,
    failure: await failureOf(async () => turn.minter?.remove(entry)),
    what: subject(previous),
    onProven: async () => {
      turn.log.info(`Hub: revoked the previous token of ${turn.rotated.secret.id}, version ${version.versionId}`)
      for (const place of places) await markRevoked(place.turn, place.version)
    },
    onUnproven: (error: unknown) => {
      throw error
    },
  }
}

/** True when the token was minted for this very version. */
function isFor({ turn, version, stored }: Previous, { displayName }: AccountToken): boolean {
  return stored.entry !== undefined && versionOfToken(displayName, turn.outcome.arn ?? '') === version.versionId
}

/** Why it failed; undefined when it did not. An answer that is lost does not mean that nothing was done. */
async function failureOf(work: () => Promise<void>): Promise<unknown> {
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
