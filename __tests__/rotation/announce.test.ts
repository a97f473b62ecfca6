/** Services that a rotation cannot redeploy are reported before a token is replaced. */
import { expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { announceServices } from '../../src/rotation/announce.ts'
import { answer, CALLER, ecsRefusal, FakeAws, REGION } from '../aws/fake-aws.ts'
import { ManyWorld } from './many-world.ts'

async function announce(answers: readonly SandboxResponse[], names = ['inference'], graceSeconds = 86_400) {
  const aws = new FakeAws(...answers)
  const warnings: string[] = []
  const log = { info: () => {}, debug: () => {}, warning: (text: string) => void warnings.push(text) }
  const services = names.map((service) => ({ cluster: 'prod', service }))
  const { http, policy } = aws
  const callerOf = async () => CALLER
  await announceServices({ callerOf, http, policy, services, region: REGION, log, graceSeconds })
  return { warnings, calls: aws.sent.map(({ operation }) => operation), waits: aws.waits }
}
const run = (type?: string) => answer({ services: [{ status: 'ACTIVE', deploymentController: { type } }] })

test.each([
  ['CODE_DEPLOY', 'create a deployment with AWS CodeDeploy'],
  ['EXTERNAL', 'create a new task set'],
])('a service under %s is reported, with what to do', async (controller, how) => {
  const { warnings, calls } = await announce([run(controller)])
  expect(warnings).toEqual([
    `This action cannot redeploy prod/inference, because its deployment controller is ${controller}. After each rotation, ${how}. If possible, do this within \`grace\` (1d). The previous token is not revoked while a task from before the rotation is running.`,
  ])
  expect(calls).toEqual(['DescribeServices'])
})

test('nobody is told to wait for tasks where the previous token is revoked at once', async () => {
  const { warnings } = await announce([run('EXTERNAL')], undefined, 0)
  expect(warnings[0]).toContain('`grace` is 0s, so the previous token is revoked without waiting for the tasks.')
})

test('a service that ECS deploys is not reported', async () => {
  expect((await announce([run('ECS'), run()], ['one', 'two'])).warnings).toEqual([])
})

test('an outage of ECS does not take the time that the rotation needs', async () => {
  const { warnings, calls, waits } = await announce([ecsRefusal('ServerException', 'no', 500)])
  expect([warnings, calls, waits]).toEqual([[], ['DescribeServices'], []])
})

test('nothing is asked without services', async () => {
  expect((await announce([], [])).calls).toEqual([])
})

test('a run that needs several sessions reports a service before it mints, too', async () => {
  const world = await ManyWorld.start()
  try {
    world.sandbox.aws.ecsService('prod', 'inference').controller = 'CODE_DEPLOY'
    const warnedAt: number[] = []
    const { errors } = await world.rotate(({ operation }) => {
      if (operation === 'mint-token')
        warnedAt.push(world.warnings.filter((text) => text.includes('CODE_DEPLOY')).length)
      return undefined
    })
    expect(errors).toEqual([])
    expect(world.sandbox.calls().AssumeRoleWithWebIdentity).toBeGreaterThan(1)
    expect(warnedAt[0]).toBe(1)
  } finally {
    await world.close()
  }
})
