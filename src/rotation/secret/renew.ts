/** Replaces the current token if it is due: mints a token, has it confirmed, and makes it current. */
import { PENDING } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import { toActionError } from '../../errors/unforeseen.ts'
import type { Job } from '../../identity/job.ts'
import { formatDuration } from '../../text/duration.ts'
import { code, prose } from '../../text/message.ts'
import type { NewToken } from '../account/minter.ts'
import { labelUnlabelled } from '../leftovers/label.ts'
import { versionId } from '../names.ts'
import { beginOwnWork, type OwnWork } from '../settling.ts'
import { confirm, isAccounts } from './confirm.ts'
import { discard } from './discard.ts'
import { ageOf, type DueNote, judgeDue } from './due.ts'
import { isFinal } from './final-verdict.ts'
import { judgeReplacement, noteReplacement, warnIfBlockedLater } from './judge-replacement.ts'
import { look, type SecretState } from './look.ts'
import type { Replacement } from './replacement.ts'
import { type Standing, standingOf } from './standing.ts'
import { type ConfirmedToken, createPending, finishPending, mintedAs, retire, setPending } from './steps.ts'
import { end, endWith, noteState, type RoundResult, type Turn } from './turn.ts'

/** Source: Secrets Manager user guide, quotas: no more than one PutSecretValue in ten minutes. */
export const WRITE_INTERVAL_MS = 600_000
/** The same in words. */
const WRITE_INTERVAL = `${WRITE_INTERVAL_MS / 60_000} minutes`
/** How long to wait after minting or storing was slow, in milliseconds: longer than a call of another run can take. */
const SLOW_MS = 20_000

/**
 * Replaces the current token if it is due.
 *
 * @throws what `rotateSecret` throws.
 */
export async function renewIfDue(turn: Turn, state: SecretState): Promise<RoundResult> {
  const { request, minter, outcome } = turn
  const age = await ageOf(turn, state.arn, state.current)
  outcome.createdAt = age.createdAt
  outcome.dueAt = age.dueAt
  const replacement: Replacement = minter ? { kind: 'minted' } : { kind: 'missing' }
  const seen = age.standing ?? (request.dryRun ? await standingOf(turn, state) : undefined)
  if (seen) noteReplacement(turn, seen, replacement)
  const judged = judgeDue(turn, age, turn.now())
  if (!judged.due) {
    if (seen) warnIfBlockedLater(turn, seen, replacement)
    return end(turn, judged.action, judged.note)
  }
  const standing = seen ?? (await standingOf(turn, state))
  judgeReplacement(turn, standing, replacement)
  if (request.dryRun) {
    // A repository that the admin token cannot see would fail the rotation.
    await minter?.rightsToMint(turn.rotated)
    return end(turn, 'would-rotate', judged.note.before)
  }
  const heldBackMs = (turn.lastWriteAt ?? 0) + WRITE_INTERVAL_MS - turn.now()
  if (!request.force && heldBackMs > 0) return holdBack(turn, standing, judged.note, heldBackMs)
  return await renew(turn, state, standing, judged.note)
}

/**
 * Leaves a token that is due as it is until the secret may be written to again.
 *
 * @throws `ActionError` why the pending version could not be used, or `token-rejected`, `token-expired`: a run that could
 * not do its work has failed, and so has one that leaves readers with a token that does not work.
 */
function holdBack(turn: Turn, standing: Standing, note: DueNote, leftMs: number): RoundResult {
  if (turn.failure) throw turn.failure
  const when = formatDuration(Math.ceil(leftMs / 1000))
  if (standing.kind === 'dead') {
    const { code: errorCode, explanation } = standing.refusal
    throw new ActionError(errorCode, {
      ...explanation,
      cause: `The current token no longer works, and it was not replaced, because the secret was last changed less than ${WRITE_INTERVAL} ago.`,
      fix: prose`Everything that reads the secret gets a token that does not work. Run this workflow again now with ${code('force: true')}, or without it in ${when}.`,
    })
  }
  return end(
    turn,
    'held-back',
    `${note.before}, but the secret was last changed less than ${WRITE_INTERVAL} ago; it can be rotated in ${when}, or at once with force: true`,
  )
}

/** Makes a new token current. `standing`: the current token, which was judged against what is about to be minted. */
async function renew(turn: Turn, state: SecretState, standing: Standing, note: DueNote): Promise<RoundResult> {
  const { job, log, rotated, deadline } = turn
  const id = unusedVersionId(job, state, turn.made)
  turn.made.add(id)
  log.info(`${rotated.secret.id}: ${note.before}; rotating`)
  const work = beginOwnWork()
  const created = await createPending(turn, state.arn, id, state.current)
  if (created.kind === 'taken') return 'changed'
  if (!work.isOurs()) {
    // Another run may take the token for a leftover by now: the version is looked at again, like anyone's.
    await deadline.sleep(
      SLOW_MS,
      `any run that may have taken the pending version of ${rotated.secret.id} for a leftover`,
    )
    return 'changed'
  }
  turn.lastWriteAt = turn.now()
  await setPending()
  return await confirmAndFinish(turn, state, { id, token: created.token, work, standing, note })
}

/** A version that this run has stored, and why. */
interface NewVersion {
  id: string
  token: NewToken
  work: OwnWork
  standing: Standing
  note: DueNote
}

async function confirmAndFinish(turn: Turn, state: SecretState, version: NewVersion): Promise<RoundResult> {
  const { outcome } = turn
  const { id, note } = version
  const confirmed = await confirmMinted(turn, version).catch(async (error: unknown) => {
    if (!(error instanceof ActionError) || !(isFinal(error) || outcome.isBlocked)) throw error
    await undo(turn, version).catch((failure: unknown) => warnOfUnfinished(turn, failure))
    throw error
  })
  await labelUnlabelled(turn, state)
  const finish = await finishPending(turn, id, state.current?.versionId)
  if (finish !== 'finished') {
    // A refused move may take effect after all: then its token must not be revoked.
    const cleanUp = finish === 'refused' ? retire(turn, id) : undo(turn, version)
    await cleanUp.catch((failure: unknown) => warnOfUnfinished(turn, failure))
    const now = await look(turn)
    noteState(turn, now)
    return end(turn, 'overtaken', whoWasFaster(state, now))
  }
  const createdAt = confirmed.whoami.createdAt ?? turn.now()
  return await endWith(turn, state, { versionId: id, createdAt, action: 'rotated', note: note.after })
}

/** Only what the labels show. */
function whoWasFaster(before: SecretState, now: SecretState): string {
  return before.current?.versionId === now.current?.versionId
    ? `another run, or a person, removed the label ${PENDING} from the new version`
    : 'another run, or a person, made a different version current first'
}

/** The minted token may have fewer rights than were requested, and its account may have a lower role. */
async function confirmMinted(turn: Turn, { id, token, standing }: NewVersion): Promise<ConfirmedToken> {
  const followsItsOwn = isAccounts(turn, standing)
  const confirmed = await confirm(turn, { versionId: id, statement: mintedAs(token), followsItsOwn })
  // With `narrow=true`, the warning was given before.
  if (!turn.rotated.narrow) judgeReplacement(turn, standing, { kind: 'pending', who: confirmed.whoami, ours: true })
  return confirmed
}

/** Takes the pending label away, and revokes the token if this run still may; else its grace begins. */
async function undo(turn: Turn, { id, token, work }: NewVersion): Promise<void> {
  await turn.versions.move(PENDING, { from: id })
  const isRevoked = work.isOurs() && (await discard(turn, id, token, work.isOurs))
  if (!isRevoked) await retire(turn, id)
}

function warnOfUnfinished({ log, rotated }: Turn, error: unknown): void {
  const { code: errorCode, summary } = toActionError(error)
  log.warning(
    `${rotated.secret.id}: the new version did not become current and could not be cleaned up. The next run will clean it up. [${errorCode}] ${summary}`,
  )
}

/** The first id of this run that no version has. */
function unusedVersionId(job: Job, { arn, description }: SecretState, made: ReadonlySet<string>): string {
  for (let count = 0; ; count += 1) {
    const id = versionId(job, arn, count)
    if (!description.stages.has(id) && !made.has(id)) return id
  }
}
