/** The rotation function as Secrets Manager calls it: each event in a process of its own, against moto. */
import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { RotateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, ORG, REGION, secretName } from '../../sandbox/index.ts'
import { findLeaks } from '../../sandbox/leaks.ts'
import { projectRoot } from '../../sandbox/root.ts'
import type { Fate } from '../../sandbox/service.ts'
import { Moto, RUNNING_TASKS } from './moto.ts'
import { MotoStage, SECRET, valueWith } from './moto-stage.ts'

const LIMIT_MS = 30_000
const FUNCTION_ARN = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:hf-rotate`
const VERSION = '5f0c6a4e-6f6a-4c0e-9d57-0d8a3f5c1b2a'
const CREDENTIALS = {
  AWS_ACCESS_KEY_ID: 'ASIAFUNCTIONROLE',
  AWS_SECRET_ACCESS_KEY: 'the-secret-key-of-the-function-role',
  AWS_SESSION_TOKEN: 'the-session-token-of-the-function-role',
}
/** Does what Lambda does: loads the handler, gives it an event and a context, and logs what it throws. */
const LAMBDA = `
const [module, event, invokedFunctionArn] = process.argv.slice(1)
const { handler } = await import(module)
const context = { invokedFunctionArn, getRemainingTimeInMillis: () => ${LIMIT_MS} - performance.now() }
await handler(JSON.parse(event), context).catch((error) => {
  console.error(error)
  process.exitCode = 1
})
`
const MODULE = pathToFileURL(join(projectRoot, 'dist', 'lambda', 'index.js')).href

interface Invocation {
  /** 1 when the handler threw, null when it was killed. */
  exitCode: number | null
  log: string
}

let moto: Moto
let world: MotoStage
let old: string
/** Every invocation so far. */
let logs: string[]

beforeAll(async () => {
  moto = await Moto.start()
})

afterAll(() => moto.close())

beforeEach(async () => {
  world = await MotoStage.set(moto)
  old = world.sandbox.tokens.write
  logs = []
})

afterEach(async () => {
  const { hub, minting } = world.sandbox
  const secrets = [
    { name: 'the stored token', value: old },
    ...hub.minted.map((value) => ({ name: 'a minted token', value })),
    { name: 'the admin token', value: minting.adminToken },
    ...Object.entries(CREDENTIALS)
      .slice(1)
      .map(([name, value]) => ({ name, value })),
    ...world.stage.secrets,
  ]
  const leaks = findLeaks(
    logs.map((text, index) => ({ where: `invocation ${index + 1}`, text })),
    secrets,
  )
  await world.clear()
  expect(leaks).toEqual([])
})

/** The function's variables. */
const variablesOf = ({ sandbox }: MotoStage): Record<string, string> => ({
  ...sandbox.environment(),
  AWS_REGION: REGION,
  AWS_ENDPOINT_URL: moto.url,
  HF_ORG: ORG,
  ADMIN_SECRET_ID: secretName('service-accounts'),
  SERVICE_ACCOUNT: 'ci',
  SECRETS: `${SECRET} scope=write`,
})

/** Sends an event to the function. `variables` beside those that it must have. */
async function invoke(
  event: Record<string, string>,
  variables: Record<string, string> = {},
  onStart: (child: ChildProcess) => void = () => {},
): Promise<Invocation> {
  const args = ['--input-type=module', '--eval', LAMBDA, MODULE, JSON.stringify(event), FUNCTION_ARN]
  const env = { ...CREDENTIALS, ...variablesOf(world), ...variables }
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log += text
    })
  }
  onStart(child)
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject).once('close', resolve)
  })
  logs.push(log)
  return { exitCode, log }
}

/** Sends the same event twice: Secrets Manager tries a step again whose answer it did not get. */
async function twice(event: Record<string, string>, variables?: Record<string, string>): Promise<void> {
  for (const time of ['first', 'second']) {
    const { exitCode, log } = await invoke(event, variables)
    expect({ time, exitCode, log }).toMatchObject({ time, exitCode: 0 })
  }
}

const eventFor = (SecretId: string) => (Step: string) => ({ SecretId, Step, ClientRequestToken: VERSION })

/** A secret whose rotation Secrets Manager has begun: a pending version without a value. Returns ARN and version. */
async function begin(): Promise<{ arn: string; versionId: string }> {
  const secret = await world.create(SECRET, valueWith(old))
  const command = new RotateSecretCommand({
    SecretId: SECRET,
    ClientRequestToken: VERSION,
    RotationLambdaARN: FUNCTION_ARN,
    RotationRules: { AutomaticallyAfterDays: 7 },
  })
  // moto has made the version by the time it finds that there is no such function to call.
  await expect(moto.client.send(command)).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  expect(await world.labels()).toEqual({ [secret.versionId]: ['AWSCURRENT'], [VERSION]: ['AWSPENDING'] })
  await expect(world.valueAt('AWSPENDING')).rejects.toMatchObject({ name: 'ResourceNotFoundException' })
  return secret
}

describe('with moto in the place of AWS, the rotation function', () => {
  test('makes a new token current in four steps, each of them called twice', async () => {
    const { arn, versionId } = await begin()
    const event = eventFor(arn)

    await twice(event('createSecret'))
    expect(world.sandbox.hub.minted).toEqual([world.minted])
    expect(await world.valueAt('AWSPENDING')).toBe(valueWith(world.minted))
    expect(await world.valueAt('AWSCURRENT')).toBe(valueWith(old))

    await twice(event('setSecret'))
    await twice(event('testSecret'))
    expect(world.writes).toEqual(['PutSecretValue'])
    expect(await world.valueAt('AWSCURRENT')).toBe(valueWith(old))

    await twice(event('finishSecret'))
    expect(world.writes).toEqual(['PutSecretValue', ...Array.from({ length: 3 }, () => 'UpdateSecretVersionStage')])
    expect(await world.labels()).toEqual({
      [versionId]: ['AWSPREVIOUS', 'hf-oidc-retired'],
      [VERSION]: ['AWSCURRENT'],
    })
    expect(await world.valueAt('AWSCURRENT')).toBe(valueWith(world.minted))
    expect(await world.valueAt('AWSPREVIOUS')).toBe(valueWith(old))
    expect(world.sandbox.hub.minted).toHaveLength(1)
    expect([world.minted, old].map((token) => world.isAlive(token))).toEqual([true, true])
    expect(await world.read()).toBe(world.minted)
  })

  test('revokes the replaced token when it is called after the grace', async () => {
    const { arn } = await begin()
    const event = eventFor(arn)
    const grace = { GRACE: '2s' }
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      expect(await invoke(event(step), grace)).toMatchObject({ exitCode: 0 })
    }
    expect(world.isAlive(old)).toBe(true)
    world.sandbox.advance(3_000)
    const writes = world.writes.length

    await twice({ SecretId: arn, Step: 'retireSecret' }, grace)

    expect([old, world.minted].map((token) => world.isAlive(token))).toEqual([false, true])
    // The first one labels the version, and the second one confirms that the token no longer works.
    expect(world.writes.slice(writes)).toEqual(['UpdateSecretVersionStage', 'UpdateSecretVersionStage'])
    expect(await world.read()).toBe(world.minted)
  })

  test.each(['mint-token', 'PutSecretValue'])('that was cut off after %s makes up for it', async (cut) => {
    const { arn } = await begin()
    const event = eventFor(arn)
    let child: ChildProcess | undefined
    let cuts = 0
    const afterWork = ({ operation }: { operation: string }): Fate => {
      if (operation !== cut || cuts > 0) return undefined
      cuts += 1
      child?.kill('SIGKILL')
      return 'hang'
    }
    moto.afterWork = afterWork
    world.sandbox.afterWork = afterWork
    const onStart = (process: ChildProcess) => {
      child = process
    }
    expect(await invoke(event('createSecret'), {}, onStart)).toMatchObject({ exitCode: null })
    expect(cuts).toBe(1)

    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) {
      expect(await invoke(event(step))).toMatchObject({ exitCode: 0 })
    }

    expect(world.sandbox.hub.minted).toHaveLength(cut === 'mint-token' ? 2 : 1)
    expect(world.sandbox.hub.serviceAccountTokens('acme', 'ci').map(({ value }) => value)).toEqual([world.minted])
    expect(await world.valueAt('AWSCURRENT')).toBe(valueWith(world.minted))
  })

  test('gives the service a new deployment when it finishes', async () => {
    const { arn } = await begin()
    const event = eventFor(arn)
    await world.createService('inference', RUNNING_TASKS, arn)
    const before = await world.deployment('inference')
    const variables = { ECS_SERVICES: 'prod/inference' }
    for (const step of ['createSecret', 'setSecret', 'testSecret']) await invoke(event(step), variables)
    expect(await world.deployment('inference')).toEqual(before)

    expect(await invoke(event('finishSecret'), variables)).toMatchObject({ exitCode: 0 })

    const after = await world.deployment('inference')
    expect(after.id).not.toBe(before.id)
    expect(after.createdAt).toBeGreaterThan(before.createdAt)
  })

  test('refuses a pending token that may do too much', async () => {
    const { arn } = await world.create(SECRET, valueWith(old))
    const { admin } = world.sandbox.tokens
    world.stage.secrets.push({ name: 'the wide token', value: admin })
    const ClientRequestToken = await world.putPending(SECRET, valueWith(admin))
    const event = (Step: string) => ({ SecretId: arn, Step, ClientRequestToken })

    expect(await invoke(event('createSecret'))).toMatchObject({ exitCode: 0 })
    const { exitCode, log } = await invoke(event('testSecret'))

    expect(exitCode).toBe(1)
    expect(log).toContain('token-over-scoped')
    expect(log).toContain('org.write')
    expect(world.writes).toEqual([])
    expect(world.sandbox.hub.minted).toEqual([])
    expect(await world.read()).toBe(old)
  })

  test.each<[string, string, (arn: string) => Record<string, string>]>([
    ['a version that no rotation has staged', 'rotation-blocked', (arn) => eventFor(arn)('createSecret')],
    ['a secret that is not listed', 'input-invalid', () => eventFor(secretName('read'))('createSecret')],
  ])('refuses an event for %s', async (_, code, event) => {
    const { arn } = await world.create(SECRET, valueWith(old))
    const { exitCode, log } = await invoke(event(arn))
    expect({ exitCode, log }).toMatchObject({ exitCode: 1, log: expect.stringContaining(code) })
    expect(world.writes).toEqual([])
    expect(world.sandbox.hub.minted).toEqual([])
  })
})
