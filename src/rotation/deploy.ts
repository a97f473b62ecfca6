/** Gives services whose tasks still run with a replaced token a new deployment, and waits for it if asked. */
import type { EcsServices, ServiceState } from '../aws/ecs.ts'
import type { EcsService } from '../aws/ecs-service.ts'
import { ActionError } from '../errors/action-error.ts'
import { toActionError } from '../errors/unforeseen.ts'
import type { Deadline } from '../net/deadline.ts'
import type { Log } from '../text/log.ts'

export interface ServiceOutcome {
  /** `cluster/service`. */
  service: string
  action: 'deployed' | 'completed' | 'up-to-date' | 'would-deploy' | 'failed'
  deploymentId: string | undefined
  error: ActionError | undefined
  /** No task that runs was started before this, in milliseconds since the epoch; undefined when nobody knows. */
  tasksSince: number | undefined
}

export interface DeployContext {
  ecs: EcsServices
  services: readonly EcsService[]
  /** When a token was last replaced, in milliseconds since the epoch; `now`: in this run. */
  replaced: number | 'now'
  wait: boolean
  dryRun: boolean
  region: string
  deadline: Deadline
  log: Log
}

/** Before the first look at a deployment, and between two later ones, in milliseconds. */
const FIRST_POLL_MS = 1_000
const POLL_MS = 5_000
/** Kept at the end of the run for the report, in milliseconds. */
const RESERVE_MS = 3_000

/**
 * What became of each service; a failure of one does not stop the others. A service that had a deployment since the
 * token was replaced is left alone: so a run that was killed before it came here is made up for by the next one.
 */
export async function deployServices(context: DeployContext): Promise<ServiceOutcome[]> {
  const started = await Promise.all(context.services.map((service) => start(context, service)))
  if (!context.wait || context.dryRun) return started
  return await Promise.all(started.map((outcome, index) => waitFor(context, outcome, context.services[index])))
}

async function start({ ecs, replaced, dryRun, log }: DeployContext, service: EcsService): Promise<ServiceOutcome> {
  const name = `${service.cluster}/${service.service}`
  const outcome = { service: name, deploymentId: undefined, error: undefined, tasksSince: undefined }
  try {
    const state = await ecs.describe(service)
    const { primary, rolledBack } = state
    const seen = { ...outcome, tasksSince: tasksSince(state) }
    // After a roll-back there is a new deployment, and old tasks: another try is needed.
    if (
      replaced !== 'now' &&
      primary &&
      primary.createdAt >= replaced &&
      !rolledBack &&
      primary.rolloutState !== 'FAILED'
    ) {
      return { ...seen, action: 'up-to-date', deploymentId: primary.id }
    }
    if (dryRun) return { ...seen, action: 'would-deploy', deploymentId: primary?.id }
    const deploymentId = (await ecs.deploy(service)).primary?.id
    log.info(`ECS: new deployment of ${name}${deploymentId ? `, ${deploymentId}` : ''}`)
    return { ...seen, action: 'deployed', deploymentId }
  } catch (error) {
    return { ...outcome, action: 'failed', error: toActionError(error) }
  }
}

/** When the oldest task that runs was started at the latest. */
function tasksSince({ primary, deployments, rolledBack }: ServiceState): number | undefined {
  // Deployments that something else than ECS runs are not listed: then the grace must do.
  if (!primary) return Number.POSITIVE_INFINITY
  if (rolledBack) return undefined
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
  if (!service || outcome.action === 'failed') return outcome
  try {
    for (let wait = FIRST_POLL_MS; ; wait = Math.min(POLL_MS, wait * 2)) {
      const state = await ecs.describe(service)
      const problem = trouble(state, outcome)
      if (problem) throw failure(context, outcome, problem, state)
      if (isDone(state)) {
        log.info(`ECS: ${outcome.service} runs with the new token`)
        return { ...outcome, action: 'completed', tasksSince: tasksSince(state) }
      }
      const pause = Math.min(wait, deadline.remainingMs() - RESERVE_MS)
      if (pause <= 0) throw failure(context, outcome, 'it is still in progress, and the time is over', state)
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

/** In words; undefined when nothing is wrong so far. */
function trouble({ primary, deployments }: ServiceState, { deploymentId }: ServiceOutcome): string | undefined {
  const own = deployments.find(({ id }) => id === deploymentId)
  if (own?.rolloutState === 'FAILED') return `it failed: ${own.reason || 'ECS does not say why'}`
  if (deploymentId !== undefined && primary && primary.id !== deploymentId) {
    return own
      ? 'another deployment has taken its place'
      : 'it was rolled back, or another deployment has taken its place'
  }
  return undefined
}

function failure(
  { region }: DeployContext,
  { service, deploymentId }: ServiceOutcome,
  problem: string,
  { events, running, desired }: ServiceState,
): ActionError {
  const [cluster = '', name = ''] = service.split('/')
  return new ActionError('deployment-failed', {
    failed: `The deployment ${deploymentId ?? ''} of ${service} did not complete: ${problem}.`,
    seen: [`${running} of ${desired} tasks run, old ones among them`, ...events].join('\n'),
    expected: 'all tasks replaced by ones that were started with the new token',
    cause: 'the tasks do not start or are not healthy; the events above are the service’s last ones.',
    fix: `Look at the service and repair it; its tasks may still use the replaced token, which is revoked after \`grace\`:\naws ecs describe-services --region ${region} --cluster ${cluster} --services ${name}\nIf it only needs more time, raise \`timeout\`.`,
  })
}
