/** The rotation function `dist/lambda`, called as Secrets Manager calls it: one process a step. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, REGION, roleArn } from '../../sandbox/index.ts'
import { Internet } from '../../sandbox/internet.ts'
import { findLeaks } from '../../sandbox/leaks.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { Service } from '../../sandbox/service.ts'
import { DAY } from './rotation-world.ts'
import { Stage } from './stage.ts'

const WRITE = 'huggingface/acme/write'
const READ = 'huggingface/acme/read'
const STEPS = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const
const FUNCTION = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:hf-rotate`

let stage: Stage
let printed: string[]
beforeEach(async () => {
  stage = await Stage.set()
  printed = []
})
afterEach(async () => {
  const { aws, hub, minting, tokens } = stage.sandbox
  const secrets = [
    ...[...Object.values(tokens), ...hub.minted, minting.adminToken].map((value) => ({ name: 'a token', value })),
    ...aws.issuedCredentials.flatMap(({ secretAccessKey, sessionToken }) => [
      { name: 'an AWS secret key', value: secretAccessKey },
      { name: 'an AWS session token', value: sessionToken },
    ]),
    ...stage.secrets,
  ]
  expect(
    findLeaks(
      printed.map((text) => ({ where: 'the function’s log', text })),
      secrets,
    ),
  ).toEqual([])
  await stage.clear()
})

interface Invocation {
  /** The error that Secrets Manager would see; undefined when the step is done. */
  error: string | undefined
  log: string
}

/** Calls the handler in a process of its own, with what Lambda puts into the environment. */
async function invoke(event: unknown, env: Record<string, string> = {}): Promise<Invocation> {
  const { aws } = stage.sandbox
  const session = aws.openSession(roleArn('rotate'), 'hf-rotate')
  const script = `
    import { handler } from ${JSON.stringify(pathToFileURL(join(projectRoot, 'dist', 'lambda', 'index.js')).href)}
    const context = { getRemainingTimeInMillis: () => 60000, invokedFunctionArn: ${JSON.stringify(FUNCTION)} }
    try {
      await handler(${JSON.stringify(event)}, context)
    } catch (error) {
      console.log('THROWN ' + error.message)
      process.exitCode = 1
    }`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    env: {
      PATH: process.env.PATH ?? '',
      ...stage.sandbox.environment(),
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
      HF_ORG: 'acme',
      ADMIN_SECRET_ID: 'huggingface/{org}/service-accounts',
      SERVICE_ACCOUNT: 'ci',
      SECRETS: `${READ} scope=read\n${WRITE} scope=write`,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (log += text))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  printed.push(log)
  const thrown = /^THROWN (.*)/ms.exec(log)?.[1]
  if ((code !== 0) !== (thrown !== undefined)) throw new Error(`ended with ${code}\n${log}`)
  return { error: thrown, log }
}

const arnOf = (name: string) => stage.sandbox.aws.secret(name).arn
const event = (step: string, versionId: string, name = WRITE) => ({
  Step: step,
  SecretId: arnOf(name),
  ClientRequestToken: versionId,
})
const versionId = (number: number) => `aaaaaaaa-bbbb-4ccc-8ddd-${String(number).padStart(12, '0')}`
const versionWith = (label: string, name = WRITE) =>
  stage.sandbox.aws.secret(name).versions.find(({ stages }) => stages.includes(label))
const tokenOf = (label = 'AWSCURRENT', name = WRITE) =>
  /hf_\w+/.exec(String(versionWith(label, name)?.value))?.[0] ?? ''
const alive = () => stage.sandbox.hub.serviceAccountTokens('acme', 'ci').map(({ value }) => value)

/** A whole rotation, as RotateSecret starts it; each step is called `times` times. */
async function rotation(number: number, times = 1, name = WRITE): Promise<void> {
  stage.sandbox.aws.beginRotation(name, versionId(number))
  for (const step of STEPS) {
    for (let time = 0; time < times; time += 1) {
      expect((await invoke(event(step, versionId(number), name))).error).toBeUndefined()
    }
  }
}

test('each step has an audit event, and names the token and its rights', async () => {
  stage.sandbox.aws.beginRotation(WRITE, versionId(1))
  const events: { tokenSha256?: string; rights?: string[] }[] = []
  for (const step of STEPS) {
    const { log } = await invoke(event(step, versionId(1)))
    const audit = JSON.parse(/^Audit: (.*)$/m.exec(log)?.[1] ?? '')
    expect(audit).toMatchObject({ event: 'hf-oidc-action/function', functionStep: step, result: 'done' })
    expect(audit.secrets).toMatchObject([{ secret: arnOf(WRITE), versionId: versionId(1) }])
    events.push(audit.secrets[0])
  }
  const hash = createHash('sha256').update(tokenOf()).digest('hex')
  expect(events.map(({ tokenSha256 }) => tokenSha256)).toEqual([hash, undefined, hash, hash])
  expect(events.at(-1)?.rights).toEqual([expect.stringContaining('repo.write')])
})

describe('whatever becomes of an event, there is one audit event', () => {
  const RotationToken = '0a1b2c3d-0000-4000-8000-5e6f70819203'
  const audited = ({ log }: Invocation) => {
    const lines = log.match(/^Audit: .*$/gm) ?? []
    expect(lines).toHaveLength(1)
    return JSON.parse((lines[0] ?? '').slice('Audit: '.length))
  }
  beforeEach(() => {
    stage.secrets.push({ name: 'the rotation token', value: RotationToken })
  })

  test('for steps in either spelling, with a rotation token that no line shows', async () => {
    stage.sandbox.aws.beginRotation(WRITE, versionId(1))
    for (const step of STEPS) {
      const spelled = step.replace('S', '_s')
      const done = await invoke({ ...event(spelled, versionId(1)), RotationToken })
      expect(done.error).toBeUndefined()
      expect(audited(done)).toMatchObject({ functionStep: step, result: 'done' })
    }
    expect(alive()).toEqual([tokenOf()])
  })

  test.each<[string, () => unknown, string]>([
    ['is no rotation event', () => ({ Records: [], RotationToken }), 'input-invalid'],
    [
      'has an odd rotation token',
      () => ({ ...event('createSecret', versionId(1)), RotationToken: `${RotationToken}!` }),
      'input-invalid',
    ],
    [
      'is about an unknown secret',
      () => ({ ...event('createSecret', versionId(1)), SecretId: `${arnOf(WRITE).slice(0, -6)}zzzzzz`, RotationToken }),
      'secret-not-found',
    ],
    [
      'is about a version that is not staged',
      () => ({ ...event('createSecret', versionId(9)), RotationToken }),
      'rotation-blocked',
    ],
    ['has nothing at all in it', () => null, 'input-invalid'],
  ])('for one that %s', async (_what, given, result) => {
    const refused = await invoke(given())
    expect(refused.error).toContain(`[${result}]`)
    expect(audited(refused)).toMatchObject({ event: 'hf-oidc-action/function', result })
  })

  test('for a secret that is a replica, and nothing is minted', async () => {
    const name = 'huggingface/acme/copied'
    const arn = stage.sandbox.aws.addSecret({ name, region: 'us-west-2', value: stage.sandbox.tokens.write })
    const replica = stage.sandbox.aws.replicate(arn, REGION)
    const given = { Step: 'createSecret', SecretId: replica, ClientRequestToken: versionId(1), RotationToken }
    const refused = await invoke(given, { SECRETS: `${name} scope=write` })
    expect(refused.error).toContain(`\n  ${arn} scope=write`)
    expect(audited(refused)).toMatchObject({ result: 'rotation-blocked', secrets: [{ secret: replica }] })
    expect(alive()).toEqual([])
  })
})

describe('a rotation by Secrets Manager', () => {
  test('takes four steps, each of which may be called again', async () => {
    const { sandbox } = stage
    await rotation(1, 2)
    expect(versionWith('AWSCURRENT')?.versionId).toBe(versionId(1))
    expect(alive()).toEqual([tokenOf()])
    expect(tokenOf('AWSPREVIOUS')).toBe(sandbox.tokens.write)
    expect(sandbox.hub.isAlive(sandbox.tokens.write)).toBe(true)
  })

  test('revokes the previous token with the first rotation after its grace, or by `retireSecret`', async () => {
    stage.reportsTokensByHand()
    const { sandbox } = stage
    await rotation(1)
    const first = tokenOf()
    sandbox.advance(2 * DAY)
    expect((await invoke({ Step: 'retireSecret', SecretId: arnOf(WRITE) })).error).toBeUndefined()
    expect(sandbox.hub.isAlive(sandbox.tokens.write)).toBe(false)
    sandbox.advance(5 * DAY)
    await rotation(2)
    expect(sandbox.hub.isAlive(first)).toBe(true)
    sandbox.advance(7 * DAY)
    await rotation(3)
    expect(sandbox.hub.isAlive(first)).toBe(false)
    expect(alive()).toHaveLength(2)
  })

  test('fills an empty secret too, and redeploys the services', async () => {
    stage.sandbox.aws.addSecret({ name: 'huggingface/acme/new' })
    stage.sandbox.aws.beginRotation('huggingface/acme/new', versionId(1))
    for (const step of STEPS) {
      const env = { SECRETS: 'huggingface/acme/new scope=read', ECS_SERVICES: 'prod/inference' }
      expect((await invoke(event(step, versionId(1), 'huggingface/acme/new'), env)).error).toBeUndefined()
    }
    expect(tokenOf('AWSCURRENT', 'huggingface/acme/new')).toBe(alive()[0])
    expect(stage.sandbox.aws.service.count('UpdateService')).toBe(1)
  })

  test.each([0, 7])('finds its line by the ARN, %i characters of it left out', async (missing) => {
    stage.sandbox.aws.beginRotation(WRITE, versionId(1))
    const env = { SECRETS: `${READ} scope=read\n${arnOf(WRITE).slice(0, -missing || undefined)} scope=write` }
    expect((await invoke(event('createSecret', versionId(1)), env)).error).toBeUndefined()
    expect(alive()).toEqual([tokenOf('AWSPENDING')])
  })

  test('that was cut off after minting leaves nothing behind', async () => {
    const { aws, hub } = stage.sandbox
    aws.beginRotation(WRITE, versionId(1))
    aws.service.inject('PutSecretValue', { kind: 'reset' }, 99)
    const cut = await invoke(event('createSecret', versionId(1)), { MAX_ATTEMPTS: '1' })
    expect(cut.error).toContain('[network-unreachable]')
    expect(alive()).toHaveLength(1)
    aws.service.clearFaults()
    for (const step of STEPS) expect((await invoke(event(step, versionId(1)))).error).toBeUndefined()
    expect(alive()).toEqual([tokenOf()])
    expect(hub.isAlive(stage.sandbox.tokens.write)).toBe(true)
  })

  test('whose function is cut off in the middle of finish still revokes the previous token', async () => {
    stage.reportsTokensByHand()
    const { aws, hub, tokens } = stage.sandbox
    aws.beginRotation(WRITE, versionId(1))
    await invoke(event('createSecret', versionId(1)))
    await invoke(event('testSecret', versionId(1)))
    let moves = 0
    aws.service.afterWork = ({ operation }) => {
      if (operation === 'UpdateSecretVersionStage') moves += 1
      return moves >= 1 ? 'lose' : undefined
    }
    expect((await invoke(event('finishSecret', versionId(1)), { MAX_ATTEMPTS: '1' })).error).toBeDefined()
    aws.service.afterWork = undefined
    expect((await invoke(event('finishSecret', versionId(1)))).error).toBeUndefined()
    stage.sandbox.advance(2 * DAY)
    await invoke({ Step: 'retireSecret', SecretId: arnOf(WRITE) })
    expect(hub.isAlive(tokens.write)).toBe(false)
    expect(hub.isAlive(tokenOf())).toBe(true)
  })

  test('that is set up for later is tested with the current token', async () => {
    stage.sandbox.aws.beginRotation(WRITE, versionId(1))
    // A person's token, which the service account does not own: the Hub confirms it all the same.
    expect((await invoke(event('testSecret', versionId(1)))).error).toBeUndefined()
  })

  test('never revokes a token that another of its secrets holds', async () => {
    const token = stage.sandbox.tokens.write
    stage.sandbox.aws.putVersion(READ, { value: JSON.stringify({ token }) })
    await rotation(1)
    stage.sandbox.advance(2 * DAY)
    const { log } = await invoke({ Step: 'retireSecret', SecretId: arnOf(WRITE) })
    expect(log).toContain('still in use')
    expect(stage.sandbox.hub.isAlive(token)).toBe(true)
  })
})

describe('the function refuses', () => {
  test.each<[string, unknown, string]>([
    ['nothing', undefined, 'The event is not a rotation event'],
    ['another event', { Records: [] }, 'The event is not a rotation event'],
    [
      'a step that does not exist',
      { Step: 'dropSecret', SecretId: 'x', ClientRequestToken: versionId(1) },
      'dropSecret',
    ],
    ['a version id that is malformed', { Step: 'createSecret', SecretId: 'x', ClientRequestToken: 'short' }, 'short'],
    [
      'a secret that is not listed',
      {
        Step: 'createSecret',
        SecretId: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:database-a1B2c3`,
        ClientRequestToken: versionId(1),
      },
      'This function is not set up for the secret',
    ],
  ])('%s', async (_what, given, text) => {
    const { error } = await invoke(given)
    expect(error).toMatch(/^\[input-invalid\]/)
    expect(error).toContain(text)
    expect(stage.sandbox.calls()).toEqual({})
  })

  describe.each(['createSecret', 'retireSecret'])('with %s', (step) => {
    const eventOf = (SecretId: string) => ({ Step: step, SecretId, ClientRequestToken: versionId(1) })
    const own = `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:`
    const elsewhere = [
      `arn:aws:secretsmanager:${REGION}:999999999999:secret:${WRITE}-a1B2c3`,
      `arn:aws:secretsmanager:us-east-1:${ACCOUNT}:secret:${WRITE}-a1B2c3`,
      `arn:aws-cn:secretsmanager:${REGION}:${ACCOUNT}:secret:${WRITE}-a1B2c3`,
    ]

    test.each([`${WRITE}-backup`, WRITE, `${own}${WRITE}`, `${own}${WRITE}-a1B2c3 `, `${own}${WRITE}-a1B2c3:token`])(
      'the secret %j, which is not a complete ARN',
      async (secretId) => {
        stage.sandbox.aws.addSecret({ name: `${WRITE}-backup`, value: stage.sandbox.tokens.write })
        const { error } = await invoke(eventOf(secretId))
        expect(error).toMatch(/^\[input-invalid\]/)
        expect(error).toContain('does not name its secret by a complete ARN')
        expect(stage.sandbox.calls()).toEqual({})
      },
    )

    test('a secret whose name only begins like a listed one', async () => {
      const arn = stage.sandbox.aws.addSecret({ name: `${WRITE}-backup`, value: stage.sandbox.tokens.write })
      const { error } = await invoke(eventOf(arn), { SECRETS: `${WRITE} scope=write` })
      expect(error).toMatch(/^\[input-invalid\]/)
      expect(error).toContain('This function is not set up for the secret')
      expect(stage.sandbox.calls()).toEqual({})
    })

    test('its shortened ARN, before the admin token is read', async () => {
      const arn = stage.sandbox.aws.addSecret({ name: `${WRITE}-backup`, value: stage.sandbox.tokens.write })
      stage.sandbox.aws.beginRotation(`${WRITE}-backup`, versionId(1))
      const before = JSON.stringify(stage.sandbox.aws.secret(arn).versions)
      const { error } = await invoke(eventOf(arn.slice(0, -7)), { SECRETS: `${WRITE} scope=write` })
      expect(error).toMatch(/^\[input-invalid\]/)
      expect(error).toContain(`Secrets Manager resolves it to ${arn}`)
      expect(stage.sandbox.calls()).toEqual({ DescribeSecret: 1 })
      expect(JSON.stringify(stage.sandbox.aws.secret(arn).versions)).toBe(before)
    })

    test('a secret that is named like the complete ARN of a listed one', async () => {
      const { aws, hub } = stage.sandbox
      const listed = arnOf(WRITE)
      const name = listed.split(':').at(-1) ?? ''
      const token = hub.addOrgToken('acme')
      stage.secrets.push({ name: 'the token of the other secret', value: token })
      const arn = aws.addSecret({ name, value: token })
      aws.beginRotation(arn, versionId(1))
      const { error } = await invoke(eventOf(arn), { SECRETS: `${listed} scope=write` })
      expect(error).toMatch(/^\[input-invalid\]/)
      expect(error).toContain('This function is not set up for the secret')
      expect(alive()).toEqual([])
      expect(stage.sandbox.calls()['service-accounts']).toBeUndefined()
    })

    test('no secret because its shortened ARN looks like a complete one', async () => {
      const { aws, tokens } = stage.sandbox
      const arn = aws.addSecret({ name: `${WRITE}-models`, value: tokens.write })
      aws.beginRotation(arn, versionId(1))
      const { error } = await invoke(eventOf(arn), { SECRETS: `${arn.slice(0, -7)} scope=write` })
      expect(error).toBeUndefined()
    })

    test.each(elsewhere)('the secret %s of another account, region or partition, listed or not', async (secretId) => {
      for (const line of [WRITE, secretId.startsWith('arn:aws-cn:') ? WRITE : secretId]) {
        const { error } = await invoke(eventOf(secretId), { SECRETS: `${line} scope=write` })
        expect(error).toMatch(/^\[input-invalid\]/)
        expect(error).toContain('is not in the account and region of this function')
      }
      expect(stage.sandbox.calls()).toEqual({})
    })
  })

  test('a version that is not staged', async () => {
    const { error } = await invoke(event('createSecret', versionId(9)))
    expect(error).toMatch(/^\[rotation-blocked\]/)
    expect(error).toContain('is not staged for rotation')
    expect(alive()).toEqual([])
  })

  test('a set-up with problems, all of them at once and by the names of the variables', async () => {
    const { error } = await invoke(event('createSecret', versionId(1)), {
      HF_ORG: 'no/slug',
      ADMIN_SECRET_ID: '',
      SERVICE_ACCOUNT: '',
      SECRETS: '',
      GRACE: 'a day',
      MAX_ATTEMPTS: '99',
      HF_ENDPOINT: 'http://hub.example.com',
    })
    for (const name of [
      'HF_ORG',
      'ADMIN_SECRET_ID',
      'SERVICE_ACCOUNT',
      'SECRETS',
      'GRACE',
      'MAX_ATTEMPTS',
      'HF_ENDPOINT',
    ]) {
      expect(error).toContain(`\`${name}\``)
    }
    expect(error).toContain('docs/rotation.md')
    expect(stage.sandbox.calls()).toEqual({})
  })

  test('a line without `scope=`', async () => {
    const { error } = await invoke(event('createSecret', versionId(1)), { SECRETS: WRITE })
    expect(error).toMatch(/^\[input-invalid\]/)
    expect(error).toContain('`SECRETS` has the line "huggingface/acme/write": `scope` is required')
    expect(stage.sandbox.calls()).toEqual({})
  })

  test.each<[string, () => string, string]>([
    ['can do more than the new one', () => stage.sandbox.tokens.write, '- repo.write on org acme'],
    [
      'is another organization’s',
      () => stage.sandbox.hub.addOrgToken('beta'),
      'does not belong to the organization acme',
    ],
  ])('to mint in the place of a token that %s, unless the line says so', async (_what, current, text) => {
    const token = current()
    stage.secrets.push({ name: 'the current token', value: token })
    stage.store(JSON.stringify({ token }))
    stage.sandbox.aws.beginRotation(WRITE, versionId(1))
    const blocked = await invoke(event('createSecret', versionId(1)), { SECRETS: `${WRITE} scope=read` })
    expect(blocked.error).toMatch(/^\[rotation-blocked\]/)
    expect(blocked.error).toContain(text)
    expect(blocked.error).toContain(`${WRITE} scope=read narrow=true`)
    expect(alive()).toEqual([])
    const env = { SECRETS: `${WRITE} scope=read narrow=true` }
    for (const step of STEPS) expect((await invoke(event(step, versionId(1)), env)).error).toBeUndefined()
    expect(alive()).toEqual([tokenOf()])
    expect(stage.sandbox.hub.isAlive(token)).toBe(true)
  })

  test('to make a token current that can do less, whoever stored it', async () => {
    const { aws, hub, tokens } = stage.sandbox
    aws.beginRotation(WRITE, versionId(1))
    const env = { SECRETS: `${WRITE} scope=read` }
    const version = aws.secret(WRITE).versions.find((one) => one.versionId === versionId(1))
    if (!version) throw new Error('no version')
    const token = hub.addOrgToken('acme', ['repo.content.read'])
    stage.secrets.push({ name: 'a token by hand', value: token })
    version.value = JSON.stringify({ token })
    for (const step of ['createSecret', 'testSecret']) {
      expect((await invoke(event(step, versionId(1)), env)).error).toBeUndefined()
    }
    const { error } = await invoke(event('finishSecret', versionId(1)), env)
    expect(error).toMatch(/^\[rotation-blocked\]/)
    expect(error).toContain('- repo.write on org acme')
    expect(tokenOf()).toBe(tokens.write)
    expect(hub.isAlive(tokens.write)).toBe(true)
    const narrow = { SECRETS: `${WRITE} scope=read narrow=true` }
    expect((await invoke(event('finishSecret', versionId(1)), narrow)).error).toBeUndefined()
    expect(tokenOf()).toBe(token)
  })

  test('to revoke what a token of another organization has replaced', async () => {
    await rotation(1)
    const ours = tokenOf()
    const token = stage.sandbox.hub.addOrgToken('beta')
    stage.secrets.push({ name: 'the token of beta', value: token })
    stage.store(JSON.stringify({ token }))
    stage.sandbox.advance(2 * DAY)
    const retire = { Step: 'retireSecret', SecretId: arnOf(WRITE) }
    expect((await invoke(retire)).error).toMatch(/^\[rotation-blocked\]/)
    expect([ours, token].map((one) => stage.sandbox.hub.isAlive(one))).toEqual([true, true])
  })

  test('to revoke it in the last step either, called for what is current already', async () => {
    await rotation(1)
    const ours = tokenOf()
    const token = stage.sandbox.hub.addOrgToken('beta')
    stage.secrets.push({ name: 'the token of beta', value: token })
    stage.store(JSON.stringify({ token }))
    for (let time = 0; time < 2; time += 1) {
      const { error } = await invoke(event('finishSecret', versionWith('AWSCURRENT')?.versionId ?? ''))
      expect(error).toMatch(/^\[rotation-blocked\]/)
      stage.sandbox.advance(2 * DAY)
    }
    expect([ours, token].map((one) => stage.sandbox.hub.isAlive(one))).toEqual([true, true])
  })

  test.each(STEPS.filter((step) => step !== 'setSecret'))(
    'to bring back what a person replaced after a rotation was cut off: %s',
    async (step) => {
      stage.reportsTokensByHand()
      const { aws, hub } = stage.sandbox
      await rotation(1)
      // Cut off before the pending label was removed.
      versionWith('AWSCURRENT')?.stages.push('AWSPENDING')
      const token = hub.addOrgToken('acme')
      stage.secrets.push({ name: 'a token by hand', value: token })
      aws.putVersion(WRITE, { value: JSON.stringify({ token, user: 'edited' }) })
      expect(versionWith('AWSPENDING')?.stages).toContain('AWSPREVIOUS')
      expect((await invoke(event(step, versionId(1)))).error).toMatch(/^\[rotation-blocked\]/)
      expect(tokenOf()).toBe(token)
      expect(versionWith('AWSPENDING')).toBeUndefined()
      stage.sandbox.advance(DAY)
      await rotation(2)
      expect(String(versionWith('AWSCURRENT')?.value)).toContain('edited')
    },
  )

  test('to treat a token as dead when the Hub refuses it once', async () => {
    const { aws, hub } = stage.sandbox
    aws.beginRotation(WRITE, versionId(1))
    hub.service.inject('whoami-v2', { kind: 'answer', status: 401, body: {} })
    const { error } = await invoke(event('createSecret', versionId(1)), { SECRETS: `${WRITE} scope=read` })
    expect(error).toMatch(/^\[rotation-blocked\]/)
    expect(alive()).toEqual([])
  })

  test('to make a token current that the Hub does not confirm', async () => {
    stage.sandbox.aws.beginRotation(WRITE, versionId(1))
    await invoke(event('createSecret', versionId(1)))
    stage.sandbox.hub.revokeToken(tokenOf('AWSPENDING'))
    expect((await invoke(event('testSecret', versionId(1)))).error).toMatch(/^\[token-rejected\]/)
    expect(tokenOf()).toBe(stage.sandbox.tokens.write)
  })
})

test('a shared AWS configuration file does not decide where the function calls', async () => {
  const home = mkdtempSync(join(tmpdir(), 'home-'))
  const trap = new Service('aws', { operation: () => 'trapped', handle: () => ({ status: 500 }) })
  const internet = await Internet.start(stage.sandbox)
  try {
    await trap.listen()
    const ca = join(home, 'ca.pem')
    writeFileSync(ca, internet.certificate)
    mkdirSync(join(home, '.aws'))
    writeFileSync(join(home, '.aws', 'config'), `[default]\nendpoint_url = ${trap.url}\nuse_fips_endpoint = true\n`)
    const env = {
      HOME: home,
      USERPROFILE: home,
      AWS_ENDPOINT_URL: '',
      HTTPS_PROXY: internet.proxyUrl,
      NODE_EXTRA_CA_CERTS: ca,
      ECS_SERVICES: 'prod/inference',
    }
    stage.sandbox.aws.beginRotation(WRITE, versionId(1))
    for (const step of STEPS) expect((await invoke(event(step, versionId(1)), env)).error).toBeUndefined()
    expect(trap.calls).toEqual([])
    expect([...new Set(internet.tunnels)].sort()).toEqual(
      ['ecs', 'secretsmanager'].map((service) => `${service}.${REGION}.amazonaws.com:443`),
    )
  } finally {
    await Promise.all([internet.close(), trap.close()])
    rmSync(home, { recursive: true, force: true })
  }
})
