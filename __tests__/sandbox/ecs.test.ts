/** The sandbox's ECS, asked by the SDK's own client: services replace their tasks as they do at AWS, call by call. */
import {
  DescribeServicesCommand,
  DescribeTasksCommand,
  type ECSClient,
  ListTasksCommand,
  type Service,
  UpdateServiceCommand,
  type UpdateServiceCommandInput,
} from '@aws-sdk/client-ecs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Aws, AwsError, ecsError } from '../../sandbox/aws.ts'
import { addRole, allow, clients } from './session.ts'

const CLUSTER_ARN = 'arn:aws:ecs:us-east-1:111122223333:cluster/prod'

let aws: Aws
let client: ECSClient
let arn: string

beforeEach(async () => {
  aws = await Aws.start()
  client = clients(aws, addRole(aws, allow('ecs:*'))).ecs
  aws.addSecret({ name: 'hf/token', value: 'one' })
  arn = aws.addService({ cluster: 'prod', service: 'inference', desiredCount: 3, secretName: 'hf/token' })
})

afterEach(async () => {
  await aws.close()
})

const ask = (services: string[], cluster = 'prod') => client.send(new DescribeServicesCommand({ cluster, services }))
const update = (input: Partial<UpdateServiceCommandInput> = {}) =>
  client.send(new UpdateServiceCommand({ cluster: 'prod', service: 'inference', forceNewDeployment: true, ...input }))

async function look(): Promise<Service> {
  const [service] = (await ask(['inference'])).services ?? []
  if (!service) throw new Error('no service')
  return service
}

const rollout = ({ deployments = [] }: Service) =>
  deployments.map(({ status, rolloutState, runningCount }) => `${status} ${rolloutState} ${runningCount}`)
const messages = ({ events = [] }: Service) => events.map(({ message }) => message)
const currentVersion = () => aws.secret('hf/token').versions.find(({ stages }) => stages.includes('AWSCURRENT'))

describe('a service', () => {
  test('begins with one deployment that is complete', async () => {
    expect(arn).toBe('arn:aws:ecs:us-east-1:111122223333:service/prod/inference')
    expect(await look()).toMatchObject({
      serviceArn: arn,
      serviceName: 'inference',
      clusterArn: CLUSTER_ARN,
      status: 'ACTIVE',
      desiredCount: 3,
      runningCount: 3,
      pendingCount: 0,
      taskDefinition: 'arn:aws:ecs:us-east-1:111122223333:task-definition/inference:1',
      deployments: [
        {
          id: expect.stringMatching(/^ecs-svc\/\d{19}$/),
          status: 'PRIMARY',
          rolloutState: 'COMPLETED',
          rolloutStateReason: expect.stringMatching(/^ECS deployment ecs-svc\/\d+ completed\.$/),
          failedTasks: 0,
          createdAt: expect.any(Date),
        },
      ],
      events: [
        {
          id: expect.any(String),
          createdAt: expect.any(Date),
          message: '(service inference) has reached a steady state.',
        },
        {},
      ],
    })
  })

  test('is found by its ARN, in a cluster by its ARN', async () => {
    expect((await ask([arn], CLUSTER_ARN)).services).toMatchObject([{ serviceName: 'inference' }])
  })

  test('that is missing is a failure beside the others', async () => {
    expect(await ask(['other', 'inference'])).toMatchObject({
      services: [{ serviceName: 'inference' }],
      failures: [{ arn: arn.replace('inference', 'other'), reason: 'MISSING' }],
    })
  })

  test('remembers 100 events', async () => {
    for (let round = 0; round < 60; round++) {
      aws.nextDeployments('complete', 1)
      await update()
      await look()
    }
    expect((await look()).events).toHaveLength(100)
  })
})

describe('a new deployment', () => {
  test('is complete at the second look', async () => {
    const before = (await look()).deployments?.[0]?.id
    const { service } = await update()
    expect(service && rollout(service)).toEqual(['PRIMARY IN_PROGRESS 0', 'ACTIVE COMPLETED 3'])
    expect(rollout(await look())).toEqual(['PRIMARY IN_PROGRESS 0', 'ACTIVE COMPLETED 3'])
    const after = await look()
    expect(rollout(after)).toEqual(['PRIMARY COMPLETED 3'])
    expect(after.deployments?.[0]?.id).not.toBe(before)
    expect(messages(after)[1]).toMatch(/^\(service inference\) \(deployment ecs-svc\/\d+\) deployment completed\.$/)
  })

  test('starts its tasks with the value that is current then', async () => {
    const old = currentVersion()?.versionId
    const { versionId } = aws.putVersion('hf/token', { value: 'two' })
    const service = aws.ecsService('prod', 'inference')
    expect(service.startedWith).toBe(old)
    await update()
    aws.putVersion('hf/token', { value: 'three' })
    expect(service).toMatchObject({ startedWith: old, deployments: [{ startedWith: versionId }, { startedWith: old }] })
    await look()
    await look()
    expect(service.startedWith).toBe(versionId)
  })

  test('can be slow', async () => {
    aws.nextDeployments('slow')
    await update()
    for (let round = 0; round < 5; round++) await look()
    expect(rollout(await look())).toEqual(['PRIMARY IN_PROGRESS 0', 'ACTIVE COMPLETED 3'])
    aws.nextDeployments('complete', 1)
    await update()
    expect(rollout(await look())).toEqual(['PRIMARY COMPLETED 3'])
  })

  test('can fail, and the old tasks go on with the old value', async () => {
    aws.nextDeployments('fail', 1)
    const old = currentVersion()?.versionId
    aws.putVersion('hf/token', { value: 'two' })
    await update()
    const after = await look()
    expect(rollout(after)).toEqual(['PRIMARY FAILED 0', 'ACTIVE COMPLETED 3'])
    expect(after.deployments?.[0]).toMatchObject({
      rolloutStateReason: 'ECS deployment circuit breaker: tasks failed to start.',
      failedTasks: 3,
    })
    const id = after.deployments?.[0]?.id
    expect(messages(after)[0]).toBe(`(service inference) (deployment ${id}) deployment failed: tasks failed to start.`)
    expect(aws.ecsService('prod', 'inference').startedWith).toBe(old)
  })

  test('can be rolled back, which ends in a complete deployment that nobody asked for', async () => {
    const first = (await look()).deployments?.[0]?.id
    const old = currentVersion()?.versionId
    aws.putVersion('hf/token', { value: 'two' })
    aws.nextDeployments('roll-back', 1)
    const asked = (await update()).service?.deployments?.[0]?.id
    const rolling = await look()
    expect(rollout(rolling)).toEqual(['PRIMARY IN_PROGRESS 3', 'ACTIVE FAILED 0'])
    expect(rolling.deployments?.[1]?.id).toBe(asked)
    expect(rolling.deployments?.[0]?.rolloutStateReason).toBe(
      `ECS deployment circuit breaker: rolling back to deploymentId ${first}.`,
    )
    expect(messages(rolling)[0]).toBe(`(service inference) rolling back to deployment ${first}.`)
    const after = await look()
    expect(rollout(after)).toEqual(['PRIMARY COMPLETED 3'])
    expect([first, asked]).not.toContain(after.deployments?.[0]?.id)
    expect(aws.ecsService('prod', 'inference').startedWith).toBe(old)
  })
})

describe('ECS refuses', () => {
  test('an update of what it does not have', async () => {
    await expect(update({ service: 'other' })).rejects.toMatchObject({
      name: 'ServiceNotFoundException',
      message: 'Service not found.',
    })
    await expect(update({ cluster: 'test' })).rejects.toMatchObject({
      name: 'ClusterNotFoundException',
      message: 'Cluster not found.',
    })
    await expect(update({ service: arn, cluster: 'test' })).rejects.toMatchObject({
      name: 'InvalidParameterException',
      message: 'Invalid identifier: Identifier is for cluster prod. Your cluster is test',
    })
  })

  test('an update of a service that is no longer active', async () => {
    aws.ecsService('prod', 'inference').status = 'INACTIVE'
    await expect(update()).rejects.toMatchObject({
      name: 'ServiceNotActiveException',
      message: 'Service was not ACTIVE.',
    })
  })

  test('who may not, before it says what exists', async () => {
    const session = 'arn:aws:sts::111122223333:assumed-role/rotation/rotation'
    const here = { StringEquals: { 'ecs:cluster': CLUSTER_ARN } }
    client = clients(aws, addRole(aws, allow('ecs:DescribeServices', '*', here), allow('ecs:UpdateService', arn))).ecs
    await look()
    await update()
    const nowhere = { name: 'AccessDeniedException', message: expect.stringContaining('ecs:DescribeServices') }
    await expect(ask(['inference'], 'test')).rejects.toMatchObject(nowhere)
    await expect(update({ service: 'other' })).rejects.toMatchObject({
      name: 'AccessDeniedException',
      message: `User: ${session} is not authorized to perform: ecs:UpdateService on resource: ${arn.replace('inference', 'other')} because no identity-based policy allows the ecs:UpdateService action`,
    })
  })

  test("another service's signature", async () => {
    await look()
    const signed = aws.service.calls.at(-1)?.request
    if (!signed) throw new Error('no call')
    const { 'content-length': _length, connection: _connection, ...own } = signed.headers
    const headers = { ...Object.fromEntries(Object.entries(own).map(([name, value]) => [name, String(value)])) }
    headers['x-amz-target'] = 'secretsmanager.GetSecretValue'
    const answer = await fetch(aws.url, { method: 'POST', body: signed.body, headers })
    expect(await answer.json()).toMatchObject({ __type: 'InvalidSignatureException' })
  })

  test('what a test tells it to', async () => {
    const answer = ecsError(new AwsError('ThrottlingException', 'Rate exceeded'))
    aws.service.inject('DescribeServices', { kind: 'answer', ...answer })
    await expect(look()).rejects.toMatchObject({ name: 'ThrottlingException', message: 'Rate exceeded' })
  })
})

describe('the tasks of a service', () => {
  const list = (input: object = {}) =>
    client.send(new ListTasksCommand({ cluster: 'prod', serviceName: 'inference', ...input }))
  const show = (tasks: string[]) => client.send(new DescribeTasksCommand({ cluster: 'prod', tasks }))

  test('are listed page by page, and described with the time at which they were created', async () => {
    const first = await list({ maxResults: 2 })
    expect(first).toMatchObject({ taskArns: [expect.any(String), expect.any(String)], nextToken: '2' })
    const rest = await list({ maxResults: 2, nextToken: first.nextToken })
    expect([rest.taskArns?.length, rest.nextToken]).toEqual([1, undefined])
    const arns = [...(first.taskArns ?? []), ...(rest.taskArns ?? [])]
    const { tasks = [], failures = [] } = await show([...arns, 'gone'])
    expect(tasks.map(({ taskArn }) => taskArn)).toEqual(arns)
    expect(tasks.every(({ createdAt }) => createdAt instanceof Date)).toBe(true)
    expect(failures).toEqual([{ arn: 'gone', reason: 'MISSING' }])
  })

  test('are replaced once a deployment is complete, and stay when it is rolled back', async () => {
    const before = (await list()).taskArns
    aws.nextDeployments('roll-back', 1)
    await update()
    await look()
    await look()
    expect((await list()).taskArns).toEqual(before)
    aws.nextDeployments('complete', 1)
    await update()
    await look()
    expect((await list()).taskArns).not.toEqual(before)
  })

  test('are at most a hundred at a time', async () => {
    const invalid = { name: 'InvalidParameterException' }
    await expect(list({ maxResults: 101 })).rejects.toMatchObject(invalid)
    await expect(show(Array.from({ length: 101 }, (_, number) => `task-${number}`))).rejects.toMatchObject(invalid)
    await expect(show([])).rejects.toMatchObject(invalid)
  })

  test('are those of a cluster that the caller may look at', async () => {
    const own = { ...allow('ecs:*'), Condition: { ArnEquals: { 'ecs:cluster': `${CLUSTER_ARN}2` } } }
    const other = clients(aws, addRole(aws, own)).ecs
    const denied = { name: 'AccessDeniedException' }
    await expect(other.send(new ListTasksCommand({ cluster: 'prod', serviceName: 'inference' }))).rejects.toMatchObject(
      denied,
    )
    await expect(other.send(new DescribeTasksCommand({ cluster: 'prod', tasks: ['x'] }))).rejects.toMatchObject(denied)
    await expect(list({ serviceName: 'nothing' })).rejects.toMatchObject({ name: 'ServiceNotFoundException' })
  })

  test('are in task sets where something other than ECS runs the deployments', async () => {
    aws.ecsService('prod', 'inference').controller = 'CODE_DEPLOY'
    expect(await look()).toMatchObject({
      deployments: [],
      taskSets: [{ status: 'PRIMARY', runningCount: 3, createdAt: expect.any(Date) }],
    })
    expect((await list()).taskArns).toHaveLength(3)
  })
})
