/** ECS services with their deployments and events, without any access control: each look at a service lets it go on. */
import type { Place } from './secret-store.ts'

/**
 * How a deployment ends: its tasks run; they take their time; they don't start; or they don't start and the circuit
 * breaker brings back the deployment before.
 */
export type DeploymentEnd = 'complete' | 'slow' | 'fail' | 'roll-back'

export interface Deployment {
  /** `ecs-svc/<19 digits>`. */
  id: string
  status: 'PRIMARY' | 'ACTIVE'
  rolloutState: 'IN_PROGRESS' | 'COMPLETED' | 'FAILED'
  rolloutStateReason: string
  taskDefinition: string
  desiredCount: number
  runningCount: number
  pendingCount: number
  failedTasks: number
  createdAt: Date
  updatedAt: Date
  /** The version of the service's secret that its tasks are started with. */
  startedWith: string | undefined
  /** It took over tasks that were there before it. */
  keepsTasks: boolean
  /** What it waits for, in calls of `DescribeServices`; `undefined` once it has ended. */
  ending: { end: DeploymentEnd; calls: number } | undefined
}

export interface Task {
  arn: string
  lastStatus: 'PENDING' | 'RUNNING'
  createdAt: Date
}

export interface EcsEvent {
  id: string
  createdAt: Date
  message: string
}

export interface EcsService {
  arn: string
  name: string
  clusterArn: string
  /** The cluster's name. */
  cluster: string
  region: string
  account: string
  /** Tests may set it. */
  status: 'ACTIVE' | 'DRAINING' | 'INACTIVE'
  /** What runs its deployments. Tests may set it. */
  controller: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL'
  desiredCount: number
  /** The newest first. The first is `PRIMARY`. */
  deployments: Deployment[]
  /** The newest first. */
  events: EcsEvent[]
  /** Those that run or are about to, the oldest first. Tests may change them. */
  tasks: Task[]
  secretName: string | undefined
  /** The version of the secret with which the tasks were started that run now. */
  startedWith: string | undefined
}

export interface ServiceOptions {
  cluster: string
  service: string
  /** Default 2. */
  desiredCount?: number
  region?: string
  /** The secret, in the same region and account, whose current value its tasks read when they start. */
  secretName?: string
}

/** What the store needs of the server that it is in. */
export interface EcsServer {
  now: () => number
  /** The id of the version of a secret that is `AWSCURRENT`. */
  currentVersion: (secret: Place & { name: string }) => string | undefined
}

const MAX_EVENTS = 100
const FAILED = 'tasks failed to start.'

export class EcsStore {
  readonly #services: EcsService[] = []
  readonly #server: EcsServer
  #next: { end: DeploymentEnd; calls: number } = { end: 'complete', calls: 2 }
  #deployments = 0
  #tasks = 0
  #events = 0

  constructor(server: EcsServer) {
    this.#server = server
  }

  add(options: ServiceOptions & Place): EcsService {
    const { cluster, service: name, region, account } = options
    const arn = (resource: string) => `arn:aws:ecs:${region}:${account}:${resource}`
    const service: EcsService = {
      arn: arn(`service/${cluster}/${name}`),
      name,
      clusterArn: arn(`cluster/${cluster}`),
      cluster,
      region,
      account,
      status: 'ACTIVE',
      controller: 'ECS',
      desiredCount: options.desiredCount ?? 2,
      deployments: [],
      events: [],
      tasks: [],
      secretName: options.secretName,
      startedWith: undefined,
    }
    this.#services.push(service)
    const first = { taskDefinition: arn(`task-definition/${name}:1`), startedWith: this.#currentVersion(service) }
    this.#complete(service, this.#begin(service, first))
    return service
  }

  find({ cluster, name, region, account }: Place & { cluster: string; name: string }): EcsService | undefined {
    return this.#services.find(
      (service) =>
        service.name === name &&
        service.cluster === cluster &&
        service.region === region &&
        service.account === account,
    )
  }

  hasCluster(arn: string): boolean {
    return this.#services.some(({ clusterArn }) => clusterArn === arn)
  }

  tasksIn(clusterArn: string): Task[] {
    return this.#services.filter((service) => service.clusterArn === clusterArn).flatMap(({ tasks }) => tasks)
  }

  nextDeployments(end: DeploymentEnd, calls = end === 'slow' ? Number.POSITIVE_INFINITY : 2): void {
    this.#next = { end, calls }
  }

  /** Begins to replace all tasks by such as are started now. */
  forceNewDeployment(service: EcsService): void {
    const taskDefinition = service.deployments[0]?.taskDefinition ?? ''
    const startedWith = this.#currentVersion(service)
    this.#begin(service, { taskDefinition, startedWith, ending: { ...this.#next } })
  }

  /** Counts one `DescribeServices` of the service, and lets happen what happens at that call. */
  goOn(service: EcsService): void {
    const [primary] = service.deployments
    if (!primary?.ending) return
    primary.ending.calls -= 1
    if (primary.ending.calls > 0) return
    const { end } = primary.ending
    if (end === 'complete' || end === 'slow') this.#complete(service, primary)
    else this.#fail(service, primary)
    if (end === 'roll-back') this.#rollBack(service)
  }

  #begin(
    service: EcsService,
    deployment: Pick<Deployment, 'taskDefinition' | 'startedWith'> & Partial<Deployment>,
  ): Deployment {
    for (const older of service.deployments) Object.assign(older, { status: 'ACTIVE', ending: undefined })
    this.#deployments += 1
    const id = `ecs-svc/${4_000_000_000_000_000_000n + BigInt(this.#deployments)}`
    const now = this.#now()
    const begun: Deployment = {
      id,
      status: 'PRIMARY',
      rolloutState: 'IN_PROGRESS',
      rolloutStateReason: `ECS deployment ${id} in progress.`,
      desiredCount: service.desiredCount,
      runningCount: 0,
      pendingCount: service.desiredCount,
      failedTasks: 0,
      createdAt: now,
      updatedAt: now,
      keepsTasks: false,
      ending: undefined,
      ...deployment,
    }
    service.deployments.unshift(begun)
    return begun
  }

  #complete(service: EcsService, deployment: Deployment): void {
    this.#end(deployment, 'COMPLETED', `ECS deployment ${deployment.id} completed.`)
    deployment.runningCount = deployment.desiredCount
    service.deployments = [deployment]
    // After a roll-back, the older tasks stay.
    if (!deployment.keepsTasks) service.tasks = this.#start(service, deployment)
    service.startedWith = deployment.startedWith
    this.#tell(service, `(deployment ${deployment.id}) deployment completed.`)
    this.#tell(service, 'has reached a steady state.')
  }

  #fail(service: EcsService, deployment: Deployment): void {
    this.#end(deployment, 'FAILED', `ECS deployment circuit breaker: ${FAILED}`)
    deployment.failedTasks = 3
    this.#tell(service, `(deployment ${deployment.id}) deployment failed: ${FAILED}`)
  }

  /** A new deployment takes over the tasks of the last one that completed. Without such a one nothing happens. */
  #rollBack(service: EcsService): void {
    const older = service.deployments.find(({ rolloutState }) => rolloutState === 'COMPLETED')
    if (!older) return
    service.deployments = service.deployments.filter((deployment) => deployment !== older)
    this.#begin(service, {
      taskDefinition: older.taskDefinition,
      startedWith: older.startedWith,
      rolloutStateReason: `ECS deployment circuit breaker: rolling back to deploymentId ${older.id}.`,
      runningCount: older.runningCount,
      pendingCount: 0,
      keepsTasks: true,
      ending: { end: 'complete', calls: 1 },
    })
    this.#tell(service, `rolling back to deployment ${older.id}.`)
  }

  #start({ cluster, region, account }: EcsService, { desiredCount, createdAt }: Deployment): Task[] {
    return Array.from({ length: desiredCount }, () => {
      this.#tasks += 1
      const id = String(this.#tasks).padStart(32, '0')
      const arn = `arn:aws:ecs:${region}:${account}:task/${cluster}/${id}`
      return { arn, lastStatus: 'RUNNING', createdAt }
    })
  }

  #end(deployment: Deployment, rolloutState: Deployment['rolloutState'], rolloutStateReason: string): void {
    const updatedAt = this.#now()
    Object.assign(deployment, { rolloutState, rolloutStateReason, pendingCount: 0, updatedAt, ending: undefined })
  }

  #tell(service: EcsService, text: string): void {
    this.#events += 1
    const id = `00000000-0000-4000-8000-${String(this.#events).padStart(12, '0')}`
    service.events.unshift({ id, createdAt: this.#now(), message: `(service ${service.name}) ${text}` })
    service.events.length = Math.min(service.events.length, MAX_EVENTS)
  }

  #currentVersion({ secretName, region, account }: EcsService): string | undefined {
    return secretName === undefined ? undefined : this.#server.currentVersion({ name: secretName, region, account })
  }

  #now(): Date {
    return new Date(this.#server.now())
  }
}
