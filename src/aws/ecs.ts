/** ECS services: the state of their deployments, and forced new ones. Loaded only when services are listed. */
import {
  DescribeServicesCommand,
  ECSClient,
  type Service as SdkService,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs'
import { ActionError, type Explanation } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import { block, code, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { type AwsCaller, roleName } from './caller.ts'
import { callAws } from './clients.ts'
import { word } from './commands.ts'
import type { EcsService } from './ecs-service.ts'
import { serviceStatement } from './policies/missing-statements.ts'
import { said } from './service-error.ts'

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

type Advice = Pick<Explanation, 'cause' | 'fix'>

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
      throw this.#failure(service, 'no such service', this.#wrongService(service))
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
      send,
      explain: (error) => this.#failure(service, said(error), this.#advice(error.name, service)),
    })
  }

  #advice(name: string, service: EcsService): Advice {
    if (/AccessDenied/.test(name)) return this.#allowIt(service)
    if (/NotFound|NotActive/.test(name)) return this.#wrongService(service)
    return {
      cause: 'ECS is having an incident, or it is throttling the account.',
      fix: 'Run the rotation again: it redeploys whatever is still missing.',
    }
  }

  #allowIt(service: EcsService): Advice {
    const { role, sessionPolicy } = this.#caller
    const own = sessionPolicy === 'auto' ? '' : prose` (and to ${code('session-policy')}, if you set a policy there)`
    return {
      cause: 'The role’s policy does not name this service, or names it without its cluster.',
      fix: [
        prose`Add this statement to the policy of the role ${roleName(role)}${own}:`,
        block(JSON.stringify(serviceStatement(role, this.#region, service), null, 2)),
      ],
    }
  }

  #wrongService({ cluster }: EcsService): Advice {
    return {
      cause: 'The name, the cluster, the region or the account is wrong, or the service was deleted.',
      fix: [
        prose`List the services of the cluster, and correct ${code('ecs-services')} (one line ${code('cluster/service')} for each):`,
        block(`aws ecs list-services --region ${word(this.#region)} --cluster ${word(cluster)}`),
      ],
    }
  }

  #failure({ cluster, service }: EcsService, seen: string, advice: Advice): ActionError {
    return new ActionError('deployment-failed', {
      failed: prose`The service ${code(`${cluster}/${service}`)} could not be redeployed; its tasks keep using the previous token until that token is revoked.`,
      seen,
      expected: 'a new deployment of the service',
      ...advice,
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
