/** Redeploys the listed services; ECS's client is loaded only when there are any. */
import type { AwsCaller } from '../aws/caller.ts'
import type { NetworkContext } from '../net/network.ts'
import type { DeployContext, ServiceOutcome } from './deploy.ts'

export interface RedeployOptions extends NetworkContext, Omit<DeployContext, 'ecs' | 'deadline'> {
  caller: AwsCaller
}

/** What became of each service; see `deployServices`. Nothing is loaded or called without services. */
export async function redeploy(options: RedeployOptions): Promise<ServiceOutcome[]> {
  const { services, caller, region, http, policy } = options
  if (services.length === 0) return []
  const [{ EcsServices }, { deployServices }] = await Promise.all([import('../aws/ecs.ts'), import('./deploy.ts')])
  return await deployServices({ ...options, ecs: new EcsServices(caller, region, http, policy) })
}
