/** Revokes tokens on the Hub that nobody may use any more: replaced ones after their grace, and ones nobody stored. */
import { CURRENT, PENDING, PREVIOUS, type SecretDescription, type SecretVersion } from '../aws/secret-versions.ts'
import { ActionError } from '../errors/action-error.ts'
import { revokeToken } from '../hub/revoke.ts'
import type { AccountToken } from '../hub/service-accounts.ts'
import { AccountEntries } from './account/entries.ts'
import type { RotatedToken } from './account/minter.ts'
import type { SecretContext } from './context.ts'
import { isRetiredLabel } from './names/retired-label.ts'
import { versionOfToken } from './names/token-name.ts'
import { hasMoved, type Outcome } from './outcome.ts'
import { type RetiredVersion, retiredVersions, type SecretState, withToken } from './secret/look.ts'
import { retire } from './secret/steps.ts'
import type { Settling } from './settling.ts'

/** What is known of a secret whose leftovers are to be removed. */
export interface Leftovers extends SecretContext {
  settling: Settling
  /** What was done so far. */
  outcome: Outcome
  /** The first look, and the last. */
  first: SecretState | undefined
  state: SecretState | undefined
}

/** Which tokens are in which versions, over all secrets of the run. */
export interface Survey {
  /** By token (a secret): since when it is replaced, in milliseconds since the epoch; infinite while it is in use. */
  since: ReadonlyMap<string, number>
  /** By secret and version (`placeOf`): the token in it, undefined when there is none. */
  tokens: ReadonlyMap<string, string | undefined>
  /** False when a version could not be read: then nobody knows what is in it. */
  complete: boolean
  /** False when a version that may be in use could not be read. */
  inUseKnown: boolean
  entries: AccountEntries
}

/** Two secrets may have versions of the same id. */
function placeOf(arn: string, versionId: string): string {
  return `${arn} ${versionId}`
}

/** What ends tokens, beside the grace. */
export interface EndOptions {
  survey: Survey
  /** Since when all tasks of the services run at the earliest, in milliseconds since the epoch. */
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
  const unlabelled = retiredVersions(state).filter(({ since }) => since === undefined)
  if (unlabelled.length === 0 || hasMoved(outcome)) return
  for (const { versionId } of unlabelled) await retire(turn, versionId)
  // The same run may have left what it made current labelled as pending.
  for (const [versionId, labels] of state.description.stages) {
    if (labels.includes(CURRENT) && labels.includes(PENDING)) await versions.move(PENDING, { from: versionId })
  }
  turn.state = { ...state, description: await versions.describe() }
}

/** True when a token of the secret may have come to its end, or was never stored: then all secrets must be surveyed. */
export function hasLeftovers(turn: Leftovers): boolean {
  const { state, request } = turn
  if (!state) return false
  const over = (since = Date.now()) => Date.now() >= since + request.graceSeconds * 1000
  const atOnce = hasMoved(turn.outcome) && request.graceSeconds === 0
  return atOnce || retiredVersions(state).some(({ since }) => over(since)) || suspects(turn).length > 0
}

/**
 * Looks at all labelled versions of all secrets: a token may be in more than one of them, and its grace counts from when
 * the last one was replaced. `admin`: the admin token, which is always in use.
 *
 * @throws what Secrets Manager throws when a secret cannot be described.
 */
export async function survey(turns: readonly Leftovers[], admin: string | undefined): Promise<Survey> {
  const since = new Map<string, number>(admin === undefined ? [] : [[admin, Number.POSITIVE_INFINITY]])
  const tokens = new Map<string, string | undefined>()
  let complete = turns.every(({ state }) => state !== undefined)
  let inUseKnown = complete
  for (const turn of turns) {
    if (!turn.state) continue
    // Before anything is revoked, and after everything that was moved, what was seen at the beginning is too old.
    turn.state = { ...turn.state, description: await turn.versions.describe() }
    const retired = new Map(
      retiredVersions(turn.state).map((version) => [version.versionId, version.since ?? Date.now()]),
    )
    for (const [versionId, labels] of turn.state.description.stages) {
      if (labels.length === 0) continue
      try {
        const version = await turn.versions.read(versionId)
        const token = version && tokenOf(turn, version)
        tokens.set(placeOf(turn.state.arn, versionId), token)
        if (token === undefined) continue
        const until = retired.get(versionId) ?? Number.POSITIVE_INFINITY
        since.set(token, Math.max(since.get(token) ?? 0, until))
      } catch (error) {
        if (!(error instanceof ActionError) || error.code === 'deadline-exceeded') throw error
        complete = false
        inUseKnown &&= retired.has(versionId)
        turn.log.warning(`${turn.rotated.secret.id}: the version ${versionId} cannot be read. ${error.summary}`)
      }
    }
  }
  const [turn] = turns
  if (!turn) throw new TypeError('no secret to look at')
  const inUse = new Set([...since].flatMap(([token, until]) => (until === Number.POSITIVE_INFINITY ? [token] : [])))
  return { since, tokens, complete, inUseKnown, entries: new AccountEntries(turn, inUse) }
}

/**
 * Brings replaced tokens of the secret to their end once their grace is over, and says in the outcome how many, and when
 * the others end. With `dry-run` only counts.
 *
 * @throws `ActionError` `hub-failed` when a token is still accepted after it was revoked, and what the Hub and Secrets
 * Manager throw; after it has gone on with the others.
 */
export async function endRetired(turn: Leftovers, options: EndOptions): Promise<void> {
  const { versions, outcome, state, request } = turn
  if (!state) return
  const failures: unknown[] = []
  const old = retiredVersions(state).filter(({ labels }) => !labels.includes(PREVIOUS))
  const tidy = !request.dryRun && (hasMoved(outcome) || old.length > MANY)
  for (const retired of retiredVersions(state)) {
    try {
      const isOver = await endOne(turn, retired, options)
      // Labels are tidied when the secret is written to anyway: a run that has nothing to rotate writes nothing, unless
      // runs that were cut off have left too many of them.
      if (isOver && tidy && !retired.labels.includes(PREVIOUS)) {
        for (const label of retired.labels.filter(isRetiredLabel))
          await versions.move(label, { from: retired.versionId })
      }
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}

/** True when the token of the version is dead now, or there is none. */
async function endOne(turn: Leftovers, retired: RetiredVersion, { survey, tasksSince }: EndOptions): Promise<boolean> {
  const { request, outcome, log, rotated } = turn
  const { versionId } = retired
  const arn = outcome.arn ?? ''
  if (!survey.tokens.has(placeOf(arn, versionId))) return false
  const token = survey.tokens.get(placeOf(arn, versionId))
  if (token === undefined) return true
  const since = survey.since.get(token) ?? Date.now()
  const endsAt = since + request.graceSeconds * 1000
  if (since !== Number.POSITIVE_INFINITY && Date.now() < endsAt) {
    outcome.previousEndsAt = Math.max(outcome.previousEndsAt ?? 0, endsAt)
    return false
  }
  if (!(await survey.entries.owner(token))) return true
  const keep = (why: string) => {
    log.warning(`${rotated.secret.id}: the token of version ${versionId} was replaced, and was not revoked: ${why}.`)
    return false
  }
  if (since === Number.POSITIVE_INFINITY) {
    return keep('it is in use all the same, in this or another of the `secrets`')
  }
  if (since > tasksSince) {
    return keep(
      'tasks of a service in `ecs-services` may still use it, because they have not all been replaced since; its grace is over',
    )
  }
  // A token that was minted for this secret has its grace here: what was replaced elsewhere does not matter to it.
  const entry = survey.inUseKnown ? await ownEntry(survey, token) : undefined
  const ours = entry && versionOfToken(entry.displayName, arn) !== undefined
  if (!ours && !survey.complete) return keep('a secret that may hold it too could not be read')
  outcome.revoked += 1
  if (request.dryRun) return false
  if (await isUsedAgain(turn, survey, token)) {
    outcome.revoked -= 1
    return false
  }
  await revoke(turn, survey.entries, token, entry, versionId)
  return true
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

/** By its id when the account has it, else by its value; the Hub must then refuse it. */
async function revoke(
  turn: Leftovers,
  entries: AccountEntries,
  token: string,
  entry: AccountToken | undefined,
  versionId: string,
): Promise<void> {
  const { outcome, log, rotated, minter, access } = turn
  if (entry && minter) await minter.remove(entry)
  else await revokeToken(token, access)
  if (await entries.ownerNow(token)) {
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
}

/** Undefined for a value that is no token. */
function tokenOf(turn: Leftovers, version: SecretVersion): string | undefined {
  try {
    return withToken(turn, version).value.token
  } catch (error) {
    if (error instanceof ActionError) return undefined
    throw error
  }
}

/** Tokens for this secret that were there when the run began, and that no version may hold. */
function suspects({ minter, first }: Leftovers): RotatedToken[] {
  if (!minter || !first) return []
  const tokens = minter.firstTokensFor(first.arn)
  const count = (id: string) => tokens.filter(({ versionId }) => versionId === id).length
  // Of two for one version, one was never stored.
  return tokens.filter(({ versionId }) => !isLabelled(first.description, versionId) || count(versionId) > 1)
}

/**
 * Revokes tokens of the account that were made for this secret and that no version holds: a run was killed between
 * minting and storing. Only what was there when the run began, and only after whoever made it had time to store it.
 *
 * @throws what the Hub and Secrets Manager throw.
 */
export async function removeOrphans(turn: Leftovers, survey: Survey): Promise<void> {
  const { minter, outcome, settling, deadline, log, rotated, versions, request, state } = turn
  const found = suspects(turn)
  if (!minter || !state || found.length === 0) return
  // A version that cannot be read may hold any of them.
  const isRead = (id: string) => survey.tokens.has(placeOf(state.arn, id))
  const areRead = (stages: SecretDescription['stages']) =>
    [...stages].every(([id, labels]) => labels.length === 0 || isRead(id))
  if (!survey.inUseKnown || !areRead(state.description.stages)) return
  const what = `the run that minted a token for ${rotated.secret.id}, which may still be at work`
  if (!request.dryRun) for (const { id, createdAt } of found) await settling.settle(id, createdAt, deadline, what)

  const isHeld = await heldBy(survey)
  for (const orphan of found.filter((token) => !isHeld(token))) {
    if (orphan.createdAt === undefined) {
      log.warning(
        `${rotated.secret.id}: "${orphan.displayName}" was left alone: the Hub does not say when it was made.`,
      )
      continue
    }
    // Read before the labels: what is stored between the two is seen to be pending, not taken for one put aside.
    const stored = request.dryRun ? undefined : await versions.read(orphan.versionId)
    const asked = performance.now()
    const { stages } = await versions.describe()
    // Looked at right before it is revoked: a version that was labelled since then may hold it.
    if (!areRead(stages)) return
    if (stored && !isLabelled({ stages }, orphan.versionId)) {
      // It was stored once, and replaced by hand since then: it may be in use for a grace.
      await retire(turn, orphan.versionId)
      continue
    }
    outcome.revoked += 1
    if (request.dryRun) continue
    const removed = performance.now() - asked < DELETE_WITHIN_MS && (await minter.removeOnce(orphan))
    if (removed) {
      log.info(`Hub: revoked "${orphan.displayName}", which a run made that was cut off before it was stored`)
    } else {
      outcome.revoked -= 1
      log.warning(`${rotated.secret.id}: "${orphan.displayName}" is held by no version and could not be revoked now.`)
    }
  }
}

/** What the versions of all secrets hold, whatever version it was minted for. */
async function heldBy({ since, entries }: Survey): Promise<(token: AccountToken) => boolean> {
  const ids = new Set<string>()
  const names = new Set<string>()
  for (const token of since.keys()) {
    const entry = await entries.find(token)
    const name = entry ? undefined : (await entries.owner(token))?.displayName
    if (entry) ids.add(entry.id)
    // Not certain which one it is: none of that name is removed.
    else if (name !== undefined) names.add(name)
  }
  return ({ id, displayName }) => ids.has(id) || names.has(displayName)
}

/** More replaced versions with labels than this, beside the previous one, are none that two rotations in a row leave. */
const MANY = 2

/** How old the look at a secret may be when a token is revoked that it did not show, in milliseconds. */
const DELETE_WITHIN_MS = 3_000

/** True when the version has a label, and so a value that counts. */
function isLabelled({ stages }: Pick<SecretDescription, 'stages'>, versionId: string): boolean {
  return (stages.get(versionId)?.length ?? 0) > 0
}
