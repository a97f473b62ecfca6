/** Removes what is left over in the secret of an invocation, with an eye on the function's other secrets. */
import { namesSecret } from '../../aws/secret-arn.ts'
import { ActionError } from '../../errors/action-error.ts'
import { beginSecret } from '../begin.ts'
import { hasLeftovers, type Leftovers } from '../leftovers/leftovers.ts'
import { revokePrevious } from '../leftovers/revoke-previous.ts'
import { survey } from '../leftovers/survey.ts'
import { sweepUnheld } from '../leftovers/sweep.ts'
import type { RotatedSecret } from '../request.ts'
import { look, type SecretState } from '../secret/look.ts'
import type { Invocation } from './invocation.ts'

/**
 * Revokes previous tokens whose grace has expired, and tokens that no version holds, unless a version is pending.
 * `tasksSince`: the time before which no task of the services was created; asked only when something may have to go.
 *
 * @throws what `survey`, `revokePrevious` and `sweepUnheld` throw.
 */
export async function cleanUp(
  invocation: Invocation,
  { pending }: Pick<SecretState, 'pending'>,
  tasksSince: () => Promise<number>,
): Promise<void> {
  const { context, turn, secret, adminToken } = invocation
  // A pending value is about to be used, whatever it is.
  if (pending || !hasLeftovers(turn)) return
  const others = context.request.secrets.filter((other) => !namesSecret(other.secret.id, secret))
  const turns = [turn, ...(await Promise.all(others.map((other) => lookAt(invocation, other))))]
  const since = await tasksSince()
  const surveyed = await survey(turns, adminToken)
  await revokePrevious(turn, { survey: surveyed, tasksSince: since })
  await sweepUnheld(turn, surveyed)
}

/** Another secret of this function; without a state when it cannot be read. */
async function lookAt({ shared }: Invocation, rotated: RotatedSecret): Promise<Leftovers> {
  const other = beginSecret(rotated, shared)
  try {
    return { ...other, state: await look(other, { byFunction: true }) }
  } catch (error) {
    if (error instanceof ActionError) return other
    throw error
  }
}
