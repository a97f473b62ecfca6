/** ECS services: how their deployments stand, and a new one by force. Loaded only when services are listed. */
import {
  DescribeServicesCommand,
  ECSClient,
  type Service as SdkService,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { ActionError } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { printable } from '../text/printable.ts'
import { clientOptions } from './clients.ts'
import type { EcsService } from './ecs-service.ts'
import { serviceArn } from './ecs-service.ts'
import type { AwsCaller } from './secret-versions.ts'
import { isPassing, said, serviceError } from './service-error.ts'

/** The deployment that a service is going to, or has reached. */
export interface Deployment {
  id: string
  /** `IN_PROGRESS`, `COMPLETED`, `FAILED`; empty when the service's deployments are run by something else. */
  rolloutState: string
  reason: string
  /** Milliseconds since the epoch. */
  createdAt: number
  /** Tasks of it that run. */
  running: number
}

export interface ServiceState {
  primary: Deployment | undefined
  /** All deployments, the primary one among them. */
  deployments: readonly Deployment[]
  running: number
  desired: number
  /** The primary deployment is the return to an older one: its tasks may be older than it is. */
  rolledBack: boolean
  /** The last ones, the newest first. */
  events: readonly string[]
}

/**
 * How ECS speaks of a roll-back, and how much earlier than the deployment that it begins it may speak of it, in
 * milliseconds. Source: ECS developer guide, "Amazon ECS service event messages".
 */
const ROLL_BACK = /roll(?:ing|ed) back/i
const ROLL_BACK_MS = 120_000

/** The services of one account and region. Both methods throw `deployment-failed`, `network-unreachable`, `deadline-exceeded`. */
export class EcsServices {
  readonly #caller: AwsCaller
  readonly #region: string
  readonly #http: Http
  readonly #policy: RetryPolicy

  constructor(caller: AwsCaller, region: string, http: Http, policy: RetryPolicy) {
    this.#caller = caller
    this.#region = region
    this.#http = http
    this.#policy = policy
  }

  /** Source: ECS API reference, DescribeServices. */
  async describe(service: EcsService): Promise<ServiceState> {
    const answer = await this.#send('describe', service, (client) =>
      client.send(new DescribeServicesCommand({ cluster: service.cluster, services: [service.service] })),
    )
    const found = answer.services?.[0]
    if (!found || found.status === 'INACTIVE') {
      throw this.#failure(service, 'no such service', {
        cause: 'another name, cluster, region or account, or the service was deleted.',
        fix: `Look at the services of the cluster, and correct \`ecs-services\` (lines cluster/service):\naws ecs list-services --region ${this.#region} --cluster ${service.cluster}`,
      })
    }
    return stateOf(found)
  }

  /** Replaces the tasks by new ones, which read the secrets anew. Source: ECS API reference, UpdateService. */
  async deploy(service: EcsService): Promise<ServiceState> {
    const answer = await this.#send('deploy', service, (client) =>
      client.send(
        new UpdateServiceCommand({ cluster: service.cluster, service: service.service, forceNewDeployment: true }),
      ),
    )
    return stateOf(answer.service ?? {})
  }

  async #send<T>(verb: string, service: EcsService, call: (client: ECSClient) => Promise<T>): Promise<T> {
    const what = `ECS in ${this.#region} to ${verb} ${service.cluster}/${service.service}`
    const { credentials, awsEndpoints: endpoints } = this.#caller
    const { accessKeyId, secretAccessKey, sessionToken } = credentials
    const client = new ECSClient({
      ...clientOptions({ service: 'ECS', region: this.#region, endpoints, http: this.#http, what }),
      credentials: { accessKeyId, secretAccessKey, sessionToken },
    })
    return await retry(what, this.#policy, () =>
      call(client).catch((thrown: unknown) => {
        const error = serviceError(thrown)
        const failure = this.#failure(service, said(error), this.#advice(error.name, service))
        if (isPassing(error) || error.name === 'ServerException') throw new TryAgain(failure, error.afterMs)
        throw failure
      }),
    )
  }

  #advice(name: string, service: EcsService): { cause: string; fix: string } {
    const { role, sessionPolicy } = this.#caller
    if (/AccessDenied/.test(name)) {
      const statement = {
        Effect: 'Allow',
        Action: ['ecs:DescribeServices', 'ecs:UpdateService'],
        Resource: serviceArn(role.partition, this.#region, role.account, service),
      }
      const own = sessionPolicy === 'auto' ? '' : ' (and `session-policy`, if it is a policy of yours)'
      return {
        cause: 'the role’s policy does not name this service, or names it without its cluster.',
        fix: `Add this statement to the policy of ${printable(role.arn)}${own}:\n${JSON.stringify(statement, null, 2)}`,
      }
    }
    if (/NotFound|NotActive/.test(name)) {
      return {
        cause: 'another name, cluster, region or account, or the service was deleted.',
        fix: `Correct \`ecs-services\` (lines cluster/service):\naws ecs list-services --region ${this.#region} --cluster ${service.cluster}`,
      }
    }
    return {
      cause: 'ECS has an incident, or is throttling the account.',
      fix: 'Run the rotation again: it deploys what is not deployed yet.',
    }
  }

  #failure(service: EcsService, seen: string, { cause, fix }: { cause: string; fix: string }): ActionError {
    return new ActionError('deployment-failed', {
      failed: `The service ${service.cluster}/${service.service} could not be given a new deployment; its tasks go on with the replaced token until that is revoked.`,
      seen,
      expected: 'a new deployment of the service',
      cause,
      fix,
    })
  }
}

function stateOf({ deployments = [], runningCount = 0, desiredCount = 0, events = [] }: SdkService): ServiceState {
  const all = deployments.map(
    ({ id = '', rolloutState = '', rolloutStateReason = '', createdAt, status, runningCount: running = 0 }) => ({
      id: printable(id, 100),
      running,
      rolloutState: printable(rolloutState, 40),
      reason: printable(rolloutStateReason.replace(/\.$/, ''), 300),
      createdAt: createdAt?.getTime() ?? 0,
      status,
    }),
  )
  const primary = all.find(({ status }) => status === 'PRIMARY')
  const back = events.filter(({ message }) => ROLL_BACK.test(message ?? ''))
  return {
    primary,
    rolledBack:
      primary !== undefined &&
      (ROLL_BACK.test(primary.reason) ||
        back.some(({ createdAt }) => (createdAt?.getTime() ?? 0) >= primary.createdAt - ROLL_BACK_MS)),
    deployments: all,
    running: runningCount,
    desired: desiredCount,
    events: events
      .slice(0, 5)
      .map(({ message = '', createdAt }) => printable(`${createdAt?.toISOString() ?? ''} ${message}`.trim(), 300)),
  }
}
