/** Warns of services that a rotation cannot redeploy: before a token is replaced, while there is time to prepare. */
import type { AwsCaller } from '../aws/caller.ts'
import type { EcsService } from '../aws/ecs-service.ts'
import { toActionError } from '../errors/unforeseen.ts'
import { formatDuration } from '../text/duration.ts'
import type { RedeployOptions } from './redeploy.ts'

export interface AnnounceOptions extends Pick<RedeployOptions, 'http' | 'policy' | 'services' | 'region' | 'log'> {
  /** The session that may look at the service. */
  callerOf: (service: EcsService) => Promise<AwsCaller>
  graceSeconds: number
}

/** Looks at each service once. One that cannot be looked at fails later, when it is to be redeployed. */
export async function announceServices(options: AnnounceOptions): Promise<void> {
  const { services, callerOf, region, http, policy, log, graceSeconds } = options
  if (services.length === 0) return
  const [{ EcsServices }, { isRunByEcs }] = await Promise.all([import('../aws/ecs.ts'), import('./deploy.ts')])
  await Promise.all(
    services.map(async (service) => {
      try {
        // Nothing depends on it: an outage must not take the time that the rotation needs.
        const ecs = new EcsServices(await callerOf(service), region, http, { ...policy, maxAttempts: 1 })
        const state = await ecs.describe(service)
        if (!isRunByEcs(state)) log.warning(whatToDo(service, state.controller, graceSeconds))
      } catch (error) {
        log.debug(`ECS: could not look at ${service.cluster}/${service.service}: ${toActionError(error).summary}`)
      }
    }),
  )
}

function whatToDo({ cluster, service }: EcsService, controller: string, graceSeconds: number): string {
  const how = controller === 'CODE_DEPLOY' ? 'create a deployment with AWS CodeDeploy' : 'create a new task set'
  const until =
    graceSeconds === 0
      ? '`grace` is 0s, so the previous token is revoked without waiting for the tasks.'
      : `If possible, do this within \`grace\` (${formatDuration(graceSeconds)}). The previous token is not revoked while a task from before the rotation is running.`
  return `This action cannot redeploy ${cluster}/${service}, because its deployment controller is ${controller}. After each rotation, ${how}. ${until}`
}
