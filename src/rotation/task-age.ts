/** How old the tasks of the services are: a previous token is kept as long as one of them may use it. */
import type { ServiceOutcome } from './deploy.ts'
import type { StepsRequest } from './request.ts'

/**
 * The time before which no task of the services was started, in milliseconds since the epoch. `grace: 0s` does not wait
 * for tasks, unless a deployment failed.
 */
export function oldestTask(
  { graceSeconds }: Pick<StepsRequest, 'graceSeconds'>,
  services: readonly ServiceOutcome[],
): number {
  const hasFailed = services.some(({ action }) => action === 'failed')
  if (graceSeconds === 0 && !hasFailed) return Number.POSITIVE_INFINITY
  return Math.min(...services.map(({ tasksSince }) => tasksSince ?? Number.NEGATIVE_INFINITY))
}
