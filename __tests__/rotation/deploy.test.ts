/** Services that read the secrets: which of them are redeployed, and what is told of the deployment. */
import { describe, expect, test } from '@jest/globals'
import type { Deployment, ServiceState } from '../../src/aws/ecs.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { deployServices } from '../../src/rotation/deploy.ts'
import { oldestTask } from '../../src/rotation/task-age.ts'

const REPLACED = Date.UTC(2026, 8, 8, 4, 17)
const SERVICE = { cluster: 'prod', service: 'inference' }

const deployment = (id: string, rest: Partial<Deployment> = {}): Deployment => ({
  id,
  rolloutState: 'COMPLETED',
  reason: '',
  createdAt: REPLACED - 1000,
  running: 2,
  ...rest,
})
const state = (primary: Deployment | undefined, rest: Partial<ServiceState> = {}): ServiceState => ({
  controller: 'ECS',
  primary,
  deployments: primary ? [primary] : [],
  running: 2,
  desired: 2,
  rolledBack: false,
  events: [],
  ...rest,
})

/** What becomes of the service whose looks are these, the last one for ever. */
async function deploy(
  looks: (ServiceState | Error)[],
  {
    replaced = REPLACED,
    wait = false,
    dryRun = false,
    leftMs = 600_000,
    oldest,
  }: {
    replaced?: number | 'now'
    wait?: boolean
    dryRun?: boolean
    leftMs?: number
    oldest?: number | Error
  } = {},
) {
  let deployed = 0
  let asked = 0
  const infos: string[] = []
  const debugs: string[] = []
  const warnings: string[] = []
  const ecs = {
    describe: async () => {
      const [look] = looks.length > 1 ? looks.splice(0, 1) : looks
      if (!look || look instanceof Error) throw look
      return look
    },
    oldestTask: async () => {
      asked += 1
      if (oldest instanceof Error) throw oldest
      return oldest
    },
    deploy: async () => {
      deployed += 1
      return state(deployment('new', { rolloutState: 'IN_PROGRESS', running: 0 }))
    },
  }
  let left = leftMs
  const [outcome] = await deployServices({
    ecs,
    services: [SERVICE],
    replaced,
    wait,
    dryRun,
    region: 'eu-west-1',
    deadline: {
      remainingMs: () => left,
      sleep: async (ms) => {
        left -= ms
      },
    },
    log: {
      info: (text) => infos.push(text),
      debug: (text) => debugs.push(text),
      warning: (text) => warnings.push(text),
    },
  })
  if (!outcome) throw new Error('no outcome')
  return { ...outcome, deployed, infos, debugs, warnings, tasksAsked: asked }
}

describe('a service', () => {
  test('is redeployed after a token was replaced', async () => {
    const outcome = await deploy([state(deployment('old'))])
    expect(outcome).toMatchObject({ action: 'deployed', deploymentId: 'new', deployed: 1 })
    expect(outcome.infos).toEqual(['ECS: redeploying prod/inference (new)'])
  })

  test('is left alone when it was redeployed since', async () => {
    const outcome = await deploy([state(deployment('since', { createdAt: REPLACED }))])
    expect(outcome).toMatchObject({ action: 'up-to-date', deploymentId: 'since', deployed: 0 })
  })

  test.each<[string, ServiceState]>([
    ['that deployment failed', state(deployment('since', { createdAt: REPLACED, rolloutState: 'FAILED' }))],
    ['it was rolled back', state(deployment('since', { createdAt: REPLACED }), { rolledBack: true })],
    ['nobody knows its deployments', state(undefined)],
  ])('is redeployed again when %s', async (_what, look) => {
    expect(await deploy([look])).toMatchObject({ action: 'deployed', deployed: 1 })
  })

  test('is redeployed in any case by the run that replaced the token', async () => {
    const look = state(deployment('since', { createdAt: REPLACED + 5000 }))
    expect(await deploy([look], { replaced: 'now' })).toMatchObject({ action: 'deployed', deployed: 1 })
  })

  test('is not redeployed with dry-run, nor waited for', async () => {
    const outcome = await deploy([state(deployment('old'))], { dryRun: true, wait: true })
    expect(outcome).toMatchObject({ action: 'would-deploy', deployed: 0 })
  })

  test('that cannot be described is a failure of its own', async () => {
    const denied = new ActionError('deployment-failed', { failed: 'No such service.', fix: 'Correct it.' })
    expect(await deploy([denied], { wait: true })).toMatchObject({ action: 'failed', error: denied, deployed: 0 })
  })
})

describe('with wait-for-services', () => {
  const done = state(deployment('new', { createdAt: REPLACED + 1000 }))
  const busy = (rest: Partial<Deployment> = {}, more: Partial<ServiceState> = {}) =>
    state(deployment('new', { rolloutState: 'IN_PROGRESS', ...rest }), more)
  const before = state(deployment('old'))

  test('the run waits until the deployment is complete', async () => {
    const outcome = await deploy([before, busy(), busy(), done], { wait: true })
    expect(outcome).toMatchObject({ action: 'completed', tasksSince: REPLACED + 1000, error: undefined })
    expect(outcome.infos.at(-1)).toBe('ECS: all tasks of prod/inference now run with the new token')
  })

  test('a deployment without a state is complete when it is alone and all tasks run', async () => {
    const alone = (running: number) => busy({ rolloutState: '' }, { running })
    expect(await deploy([before, alone(1), alone(2)], { wait: true })).toMatchObject({ action: 'completed' })
  })

  test.each<[string, ServiceState, string]>([
    [
      'failed',
      busy({ rolloutState: 'FAILED', reason: 'tasks failed to start' }),
      'did not complete: ECS reports "tasks failed to start".',
    ],
    ['failed without a reason', busy({ rolloutState: 'FAILED' }), 'it failed, and ECS gives no reason.'],
    [
      'was overtaken by another one',
      state(deployment('theirs'), { deployments: [deployment('theirs'), deployment('new')] }),
      'another deployment was started',
    ],
    ['is gone', state(deployment('old')), 'it was rolled back, or another deployment was started'],
  ])('a deployment that %s is a failure', async (_what, look, text) => {
    const { action, error } = await deploy([before, busy(), look], { wait: true })
    expect(action).toBe('failed')
    expect(error?.code).toBe('deployment-failed')
    expect(error?.message).toContain(text)
    expect(error?.message).toContain('aws ecs describe-services --region eu-west-1 --cluster prod --services inference')
  })

  test('a deployment that takes too long is a failure, with the service’s latest events', async () => {
    const look = busy({}, { events: ['(service inference) is unable to place a task'], running: 1 })
    const { action, error } = await deploy([before, look], { wait: true, leftMs: 20_000 })
    expect(action).toBe('failed')
    expect(error?.summary).toBe(
      'The deployment of prod/inference (new) did not complete: it was still in progress when the time ran out.',
    )
    expect(error?.message).toContain('- (service inference) is unable to place a task')
    expect(error?.message).toContain('Running tasks: 1')
    expect(error?.message).toContain('increase `timeout`')
  })
})

describe('the oldest task of a service', () => {
  const since = async (look: ServiceState) => (await deploy([look], { dryRun: true })).tasksSince

  test('is as old as the oldest deployment that still runs tasks', async () => {
    const primary = deployment('new', { createdAt: REPLACED + 9000 })
    const older = deployment('old', { createdAt: REPLACED - 9000 })
    const drained = deployment('drained', { createdAt: 1, running: 0 })
    expect(await since(state(primary, { deployments: [primary, older, drained] }))).toBe(REPLACED - 9000)
    expect(await since(state(primary, { deployments: [primary, drained] }))).toBe(REPLACED + 9000)
  })

  test('counts the newest deployment even before it has a task', async () => {
    const primary = deployment('new', { createdAt: REPLACED, running: 0 })
    expect(await since(state(primary))).toBe(REPLACED)
  })

  test('is of unknown age after a roll-back, and when ECS does not run the deployments', async () => {
    expect(await since(state(deployment('old'), { rolledBack: true }))).toBeUndefined()
    expect(await since(state(undefined))).toBeUndefined()
    expect(await since(state(undefined, { controller: 'CODE_DEPLOY' }))).toBeUndefined()
  })

  test('is what its tasks say, where that may be later than its deployments', async () => {
    const late = { dryRun: true, oldest: REPLACED + 5000 }
    expect(await deploy([state(deployment('old'), { rolledBack: true })], late)).toMatchObject({
      tasksSince: REPLACED + 5000,
      tasksAsked: 1,
    })
    expect((await deploy([state(deployment('old'))], late)).tasksSince).toBe(REPLACED + 5000)
  })

  test('is not asked of its tasks when its deployments say enough', async () => {
    const asked = async (createdAt: number, replaced: number | 'now') =>
      (await deploy([state(deployment('one', { createdAt }))], { replaced, oldest: 1 })).tasksAsked
    expect(await asked(REPLACED, REPLACED)).toBe(0)
    expect(await asked(REPLACED - 1, REPLACED)).toBe(1)
    expect(await asked(REPLACED - 1, 'now')).toBe(0)
  })

  const denied = new ActionError('deployment-failed', {
    failed: 'The tasks could not be looked at.',
    seen: 'not authorized to perform: ecs:ListTasks',
    fix: 'Add this statement.',
  })

  test('is that of its deployments when the role may not look at its tasks', async () => {
    const outcome = await deploy([state(deployment('old'))], { oldest: denied })
    expect(outcome).toMatchObject({ action: 'deployed', tasksSince: REPLACED - 1000, warnings: [] })
    expect(outcome.debugs).toEqual([expect.stringContaining('could not be looked at')])
  })

  describe.each(['CODE_DEPLOY', 'EXTERNAL'])('with the controller %s', (controller) => {
    const looks = () => [state(undefined, { controller })]

    test('decides when the previous token may be revoked: it is not redeployed, nor waited for', async () => {
      const outcome = await deploy(looks(), { oldest: REPLACED - 7000, wait: true })
      expect(outcome).toMatchObject({
        action: 'not-redeployed',
        controller,
        tasksSince: REPLACED - 7000,
        deployed: 0,
        error: undefined,
      })
      expect(outcome.infos).toEqual([
        `ECS: prod/inference was not redeployed, because ${controller} runs its deployments`,
      ])
      expect(await deploy(looks(), { replaced: 'now', oldest: 7 })).toMatchObject({ tasksSince: 7 })
    })

    test('is up to date once all its tasks are younger than the replacement', async () => {
      for (const oldest of [REPLACED, Number.POSITIVE_INFINITY]) {
        expect(await deploy(looks(), { oldest, wait: true })).toMatchObject({
          action: 'up-to-date',
          tasksSince: oldest,
        })
      }
      expect((await deploy(looks(), { oldest: Number.POSITIVE_INFINITY, replaced: 'now' })).action).toBe(
        'not-redeployed',
      )
    })

    test('is unknown without the permission, which a warning names: previous tokens are kept', async () => {
      const outcome = await deploy(looks(), { oldest: denied })
      expect(outcome).toMatchObject({ action: 'not-redeployed', tasksSince: undefined })
      const [warning = ''] = outcome.warnings
      expect(warning).toContain('The tasks could not be looked at. Previous tokens are kept.')
      expect(warning).toContain('ecs:ListTasks')
      expect(warning).toContain('Add this statement.')
    })
  })

  const service = (tasksSince: number | undefined, action: 'deployed' | 'failed' = 'deployed') => ({
    service: 'prod/inference',
    action,
    deploymentId: undefined,
    error: undefined,
    tasksSince,
  })

  test('decides for all services, and unknown is oldest', () => {
    expect(oldestTask({ graceSeconds: 60 }, [])).toBe(Number.POSITIVE_INFINITY)
    expect(oldestTask({ graceSeconds: 60 }, [service(7), service(5)])).toBe(5)
    expect(oldestTask({ graceSeconds: 60 }, [service(7), service(undefined)])).toBe(Number.NEGATIVE_INFINITY)
  })

  test('does not matter without any grace, unless a deployment failed', () => {
    expect(oldestTask({ graceSeconds: 0 }, [service(5)])).toBe(Number.POSITIVE_INFINITY)
    expect(oldestTask({ graceSeconds: 0 }, [service(undefined, 'failed')])).toBe(Number.NEGATIVE_INFINITY)
  })
})
