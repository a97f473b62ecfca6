/** ECS services: the state of their deployments, and forced new ones. Loaded only when services are listed. */
import {
  DescribeServicesCommand,
  ECSClient,
  type Service as SdkService,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import type { ActionError } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import { printable } from '../text/printable.ts'
import type { AwsCaller } from './caller.ts'
import { callAws } from './clients.ts'
import type { EcsService } from './ecs-service.ts'
import type { serviceUnfit } from './explain-service.ts'

/** A deployment of a service. */
export interface Deployment {
  id: string
  /** `IN_PROGRESS`, `COMPLETED`, `FAILED`; empty when something other than ECS runs the service's deployments. */
  rolloutState: string
  reason: string
  /** Milliseconds since the epoch. */
  createdAt: number
  /** Its tasks that are running. */
  running: number
}

export interface ServiceState {
  primary: Deployment | undefined
  /** All deployments, the primary one among them. */
  deployments: readonly Deployment[]
  running: number
  desired: number
  /** The primary deployment is a roll-back to an older one: its tasks may be older than it is. */
  rolledBack: boolean
  /** The latest, newest first. */
  events: readonly string[]
}

/**
 * How ECS describes a roll-back, and how long before the deployment that it starts it may mention it, in milliseconds.
 * Source: ECS developer guide, "Amazon ECS service event messages".
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
    if (!found || found.status === 'INACTIVE') throw await this.#unfit('service-missing', 'no such service', service)
    if (found.status === 'DRAINING') throw await this.#unfit('service-inactive', 'its status is DRAINING', service)
    const controller = found.deploymentController?.type ?? 'ECS'
    if (controller !== 'ECS') {
      throw await this.#unfit('controller', `its deployment controller is ${printable(controller, 40)}`, service)
    }
    return stateOf(found)
  }

  /** Replaces the tasks with new ones, which read the secrets again. Source: ECS API reference, UpdateService. */
  async deploy(service: EcsService): Promise<ServiceState> {
    const answer = await this.#send('deploy', service, (client) =>
      client.send(
        new UpdateServiceCommand({ cluster: service.cluster, service: service.service, forceNewDeployment: true }),
      ),
    )
    return stateOf(answer.service ?? {})
  }

  async #send<T>(verb: string, service: EcsService, send: (client: ECSClient) => Promise<T>): Promise<T> {
    const { credentials, awsEndpoints } = this.#caller
    return await callAws({
      Client: ECSClient,
      service: 'ECS',
      region: this.#region,
      endpoints: awsEndpoints,
      what: `ECS in ${this.#region} to ${verb} ${service.cluster}/${service.service}`,
      http: this.#http,
      policy: this.#policy,
      credentials,
      isRepeatable: verb === 'describe',
      // A deployment is waited for by describing its service.
      counted: 'since-success',
      send,
      explain: async (error) => {
        const { explainService } = await import('./explain-service.ts')
        return explainService(error, { caller: this.#caller, region: this.#region, service })
      },
    })
  }

  /** Loaded only when something is wrong with a service. */
  async #unfit(kind: Parameters<typeof serviceUnfit>[0], seen: string, service: EcsService): Promise<ActionError> {
    const { serviceUnfit } = await import('./explain-service.ts')
    return serviceUnfit(kind, seen, { caller: this.#caller, region: this.#region, service })
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
