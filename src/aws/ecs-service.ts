/** ARNs of ECS services. */

/** `arn:aws:ecs:<region>:<account>:service/<cluster>/<service>`. */
export function serviceArn(
  partition: string,
  region: string,
  account: string,
  { cluster, service }: EcsService,
): string {
  return `arn:${partition}:ecs:${region}:${account}:service/${cluster}/${service}`
}

/** `arn:aws:ecs:<region>:<account>:cluster/<cluster>`. */
export function clusterArn(partition: string, region: string, account: string, cluster: string): string {
  return `arn:${partition}:ecs:${region}:${account}:cluster/${cluster}`
}

export interface EcsService {
  cluster: string
  service: string
}
