/** A scheduled run: proves who it is, rotates one secret after the other, redeploys services, removes what is left over. */
import type { AwsToken } from '../aws/assume-role.ts'
import { type AwsCaller, timeOf } from '../aws/caller.ts'
import { reachRole } from '../aws/reach-role.ts'
import { presentsIdToken } from '../aws/request.ts'
import { PREVIOUS } from '../aws/secret-versions.ts'
import type { Identity } from '../identity/identity.ts'
import { type ProofContext, prove } from '../identity/prove.ts'
import { sharedAudienceWarning } from '../inputs/shared-audience.ts'
import type { Deadline } from '../net/deadline.ts'
import { formatDuration } from '../text/duration.ts'
import { listed } from '../text/printable.ts'
import type { Steps } from '../text/steps.ts'
import { type Minting, openMinter } from './account/open-minter.ts'
import { announceServices } from './announce.ts'
import { beginSecret } from './begin.ts'
import type { ServiceOutcome } from './deploy.ts'
import { cleanUp } from './leftovers/clean-up.ts'
import { labelReplaced } from './leftovers/label.ts'
import type { Leftovers } from './leftovers/leftovers.ts'
import { guarded, hasMoved, moves, type Outcome } from './outcome.ts'
import { redeploy } from './redeploy.ts'
import type { RotatedSecret, RotationRequest } from './request.ts'
import { retiredVersions } from './secret/look.ts'
import { rotateSecret } from './secret/rotate-secret.ts'
import type { Turn } from './secret/turn.ts'
import { rotationPolicy } from './session-policy.ts'
import { Settling } from './settling.ts'
import { oldestTask } from './task-age.ts'

/** What a run works with. */
export interface RotationContext extends ProofContext {
  request: RotationRequest
  deadline: Deadline
  steps: Steps
  /** Receives the rotation as soon as there is a role session; it is filled in on the way. */
  onBegun: (rotation: Rotation) => void
  /** What proves the runner's own identity to AWS, masked. */
  awsToken?: AwsToken
  /** 0 ≤ x < 1. */
  random?: () => number
}

/** What a run did. */
export interface Rotation {
  /** The role session. */
  caller: string
  /** The service account that mints; undefined as long as it was not found, or when a person brings the tokens. */
  account?: string | undefined
  secrets: readonly Outcome[]
  services: readonly ServiceOutcome[]
}

interface Begun extends Rotation {
  secrets: Outcome[]
  services: ServiceOutcome[]
}

/** The longest pause between two secrets that are rotated, in milliseconds. */
const JITTER_MS = 1_000

/**
 * What became of each secret and service; failures of single ones are part of it.
 *
 * @throws `ActionError` when nothing could be begun: the codes of `prove` and `reachRole`, of reading the admin secret
 * and finding the service account.
 */
export async function rotateAll(context: RotationContext): Promise<Rotation> {
  const { request, deadline, steps } = context
  sayWhatIsUnusual(context)
  const identity = await steps.time('id-token', () => prove({ ...context, isCheckedLater: presentsIdToken(request) }))
  const caller = await steps.time('aws-session', () => becomeCaller(context, identity))
  const rotation: Begun = { caller: caller.name, account: undefined, secrets: [], services: [] }
  context.onBegun(rotation)
  const announced = announceServices({ ...context, ...request, caller })
  const [minting] = await Promise.all([openMinting(context, caller), announced])
  rotation.account = minting?.minter.accountName
  const run: Run = { context, caller, minting, settling: new Settling(() => timeOf(caller)), taken: new Map() }
  for (const id of minting?.minter.firstIds ?? []) run.settling.see(id)
  if (minting) run.taken.set(minting.adminArn, 'the admin secret')

  const turns: Turn[] = []
  for (const rotated of request.secrets) {
    if (turns.some(({ outcome }) => hasMoved(outcome))) {
      // A fleet of secrets must not reach the Hub all at once.
      await deadline.sleep((context.random ?? Math.random)() * JITTER_MS, 'the next secret').catch(() => {})
    }
    const turn = beginTurn(run, rotated)
    turns.push(turn)
    rotation.secrets.push(turn.outcome)
    await steps.time('rotate', () => takeTurn(run, turn))
  }
  const services = await steps.time('deploy', () => redeployServices(run, turns))
  rotation.services.push(...services)
  const leftovers = { adminToken: minting?.adminToken, tasksSince: oldestTask(request, services) }
  await steps.time('clean-up', () => cleanUp(turns, leftovers))
  return rotation
}

function sayWhatIsUnusual({ request, log }: RotationContext): void {
  if (request.endpointOverrides.length > 0) log.info(`Custom endpoints: ${listed(request.endpointOverrides)}`)
  const shared = sharedAudienceWarning(request)
  if (shared) log.warning(shared)
  if (request.mode.kind === 'mint' && request.graceSeconds * 1000 < request.timeoutMs) {
    log.warning(
      `\`grace\` is ${formatDuration(request.graceSeconds)}, less than \`timeout\`: jobs and tasks that already read the previous token lose access at once. Use such a short \`grace\` in emergencies only.`,
    )
  }
}

async function becomeCaller(context: RotationContext, identity: Identity): Promise<AwsCaller> {
  const { request } = context
  const renew = () => prove({ ...context, isCheckedLater: presentsIdToken(request), isRenewal: true })
  return await reachRole(identity, request, rotationPolicy(request), { ...context, renew })
}

/** Undefined when a person brings the new tokens. */
async function openMinting(context: RotationContext, caller: AwsCaller): Promise<Minting | undefined> {
  const { request, http, policy, mask, log, steps } = context
  const { mode, org, hubEndpoint } = request
  if (mode.kind !== 'mint') return undefined
  const access = { endpoint: hubEndpoint, http, policy }
  return await steps.time('secret', () => openMinter({ ...mode, org, access, caller, mask, log }))
}

/** What the secrets of a run share. */
interface Run {
  context: RotationContext
  caller: AwsCaller
  minting: Minting | undefined
  settling: Settling
  /** By ARN: what a secret is already, so that no turn takes it again. */
  taken: Map<string, string>
}

/** The turn of one secret, before anything was done. */
function beginTurn({ context, caller, minting, settling, taken }: Run, rotated: RotatedSecret): Turn {
  const { request, job } = context
  return {
    ...beginSecret(rotated, { ...context, caller, minter: minting?.minter, settling }),
    request,
    job,
    made: new Set(),
    taken,
    failure: undefined,
    lastWriteAt: undefined,
  }
}

/** Rotates one secret if it is due. Failures are in its outcome. */
async function takeTurn({ taken }: Run, turn: Turn): Promise<void> {
  const { outcome } = turn
  await guarded(outcome, () => rotateSecret(turn))
  // As long as nobody knows what the current token is, what it took the place of may be what a person wants back.
  if (outcome.errors.length > 0 && outcome.before === undefined) outcome.isBlocked = true
  if (!outcome.isBlocked) await guarded(outcome, () => labelReplaced(turn))
  const { arn, secret } = outcome
  if (arn !== undefined && !taken.has(arn)) taken.set(arn, `already listed as ${secret}`)
}

/** Only after a replacement: without one, no service can run with a previous token. */
async function redeployServices({ context, caller }: Run, turns: readonly Turn[]): Promise<ServiceOutcome[]> {
  const { services, dryRun, waitForServices: wait, region } = context.request
  const replaced = turns.some(({ outcome }) => moves(outcome)) ? 'now' : lastReplaced(turns, timeOf(caller))
  if (replaced === undefined) return []
  return await redeploy({ ...context, caller, services, replaced, wait, dryRun, region })
}

/** When a token was last replaced, in milliseconds since the epoch; one without a label counts as replaced now. */
function lastReplaced(turns: readonly Leftovers[], now: number): number | undefined {
  const times = turns
    .flatMap(({ state, outcome }) => {
      const retired = state ? retiredVersions(state) : []
      // The grace of what a blocked secret held before does not begin: no new tasks are needed for it.
      return outcome.isBlocked ? retired.filter(({ since }) => since !== undefined) : retired
    })
    .filter(({ labels }) => labels.includes(PREVIOUS))
    .map(({ since }) => since ?? now)
  return times.length > 0 ? Math.max(...times) : undefined
}
