/** A run with `mode: report`: proves who it is, gathers, judges. Nothing is written anywhere. */
import { timeOf } from '../../aws/caller.ts'
import { presentsIdToken } from '../../aws/request.ts'
import { ActionError } from '../../errors/action-error.ts'
import { prove } from '../../identity/prove.ts'
import { sharedAudienceWarning } from '../../inputs/shared-audience.ts'
import { formatDuration } from '../../text/duration.ts'
import { listed } from '../../text/printable.ts'
import type { ReportMode } from '../request.ts'
import { firstNeed, type RotationContext, sessionsFor } from '../run.ts'
import { gather } from './gather.ts'
import type { Inventory } from './inventory.ts'
import { judge } from './judge.ts'

/**
 * The inventory.
 *
 * @throws `ActionError` when nothing could be begun: the codes of `prove` and `reachRole`. What fails later is part of it.
 */
export async function takeInventory(context: RotationContext, mode: ReportMode): Promise<Inventory> {
  const { request, steps, log } = context
  if (request.endpointOverrides.length > 0) log.info(`Custom endpoints: ${listed(request.endpointOverrides)}`)
  const shared = sharedAudienceWarning(request)
  if (shared) log.warning(shared)
  if (mode.failOn.includes('unused') && mode.unusedAfterSeconds >= request.maxAgeSeconds) {
    log.warning(
      `\`unused-after\` (${formatDuration(mode.unusedAfterSeconds)}) is not shorter than \`max-age\` (${formatDuration(request.maxAgeSeconds)}): a token that is replaced in time is never that old, so it is never found to be unused.`,
    )
  }
  const proof = () => prove({ ...context, isCheckedLater: presentsIdToken(request) })
  const identity = await steps.time('id-token', proof)
  const sessions = sessionsFor(context, identity)
  const caller = await steps.time('aws-session', () => sessions.of(firstNeed(request)))
  const begun = { caller: caller.name, account: undefined, secrets: [], services: [] }
  context.onBegun(begun)
  const facts = await steps.time('secret', () =>
    gather({ ...context, ...request, listing: mode.listing, callerFor: (need) => sessions.of(need) }),
  )
  const inventory = judge(facts, { ...request, ...mode }, timeOf(caller))
  if (inventory.account && !(inventory.account instanceof ActionError)) {
    context.onBegun({ ...begun, account: inventory.account.name })
  }
  return inventory
}
