/** Redeploys services whose tasks may still run with a previous token, and waits for the deployments on request. */
import type { EcsServices, ServiceState } from '../aws/ecs.ts'
import type { EcsService } from '../aws/ecs-service.ts'
import { ActionError } from '../errors/action-error.ts'
import { toActionError } from '../errors/unforeseen.ts'
import type { Deadline } from '../net/deadline.ts'
import type { Log } from '../text/log.ts'
import { block, code, list, partsOf, plain, prose, type Wording } from '../text/message.ts'
import { quoted } from '../text/printable.ts'

export interface ServiceOutcome {
  /** `cluster/service`. */
  service: string
  action: 'deployed' | 'completed' | 'up-to-date' | 'would-deploy' | 'not-redeployed' | 'failed'
  deploymentId: string | undefined
  error: ActionError | undefined
  /** No running task was started before this, in milliseconds since the epoch; undefined when nobody knows. */
  tasksSince: number | undefined
  /** What runs its deployments, if that is not ECS: it is not redeployed. */
  controller?: string
}

export interface DeployContext {
  ecs: Pick<EcsServices, 'describe' | 'deploy' | 'oldestTask'>
  services: readonly EcsService[]
  /** When a token was last replaced, in milliseconds since the epoch; `now`: in this run. */
  replaced: number | 'now'
  wait: boolean
  dryRun: boolean
  region: string
  deadline: Pick<Deadline, 'remainingMs' | 'sleep'>
  log: Log
}

/** Between the first looks at a deployment, and between later ones, in milliseconds. */
const FIRST_POLL_MS = 1_000
const POLL_MS = 5_000
/** Kept at the end of the run for the report, in milliseconds. */
const RESERVE_MS = 3_000

/**
 * What became of each service; a failure of one does not stop the others. A service that was redeployed since the token
 * was replaced is left alone, so a run that was killed before it came here is made up for by the next one.
 */
export async function deployServices(context: DeployContext): Promise<ServiceOutcome[]> {
  const started = await Promise.all(context.services.map((service) => start(context, service)))
  if (!context.wait || context.dryRun) return started
  return await Promise.all(started.map((outcome, index) => waitFor(context, outcome, context.services[index])))
}

async function start(context: DeployContext, { cluster, service }: EcsService): Promise<ServiceOutcome> {
  const { ecs, replaced, dryRun, log } = context
  const name = `${cluster}/${service}`
  const outcome = { service: name, deploymentId: undefined, error: undefined, tasksSince: undefined }
  try {
    const state = await ecs.describe({ cluster, service })
    const since = await oldestTaskOf(context, { cluster, service }, state)
    const seen = { ...outcome, deploymentId: state.primary?.id, tasksSince: since }
    if (!isRunByEcs(state)) {
      const { controller } = state
      const isReplaced = replaced !== 'now' && since !== undefined && since >= replaced
      if (!isReplaced) log.info(`ECS: ${name} was not redeployed, because ${controller} runs its deployments`)
      return { ...seen, controller, action: isReplaced ? 'up-to-date' : 'not-redeployed' }
    }
    if (isUpToDate(state, replaced)) return { ...seen, action: 'up-to-date' }
    if (dryRun) return { ...seen, action: 'would-deploy' }
    const deploymentId = (await ecs.deploy({ cluster, service })).primary?.id
    log.info(`ECS: redeploying ${name}${deploymentId ? ` (${deploymentId})` : ''}`)
    return { ...seen, action: 'deployed', deploymentId }
  } catch (error) {
    return { ...outcome, action: 'failed', error: toActionError(error) }
  }
}

/** After a roll-back, the newest deployment runs old tasks: the service must be redeployed. */
function isUpToDate({ primary, rolledBack }: ServiceState, replaced: number | 'now'): boolean {
  if (replaced === 'now' || !primary || rolledBack) return false
  return primary.createdAt >= replaced && primary.rolloutState !== 'FAILED'
}

/** Whether ECS can be told to redeploy the service. */
export function isRunByEcs({ controller }: ServiceState): boolean {
  return controller === 'ECS'
}

/**
 * When the oldest running task was created: as its deployments show it, if that is late enough; otherwise, as the tasks
 * themselves do. A role that may not look at them is no failure: a service of another controller then keeps the previous
 * tokens.
 */
async function oldestTaskOf(
  { ecs, replaced, log }: DeployContext,
  service: EcsService,
  state: ServiceState,
): Promise<number | undefined> {
  const byDeployments = tasksSince(state)
  const isByEcs = isRunByEcs(state)
  // Tasks are not older than the deployment that started them; and those of now are from before the replacement.
  const isEnough = replaced === 'now' || (byDeployments !== undefined && byDeployments >= replaced)
  if (isByEcs && isEnough) return byDeployments
  try {
    return (await ecs.oldestTask(service)) ?? byDeployments
  } catch (error) {
    const { explanation, summary } = toActionError(error)
    const parts = (wording: Wording = []) => partsOf(wording)
    if (isByEcs) log.debug(`ECS: ${summary} Its deployments are looked at instead.`)
    else
      log.warning(
        `${summary} Previous tokens are kept.\n${plain([...parts(explanation.seen), ...parts(explanation.fix)])}`,
      )
    return byDeployments
  }
}

/** The latest time at which the oldest running task can have been started, as far as deployments show it. */
function tasksSince({ primary, deployments, rolledBack }: ServiceState): number | undefined {
  // Deployments that are run by something other than ECS are not listed.
  if (!primary || rolledBack) return undefined
  return Math.min(
    ...deployments.filter(({ id, running }) => running > 0 || id === primary.id).map((one) => one.createdAt),
  )
}

async function waitFor(
  context: DeployContext,
  outcome: ServiceOutcome,
  service: EcsService | undefined,
): Promise<ServiceOutcome> {
  const { ecs, deadline, log } = context
  if (!service || outcome.action === 'failed' || outcome.controller !== undefined) return outcome
  try {
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(POLL_MS, wait * 2)) {
      const state = await ecs.describe(service)
      const problem = problemOf(state, outcome)
      if (problem) throw failure(context, service, { outcome, state, problem })
      if (isDone(state)) {
        log.info(`ECS: all tasks of ${outcome.service} now run with the new token`)
        return { ...outcome, action: 'completed', tasksSince: tasksSince(state) }
      }
      const pause = Math.min(wait, deadline.remainingMs() - RESERVE_MS)
      if (pause <= 0) throw failure(context, service, { outcome, state, problem: STILL_IN_PROGRESS })
      await deadline.sleep(pause, `the deployment of ${outcome.service}`)
    }
  } catch (error) {
    return { ...outcome, action: 'failed', error: toActionError(error) }
  }
}

function isDone({ primary, deployments, running, desired }: ServiceState): boolean {
  if (primary?.rolloutState) return primary.rolloutState === 'COMPLETED'
  return deployments.length === 1 && running === desired
}

/** What went wrong with a deployment, as the end of a sentence, and why. */
interface Problem {
  what: string
  cause: Wording
}

const UNHEALTHY = 'The new tasks do not start or do not become healthy.'
const STILL_IN_PROGRESS: Problem = {
  what: 'it was still in progress when the time ran out',
  cause: prose`The deployment takes longer than ${code('timeout')}, or its tasks do not become healthy.`,
}

/** Undefined when nothing is wrong so far. */
function problemOf({ primary, deployments }: ServiceState, { deploymentId }: ServiceOutcome): Problem | undefined {
  const own = deployments.find(({ id }) => id === deploymentId)
  if (own?.rolloutState === 'FAILED') {
    return {
      what: own.reason ? `ECS reports ${quoted(own.reason, 400)}` : 'it failed, and ECS gives no reason',
      cause: UNHEALTHY,
    }
  }
  if (deploymentId === undefined || !primary || primary.id === deploymentId) return undefined
  if (own) {
    return { what: 'another deployment was started', cause: 'Someone else deployed the service at the same time.' }
  }
  return {
    what: 'it was rolled back, or another deployment was started',
    cause: `${UNHEALTHY} Or someone else deployed the service at the same time.`,
  }
}

interface Failure {
  outcome: ServiceOutcome
  state: ServiceState
  problem: Problem
}

function failure(
  { region }: DeployContext,
  { cluster, service }: EcsService,
  { outcome: { deploymentId }, state: { events, running, desired }, problem }: Failure,
): ActionError {
  const id = deploymentId ? ` (${deploymentId})` : ''
  const tasks = `Running tasks: ${running}, including tasks from before the deployment. Desired tasks: ${desired}.`
  return new ActionError('deployment-failed', {
    failed: `The deployment of ${cluster}/${service}${id} did not complete: ${problem.what}.`,
    seen: events.length === 0 ? tasks : [tasks, 'The latest events of the service:', list(events)],
    expected: 'Only tasks that were started with the new token.',
    cause: problem.cause,
    fix: [
      'Check the service and fix the problem. Its tasks may still use the previous token, so that token is not revoked until a deployment completes:',
      block(`aws ecs describe-services --region ${region} --cluster ${cluster} --services ${service}`),
      prose`If the deployment only needs more time, increase ${code('timeout')}.`,
    ],
  })
}
