import type { ChildProcess } from 'node:child_process'
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { secretName } from '../../sandbox/index.ts'
import { errorOf, warningsOf } from '../e2e/stage.ts'
import { Moto, RUNNING_TASKS } from './moto.ts'
import { MotoStage, reportOf, SECRET, secretOf, valueWith } from './moto-stage.ts'

const CURRENT = ['AWSCURRENT']
const REPLACED = ['AWSPREVIOUS', 'hf-oidc-retired']
const PROMOTE = { mode: 'promote', 'admin-secret-id': '', 'service-account': '', 'max-age': '90d' }
const DAY_MS = 86_400_000

let moto: Moto
let world: MotoStage
/** The token that is stored at the beginning. */
let old: string

beforeAll(async () => {
  moto = await Moto.start()
})

afterAll(() => moto.close())

beforeEach(async () => {
  world = await MotoStage.set(moto)
  old = world.sandbox.tokens.write
})

afterEach(() => world.clear())

/** The secret holds other keys beside the token. Returns its ARN and the id of its version. */
const createSecret = () => world.create(SECRET, valueWith(old))

describe('with moto in the place of AWS, a rotation', () => {
  test('replaces the token in a JSON secret and no other byte of it', async () => {
    const { arn, versionId } = await createSecret()

    const main = await world.rotate({ force: 'true' })

    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '1' } })
    expect(world.operations).toEqual([
      'AssumeRoleWithWebIdentity',
      'GetSecretValue',
      'DescribeSecret',
      'GetSecretValue',
      'PutSecretValue',
      'GetSecretValue',
      'DescribeSecret',
      'UpdateSecretVersionStage',
      'UpdateSecretVersionStage',
      'UpdateSecretVersionStage',
    ])
    const secret = secretOf(main)
    expect(secret).toMatchObject({ action: 'rotated', arn, previousVersionId: versionId, revoked: 0, errors: [] })
    expect(Date.parse(secret.previousEndsAt ?? '') - Date.now()).toBeGreaterThan(DAY_MS - 60_000)
    expect(await world.labels()).toEqual({ [versionId]: REPLACED, [secret.versionId]: CURRENT })
    expect(world.sandbox.hub.minted).toEqual([world.minted])
    expect(await world.valueAt('AWSCURRENT')).toBe(valueWith(world.minted))
    expect(await world.valueAt('AWSPREVIOUS')).toBe(valueWith(old))
    expect([world.minted, old].map((token) => world.isAlive(token))).toEqual([true, true])
    expect(await world.read()).toBe(world.minted)
  })

  test('leaves a plain string a plain string, also when the secret is given by its ARN', async () => {
    const { arn } = await world.create(SECRET, `${old}\n`)
    const main = await world.rotate({ force: 'true', secrets: `${arn} scope=write` })
    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '1' } })
    expect(await world.valueAt('AWSCURRENT')).toBe(`${world.minted}\n`)
    expect(await world.valueAt('AWSPREVIOUS')).toBe(`${old}\n`)
    expect(await world.read()).toBe(world.minted)
  })

  test('leaves a binary secret a binary one', async () => {
    await world.create(SECRET, Buffer.from(valueWith(old)))
    const main = await world.rotate({ force: 'true' })
    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '1' } })
    expect(await world.valueAt('AWSCURRENT')).toBe(valueWith(world.minted))
    expect(await world.read()).toBe(world.minted)
  })

  test('fills a secret that has no value yet, and replaces that value like any other', async () => {
    await world.create(SECRET)

    const first = await world.rotate()
    expect(first).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '1' } })
    expect(await world.labels()).toEqual({ [secretOf(first).versionId]: CURRENT })
    const [token = ''] = world.sandbox.hub.minted
    expect(await world.valueAt('AWSCURRENT')).toBe(JSON.stringify({ token }))

    const second = await world.rotate({ force: 'true' })
    expect(second).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '1' } })
    expect(await world.labels()).toEqual({
      [secretOf(first).versionId]: REPLACED,
      [secretOf(second).versionId]: CURRENT,
    })
    expect(await world.valueAt('AWSCURRENT')).toBe(JSON.stringify({ token: world.minted }))
  })

  test('writes and mints nothing when nothing is due', async () => {
    await createSecret()
    await world.rotate({ force: 'true' })
    moto.calls.length = 0

    const main = await world.rotate()

    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '0' } })
    expect(secretOf(main)).toMatchObject({ action: 'not-due', revoked: 0 })
    expect(world.writes).toEqual([])
    expect(world.sandbox.hub.minted).toHaveLength(1)
  })

  test('revokes replaced tokens in the first run after their grace, whoever made them', async () => {
    await createSecret()
    const grace = { grace: '2s' }
    await world.rotate({ force: 'true', ...grace })
    const [first = ''] = world.sandbox.hub.minted
    expect(world.isAlive(old)).toBe(true)
    world.sandbox.advance(3_000)
    moto.calls.length = 0

    const revoking = await world.rotate(grace)
    expect(secretOf(revoking)).toMatchObject({ action: 'not-due', revoked: 1, errors: [] })
    expect([old, first].map((token) => world.isAlive(token))).toEqual([false, true])
    // A label says that the revocation was requested.
    expect(world.writes).toEqual(['UpdateSecretVersionStage'])

    await world.rotate({ force: 'true', ...grace })
    expect(world.isAlive(first)).toBe(true)
    world.sandbox.advance(3_000)
    expect(secretOf(await world.rotate(grace))).toMatchObject({ action: 'not-due', revoked: 1, errors: [] })
    expect([old, first, world.minted].map((token) => world.isAlive(token))).toEqual([false, false, true])
    expect(await world.read()).toBe(world.minted)
  })

  test.each([
    ['PutSecretValue', 'promoted'],
    ['UpdateSecretVersionStage', 'not-due'],
  ])('that was killed right after %s is taken up by the next run', async (cut, action) => {
    const { versionId } = await createSecret()
    let child: ChildProcess | undefined
    moto.afterWork = ({ operation }) => {
      if (operation !== cut) return undefined
      child?.kill('SIGKILL')
      return 'hang'
    }
    const onStart = (process: ChildProcess) => {
      child = process
    }
    const killed = await world.rotate({ force: 'true' }, { onStart })
    expect(killed).toMatchObject({ exitCode: null, signal: 'SIGKILL' })
    moto.afterWork = undefined
    // What a job reads right now works, on whichever side of the move the run ended.
    const token = world.minted
    expect(await world.read()).toBe(cut === 'PutSecretValue' ? old : token)
    moto.calls.length = 0

    const next = await world.rotate()

    expect(next).toMatchObject({ conclusion: 'success', annotations: [] })
    expect(secretOf(next)).toMatchObject({ action, errors: [] })
    expect(await world.labels()).toEqual({ [versionId]: REPLACED, [secretOf(next).versionId]: CURRENT })
    expect(world.sandbox.hub.minted).toEqual([token])
    expect(await world.valueAt('AWSCURRENT')).toBe(valueWith(token))
    expect([old, token].map((value) => world.isAlive(value))).toEqual([true, true])
    expect(world.writes).not.toContain('PutSecretValue')
  })

  test.each(['PutSecretValue', 'UpdateSecretVersionStage'])('that loses the answer to %s goes on', async (lost) => {
    const { versionId } = await createSecret()
    let answers = 0
    moto.afterWork = ({ operation }) => {
      if (operation !== lost) return undefined
      answers += 1
      return answers === 1 ? 'lose' : undefined
    }

    const main = await world.rotate({ force: 'true' })

    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '1' } })
    expect(answers).toBeGreaterThan(1)
    expect(await world.labels()).toEqual({ [versionId]: REPLACED, [secretOf(main).versionId]: CURRENT })
    expect(await world.valueAt('AWSCURRENT')).toBe(valueWith(world.minted))
    expect(world.sandbox.hub.minted).toHaveLength(1)
  })

  test('with dry-run says what would happen, and does nothing', async () => {
    const { versionId } = await createSecret()
    const main = await world.rotate({ force: 'true', 'dry-run': 'true' })
    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '0' } })
    expect(secretOf(main)).toMatchObject({ action: 'would-rotate', versionId })
    expect(world.writes).toEqual([])
    expect(world.sandbox.hub.minted).toEqual([])
    expect(await world.labels()).toEqual({ [versionId]: ['AWSCURRENT'] })
  })

  test('that fails with one secret goes on with the others', async () => {
    await createSecret()
    const secrets = `${secretName('nowhere')} scope=read\n${SECRET} scope=write`
    const main = await world.rotate({ force: 'true', secrets })
    expect(main).toMatchObject({ conclusion: 'failure', outputs: { rotated: '1' } })
    expect(errorOf(main)).toMatchObject({ title: 'secret-not-found' })
    expect(errorOf(main).message).toContain(secretName('nowhere'))
    expect(reportOf(main).secrets.map(({ action }) => action)).toEqual(['failed', 'rotated'])
    expect(await world.read()).toBe(world.minted)
  })

  test('leaves a secret alone that Secrets Manager rotates by itself', async () => {
    await createSecret()
    const command = new RotateSecretCommand({
      SecretId: SECRET,
      RotationLambdaARN: 'arn:aws:lambda:eu-west-1:123456789012:function:hf-rotate',
      RotationRules: { AutomaticallyAfterDays: 7 },
    })
    // moto has set it up by the time it finds that there is no such function.
    await expect(moto.client.send(command)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
    const main = await world.rotate({ force: 'true' })
    expect(errorOf(main)).toMatchObject({ title: 'rotation-blocked' })
    expect(world.writes).toEqual([])
    expect(world.sandbox.hub.minted).toEqual([])
  })
})

describe('with moto in the place of AWS, mode: promote', () => {
  test('makes the token current that a person has put into the pending version', async () => {
    const { versionId } = await createSecret()
    const token = newToken('repo.content.read', 'repo.write')
    const pending = await world.putPending(SECRET, valueWith(token))

    const main = await world.rotate(PROMOTE)

    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '1' } })
    expect(secretOf(main)).toMatchObject({ action: 'promoted', versionId: pending, previousVersionId: versionId })
    expect(world.writes).toEqual(Array.from({ length: 3 }, () => 'UpdateSecretVersionStage'))
    expect(await world.labels()).toEqual({ [versionId]: REPLACED, [pending]: CURRENT })
    expect(await world.read()).toBe(token)
    expect([token, old].map((value) => world.isAlive(value))).toEqual([true, true])
  })

  test('refuses a pending token that may do too much, and leaves the current one', async () => {
    const { versionId } = await createSecret()
    const token = newToken('repo.content.read', 'repo.write', 'org.write')
    const pending = await world.putPending(SECRET, valueWith(token))

    const main = await world.rotate(PROMOTE)

    expect(errorOf(main)).toMatchObject({ title: 'token-over-scoped' })
    expect(errorOf(main).message).toContain('org.write')
    expect(world.writes).toEqual([])
    expect(await world.labels()).toEqual({ [versionId]: ['AWSCURRENT'], [pending]: ['AWSPENDING'] })
    expect(await world.read()).toBe(old)
  })

  test('does nothing without a pending version as long as the current token is young', async () => {
    await world.create(SECRET, valueWith(newToken('repo.content.read', 'repo.write')))
    const main = await world.rotate(PROMOTE)
    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '0' } })
    expect(secretOf(main)).toMatchObject({ action: 'not-due' })
    expect(world.writes).toEqual([])
  })

  test('fails without a pending version once the current token is old', async () => {
    await createSecret()
    const main = await world.rotate({ ...PROMOTE, 'max-age': '1d' })
    expect(main).toMatchObject({ conclusion: 'failure', outputs: { rotated: '0' } })
    expect(errorOf(main).title).toBe('rotation-overdue')
    expect(world.writes).toEqual([])
  })

  /** A token that a person has just made for the organization. */
  function newToken(...permissions: string[]): string {
    const value = world.sandbox.hub.addOrgToken('acme', permissions, { createdAt: new Date() })
    world.stage.secrets.push({ name: 'the token by hand', value })
    return value
  }
})

describe("with moto's ECS, a rotation", () => {
  test('gives the service a new deployment once, and not again when nothing was replaced', async () => {
    const { arn } = await createSecret()
    await world.createService('inference', RUNNING_TASKS, arn)
    const before = await world.deployment('inference')

    const main = await world.rotate({ force: 'true', 'ecs-services': 'prod/inference' })

    expect(main).toMatchObject({ conclusion: 'success', annotations: [], outputs: { rotated: '1' } })
    const after = await world.deployment('inference')
    expect(after.id).not.toBe(before.id)
    expect(after.createdAt).toBeGreaterThan(before.createdAt)
    expect(reportOf(main).services).toEqual([
      { service: 'prod/inference', action: 'deployed', deploymentId: after.id, errors: [] },
    ])
    // The tasks start with the new token.
    expect(world.writes.at(-1)).toBe('UpdateService')
    moto.calls.length = 0

    const again = await world.rotate({ 'ecs-services': 'prod/inference' })
    expect(reportOf(again).services).toMatchObject([{ action: 'up-to-date', deploymentId: after.id }])
    expect(world.writes).toEqual([])
  })

  test('that was killed before the deployment is followed by one that makes up for it', async () => {
    const { arn } = await createSecret()
    await world.createService('inference', RUNNING_TASKS, arn)
    const before = await world.deployment('inference')
    const inputs = { 'ecs-services': 'prod/inference' }
    let child: ChildProcess | undefined
    let looks = 0
    moto.afterWork = ({ operation }) => {
      if (operation === 'DescribeServices') looks += 1
      // The first look is before the rotation.
      if (operation !== 'DescribeServices' || looks < 2) return undefined
      child?.kill('SIGKILL')
      return 'hang'
    }
    const onStart = (process: ChildProcess) => {
      child = process
    }
    await world.rotate({ force: 'true', ...inputs }, { onStart })
    moto.afterWork = undefined
    expect(await world.deployment('inference')).toEqual(before)

    const next = await world.rotate(inputs)

    expect(secretOf(next)).toMatchObject({ action: 'not-due' })
    expect(reportOf(next).services).toMatchObject([{ action: 'deployed' }])
    expect((await world.deployment('inference')).id).not.toBe(before.id)
  })

  test('waits until the deployment is complete', async () => {
    const { arn } = await createSecret()
    await world.createService('inference', RUNNING_TASKS, arn)
    const inputs = { force: 'true', 'ecs-services': 'prod/inference', 'wait-for-services': 'true' }
    const main = await world.rotate(inputs)
    expect(main).toMatchObject({ conclusion: 'success', annotations: [] })
    const { id } = await world.deployment('inference')
    expect(reportOf(main).services).toMatchObject([{ action: 'completed', deploymentId: id }])
  })

  test('fails when the tasks do not come up in time; the secret is rotated all the same', async () => {
    const { arn } = await createSecret()
    await world.createService('inference', RUNNING_TASKS + 1, arn)
    const inputs = { 'ecs-services': 'prod/inference', 'wait-for-services': 'true', timeout: '10s' }

    const main = await world.rotate({ force: 'true', ...inputs })

    expect(main).toMatchObject({ conclusion: 'failure', outputs: { rotated: '1' } })
    expect(errorOf(main).title).toBe('deployment-failed')
    expect(errorOf(main).message).toContain('still in progress')
    expect(errorOf(main).message).toContain(`Desired tasks: ${RUNNING_TASKS + 1}.`)
    expect(await world.read()).toBe(world.minted)
    expect(world.isAlive(old)).toBe(true)
    expect(main.durationMs).toBeLessThan(15_000)
  })

  test.each([
    ['prod/elsewhere', 'a service'],
    ['elsewhere/inference', 'a cluster'],
  ])('tells that %s names %s that does not exist, and revokes no token that tasks may still use', async (service) => {
    const { arn } = await createSecret()
    await world.createService('inference', RUNNING_TASKS, arn)

    const main = await world.rotate({ force: 'true', 'ecs-services': service, grace: '0s' })

    expect(main).toMatchObject({ conclusion: 'failure', outputs: { rotated: '1' } })
    expect(errorOf(main).title).toBe('deployment-failed')
    expect(errorOf(main).message).toContain(service)
    expect(warningsOf(main).join('\n')).toContain('was not revoked')
    expect([old, world.minted].map((token) => world.isAlive(token))).toEqual([true, true])
  })
})
