/** ARNs of ECS services. */
import type { EcsService } from '../inputs/rotation/request.ts'

/** `arn:aws:ecs:<region>:<account>:service/<cluster>/<service>`. */
export function serviceArn(
  partition: string,
  region: string,
  account: string,
  { cluster, service }: EcsService,
): string {
  return `arn:${partition}:ecs:${region}:${account}:service/${cluster}/${service}`
}
