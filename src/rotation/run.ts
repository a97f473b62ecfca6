/** A scheduled run: proves who it is, and takes one secret after the other; then services, then what is left over. */
import { openSession } from '../aws/assume-role.ts'
import type { AwsCaller } from '../aws/caller.ts'
import { PREVIOUS, SecretVersions } from '../aws/secret-versions.ts'
import { ActionError } from '../errors/action-error.ts'
import { toActionError } from '../errors/unforeseen.ts'
import { HubClient } from '../hub/client.ts'
import type { Identity } from '../identity/identity.ts'
import { type ProofContext, prove } from '../identity/prove.ts'
import type { Deadline } from '../net/deadline.ts'
import { formatDuration } from '../text/duration.ts'
import { prefixed } from '../text/message.ts'
import { listed } from '../text/printable.ts'
import type { Minter } from './account/minter.ts'
import { type Minting, openMinter } from './account/open-minter.ts'
import type { SecretContext } from './context.ts'
import type { ServiceOutcome } from './deploy.ts'
import { endRetired, hasLeftovers, labelReplaced, removeOrphans, survey } from './leftovers.ts'
import { hasMoved, moves, noOutcome, type Outcome } from './outcome.ts'
import type { RotatedSecret, RotationRequest } from './request.ts'
import { retiredVersions } from './secret/look.ts'
import { rotateSecret } from './secret/rotate-secret.ts'
import type { Turn } from './secret/turn.ts'
import { rotationPolicy } from './session-policy.ts'
import { Settling } from './settling.ts'

/** What a run works with. */
export interface RotationContext extends ProofContext {
  request: RotationRequest
  deadline: Deadline
  /** 0 ≤ x < 1. */
  random?: () => number
}

/** What a run did. */
export interface Rotation {
  /** The role session. */
  caller: string
  secrets: readonly Outcome[]
  services: readonly ServiceOutcome[]
}

/** The longest pause between two secrets that are rotated, in milliseconds. */
const JITTER_MS = 1_000

/**
 * What became of each secret and service: failures of single ones are in it.
 *
 * @throws `ActionError` when nothing could be begun: the codes of `prove` and `openSession`, of reading the admin secret
 * and finding the service account.
 */
export async function rotateAll(context: RotationContext): Promise<Rotation> {
  const { request, log, deadline } = context
  if (request.endpointOverrides.length > 0)
    log.info(`Other endpoints than the services’ own: ${listed(request.endpointOverrides)}`)
  if (request.mode.kind === 'mint' && request.graceSeconds * 1000 < request.timeoutMs) {
    log.warning(
      `\`grace\` is ${formatDuration(request.graceSeconds)}: jobs and tasks that have read the old token lose it at once. That is for emergencies.`,
    )
  }
  const identity = await prove(context)
  const caller = await becomeCaller(context, identity)
  const settling = new Settling()
  const minting = await openMinting(context, caller)
  for (const id of minting?.minter.firstIds ?? []) settling.see(id)

  const turns: Turn[] = []
  const taken = new Map<string, string>(minting ? [[minting.adminArn, 'the admin secret']] : [])
  for (const rotated of request.secrets) {
    const turn = beginTurn(context, rotated, caller, minting?.minter, settling, taken)
    if (turns.some(({ outcome }) => hasMoved(outcome))) {
      // A fleet of secrets must not come upon the Hub all at once.
      await deadline.sleep((context.random ?? Math.random)() * JITTER_MS, 'the next secret').catch(() => {})
    }
    turns.push(turn)
    await guarded(turn, () => rotateSecret(turn))
    if (!turn.outcome.isBlocked) await guarded(turn, () => labelReplaced(turn))
    const { arn, secret } = turn.outcome
    if (arn !== undefined && !taken.has(arn)) taken.set(arn, `in the list already, as ${secret}`)
  }
  const services = await deploy(context, turns, caller)
  await cleanUp(turns, minting?.adminToken, oldestTask(request, services))
  return { caller: caller.name, secrets: turns.map(({ outcome }) => outcome), services }
}

async function becomeCaller(context: RotationContext, identity: Identity): Promise<AwsCaller> {
  const { request } = context
  return await openSession(identity, request, rotationPolicy(request), { ...context, renew: () => prove(context) })
}

/** Undefined when a person brings the new tokens. */
async function openMinting(context: RotationContext, caller: AwsCaller): Promise<Minting | undefined> {
  const { request, http, policy, mask, log } = context
  const { mode, org, hubEndpoint } = request
  if (mode.kind !== 'mint') return undefined
  return await openMinter({ ...mode, org, access: { endpoint: hubEndpoint, http, policy }, caller, mask, log })
}

/** The context of one secret, with an outcome that says so far that nothing was done. */
function beginTurn(
  { request, job, http, policy, mask, log, deadline }: RotationContext,
  rotated: RotatedSecret,
  caller: AwsCaller,
  minter: Minter | undefined,
  settling: Settling,
  taken: ReadonlyMap<string, string>,
): Turn {
  const access = { endpoint: request.hubEndpoint, http, policy }
  const context: SecretContext = {
    rotated,
    request,
    versions: new SecretVersions(rotated.secret, caller, http, policy),
    hub: new HubClient(access, { looksTwice: true }),
    access,
    minter,
    mask,
    log,
    deadline,
  }
  const outcome = noOutcome(rotated.secret.id, rotated.scope)
  return {
    ...context,
    request,
    job,
    settling,
    outcome,
    first: undefined,
    state: undefined,
    made: new Set(),
    taken,
    failure: undefined,
    lastWriteAt: undefined,
  }
}

/** A failure of one secret is noted with it, and the run goes on. */
async function guarded({ outcome, rotated }: Turn, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const failure = toActionError(error)
    const { failed } = failure.explanation
    const { id } = rotated.secret
    const named = failure.summary.includes(id) ? failed : prefixed(`${id}: `, failed)
    outcome.errors.push(new ActionError(failure.code, { ...failure.explanation, failed: named }, failure.cause))
  }
}

/** Only when there is a token that was replaced: else no service can run with one. */
async function deploy(
  { request, http, policy, deadline, log }: RotationContext,
  turns: readonly Turn[],
  caller: AwsCaller,
): Promise<ServiceOutcome[]> {
  const { services, dryRun, waitForServices } = request
  const replaced = turns.some(({ outcome }) => moves(outcome)) ? 'now' : lastReplaced(turns)
  if (services.length === 0 || replaced === undefined) return []
  const [{ EcsServices }, { deployServices }] = await Promise.all([import('../aws/ecs.ts'), import('./deploy.ts')])
  const ecs = new EcsServices(caller, request.region, http, policy)
  return await deployServices({
    ecs,
    services,
    replaced,
    wait: waitForServices,
    dryRun,
    region: request.region,
    deadline,
    log,
  })
}

/** When a token was last replaced; one that was replaced without a word of when counts as replaced now. */
function lastReplaced(turns: readonly Turn[]): number | undefined {
  const times = turns
    .flatMap(({ state }) => (state ? retiredVersions(state) : []))
    .filter(({ labels }) => labels.includes(PREVIOUS))
    .map(({ since }) => since ?? Date.now())
  return times.length > 0 ? Math.max(...times) : undefined
}

/** Ends what is over, of the secrets that could be looked at. */
async function cleanUp(turns: readonly Turn[], admin: string | undefined, tasksSince: number): Promise<void> {
  const [first] = turns
  // What a blocked secret held before is what a person may want to go back to.
  const free = turns.filter(({ outcome }) => !outcome.isBlocked)
  if (!first || !free.some(hasLeftovers)) {
    for (const turn of turns) sayWhatIsRetired(turn)
    return
  }
  await guarded(first, async () => {
    const surveyed = await survey(turns, admin)
    for (const turn of free) {
      await guarded(turn, () => endRetired(turn, { survey: surveyed, tasksSince }))
      await guarded(turn, () => removeOrphans(turn, surveyed))
    }
  })
}

/** Nothing is over: only until when is to be told. */
function sayWhatIsRetired({ state, outcome, request }: Turn): void {
  const times = state ? retiredVersions(state).map(({ since }) => since ?? Date.now()) : []
  if (times.length === 0) return
  outcome.previousEndsAt = Math.max(outcome.previousEndsAt ?? 0, Math.max(...times) + request.graceSeconds * 1000)
}

/** Since when all tasks of the services run at the earliest; whoever sets `grace: 0s` does not wait for them. */
function oldestTask({ graceSeconds }: RotationRequest, services: readonly ServiceOutcome[]): number {
  const failed = services.some(({ action }) => action === 'failed')
  if (graceSeconds === 0 && !failed) return Number.POSITIVE_INFINITY
  return Math.min(...services.map(({ tasksSince }) => tasksSince ?? Number.NEGATIVE_INFINITY))
}
