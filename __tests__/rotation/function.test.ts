/** The steps of the rotation function in this process, against AWS and the Hub of the sandbox. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, REGION, roleArn, Sandbox } from '../../sandbox/index.ts'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { withNetwork } from '../../src/net/network.ts'
import { handleRotation } from '../../src/rotation/function/handle.ts'
import { parseFunction } from '../../src/rotation/inputs/parse-function.ts'
import { retiredLabel, retiredSince } from '../../src/rotation/names.ts'
import { DAY, versionId } from './leftover-fakes.ts'

const WRITE = 'huggingface/acme/write'
const ADMIN = 'huggingface/acme/service-accounts'
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:hf-rotate`

let sandbox: Sandbox
let masked: Set<string>
let logged: string[]
beforeEach(async () => {
  sandbox = await Sandbox.start()
  masked = new Set()
  logged = []
})
afterEach(() => sandbox.close())

async function invoke(
  step: string,
  { secretId = arnOf(WRITE), version = 1, env = {}, rest = {}, role = 'rotate' } = {},
): Promise<void> {
  const request = parseFunction(
    {
      ...sandbox.environment(),
      HF_ORG: 'acme',
      ADMIN_SECRET_ID: ADMIN,
      SERVICE_ACCOUNT: 'ci',
      SECRETS: `${WRITE} scope=write`,
      ...env,
    },
    FUNCTION,
  )
  const { awsEndpoints } = request
  const credentials = sandbox.aws.openSession(roleArn(role), 'hf-rotate')
  const caller = { credentials, name: FUNCTION, role: request.role, sessionPolicy: 'none', awsEndpoints }
  const note = (text: string) => void logged.push(text)
  await withNetwork({ env: {}, limitMs: 30_000, maxAttempts: 2 }, (network) =>
    handleRotation(
      { Step: step, SecretId: secretId, ClientRequestToken: versionId(version), ...rest },
      {
        ...network,
        request,
        caller,
        mask: (value) => void masked.add(value),
        log: { info: note, warning: note, debug: () => {} },
        onOutcome: () => {},
      },
    ),
  )
}

const arnOf = (name: string) => sandbox.aws.secret(name).arn
/** A key that the function's account may use through Secrets Manager. */
function sharedKey(account: string): string {
  const arn = `arn:aws:kms:${REGION}:${account}:key/0a1b2c3d`
  sandbox.aws.policies.setKeyPolicy(arn, allowRotation('*'))
  return arn
}
const allow = (Action: string | string[], Resource: string | string[], Condition?: object) => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition === undefined ? {} : { Condition }),
})
function addRole(name: string, Statement: readonly object[]): void {
  const Principal = { Service: 'lambda.amazonaws.com' }
  sandbox.aws.addRole({
    arn: roleArn(name),
    trustPolicy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Principal, Action: 'sts:AssumeRole' }] },
    policy: { Version: '2012-10-17', Statement },
  })
}
const allowRotation = (Resource: string) => ({
  Version: '2012-10-17',
  Statement: [
    {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` },
      Action: ['secretsmanager:*', 'kms:*'],
      Resource,
    },
  ],
})
const versionWith = (label: string, name = WRITE) =>
  sandbox.aws.secret(name).versions.find(({ stages }) => stages.includes(label))
const tokenOf = (label = 'AWSCURRENT', name = WRITE) =>
  /hf_\w+/.exec(String(versionWith(label, name)?.value))?.[0] ?? ''
const minted = () => sandbox.hub.serviceAccountTokens('acme', 'ci').map(({ value }) => value)
/** Gives the version that a rotation has begun this value. */
const fill = (value: string) => {
  const version = versionWith('AWSPENDING')
  if (!version) throw new Error('nothing is pending')
  version.value = value
}

test('a rotation mints, tests, makes current and masks the new token', async () => {
  sandbox.aws.beginRotation(WRITE, versionId(1))
  for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret']) await invoke(step)
  expect(minted()).toEqual([tokenOf()])
  expect(versionWith('AWSCURRENT')?.versionId).toBe(versionId(1))
  expect(tokenOf('AWSPREVIOUS')).toBe(sandbox.tokens.write)
  expect(retiredSince(versionWith('AWSPREVIOUS')?.stages ?? [])).toBeDefined()
  expect([tokenOf(), sandbox.tokens.write, sandbox.minting.adminToken].every((token) => masked.has(token))).toBe(true)
  expect(logged.join('\n')).not.toMatch(/hf_\w/)
})

const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret']

test('a version that a person replaced before the rotation keeps a label', async () => {
  const before = versionWith('AWSCURRENT')?.versionId
  sandbox.aws.putVersion(WRITE, { value: JSON.stringify({ token: sandbox.tokens.write }) })
  expect(versionWith('AWSPREVIOUS')?.versionId).toBe(before)
  sandbox.aws.beginRotation(WRITE, versionId(1))
  for (const step of STEPS) await invoke(step)
  const stages = sandbox.aws.secret(WRITE).versions.find((version) => version.versionId === before)?.stages ?? []
  expect(stages).not.toContain('AWSPREVIOUS')
  expect(retiredSince(stages)).toBeDefined()
})

test('the steps may be spelled as one page of AWS does, and each secret is described once before it is read', async () => {
  sandbox.aws.beginRotation(WRITE, versionId(1))
  for (const step of STEPS) {
    await invoke(step.replace('S', '_s'))
    if (step === 'testSecret') expect(sandbox.calls().DescribeSecret).toBe(2)
  }
  expect(minted()).toEqual([tokenOf()])
  // Before the label moves, and before the last look.
  expect(sandbox.calls().DescribeSecret).toBe(5)
})

describe('an event with a RotationToken', () => {
  const RotationToken = '0a1b2c3d-0000-4000-8000-5e6f70819203'
  const puts = () => sandbox.aws.service.calls.filter(({ operation }) => operation === 'PutSecretValue')

  test('passes it on with the new value, masked, and in no line of the log', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    for (const step of STEPS) await invoke(step, { rest: { RotationToken } })
    expect(puts().map(({ request }) => JSON.parse(String(request.body)).RotationToken)).toEqual([RotationToken])
    expect(masked.has(RotationToken)).toBe(true)
    expect(logged.join('\n')).not.toContain(RotationToken)
  })

  test('is not needed', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    await invoke('createSecret')
    expect(puts().map(({ request }) => 'RotationToken' in JSON.parse(String(request.body)))).toEqual([false])
  })

  test('may be about a secret of another account whose complete ARN is listed', async () => {
    const account = '999999999999'
    const arn = sandbox.aws.addSecret({
      name: 'far',
      account,
      value: sandbox.tokens.write,
      kmsKeyArn: sharedKey(account),
    })
    sandbox.aws.putResourcePolicy(arn, allowRotation(arn))
    addRole('rotate-far', [allow(['secretsmanager:*', 'kms:*'], '*')])
    sandbox.aws.beginRotation(arn, versionId(1))
    const env = { SECRETS: `${arn} scope=write` }
    for (const step of STEPS) await invoke(step, { secretId: arn, env, rest: { RotationToken }, role: 'rotate-far' })
    expect(tokenOf('AWSCURRENT', arn)).toBe(minted()[0])
  })
})

describe('a secret that cannot be written to', () => {
  const refuse = async (secretId: string, text: string, env = {}) => {
    for (const step of ['createSecret', 'testSecret', 'finishSecret', 'retireSecret']) {
      await expect(invoke(step, { secretId, env })).rejects.toMatchObject({
        code: 'rotation-blocked',
        message: expect.stringContaining(text),
      })
    }
    expect(minted()).toEqual([])
    expect(sandbox.calls().GetSecretValue).toBeUndefined()
  }

  test('because it is marked for deletion is refused before the admin token is read', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    sandbox.aws.markForDeletion(WRITE)
    await refuse(arnOf(WRITE), 'is marked for deletion')
  })

  test('because it is a replica is refused before the admin token is read', async () => {
    const arn = sandbox.aws.addSecret({
      name: 'huggingface/acme/copied',
      region: 'us-west-2',
      value: sandbox.tokens.write,
    })
    await refuse(sandbox.aws.replicate(arn, REGION), arn, { SECRETS: 'huggingface/acme/copied scope=write' })
  })

  test('because another service owns it is refused before the admin token is read', async () => {
    const arn = sandbox.aws.addSecret({
      name: 'huggingface/acme/owned',
      value: sandbox.tokens.write,
      owningService: 'rds',
    })
    await refuse(arn, '`OwningService`: `rds`', { SECRETS: 'huggingface/acme/owned scope=write' })
  })
})

test('setSecret calls nothing', async () => {
  await invoke('setSecret')
  expect(sandbox.calls()).toEqual({})
})

describe('the admin secret', () => {
  test.each(['createSecret', 'testSecret', 'finishSecret', 'retireSecret'])(
    'is never touched, although it is listed: %s',
    async (step) => {
      const before = JSON.stringify(sandbox.aws.secret(ADMIN).versions)
      sandbox.aws.beginRotation(ADMIN, versionId(1))
      const staged = JSON.stringify(sandbox.aws.secret(ADMIN).versions)
      expect(staged).not.toBe(before)
      const attempt = invoke(step, { secretId: arnOf(ADMIN), env: { SECRETS: `${ADMIN} scope=admin narrow=true` } })
      await expect(attempt).rejects.toMatchObject({
        code: 'input-invalid',
        message: expect.stringContaining('is the admin secret, which this function does not rotate'),
      })
      expect(JSON.stringify(sandbox.aws.secret(ADMIN).versions)).toBe(staged)
      expect(minted()).toEqual([])
      expect(sandbox.hub.isAlive(sandbox.minting.adminToken)).toBe(true)
    },
  )

  test('is not read for a secret that Secrets Manager knows by another ARN', async () => {
    const arn = sandbox.aws.addSecret({ name: `${WRITE}-backup`, value: sandbox.tokens.write })
    await expect(invoke('createSecret', { secretId: arn.slice(0, -7) })).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining(`Secrets Manager resolves it to ${arn}`),
    })
    expect(sandbox.calls()).toEqual({ DescribeSecret: 1 })
  })
})

test('a secret that is named like the complete ARN of a listed one is refused before the admin token is read', async () => {
  const listed = arnOf(WRITE)
  const arn = sandbox.aws.addSecret({ name: listed.split(':').at(-1) ?? '', value: sandbox.tokens.write })
  sandbox.aws.beginRotation(arn, versionId(1))
  const attempt = invoke('createSecret', { secretId: arn, env: { SECRETS: `${listed} scope=write` } })
  await expect(attempt).rejects.toMatchObject({
    code: 'input-invalid',
    message: expect.stringContaining('This function is not set up for the secret'),
  })
  expect([minted(), sandbox.calls().GetSecretValue]).toEqual([[], undefined])
})

describe('a version', () => {
  test.each(['createSecret', 'testSecret', 'finishSecret'])('that is not staged is refused: %s', async (step) => {
    for (const secret of [versionId(9), 'deprecated']) {
      if (secret === 'deprecated') {
        sandbox.aws.putVersion(WRITE, { versionId: versionId(9), value: sandbox.tokens.write, stages: ['mine'] })
      }
      await expect(invoke(step, { version: 9 })).rejects.toMatchObject({
        code: 'rotation-blocked',
        message: expect.stringContaining(secret === 'deprecated' ? 'Staging labels: mine.' : 'No such version.'),
      })
    }
    expect(minted()).toEqual([])
    expect(tokenOf()).toBe(sandbox.tokens.write)
  })

  test.each(['createSecret', 'finishSecret'])(
    'that would bring back what was edited since is refused: %s',
    async (step) => {
      sandbox.aws.beginRotation(WRITE, versionId(1))
      await invoke('createSecret')
      const edited = JSON.stringify({ token: sandbox.tokens.write, note: 'new' })
      const current = versionWith('AWSCURRENT')
      if (current) current.value = edited
      await expect(invoke(step)).rejects.toMatchObject({
        code: 'rotation-blocked',
        message: expect.stringContaining('was edited after version'),
      })
      expect(versionWith('AWSCURRENT')?.value).toBe(edited)
      expect(versionWith('AWSPENDING')).toBeUndefined()
    },
  )

  test('is not filled with a token that can do less than the current one', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    const env = { SECRETS: `${WRITE} scope=read` }
    await expect(invoke('createSecret', { env })).rejects.toMatchObject({ code: 'rotation-blocked' })
    expect(minted()).toEqual([])
  })

  test('that somebody filled with a lesser token does not become current', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    fill(JSON.stringify({ token: sandbox.hub.addOrgToken('acme', ['repo.content.read']) }))
    const env = { SECRETS: `${WRITE} scope=read` }
    await expect(invoke('finishSecret', { env })).rejects.toMatchObject({ code: 'rotation-blocked' })
    expect(tokenOf()).toBe(sandbox.tokens.write)
  })

  test('that the Hub does not confirm does not become current', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    await invoke('createSecret')
    sandbox.hub.revokeToken(tokenOf('AWSPENDING'))
    for (const step of ['testSecret', 'finishSecret']) {
      await expect(invoke(step)).rejects.toMatchObject({ code: 'token-rejected' })
    }
    expect(tokenOf()).toBe(sandbox.tokens.write)
  })

  test.each(['createSecret', 'testSecret', 'finishSecret'])(
    'that was current before does not come back, and is not pending any more: %s',
    async (step) => {
      sandbox.aws.beginRotation(WRITE, versionId(1))
      await invoke('createSecret')
      const pending = versionWith('AWSPENDING')
      if (pending) pending.stages = ['AWSPREVIOUS', 'AWSPENDING']
      await expect(invoke(step)).rejects.toMatchObject({
        code: 'rotation-blocked',
        message: expect.stringContaining('was current before, and another version has taken its place'),
      })
      expect(tokenOf()).toBe(sandbox.tokens.write)
      expect(versionWith('AWSPENDING')).toBeUndefined()
    },
  )

  test('that is current already, and another organization’s, starts no grace', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    const [pending, current] = [versionWith('AWSPENDING'), versionWith('AWSCURRENT')]
    fill(JSON.stringify({ token: sandbox.hub.addOrgToken('beta', ['repo.content.read', 'repo.write']) }))
    if (pending && current) {
      pending.stages = ['AWSCURRENT', 'AWSPENDING']
      current.stages = ['AWSPREVIOUS']
    }
    await expect(invoke('finishSecret')).rejects.toMatchObject({ code: 'rotation-blocked' })
    expect(versionWith('AWSPREVIOUS')?.stages).toEqual(['AWSPREVIOUS'])
  })

  test('that another one overtakes does not become current', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    await invoke('createSecret')
    const byHand = JSON.stringify({ token: sandbox.tokens.write })
    sandbox.hub.service.afterWork = ({ operation }) => {
      if (operation !== 'whoami-v2') return undefined
      sandbox.hub.service.afterWork = undefined
      sandbox.aws.putVersion(WRITE, { versionId: versionId(5), value: byHand })
      return undefined
    }
    await expect(invoke('finishSecret')).rejects.toMatchObject({
      code: 'rotation-blocked',
      message: expect.stringContaining('became current before'),
    })
    expect(versionWith('AWSCURRENT')?.versionId).toBe(versionId(5))
  })

  test('that is no longer pending does not become current, and nobody was faster', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    await invoke('createSecret')
    sandbox.hub.service.afterWork = ({ operation }) => {
      if (operation !== 'whoami-v2') return undefined
      const pending = versionWith('AWSPENDING')
      if (pending) pending.stages = ['mine']
      return undefined
    }
    const attempt = invoke('finishSecret')
    await expect(attempt).rejects.toMatchObject({ code: 'rotation-blocked' })
    const { message } = (await attempt.catch((error: Error) => error)) as Error
    expect(message).toContain('is no longer pending, so it did not become current.')
    expect(message).not.toContain('became current before')
  })
})

describe('a role that may read versions by AWS’s labels only', () => {
  const KEY = 'secretsmanager:VersionStage'
  const LABELS = ['AWSCURRENT', 'AWSPENDING', 'AWSPREVIOUS']
  const secrets = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:huggingface/acme/*`
  const others = ['DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage'].map(
    (name) => `secretsmanager:${name}`,
  )
  const role = 'rotate-by-label'
  const restrict = (Condition: object) =>
    addRole(role, [allow('secretsmanager:GetSecretValue', secrets, Condition), allow(others, secrets)])

  test('rotates, and revokes the previous token once its grace has passed', async () => {
    restrict({ StringEquals: { [KEY]: LABELS } })
    sandbox.aws.beginRotation(WRITE, versionId(1))
    for (const step of STEPS) await invoke(step, { role })
    expect(sandbox.hub.isAlive(sandbox.tokens.write)).toBe(true)
    sandbox.hub.service.calls.length = 0
    await invoke('retireSecret', { role, env: { GRACE: '0s' } })
    expect(sandbox.hub.isAlive(sandbox.tokens.write)).toBe(false)
    expect(sandbox.hub.isAlive(tokenOf())).toBe(true)
    const read = sandbox.aws.service.calls.filter(({ operation }) => operation === 'GetSecretValue')
    expect(read.every(({ request }) => 'VersionStage' in JSON.parse(String(request.body)))).toBe(true)
  })

  test('cleans up versions that were replaced earlier if it may read by our label', async () => {
    const old = sandbox.hub.addOrgToken('acme', ['repo.content.read', 'repo.write'])
    sandbox.aws.putVersion(WRITE, {
      value: JSON.stringify({ token: old }),
      stages: [retiredLabel(Date.now() - 2 * DAY)],
    })
    restrict({ StringEquals: { [KEY]: LABELS } })
    await invoke('retireSecret', { role })
    expect(sandbox.hub.isAlive(old)).toBe(true)
    expect(logged.join('\n')).toContain('could not read version')
    restrict({ StringLike: { [KEY]: [...LABELS, 'hf-oidc-retired-*'] } })
    await invoke('retireSecret', { role })
    expect(sandbox.hub.isAlive(old)).toBe(false)
  })
})

describe('a step that is called again', () => {
  test('mints only once', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    await invoke('createSecret')
    await invoke('createSecret')
    expect(minted()).toHaveLength(1)
    expect(logged).toContain('The version already has its value.')
  })

  test('starts the grace of the previous token when it was cut off before that', async () => {
    sandbox.aws.beginRotation(WRITE, versionId(1))
    await invoke('createSecret')
    const [pending, current] = [versionWith('AWSPENDING'), versionWith('AWSCURRENT')]
    if (pending && current) {
      pending.stages = ['AWSCURRENT', 'AWSPENDING']
      current.stages = ['AWSPREVIOUS']
    }
    await invoke('finishSecret', { env: { ECS_SERVICES: 'prod/inference' } })
    expect(versionWith('AWSPREVIOUS')?.stages).toHaveLength(2)
    expect(versionWith('AWSPENDING')).toBeUndefined()
    // Tasks must not keep the previous token because the step was cut off before the services.
    expect(sandbox.aws.service.count('UpdateService')).toBe(1)
  })
})

test('a service that cannot be redeployed fails the step', async () => {
  sandbox.aws.beginRotation(WRITE, versionId(1))
  await invoke('createSecret')
  await expect(invoke('finishSecret', { env: { ECS_SERVICES: 'prod/nothing' } })).rejects.toMatchObject({
    code: 'deployment-failed',
  })
})

test('a service that CodeDeploy runs is reported before anything is minted', async () => {
  sandbox.aws.ecsService('prod', 'inference').controller = 'CODE_DEPLOY'
  sandbox.aws.beginRotation(WRITE, versionId(1))
  const env = { ECS_SERVICES: 'prod/inference' }
  sandbox.hub.service.afterWork = ({ request }) => {
    if (request.method === 'POST' && /tokens$/.test(request.url.pathname)) logged.push('minted')
    return undefined
  }
  for (const step of STEPS) await invoke(step, { env })
  const [reported, mintedAt] = ['This action cannot redeploy', 'minted'].map((text) =>
    logged.findIndex((line) => line.includes(text)),
  )
  expect(reported).toBeGreaterThanOrEqual(0)
  expect(mintedAt).toBeGreaterThan(reported ?? 0)
  expect(sandbox.aws.service.count('UpdateService')).toBe(0)
})

describe('retireSecret', () => {
  test.each(['ECS', 'CODE_DEPLOY', 'EXTERNAL'] as const)(
    'keeps a previous token while a task from before its replacement runs, under %s',
    async (controller) => {
      const previous = byHand('acme')
      storeAsReplaced(previous)
      const service = sandbox.aws.ecsService('prod', 'inference')
      service.controller = controller
      const age = (ms: number) => {
        for (const one of [...service.tasks, ...service.deployments]) one.createdAt = new Date(Date.now() - ms)
      }
      const env = { ECS_SERVICES: 'prod/inference' }
      age(3 * DAY)
      await invoke('retireSecret', { env })
      expect(logged.join('\n')).toContain('tasks of a service in `ecs-services` may still use it')
      expect(sandbox.hub.isAlive(previous)).toBe(true)
      age(DAY)
      await invoke('retireSecret', { env })
      expect(sandbox.hub.isAlive(previous)).toBe(false)
      expect(sandbox.aws.service.count('UpdateService')).toBe(0)
    },
  )

  test.each(['ECS', 'CODE_DEPLOY'] as const)(
    'without the permission to look at tasks, under %s',
    async (controller) => {
      const previous = byHand('acme')
      storeAsReplaced(previous)
      sandbox.aws.ecsService('prod', 'inference').controller = controller
      const services = `arn:aws:ecs:${REGION}:${ACCOUNT}:service/prod/*`
      const secrets = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:huggingface/acme/*`
      addRole('no-tasks', [allow('secretsmanager:*', secrets), allow(['ecs:DescribeServices'], services)])
      await invoke('retireSecret', { env: { ECS_SERVICES: 'prod/inference' }, role: 'no-tasks' })
      // The deployment is younger than the replacement; of another controller, nobody knows.
      expect(sandbox.hub.isAlive(previous)).toBe(controller === 'CODE_DEPLOY')
      expect(logged.join('\n').includes('ecs:ListTasks')).toBe(controller === 'CODE_DEPLOY')
    },
  )

  const storeAsReplaced = (token: string) =>
    sandbox.aws.putVersion(WRITE, {
      value: JSON.stringify({ token }),
      stages: [retiredLabel(Date.now() - 2 * DAY)],
    })
  const byHand = (org: string) => sandbox.hub.addOrgToken(org, ['repo.content.read', 'repo.write'])

  test('revokes what has outlived its grace', async () => {
    const previous = byHand('acme')
    storeAsReplaced(previous)
    await invoke('retireSecret')
    expect(sandbox.hub.isAlive(previous)).toBe(false)
    expect(sandbox.hub.isAlive(sandbox.tokens.write)).toBe(true)
  })

  test('has a token revoked that the Hub refuses for a moment, and confirms it the next time', async () => {
    const createdAt = new Date(Date.now() - 3 * DAY)
    const previous = sandbox.hub.addOrgToken('acme', ['repo.content.read', 'repo.write'], { createdAt })
    storeAsReplaced(previous)
    let refused = 0
    const change = (answer: SandboxResponse) => {
      if (refused === 2 || !JSON.stringify(answer.body).includes(createdAt.toISOString())) return answer
      refused += 1
      return { status: 401, body: { error: 'Invalid username or password.' } }
    }
    sandbox.hub.service.inject('whoami-v2', { kind: 'change', change }, 20)
    await invoke('retireSecret')
    expect(refused).toBe(2)
    expect(sandbox.hub.isAlive(previous)).toBe(false)
    expect(logged.join('\n')).toContain('Hub: requested the revocation of the previous token')
    const labels = () => sandbox.aws.secret(WRITE).versions.flatMap(({ stages }) => stages)
    expect(labels().some((label) => label.startsWith('hf-oidc-revoking-'))).toBe(true)
    await invoke('retireSecret')
    expect(logged.join('\n')).toContain('Hub: confirmed that the previous token')
    expect(labels().some((label) => label.startsWith('hf-oidc-'))).toBe(false)
  })

  test('revokes nothing while a version is pending', async () => {
    const previous = byHand('acme')
    storeAsReplaced(previous)
    sandbox.aws.beginRotation(WRITE, versionId(1))
    fill('not a token')
    await invoke('retireSecret')
    expect(sandbox.hub.isAlive(previous)).toBe(true)
  })

  test('revokes nothing that another organization’s token took the place of', async () => {
    const previous = byHand('acme')
    storeAsReplaced(previous)
    sandbox.aws.putVersion(WRITE, { value: JSON.stringify({ token: byHand('beta') }) })
    await expect(invoke('retireSecret')).rejects.toMatchObject({ code: 'rotation-blocked' })
    expect(sandbox.hub.isAlive(previous)).toBe(true)
  })

  test('revokes nothing that another of its secrets uses, or may use', async () => {
    const previous = byHand('acme')
    storeAsReplaced(previous)
    sandbox.aws.addSecret({ name: 'huggingface/acme/other', value: previous })
    const env = { SECRETS: `${WRITE} scope=write\nhuggingface/acme/other scope=write` }
    await invoke('retireSecret', { env })
    expect(logged.join('\n')).toContain('it is still in use')
    sandbox.aws.markForDeletion('huggingface/acme/other')
    await invoke('retireSecret', { env })
    expect(logged.join('\n')).toContain('a version that may also hold it could not be read')
    expect(sandbox.hub.isAlive(previous)).toBe(true)
  })

  test('revokes nothing that holds the admin token', async () => {
    storeAsReplaced(sandbox.minting.adminToken)
    await invoke('retireSecret')
    expect(sandbox.hub.isAlive(sandbox.minting.adminToken)).toBe(true)
  })
})
