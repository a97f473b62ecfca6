/** Opens one invocation: the secret is looked at, and the admin token is read only once it is certain which secret it is. */

import type { AwsCaller } from '../../aws/caller.ts'
import type { SecretArn } from '../../aws/secret-arn.ts'
import { ActionError } from '../../errors/action-error.ts'
import type { NetworkContext } from '../../net/network.ts'
import type { Log, Mask } from '../../text/log.ts'
import { block, code, prose } from '../../text/message.ts'
import { openMinter } from '../account/open-minter.ts'
import { beginSecret, type SharedContext } from '../begin.ts'
import type { FunctionRequest } from '../inputs/parse-function.ts'
import type { Leftovers } from '../leftovers/leftovers.ts'
import type { Outcome } from '../outcome.ts'
import type { RotatedSecret } from '../request.ts'
import { look, type SecretState } from '../secret/look.ts'
import { refuseUnfit } from '../secret/refuse-unfit.ts'
import { Settling } from '../settling.ts'
import { ambiguousEntry, notListed } from './event.ts'

/** What an invocation works with. */
export interface FunctionContext extends NetworkContext {
  request: FunctionRequest
  caller: AwsCaller
  mask: Mask
  log: Log
  /** Receives what is done, as soon as the secret is known; it is filled in on the way. */
  onOutcome: (outcome: Outcome) => void
}

/** What the steps of one invocation share. */
export interface Invocation {
  context: FunctionContext
  /** What its other secrets are read with. */
  shared: SharedContext
  secret: SecretArn
  /** The admin token: a secret. */
  adminToken: string
  turn: Leftovers
  /** The secret as it was when the invocation began. */
  state: SecretState
}

/**
 * The invocation for a secret of the list.
 *
 * @throws `ActionError` `input-invalid` when Secrets Manager finds a different secret by the event's ARN, or by the line
 * that names it, and `rotation-blocked` for one that cannot be written to (then the admin token has not been read);
 * `input-invalid` for the admin secret itself; and what `openMinter` and `look` throw.
 */
export async function openInvocation(
  context: FunctionContext,
  rotated: RotatedSecret,
  secret: SecretArn,
): Promise<Invocation> {
  const { admin, account, org } = context.request
  const settling = new Settling()
  const begin = (one: RotatedSecret) => beginSecret(one, { ...context, minter: undefined, settling })
  const begun = begin(rotated)
  context.onOutcome(begun.outcome)
  const described = await begun.versions.describe()
  if (described.arn !== secret.arn) throw anotherSecret(secret, described.arn)
  const id = ambiguousEntry(secret, context.request)
  if (id !== undefined) {
    const listed = await begin({ ...rotated, secret: { ...rotated.secret, id } }).versions.describe()
    if (listed.arn !== secret.arn) throw notListed(secret, context.request.secrets)
  }
  await refuseUnfit(begun, described)
  const { access } = begun
  const { minter, adminToken, adminArn } = await openMinter({ ...context, admin, account, org, access })
  for (const id of minter.firstIds) settling.see(id)
  const turn: Leftovers = { ...begun, minter }
  const state = await look(turn, { byFunction: true, described })
  if (state.arn === adminArn) throw isTheAdmin(turn)
  turn.first = state
  turn.state = state
  turn.outcome.arn = state.arn
  return { context, shared: { ...context, minter, settling }, secret, adminToken, turn, state }
}

/** What looks like a complete ARN may be the shortened ARN of a secret with a longer name. */
function anotherSecret({ arn }: SecretArn, described: string): ActionError {
  return new ActionError('input-invalid', {
    failed: 'The event’s SecretId is not the complete ARN of a secret.',
    seen: prose`${code('SecretId')} is ${arn}, and Secrets Manager resolves it to ${described}.`,
    expected: 'The same ARN in both places.',
    cause:
      'The six characters at the end of the ARN are missing, and the name itself happens to end in a way that looks like them.',
    fix: prose`Nothing was changed. If this is the secret you mean, send its complete ARN, and list it in ${code('SECRETS')}.`,
  })
}

function isTheAdmin({ rotated }: Leftovers): ActionError {
  const { id, region } = rotated.secret
  return new ActionError('input-invalid', {
    failed: `The secret ${id} is the admin secret, which this function does not rotate.`,
    seen: prose`${code('ADMIN_SECRET_ID')} names the same secret.`,
    expected: 'A secret whose token this function can mint.',
    fix: [
      prose`Nothing was changed. Remove the secret from ${code('SECRETS')}, and cancel its rotation:`,
      block(`aws secretsmanager cancel-rotate-secret --region ${region} --secret-id ${id}`),
    ],
  })
}
