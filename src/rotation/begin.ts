/** Begins with one secret: its clients, and an outcome that says that nothing was done yet. */
import { type AwsCaller, timeOf } from '../aws/caller.ts'
import { SecretVersions } from '../aws/secret-versions.ts'
import { HubClient } from '../hub/client.ts'
import { CallCount } from '../net/calls-made.ts'
import type { NetworkContext } from '../net/network.ts'
import type { Log, Mask } from '../text/log.ts'
import type { Minter } from './account/minter.ts'
import type { Leftovers } from './leftovers/leftovers.ts'
import { noOutcome } from './outcome.ts'
import type { RotatedSecret, StepsRequest } from './request.ts'
import type { Settling } from './settling.ts'

/** What all secrets of one run or invocation have in common. */
export interface SharedContext extends NetworkContext {
  request: StepsRequest
  caller: AwsCaller
  /** Undefined when a person brings the new tokens. */
  minter: Minter | undefined
  settling: Settling
  mask: Mask
  log: Log
}

/** The context of one secret that nobody has looked at yet. */
export function beginSecret(rotated: RotatedSecret, shared: SharedContext): Leftovers {
  const { request, caller, http, deadline, minter, settling, mask, log } = shared
  // Each secret is a path of its own: what one of them used up must not stop the next. It is asked about again after
  // each change.
  const policy = { ...shared.policy, calls: new CallCount('failures') }
  const outcome = noOutcome(rotated.secret.id, rotated.scope)
  const access = { endpoint: request.hubEndpoint, http, policy }
  return {
    rotated,
    request,
    versions: new SecretVersions(rotated.secret, caller, http, policy),
    hub: new HubClient(access, { looksTwice: true }),
    access,
    minter,
    mask,
    log,
    deadline,
    now: () => timeOf(caller),
    settling,
    outcome,
    noteToken: (token) => {
      outcome.token = token
    },
    first: undefined,
    state: undefined,
  }
}
