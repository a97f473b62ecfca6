/** ECS services: the state of their deployments, forced new ones, and what to say when ECS refuses. */
import { describe, expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import type { AwsCaller } from '../../src/aws/caller.ts'
import { EcsServices } from '../../src/aws/ecs.ts'
import { CallCount } from '../../src/net/calls-made.ts'
import { answer, CALLER, ecsRefusal, FakeAws, failureOf, REGION, ROLE } from './fake-aws.ts'

const SERVICE = { cluster: 'prod', service: 'inference' }
/** Seconds since the epoch, as ECS writes a time. */
const AT = 1_700_000_000

function services(answers: readonly SandboxResponse[], caller: Partial<AwsCaller> = {}) {
  const aws = new FakeAws(...answers)
  return { aws, ecs: new EcsServices({ ...CALLER, ...caller }, REGION, aws.http, aws.policy) }
}

const described = (service: object) => answer({ services: [service] })
const deployment = (given: object = {}) => ({
  id: 'ecs-svc/1',
  status: 'PRIMARY',
  rolloutState: 'COMPLETED',
  createdAt: AT,
  runningCount: 2,
  ...given,
})
const stateOf = async (service: object) => await services([described(service)]).ecs.describe(SERVICE)

test('a service that ECS does not tell about is asked about ten times at most', async () => {
  const aws = new FakeAws(ecsRefusal('ServerException', 'no'))
  const policy = { ...aws.policy, maxAttempts: 7, calls: new CallCount() }
  const ecs = new EcsServices(CALLER, REGION, aws.http, policy)
  for (let time = 0; time < 3; time += 1) await failureOf(ecs.describe(SERVICE))
  expect(aws.sent.length).toBe(10)
})

describe('the state of a service', () => {
  test('is that of its deployments, its tasks and its last events', async () => {
    const old = deployment({ id: 'ecs-svc/0', status: 'ACTIVE', createdAt: AT - 60, runningCount: 1 })
    const { aws, ecs } = services([
      described({
        deployments: [deployment({ rolloutState: 'IN_PROGRESS', rolloutStateReason: 'It is going on.' }), old],
        runningCount: 3,
        desiredCount: 2,
        events: Array.from({ length: 7 }, (_, n) => ({ message: `event ${n}`, createdAt: AT })),
      }),
    ])
    const state = await ecs.describe(SERVICE)
    expect(aws.sent[0]).toMatchObject({
      operation: 'DescribeServices',
      input: { cluster: 'prod', services: ['inference'] },
    })
    expect(state.primary).toMatchObject({
      id: 'ecs-svc/1',
      rolloutState: 'IN_PROGRESS',
      reason: 'It is going on',
      createdAt: AT * 1000,
      running: 2,
    })
    expect(state.deployments.map(({ id, running }) => [id, running])).toEqual([
      ['ecs-svc/1', 2],
      ['ecs-svc/0', 1],
    ])
    expect([state.running, state.desired]).toEqual([3, 2])
    expect(state.events).toEqual([0, 1, 2, 3, 4].map((n) => `2023-11-14T22:13:20.000Z event ${n}`))
  })

  test('shows what ECS says on one line', async () => {
    const state = await stateOf({ deployments: [deployment({ id: 'a\n::error::b' })], events: [{ message: 'x\ny' }] })
    expect([state.primary?.id, state.events]).toEqual(['a\\u{a}::error::b', ['x\\u{a}y']])
  })

  test('may be without deployments, when something other than ECS runs them', async () => {
    expect(await stateOf({})).toMatchObject({ primary: undefined, deployments: [], rolledBack: false })
  })
})

test.each([
  [undefined, 'ECS'],
  ['CODE_DEPLOY', 'CODE_DEPLOY'],
  ['EXTERNAL', 'EXTERNAL'],
  ['a\nb', 'a\\u{a}b'],
])('the deployment controller %j is told as %s', async (type, controller) => {
  expect((await stateOf({ deploymentController: { type } })).controller).toBe(controller)
})

describe('the oldest task of a service', () => {
  const listed = (taskArns: string[], nextToken?: string) => answer({ taskArns, nextToken })
  const tasks = (...times: (number | undefined)[]) =>
    answer({ tasks: times.map((createdAt) => ({ createdAt })), failures: [{ reason: 'MISSING' }] })
  const oldest = async (...answers: SandboxResponse[]) => {
    const { aws, ecs } = services(answers)
    return { at: await ecs.oldestTask(SERVICE), sent: aws.sent.map(({ operation, input }) => ({ operation, input })) }
  }

  test('is looked for on each page, a hundred at a time', async () => {
    const { at, sent } = await oldest(listed(['a', 'b'], 'next'), tasks(AT, AT - 5), listed(['c']), tasks(AT - 9))
    expect(at).toBe((AT - 9) * 1000)
    const list = { cluster: 'prod', serviceName: 'inference', maxResults: 100 }
    expect(sent).toEqual([
      { operation: 'ListTasks', input: list },
      { operation: 'DescribeTasks', input: { cluster: 'prod', tasks: ['a', 'b'] } },
      { operation: 'ListTasks', input: { ...list, nextToken: 'next' } },
      { operation: 'DescribeTasks', input: { cluster: 'prod', tasks: ['c'] } },
    ])
  })

  test('is none where no task is to run, or all have stopped since', async () => {
    expect((await oldest(listed([]))).at).toBe(Number.POSITIVE_INFINITY)
    expect((await oldest(listed(['a']), tasks())).at).toBe(Number.POSITIVE_INFINITY)
  })

  test('is unknown when ECS does not say when a task was created, and when there are too many', async () => {
    expect((await oldest(listed(['a', 'b']), tasks(AT, undefined))).at).toBeUndefined()
    const { at, sent } = await oldest(listed([], 'more'))
    expect([at, sent.length]).toEqual([undefined, 10])
  })

  test.each(['list', 'describe'])('cannot be looked for without the permissions, which are named: %s', async (what) => {
    const denied = ecsRefusal(
      'AccessDeniedException',
      `User: ${CALLER.name} is not authorized to perform: ecs:${what === 'list' ? 'ListTasks' : 'DescribeTasks'} on resource: x because no identity-based policy allows it`,
    )
    const { ecs } = services(what === 'list' ? [denied] : [listed(['a']), denied])
    const { message } = await failureOf(ecs.oldestTask(SERVICE))
    expect(message).toContain('[deployment-failed] Could not read the tasks of the service `prod/inference`')
    expect(message).toContain(`Add this statement to the policy of the role \`${ROLE.arn}\`:`)
    expect(message).toContain('"ecs:ListTasks",')
    expect(message).toContain(`"ecs:cluster": "arn:aws:ecs:${REGION}:123456789012:cluster/prod"`)
    expect(message).not.toContain('ecs:UpdateService')
  })
})

describe('a roll-back is recognized', () => {
  const withEvent = (message: string, secondsBefore: number) => ({
    deployments: [deployment()],
    events: [{ message, createdAt: AT - secondsBefore }],
  })
  test.each<[string, object, boolean]>([
    [
      'by the reason of the deployment',
      { deployments: [deployment({ rolloutStateReason: 'Rolling back to x.' })] },
      true,
    ],
    ['by an event at its beginning', withEvent('(service inference) rolled back to x.', 0), true],
    ['by an event up to two minutes before it', withEvent('rolling back to x', 120), true],
    ['but not by an older event', withEvent('rolling back to x', 121), false],
    ['but not by another event', withEvent('has reached a steady state', 0), false],
    [
      'but not in an older deployment',
      { deployments: [deployment(), deployment({ status: 'ACTIVE', rolloutStateReason: 'rolled back' })] },
      false,
    ],
  ])('%s', async (_how, service, expected) => expect((await stateOf(service)).rolledBack).toBe(expected))
})

test('a deployment is forced', async () => {
  const { aws, ecs } = services([answer({ service: { deployments: [deployment()] } })])
  expect((await ecs.deploy(SERVICE)).primary?.id).toBe('ecs-svc/1')
  expect(aws.sent[0]).toMatchObject({
    operation: 'UpdateService',
    input: { cluster: 'prod', service: 'inference', forceNewDeployment: true },
  })
})

describe('a service that cannot be redeployed', () => {
  test.each<[string, SandboxResponse]>([
    ['is not there', answer({ services: [] })],
    ['was deleted', described({ status: 'INACTIVE', deployments: [deployment()] })],
    ['is not found', ecsRefusal('ServiceNotFoundException')],
    ['is not active', ecsRefusal('ServiceNotActiveException')],
  ])('because it %s', async (_why, response) => {
    const { aws, ecs } = services([response])
    const { message } = await failureOf(ecs.describe(SERVICE))
    expect(message).toContain('[deployment-failed] The service `prod/inference` could not be redeployed')
    expect(message).toContain(`aws ecs list-services --region ${REGION} --cluster prod`)
    expect(aws.sent).toHaveLength(1)
  })

  test.each([['is being deleted', { status: 'DRAINING', deployments: [deployment()] }, 'its status is DRAINING']])(
    'because it %s is left alone',
    async (_why, service, seen) => {
      const { aws, ecs } = services([described(service)])
      const { message } = await failureOf(ecs.describe(SERVICE))
      expect(message).toContain(seen)
      expect(message).toContain('from `ecs-services`')
      expect(aws.sent).toHaveLength(1)
    },
  )

  test('because something other than ECS deploys it is told how to deploy it', async () => {
    const { ecs } = services([
      ecsRefusal(
        'InvalidParameterException',
        'Cannot force a new deployment on services with a CODE_DEPLOY deployment controller.',
      ),
    ])
    const { message } = await failureOf(ecs.deploy(SERVICE))
    expect(message).toContain('CODE_DEPLOY')
    expect(message).toContain('Start a deployment of the service with CodeDeploy or the external controller')
  })

  test('is deployed when ECS itself runs its deployments', async () => {
    const state = await stateOf({ deploymentController: { type: 'ECS' }, deployments: [deployment()] })
    expect([state.primary?.id, state.controller]).toEqual(['ecs-svc/1', 'ECS'])
  })

  test('because its cluster is missing is told to list the clusters', async () => {
    const { ecs } = services([ecsRefusal('ClusterNotFoundException', 'Cluster not found.')])
    expect((await failureOf(ecs.deploy(SERVICE))).message).toContain(`aws ecs list-clusters --region ${REGION}`)
  })

  test('because a role may not be passed is told which right is missing', async () => {
    const words =
      'User: x is not authorized to perform: iam:PassRole on resource: arn:aws:iam::123456789012:role/task because no identity-based policy allows the iam:PassRole action'
    const { ecs } = services([ecsRefusal('AccessDeniedException', words)])
    const { message } = await failureOf(ecs.deploy(SERVICE))
    expect(message).toContain('Allow `iam:PassRole` in the policy of the role')
    expect(message).not.toContain('"ecs:UpdateService"')
  })

  test('because the role lacks the permission gets the statement', async () => {
    const { ecs } = services([ecsRefusal('AccessDeniedException')])
    const { message } = await failureOf(ecs.deploy(SERVICE))
    expect(message).toContain(`Add this statement to the policy of the role \`${ROLE.arn}\`:`)
    expect(message).toContain('"ecs:UpdateService"')
    expect(message).toContain(`arn:aws:ecs:${REGION}:123456789012:service/prod/inference`)
  })

  test('with a session policy of your own is told to add it there too', async () => {
    const { ecs } = services([ecsRefusal('AccessDeniedException')], { sessionPolicy: '{"Statement":[]}' })
    expect((await failureOf(ecs.deploy(SERVICE))).message).toContain('(and to `session-policy`')
  })

  test.each<[string, SandboxResponse]>([
    ['an error of the server', ecsRefusal('ServerException', 'oops', 400)],
    ['throttling', ecsRefusal('ThrottlingException', 'Rate exceeded')],
  ])('just now is tried again: %s', async (_what, refusal) => {
    const { aws, ecs } = services([refusal, described({ deployments: [deployment()] })])
    expect((await ecs.describe(SERVICE)).primary?.id).toBe('ecs-svc/1')
    expect(aws.sent).toHaveLength(2)
  })
})
