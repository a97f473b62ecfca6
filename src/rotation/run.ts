/** A scheduled run: proves who it is, rotates a few secrets at a time, redeploys services, removes what is left over. */
import type { AwsToken } from '../aws/assume-role.ts'
import { type AwsCaller, timeOf } from '../aws/caller.ts'
import type { EcsService } from '../aws/ecs-service.ts'
import { reachRole } from '../aws/reach-role.ts'
import { presentsIdToken } from '../aws/request.ts'
import { PREVIOUS } from '../aws/secret-versions.ts'
import { toActionError } from '../errors/unforeseen.ts'
import type { Identity } from '../identity/identity.ts'
import { type ProofContext, prove } from '../identity/prove.ts'
import { sharedAudienceWarning } from '../inputs/shared-audience.ts'
import { CallCount } from '../net/calls-made.ts'
import type { Deadline } from '../net/deadline.ts'
import { inPool } from '../net/pool.ts'
import { formatDuration } from '../text/duration.ts'
import { listed } from '../text/printable.ts'
import type { Steps } from '../text/steps.ts'
import { type Minting, openMinter } from './account/open-minter.ts'
import { announceServices } from './announce.ts'
import { beginSecret } from './begin.ts'
import type { ServiceOutcome } from './deploy.ts'
import { lanesOf, type Placed } from './lanes.ts'
import { LastingProof } from './lasting-proof.ts'
import { cleanUp } from './leftovers/clean-up.ts'
import { labelReplaced } from './leftovers/label.ts'
import type { Leftovers } from './leftovers/leftovers.ts'
import { guarded, hasMoved, moves, type Outcome } from './outcome.ts'
import { progressLine } from './progress.ts'
import { redeploy } from './redeploy.ts'
import { adminOf, type RotatedSecret, type RotationRequest } from './request.ts'
import { retiredVersions } from './secret/look.ts'
import { rotateSecret } from './secret/rotate-secret.ts'
import type { Turn } from './secret/turn.ts'
import { type Need, Sessions } from './sessions.ts'
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

/** How many secrets are rotated at the same time. */
export const AT_A_TIME = 4
/** The longest pause before the next secret, once one was rotated, in milliseconds. */
const JITTER_MS = 250

/**
 * What became of each secret and service; failures of single ones are part of it.
 *
 * @throws `ActionError` when nothing could be begun: the codes of `prove` and `reachRole`, of reading the admin secret
 * and finding the service account.
 */
export async function rotateAll(context: RotationContext): Promise<Rotation> {
  const { request, steps } = context
  sayWhatIsUnusual(context)
  const identity = await steps.time('id-token', () => prove({ ...context, isCheckedLater: presentsIdToken(request) }))
  const sessions = sessionsFor(context, identity)
  const caller = await steps.time('aws-session', () => sessions.of(firstNeed(request)))
  const rotation: Begun = { caller: caller.name, account: undefined, secrets: [], services: [] }
  context.onBegun(rotation)
  const announced = announceServices({ ...context, ...request, callerOf: (service) => sessions.of(service) })
  const [minting] = await Promise.all([openMinting(context, caller), announced])
  rotation.account = minting?.minter.accountName
  const settling = new Settling(() => timeOf(caller))
  const run: Run = { context, sessions, caller, minting, settling, taken: new Map(), turns: [], rotation, ended: 0 }
  for (const id of minting?.minter.firstIds ?? []) run.settling.see(id)
  if (minting) run.taken.set(minting.adminArn, 'the admin secret')

  await steps.time('rotate', () => inPool(lanesOf(request), AT_A_TIME, (lane) => takeLane(run, lane)))
  const turns = Object.values(run.turns)
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

/** Each session is a path of its own: what one of them used up must not stop the next. */
export function sessionsFor(context: RotationContext, identity: Identity): Sessions {
  const { request } = context
  const isCheckedLater = presentsIdToken(request)
  const proof = new LastingProof(identity, () => prove({ ...context, isCheckedLater, isRenewal: true }))
  return new Sessions(request, async (document) => {
    const proven = isCheckedLater ? await proof.current() : identity
    const policy = { ...context.policy, calls: new CallCount() }
    return await reachRole(proven, request, document, { ...context, policy, renew: () => proof.renewed(proven) })
  })
}

/** What the first session is opened for: without that, nothing can be begun. */
export function firstNeed({ mode, secrets }: RotationRequest): Need {
  const [first] = secrets
  const admin = adminOf(mode)
  if (admin) return admin
  if (!first) throw new TypeError('no secret to rotate')
  return first
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
  sessions: Sessions
  /** The first session. */
  caller: AwsCaller
  minting: Minting | undefined
  settling: Settling
  /** By ARN: what a secret is already, so that no turn takes it again. */
  taken: Map<string, string>
  /** By place in the list; one that has not begun is missing. */
  turns: Turn[]
  rotation: Begun
  /** How many turns have ended. */
  ended: number
}

/** The secrets of one lane, one after the other. */
async function takeLane(run: Run, lane: readonly Placed[]): Promise<void> {
  const { context, turns, rotation } = run
  for (const { rotated, index } of lane) {
    if (Object.values(turns).some(({ outcome }) => hasMoved(outcome))) {
      // Several that began at the same moment must not reach the Hub at the same moments ever after.
      const pauseMs = (context.random ?? Math.random)() * JITTER_MS
      await context.deadline.sleep(pauseMs, 'the next secret').catch(() => {})
    }
    const session = await sessionOf(run, rotated)
    const turn = beginTurn(run, rotated, session.caller)
    turns[index] = turn
    rotation.secrets = Object.values(turns).map(({ outcome }) => outcome)
    await takeTurn(turn, session.failure)
    run.ended += 1
    context.log.info(progressLine(turn.outcome, run.ended, context.request.secrets.length))
  }
}

/** A session, or why there is none: then nothing is called with the first one, which only knows the time. */
interface SecretSession {
  caller: AwsCaller
  failure?: { error: unknown }
}

async function sessionOf({ sessions, caller }: Run, rotated: RotatedSecret): Promise<SecretSession> {
  try {
    return { caller: await sessions.of(rotated) }
  } catch (error) {
    return { caller, failure: { error } }
  }
}

/** The turn of one secret, before anything was done. */
function beginTurn({ context, minting, settling, taken }: Run, rotated: RotatedSecret, caller: AwsCaller): Turn {
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
async function takeTurn(turn: Turn, failure: SecretSession['failure']): Promise<void> {
  const { outcome } = turn
  await guarded(outcome, async () => {
    if (failure) throw failure.error
    await rotateSecret(turn)
  })
  // As long as nobody knows what the current token is, what it took the place of may be what a person wants back.
  if (outcome.errors.length > 0 && outcome.before === undefined) outcome.isBlocked = true
  if (!outcome.isBlocked) await guarded(outcome, () => labelReplaced(turn))
}

/** Only after a replacement: without one, no service can run with a previous token. */
async function redeployServices(run: Run, turns: readonly Turn[]): Promise<ServiceOutcome[]> {
  const { context, caller, sessions } = run
  const { services, dryRun, waitForServices: wait, region } = context.request
  const replaced = turns.some(({ outcome }) => moves(outcome)) ? 'now' : lastReplaced(turns, timeOf(caller))
  if (replaced === undefined) return []
  const redeployed = services.map(async (service): Promise<ServiceOutcome[]> => {
    try {
      const own = await sessions.of(service)
      return await redeploy({ ...context, caller: own, services: [service], replaced, wait, dryRun, region })
    } catch (error) {
      return [notReached(service, error)]
    }
  })
  return (await Promise.all(redeployed)).flat()
}

/** A service for which there is no session. */
function notReached({ cluster, service }: EcsService, failure: unknown): ServiceOutcome {
  const error = toActionError(failure)
  const name = `${cluster}/${service}`
  return { service: name, action: 'failed', deploymentId: undefined, error, tasksSince: undefined }
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
