/** ECS's operations: who may do them, and what they answer. */
import type { Deployment, EcsService, EcsStore } from './ecs-store.ts'
import { AwsError } from './error.ts'
import type { Iam } from './iam.ts'
import { type Input, type JsonService, type Output, required, seconds, text, texts } from './json-service.ts'
import type { Caller } from './sigv4.ts'

/** A service, as a request names it. */
interface Named {
  arn: string
  clusterArn: string
  cluster: string
  name: string
}

/**
 * Simpler than AWS: a deployment goes on with each `DescribeServices` instead of with time, all its tasks start at
 * once, and `UpdateService` can only force a new deployment. A deployment that rolls back keeps the older tasks.
 */
export class Ecs implements JsonService {
  readonly target = 'AmazonEC2ContainerServiceV20141113'
  readonly signingName = 'ecs'
  readonly messageKey = 'message'
  readonly #iam: Iam
  readonly #store: EcsStore

  constructor(iam: Iam, store: EcsStore) {
    this.#iam = iam
    this.#store = store
  }

  handle(operation: string, caller: Caller, input: Input): Output {
    switch (operation) {
      case 'DescribeServices':
        return this.#describeServices(caller, input)
      case 'UpdateService':
        return this.#updateService(caller, input)
      case 'ListTasks':
        return this.#listTasks(caller, input)
      case 'DescribeTasks':
        return this.#describeTasks(caller, input)
      default:
        throw new AwsError('UnknownOperationException', '')
    }
  }

  #describeServices(caller: Caller, input: Input): Output {
    const ids = texts(input, 'services') ?? []
    if (ids.length === 0) throw new AwsError('InvalidParameterException', 'Services cannot be empty.')
    if (ids.length > 10) {
      throw new AwsError('InvalidParameterException', 'Cannot describe more than 10 services at once.')
    }
    const named = ids.map((id) => this.#authorize('DescribeServices', caller, input, id))
    const looked = named.map(({ arn, cluster, name }) => ({ arn, service: this.#find(caller, cluster, name) }))
    for (const service of new Set(looked.map((one) => one.service))) if (service) this.#store.goOn(service)
    return {
      services: looked.flatMap(({ service }) => (service ? [describe(service)] : [])),
      failures: looked.flatMap(({ arn, service }) => (service ? [] : [{ arn, reason: 'MISSING' }])),
    }
  }

  #updateService(caller: Caller, input: Input): Output {
    const { cluster, name } = this.#authorize('UpdateService', caller, input, required(input, 'service'))
    const service = this.#find(caller, cluster, name)
    if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.')
    if (service.status !== 'ACTIVE') throw new AwsError('ServiceNotActiveException', 'Service was not ACTIVE.')
    if (input.forceNewDeployment === true && service.controller !== 'ECS') {
      throw new AwsError(
        'InvalidParameterException',
        `Cannot force a new deployment on services with a ${service.controller} deployment controller.${service.controller === 'CODE_DEPLOY' ? ' Use AWS CodeDeploy to trigger a new deployment.' : ''}`,
      )
    }
    if (input.forceNewDeployment === true) this.#store.forceNewDeployment(service)
    return { service: describe(service) }
  }

  /** Tasks that are to run; of one service only. */
  #listTasks(caller: Caller, input: Input): Output {
    const { cluster, name, clusterArn } = identify(
      caller,
      text(input, 'cluster') ?? 'default',
      required(input, 'serviceName'),
    )
    this.#authorizeTasks('ListTasks', caller, clusterArn, clusterArn.replace(':cluster/', ':container-instance/'))
    const service = this.#find(caller, cluster, name)
    if (!service) throw new AwsError('ServiceNotFoundException', 'Service not found.')
    const size = Number(input.maxResults ?? MAX_TASKS)
    if (!(size >= 1 && size <= MAX_TASKS)) {
      throw new AwsError('InvalidParameterException', `maxResults must be between 1 and ${MAX_TASKS}`)
    }
    const from = Number(text(input, 'nextToken') ?? 0)
    const to = from + size
    return {
      taskArns: service.tasks.slice(from, to).map(({ arn }) => arn),
      ...(to < service.tasks.length ? { nextToken: String(to) } : {}),
    }
  }

  #describeTasks(caller: Caller, input: Input): Output {
    const arns = texts(input, 'tasks') ?? []
    if (arns.length === 0) throw new AwsError('InvalidParameterException', 'Tasks cannot be empty.')
    if (arns.length > MAX_TASKS) {
      throw new AwsError('InvalidParameterException', `Cannot describe more than ${MAX_TASKS} tasks at once.`)
    }
    const { clusterArn } = identify(caller, text(input, 'cluster') ?? 'default', '')
    for (const arn of arns) this.#authorizeTasks('DescribeTasks', caller, clusterArn, arn)
    const known = new Map(this.#store.tasksIn(clusterArn).map((task) => [task.arn, task]))
    const found = arns.flatMap((arn) => known.get(arn) ?? [])
    return {
      tasks: found.map(({ arn, lastStatus, createdAt }) => ({
        taskArn: arn,
        clusterArn,
        lastStatus,
        desiredStatus: 'RUNNING',
        createdAt: seconds(createdAt),
      })),
      failures: arns.filter((arn) => !known.has(arn)).map((arn) => ({ arn, reason: 'MISSING' })),
    }
  }

  #authorizeTasks(operation: string, caller: Caller, clusterArn: string, resource: string): void {
    const context = { 'aws:RequestedRegion': caller.region, 'ecs:cluster': clusterArn }
    this.#iam.authorize(caller.session, { action: `ecs:${operation}`, resource, context })
    if (!this.#store.hasCluster(clusterArn)) throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  }

  #find({ region, session }: Caller, cluster: string, name: string): EcsService | undefined {
    return this.#store.find({ cluster, name, region, account: session.role.account })
  }

  /** The service that is asked for, if the caller may and its cluster exists. Access is decided first. */
  #authorize(operation: string, caller: Caller, input: Input, id: string): Named {
    const named = identify(caller, text(input, 'cluster') ?? 'default', id)
    const context = { 'aws:RequestedRegion': caller.region, 'ecs:cluster': named.clusterArn }
    this.#iam.authorize(caller.session, { action: `ecs:${operation}`, resource: named.arn, context })
    if (!this.#store.hasCluster(named.clusterArn)) throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
    return named
  }
}

/** How many tasks one call lists or describes. */
const MAX_TASKS = 100

/** Both can be names or ARNs; an ARN must lie where the request goes. */
function identify({ region, session }: Caller, clusterId: string, serviceId: string): Named {
  const { account } = session.role
  const path = (id: string) => {
    if (!id.startsWith('arn:')) return [id]
    const [, , , itsRegion, itsAccount, resource = ''] = id.split(':')
    if (itsRegion !== region) throw invalidIdentifier(itsRegion, 'region', region)
    if (itsAccount !== account) throw invalidIdentifier(itsAccount, 'accountId', account)
    return resource.split('/').slice(1)
  }
  const cluster = path(clusterId).join('/')
  const [name = '', itsCluster = cluster] = path(serviceId).toReversed()
  if (itsCluster !== cluster) throw invalidIdentifier(`cluster ${itsCluster}`, 'cluster', cluster)
  const arn = (resource: string) => `arn:aws:ecs:${region}:${account}:${resource}`
  return { arn: arn(`service/${cluster}/${name}`), clusterArn: arn(`cluster/${cluster}`), cluster, name }
}

function invalidIdentifier(itsOwn: string | undefined, what: string, yours: string): AwsError {
  const message = `Invalid identifier: Identifier is for ${itsOwn}. Your ${what} is ${yours}`
  return new AwsError('InvalidParameterException', message)
}

function describe(service: EcsService): Output {
  const { deployments } = service
  const sum = (count: 'runningCount' | 'pendingCount') => deployments.reduce((all, one) => all + one[count], 0)
  return {
    serviceArn: service.arn,
    serviceName: service.name,
    clusterArn: service.clusterArn,
    status: service.status,
    // Without the field, ECS itself runs the deployments.
    ...(service.controller === 'ECS' ? {} : { deploymentController: { type: service.controller } }),
    desiredCount: service.desiredCount,
    runningCount: sum('runningCount'),
    pendingCount: sum('pendingCount'),
    taskDefinition: deployments[0]?.taskDefinition,
    // What another controller runs has task sets instead.
    ...(service.controller === 'ECS'
      ? { deployments: deployments.map(describeDeployment) }
      : { deployments: [], taskSets: deployments.map(describeTaskSet) }),
    events: service.events.map(({ id, createdAt, message }) => ({ id, createdAt: seconds(createdAt), message })),
  }
}

function describeTaskSet({ id, status, taskDefinition, createdAt, updatedAt, ...rest }: Deployment): Output {
  const { desiredCount, runningCount, pendingCount } = rest
  return {
    id,
    status,
    taskDefinition,
    computedDesiredCount: desiredCount,
    runningCount,
    pendingCount,
    createdAt: seconds(createdAt),
    updatedAt: seconds(updatedAt),
    stabilityStatus: 'STEADY_STATE',
  }
}

function describeDeployment({
  startedWith: _,
  ending: __,
  keepsTasks: ___,
  createdAt,
  updatedAt,
  ...shown
}: Deployment): Output {
  return { ...shown, createdAt: seconds(createdAt), updatedAt: seconds(updatedAt) }
}
