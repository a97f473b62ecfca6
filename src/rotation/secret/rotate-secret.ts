/** One secret of a scheduled run: finishes what is pending, rotates what is due, leaves everything else alone. */
import { ActionError } from '../../errors/action-error.ts'
import { code, prose } from '../../text/message.ts'
import { claim } from './claim.ts'
import { look, type SecretState } from './look.ts'
import { renewIfDue } from './renew.ts'
import { resume } from './resume.ts'
import { noteState, type RoundResult, type Turn } from './turn.ts'

/** How often one run starts over while others keep changing the secret. */
export const MAX_ROUNDS = 4

/**
 * Does what is to be done with the secret, and fills in the turn's outcome.
 *
 * @throws `ActionError` `rotation-blocked`, `rotation-overdue`, and what the Hub and Secrets Manager throw; the outcome
 * then says what was done until it failed.
 */
export async function rotateSecret(turn: Turn): Promise<void> {
  for (let round = 1; ; round += 1) {
    const state = await look(turn)
    noteState(turn, state)
    refuseTaken(turn, state.arn)
    const result = await oneRound(turn, state)
    if (result === 'done') return
    if (result === 'changed' && round >= MAX_ROUNDS) throw turn.failure ?? keptChanging(turn)
    turn.log.debug(`${turn.rotated.secret.id}: the secret may have changed, looking again (round ${round})`)
  }
}

async function oneRound(turn: Turn, state: SecretState): Promise<RoundResult> {
  const { settling, deadline, request, minter, rotated } = turn
  const { pendingId, pending } = state
  if (pendingId === undefined || !pending) return await renewIfDue(turn, state)
  // No run is behind a version that a person stored.
  if (minter && !request.dryRun) {
    const what = `the run that stored version ${pendingId} of ${rotated.secret.id}, which may still be working on it`
    if (await settling.settle(pendingId, pending.createdAt, deadline, what)) return 'waited'
  }
  return await resume(turn, state, pending)
}

/**
 * One secret may be named in several ways, and the admin secret too.
 *
 * @throws `ActionError` `input-invalid`.
 */
function refuseTaken({ taken, rotated, outcome }: Turn, arn: string): void {
  const by = claim(taken, arn, rotated.secret.id)
  if (by === undefined) return
  // Nor are its previous tokens this turn's to revoke.
  outcome.isBlocked = true
  throw new ActionError('input-invalid', {
    failed: `The secret ${rotated.secret.id} is ${by}. It was not changed.`,
    seen: arn,
    expected: 'each secret listed once, and the admin secret not listed',
    cause: 'The same secret is listed both by its name and by its ARN.',
    fix: prose`Remove the line from ${code('secrets')}.`,
  })
}

function keptChanging({ rotated }: Turn): ActionError {
  return new ActionError('rotation-blocked', {
    failed: `The secret ${rotated.secret.id} kept changing while it was being rotated.`,
    seen: `${MAX_ROUNDS} attempts, each interrupted by someone else’s change`,
    expected: 'a secret that only one scheduler rotates',
    cause: 'Several workflows rotate the same secret at the same time.',
    fix: prose`The current version still works. Let one workflow rotate the secret, with ${code('concurrency:')} so that its runs do not overlap, then run it again.`,
  })
}
