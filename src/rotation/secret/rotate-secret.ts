/** One secret of a scheduled run: takes up what is pending, rotates what is due, leaves the rest alone. */
import { PENDING, type SecretVersion } from '../../aws/secret-versions.ts'
import { ActionError, type ErrorCode } from '../../errors/action-error.ts'
import type { Job } from '../../identity/job.ts'
import { formatDuration } from '../../text/duration.ts'
import { block } from '../../text/message.ts'
import type { Leftovers } from '../leftovers.ts'
import { versionId } from '../names/version-id.ts'
import type { Action } from '../outcome.ts'
import type { RotationRequest } from '../request.ts'
import { ownWork } from '../settling.ts'
import { ageOf, judgeDue, promotionFix } from './due.ts'
import { judgeReplacement, noteReplacement, type Replacement, warnIfBlockedLater } from './judge-replacement.ts'
import { look, type SecretState, shapeOf, type TokenVersion, withToken } from './look.ts'
import { type Standing, standingOf } from './standing.ts'
import { type ConfirmedToken, createPending, discard, finishPending, retire, setPending, testPending } from './steps.ts'
import { sameButToken } from './value.ts'

/** One secret of a run. */
export interface Turn extends Leftovers {
  request: RotationRequest
  job: Job
  /** Versions that this run has made. */
  made: Set<string>
  /** ARNs of secrets that are not this turn's, and what they are. */
  taken: ReadonlyMap<string, string>
  /** What could not be done, when the secret was looked at again after it. */
  failure: ActionError | undefined
  /** When the secret was last written to, as far as is known, in milliseconds since the epoch. */
  lastWriteAt: number | undefined
}

/** How often one run begins anew, when others keep changing the secret under its hands. */
export const MAX_ROUNDS = 4
/** Source: Secrets Manager user guide, quotas: no more than one PutSecretValue in ten minutes. */
export const WRITE_INTERVAL_MS = 600_000
/** How much later than the secret its first version may be created, in milliseconds. */
const CREATION_MS = 2_000

/** Verdicts that another look at the same token will not change; its use is over. */
const USELESS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'token-malformed',
  'secret-malformed',
  'token-rejected',
  'token-expired',
  'token-expiring',
  'token-wrong-org',
  'token-over-scoped',
  'token-under-scoped',
  'token-revoked-by-org',
])
/** After too slow a beginning, in milliseconds: longer than a call of another run may be on its way. */
const SLOW_MS = 20_000

/** What to say when the current token is dead, and may not be replaced yet. */
const UNUSABLE = (why: string) => ({
  cause: `${why}.`,
  fix: 'Readers get a token that does not work: run this workflow again with `force: true`, or after the ten minutes.',
})

const DEAD: ReadonlySet<ErrorCode> = new Set<ErrorCode>(['token-rejected', 'token-expired'])

/**
 * Does what is to be done with the secret, and fills in the turn's outcome.
 *
 * @throws `ActionError` `rotation-blocked`, `rotation-overdue`, and what the Hub and Secrets Manager throw; the outcome
 * then says what was done until it failed.
 */
export async function rotateSecret(turn: Turn): Promise<void> {
  for (let round = 1; ; round += 1) {
    const state = await look(turn)
    remember(turn, state)
    refuseTaken(turn, state.arn)
    if (await oneRound(turn, state, round >= MAX_ROUNDS)) return
    turn.log.debug(`${turn.rotated.secret.id}: changed meanwhile, looking again (round ${round})`)
  }
}

function remember(turn: Turn, state: SecretState): void {
  const { outcome, request } = turn
  turn.first ??= state
  turn.state = state
  outcome.arn = state.arn
  outcome.versionId = state.current?.versionId
  outcome.createdAt = state.current?.createdAt
  outcome.dueAt = due(outcome.createdAt, request)
  const writes = [turn.lastWriteAt, state.current?.createdAt, state.pending?.createdAt]
  // The value that the secret was created with was no update of it.
  const { stages, createdAt = 0 } = state.description
  const firstWrite = stages.size > 1 ? 0 : createdAt + CREATION_MS
  const known = writes.filter((time) => time !== undefined && time > firstWrite)
  turn.lastWriteAt = known.length > 0 ? Math.max(...known.map(Number)) : undefined
}

/** False when the secret must be looked at again. */
async function oneRound(turn: Turn, state: SecretState, last: boolean): Promise<boolean> {
  const { settling, deadline, request, minter, rotated } = turn
  if (state.pendingId === undefined || !state.pending) return await renewIfDue(turn, state, last)
  const { pendingId, pending } = state
  const what = `the run that stored version ${pendingId} of ${rotated.secret.id}, which may still be at work`
  // A person's version has no run behind it.
  if (minter && !request.dryRun && (await settling.settle(pendingId, pending.createdAt, deadline, what))) return false
  return await resume(turn, state, pendingId, pending, last)
}

/** Replaces the current token if it is due; false when the secret must be looked at again. */
async function renewIfDue(turn: Turn, state: SecretState, last: boolean): Promise<boolean> {
  const { request, minter, outcome } = turn
  const age = await ageOf(turn, state.arn, state.current)
  outcome.createdAt = age.createdAt
  outcome.dueAt = age.dueAt
  const replacement: Replacement = minter ? { kind: 'minted' } : { kind: 'missing' }
  const seen = age.standing ?? (request.dryRun ? await standingOf(turn, state.current) : undefined)
  if (seen) noteReplacement(turn, seen, replacement)
  const judged = judgeDue(turn, age, Date.now())
  if (!judged.due) {
    if (seen) warnIfBlockedLater(turn, seen, replacement)
    return end(turn, judged.action, judged.note)
  }
  const standing = seen ?? (await standingOf(turn, state.current))
  judgeReplacement(turn, standing, replacement)
  if (request.dryRun) return end(turn, 'would-rotate', judged.note)
  const heldBackMs = (turn.lastWriteAt ?? 0) + WRITE_INTERVAL_MS - Date.now()
  if (!request.force && heldBackMs > 0) {
    const when = formatDuration(Math.ceil(heldBackMs / 1000))
    const why = `${judged.note}, but the secret was written to less than ten minutes ago: not for another ${when}, unless with \`force\``
    // A run that could not do its work is not a good one, and readers without a token are not to wait unnoticed.
    if (turn.failure) throw turn.failure
    if (standing.kind === 'dead') {
      const { code, explanation } = standing.refusal
      throw new ActionError(code, { ...explanation, ...UNUSABLE(why) })
    }
    return end(turn, 'held-back', why)
  }
  return await renew(turn, state, { standing, why: judged.note, last })
}

interface Renewal {
  /** The current token, which was judged against what is to be minted. */
  standing: Standing
  why: string
  last: boolean
}

/** Makes a new token current; false when the secret must be looked at again. */
async function renew(turn: Turn, state: SecretState, { standing, why, last }: Renewal): Promise<boolean> {
  const { job, outcome, log, rotated, versions } = turn
  const id = unusedVersionId(job, state, turn.made)
  turn.made.add(id)
  log.info(`${rotated.secret.id}: ${why}; rotating`)
  const work = ownWork()
  const created = await createPending(turn, state.arn, id, state.current)
  // Too slow, and another run may have taken the token for one that nobody stores: then it is looked at like anybody's.
  if (created.kind === 'taken') return again(turn, last)
  if (!work.isOurs()) {
    await turn.deadline.sleep(
      SLOW_MS,
      `whoever may have taken the pending version of ${rotated.secret.id} for a leftover`,
    )
    return again(turn, last)
  }
  turn.lastWriteAt = Date.now()

  const takeBack = async () => {
    await versions.move(PENDING, { from: id })
    if (!work.isOurs() || !(await discard(turn, id, created.token, work.isOurs))) await retire(turn, id)
  }
  await setPending()
  const confirmed = await confirmMinted(turn, id, standing).catch(async (error: unknown) => {
    if (!(error instanceof ActionError) || !(USELESS.has(error.code) || outcome.isBlocked)) throw error
    await takeBack().catch((failure: unknown) => warnOf(turn, failure))
    throw error
  })
  const finish = await finishPending(turn, id, state.current?.versionId)
  if (finish !== 'finished') {
    // What was tried may have been done after all: then its token must not be revoked.
    const undo = finish === 'refused' ? retire(turn, id) : takeBack()
    await undo.catch((failure: unknown) => warnOf(turn, failure))
    remember(turn, await look(turn))
    return end(turn, 'overtaken', 'another run, or a person, made another version current meanwhile')
  }
  outcome.createdAt = confirmed.createdAt ?? Date.now()
  await finished(turn, state, id, 'rotated', why)
  return true
}

/** What was minted may be less than what was asked for, and its account may be allowed less. */
async function confirmMinted(turn: Turn, id: string, standing: Standing): Promise<ConfirmedToken> {
  const confirmed = await testPending(turn, id)
  // With `narrow=true` it was warned of before.
  if (!turn.rotated.narrow) judgeReplacement(turn, standing, { kind: 'pending', who: confirmed.whoami, ours: true })
  return confirmed
}

/** Finishes what an earlier run, or a person, has left pending; false when the secret must be looked at again. */
async function resume(
  turn: Turn,
  state: SecretState,
  pendingId: string,
  pending: SecretVersion,
  last: boolean,
): Promise<boolean> {
  const { minter, rotated, versions, log, outcome, request } = turn
  log.info(`${rotated.secret.id}: version ${pendingId} is pending; taking it up`)
  const standing = await standingOf(turn, state.current)
  // Another organization's token blocks it whatever is pending; with `narrow=true` it is warned of once, further below.
  if (rotated.narrow) noteReplacement(turn, standing, { kind: 'unconfirmed' })
  else judgeReplacement(turn, standing, { kind: 'unconfirmed' })
  const ours = minter ? (await minter.tokensFor(state.arn)).some((token) => token.versionId === pendingId) : false
  try {
    const withIt = withToken(turn, pending)
    const confirmed = await testPending(turn, pendingId)
    if (state.current) compare(turn, state.current, withIt, ours)
    judgeReplacement(turn, standing, { kind: 'pending', who: confirmed.whoami, ours })
    if (request.dryRun) return end(turn, 'would-promote', `version ${pendingId} is pending, and was confirmed`)
    const finish = await finishPending(turn, pendingId, state.current?.versionId)
    if (finish !== 'finished') return again(turn, last)
    outcome.createdAt = confirmed.createdAt ?? pending.createdAt
    await finished(turn, state, pendingId, 'promoted', 'the pending version was confirmed')
    return true
  } catch (error) {
    if (!(error instanceof ActionError) || !(USELESS.has(error.code) || error instanceof Unfit)) throw error
    // A person's version is that person's to replace.
    if (!minter || !(ours || DEAD.has(error.code))) throw blocked(turn, pendingId, error)
    // Only the Hub's own "no such token" takes a version out of a person's hands.
    if (DEAD.has(error.code) && !ours && (await turn.hub.owner(tokenOf(turn, pending)))) throw error
    const useless = `${rotated.secret.id}: the pending version cannot be used (${error.code})`
    if (request.dryRun) {
      log.info(`${useless}; a run without \`dry-run\` puts it aside`)
      return await renewIfDue(turn, state, last)
    }
    turn.failure = error
    log.info(`${useless}; putting it aside`)
    await versions.move(PENDING, { from: pendingId })
    if (!DEAD.has(error.code)) await retire(turn, pendingId)
    return again(turn, last)
  }
}

/** Everything that follows once a version is current: only now does the old token's end begin. */
async function finished(turn: Turn, { current }: SecretState, id: string, action: Action, why: string): Promise<void> {
  const { outcome, request } = turn
  outcome.versionId = id
  outcome.previousVersionId = current?.versionId
  outcome.dueAt = due(outcome.createdAt, request)
  end(turn, action, why.replace('the current token is', 'the old token was'))
  if (!current) return
  await retire(turn, current.versionId)
  outcome.previousEndsAt = Date.now() + request.graceSeconds * 1000
}

/** A pending version that works, and must not become current all the same. */
class Unfit extends ActionError {}

/** What consumers read beside the token must survive. */
function compare({ rotated }: Turn, current: TokenVersion, pending: TokenVersion, ours: boolean): void {
  const unfit = (seen: string, expected: string, cause: string) =>
    new Unfit('rotation-blocked', {
      failed: `The pending version of ${rotated.secret.id} must not become the current one.`,
      seen,
      expected,
      cause,
      fix: 'Store the pending version anew.',
    })
  if (pending.value.token === current.value.token) {
    throw unfit('the token of the current version', 'a new token', 'the old token was stored again.')
  }
  if (pending.value.isObject !== current.value.isObject) {
    const form = (isObject: boolean) => (isObject ? 'a JSON object' : 'a plain string')
    throw unfit(form(pending.value.isObject), form(current.value.isObject), 'it was stored in another form.')
  }
  const missing = current.value.otherKeys.filter((key) => !pending.value.otherKeys.includes(key))
  if (missing.length > 0) {
    throw unfit(
      `${missing.length} of the secret’s other keys ${missing.length === 1 ? 'is' : 'are'} missing in it`,
      `the other keys of the current version, ${current.value.otherKeys.length} in number`,
      'only the token was stored, and others read these keys.',
    )
  }
  if (current.createdAt !== undefined && pending.createdAt !== undefined && pending.createdAt < current.createdAt) {
    throw unfit(
      `stored on ${new Date(pending.createdAt).toISOString()}, before the current version`,
      'a version that is newer than the current one',
      'the secret was changed after it was stored; it would bring back what was there before.',
    )
  }
  // What a run made is the current value of its time with another token; something else was changed since then.
  if (ours && !sameButToken(current.value, pending.value)) {
    throw unfit('another value beside the token', 'the current one', 'the secret was changed after it was stored.')
  }
}

function blocked({ rotated, minter, request, state }: Turn, pendingId: string, error: ActionError): ActionError {
  const { id, region } = rotated.secret
  const remove = `aws secretsmanager update-secret-version-stage --region ${region} --secret-id ${id} --version-stage ${PENDING} --remove-from-version-id ${pendingId}`
  const fix = minter
    ? `This version was not made by a rotation with this service account. If nobody needs it, take it out of the way; then the next run mints a token:
${remove}`
    : [
        ...promotionFix({ request, rotated }, shapeOf(state?.current)),
        'Or, to keep the current token, take the pending version away:',
        block(remove),
      ]
  return new ActionError(error.code, {
    ...error.explanation,
    failed: `${error.summary} (The pending version ${pendingId} of ${id}; the current one is as it was.)`,
    fix,
  })
}

/** The token of a pending version that was read. */
function tokenOf(turn: Turn, pending: SecretVersion): string {
  return withToken(turn, pending).value.token
}

/**
 * One secret may be named in several ways, and the admin secret too.
 *
 * @throws `ActionError` `input-invalid`.
 */
function refuseTaken({ taken, rotated }: Turn, arn: string): void {
  const by = taken.get(arn)
  if (by === undefined || by === rotated.secret.id) return
  throw new ActionError('input-invalid', {
    failed: `The secret ${rotated.secret.id} is ${by}; it was not touched.`,
    seen: arn,
    expected: 'each secret once, and the admin secret not among them',
    cause: 'one secret is named in two ways, by its name and by its ARN.',
    fix: 'Take the line out of `secrets`.',
  })
}

/** Begin anew, unless it has been tried often enough. */
function again(turn: Turn, last: boolean): false {
  const { rotated } = turn
  if (!last) return false
  if (turn.failure) throw turn.failure
  throw new ActionError('rotation-blocked', {
    failed: `The secret ${rotated.secret.id} kept changing while it was being rotated; its current version is not harmed.`,
    seen: `${MAX_ROUNDS} attempts, each of them crossed by somebody else`,
    expected: 'one scheduler for a secret',
    cause: 'several workflows rotate the same secret at the same time.',
    fix: 'Let one workflow rotate it, with `concurrency:` so that its runs do not overlap; then run it again.',
  })
}

/** The first id of this run that no version has. */
function unusedVersionId(job: Job, { arn, description }: SecretState, made: ReadonlySet<string>): string {
  for (let count = 0; ; count += 1) {
    const id = versionId(job, arn, count)
    if (!description.stages.has(id) && !made.has(id)) return id
  }
}

function due(createdAt: number | undefined, { maxAgeSeconds }: RotationRequest): number | undefined {
  return createdAt === undefined ? undefined : createdAt + maxAgeSeconds * 1000
}

function end({ outcome }: Turn, action: Action, why: string): true {
  outcome.action = action
  outcome.note = why
  return true
}

function warnOf({ log, rotated }: Turn, error: unknown): void {
  const reason = error instanceof Error ? error.message.split('\n')[0] : 'an error'
  log.warning(`${rotated.secret.id}: what was made could not be taken back; the next run does. ${reason}`)
}
