/** Rotations of secrets that people, and strangers, write to, on a Hub and an AWS that do odd things. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AwsError, secretsManagerError } from '../../sandbox/aws.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { retiredLabel, rotatedTokenName } from '../../src/rotation/names.ts'
import { DAY, HOUR } from './rotation-world.ts'
import { errorOf, Stage, warningsOf } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const WRITE = 'huggingface/acme/write'
const OTHER = 'huggingface/acme/rotated'
const LINE = `${WRITE} scope=write`
const rotate = async (inputs: Record<string, string> = {}) =>
  (await stage.rotate({ with: { secrets: LINE, ...inputs } })).main
const actions = (main: StepResult) =>
  (JSON.parse(main.outputs.report ?? '{}') as { secrets: { action: string }[] }).secrets.map(({ action }) => action)
const versionWith = (label: string, name = WRITE) =>
  stage.sandbox.aws.secret(name).versions.find(({ stages }) => stages.includes(label))
const tokenOf = (label = 'AWSCURRENT', name = WRITE) =>
  /hf_\w+/.exec(String(versionWith(label, name)?.value))?.[0] ?? ''
const isAlive = (token: string) => stage.sandbox.hub.isAlive(token)
const alive = () => stage.sandbox.hub.serviceAccountTokens('acme', 'ci').map(({ value }) => value)
const byHand = () => {
  const { hub } = stage.sandbox
  return hub.addOrgToken('acme', ['repo.content.read', 'repo.write'], { createdAt: new Date(hub.now()) })
}
/** Moves AWSCURRENT as a person would. */
const bringBack = (label: string) => {
  const { aws } = stage.sandbox
  const version = versionWith(label)
  if (!version) throw new Error(`no ${label}`)
  const current = versionWith('AWSCURRENT')
  for (const one of aws.secret(WRITE).versions) {
    one.stages = one.stages.filter((stage) => stage !== 'AWSCURRENT' && stage !== 'AWSPREVIOUS')
  }
  version.stages.push('AWSCURRENT')
  current?.stages.push('AWSPREVIOUS')
}

describe('what a person does by hand', () => {
  test('a token that is stored by hand after a rotation stays the current one', async () => {
    stage.reportsTokensByHand()
    stage.sandbox.advance(8 * DAY)
    await rotate()
    stage.sandbox.advance(HOUR)
    const token = byHand()
    stage.store(JSON.stringify({ token }))
    stage.sandbox.advance(HOUR)
    expect(actions(await rotate({ 'max-age': '3000d' }))).toEqual(['not-due'])
    expect(tokenOf()).toBe(token)
    stage.sandbox.advance(2 * DAY)
    await rotate({ 'max-age': '3000d' })
    expect(isAlive(token)).toBe(true)
    expect(alive()).toEqual([])
  })

  test('a version that is brought back stays, and its token lives through its next grace', async () => {
    stage.reportsTokensByHand()
    stage.sandbox.advance(8 * DAY)
    await rotate()
    const first = tokenOf()
    stage.sandbox.advance(8 * DAY)
    await rotate()
    stage.sandbox.advance(HOUR)
    bringBack('AWSPREVIOUS')
    stage.sandbox.advance(HOUR)
    expect(actions(await rotate({ 'max-age': '3000d' }))).toEqual(['not-due'])
    expect(tokenOf()).toBe(first)
    stage.sandbox.advance(5 * DAY)
    await rotate({ 'max-age': '3000d' })
    expect(isAlive(first)).toBe(true)
    // Replaced by hand: the label of its first retirement is no reason to end it at once.
    stage.store(JSON.stringify({ token: byHand() }))
    stage.sandbox.advance(HOUR)
    await rotate({ 'max-age': '3000d' })
    expect(isAlive(first)).toBe(true)
    stage.sandbox.advance(2 * DAY)
    await rotate({ 'max-age': '3000d' })
    expect(isAlive(first)).toBe(false)
  })

  test('a token that was stored again with another key beside it keeps its grace', async () => {
    stage.reportsTokensByHand()
    stage.sandbox.advance(8 * DAY)
    await rotate()
    const token = tokenOf()
    for (const note of ['a', 'b']) {
      stage.sandbox.advance(2 * DAY)
      stage.store(JSON.stringify({ token, note }))
      await rotate({ 'max-age': '3000d' })
    }
    stage.sandbox.advance(2 * DAY)
    const main = await rotate({ 'max-age': '1d' })
    expect(actions(main)).toEqual(['rotated'])
    expect(isAlive(token)).toBe(true)
    stage.sandbox.advance(23 * HOUR)
    await rotate({ 'max-age': '3000d' })
    expect(isAlive(token)).toBe(true)
    stage.sandbox.advance(2 * HOUR)
    await rotate({ 'max-age': '3000d' })
    expect(isAlive(token)).toBe(false)
  })

  test('a token that stands in two secrets has its grace from the last of them', async () => {
    stage.reportsTokensByHand()
    const token = stage.sandbox.tokens.write
    stage.sandbox.aws.addSecret({ name: OTHER, value: token })
    const secrets = `${LINE}\n${OTHER} scope=write`
    stage.sandbox.advance(DAY)
    await rotate({ force: 'true' })
    stage.sandbox.advance(3 * DAY)
    await rotate({ secrets, 'max-age': '30d' })
    expect(tokenOf('AWSCURRENT', OTHER)).not.toBe(token)
    expect(isAlive(token)).toBe(true)
    stage.sandbox.advance(2 * DAY)
    await rotate({ secrets, 'max-age': '30d' })
    expect(isAlive(token)).toBe(false)
  })

  test('the admin token is never replaced or revoked', async () => {
    const { aws, minting } = stage.sandbox
    const byArn = await rotate({
      secrets: `${aws.secret('huggingface/acme/service-accounts').arn} scope=read`,
      force: 'true',
    })
    expect(errorOf(byArn).title).toBe('input-invalid')
    expect(errorOf(byArn).message).toContain('is the admin secret')
    // It stood in the secret once, by mistake.
    stage.store(JSON.stringify({ token: minting.adminToken }))
    stage.store(JSON.stringify({ token: byHand() }))
    await rotate({ 'max-age': '3000d' })
    stage.sandbox.advance(3 * DAY)
    const main = await rotate({ 'max-age': '3000d' })
    expect(warningsOf(main).join()).toContain('still in use')
    expect(isAlive(minting.adminToken)).toBe(true)
  })

  test('a secret that is named twice is rotated once', async () => {
    const { arn } = stage.sandbox.aws.secret(WRITE)
    const main = await rotate({ secrets: `${LINE}\n${arn} scope=write`, force: 'true' })
    expect(actions(main)).toEqual(['rotated', 'failed'])
    expect(errorOf(main).message).toContain(`already listed as ${WRITE}`)
    expect(alive()).toHaveLength(1)
  })

  test('a token that stands in the secret twice is not replaced at one place only', async () => {
    const token = stage.sandbox.tokens.write
    stage.store(JSON.stringify({ token, HF_TOKEN: token }))
    expect(errorOf(await rotate({ force: 'true' })).title).toBe('rotation-blocked')
    expect(alive()).toEqual([])
  })

  test('a pending version that is older than the current one is not taken up', async () => {
    stage.sandbox.aws.putVersion(WRITE, {
      value: JSON.stringify({ token: byHand(), db: 'old' }),
      stages: ['AWSPENDING'],
    })
    stage.sandbox.advance(HOUR)
    stage.store(JSON.stringify({ token: stage.sandbox.tokens.write, db: 'new' }))
    stage.sandbox.advance(HOUR)
    const promote = { mode: 'promote', 'admin-secret-id': '', 'service-account': '', 'max-age': '' }
    const main = await rotate(promote)
    expect(errorOf(main).title).toBe('rotation-blocked')
    expect(errorOf(main).message).toContain('before the current version')
    expect(String(versionWith('AWSCURRENT')?.value)).toContain('"db":"new"')
  })

  test('a replaced version that holds rubbish does not keep the others from their end', async () => {
    stage.reportsTokensByHand()
    const { aws, tokens } = stage.sandbox
    stage.sandbox.advance(DAY)
    await rotate({ force: 'true' })
    aws.putVersion(WRITE, { value: new Uint8Array([0xff, 0xfe, 0x00, 0x80]) })
    aws.putVersion(WRITE, { value: JSON.stringify({ token: byHand() }) })
    // The rotated token has no label left; it was in use until just now.
    const [rotated = ''] = alive()
    stage.sandbox.advance(HOUR)
    await rotate({ 'max-age': '3000d' })
    expect(isAlive(rotated)).toBe(true)
    stage.sandbox.advance(3 * DAY)
    const main = await rotate({ 'max-age': '3000d' })
    expect(main.exitCode).toBe(0)
    expect(isAlive(tokens.write)).toBe(false)
    expect(alive()).toEqual([])
  })
})

describe('a token that only looks like the current one', () => {
  const READ = 'huggingface/acme/read'
  const notDue = { 'max-age': '3000d' }
  /** Rotates once; the current token as the service account has it. */
  const rotated = async () => {
    stage.sandbox.advance(8 * DAY)
    await rotate()
    stage.sandbox.advance(HOUR)
    const [current] = stage.sandbox.hub.serviceAccountTokens('acme', 'ci')
    if (!current) throw new Error('nothing was minted')
    return current
  }
  /** A version as it is after its replacement, long ago. */
  const storeAsReplaced = (token: string, name = WRITE) => {
    const { aws, hub } = stage.sandbox
    aws.putVersion(name, { value: JSON.stringify({ token }), stages: [retiredLabel(hub.now() - 3 * DAY)] })
  }
  const count = (operation: string) =>
    stage.sandbox.hub.service.calls.filter((call) => call.operation === operation).length
  const duplicate = (displayName: string, createdAt: Date) =>
    stage.sandbox.hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName, createdAt })

  test.each([0, HOUR])(
    'a stranger’s token of its name in an old version does not take it along (made %i ms earlier)',
    async (ago) => {
      const { hub } = stage.sandbox
      const { displayName, createdAt, value } = await rotated()
      hub.addUser({ name: 'mallory' })
      const strangers = hub.addToken({
        user: 'mallory',
        role: 'read',
        displayName,
        createdAt: new Date(createdAt.getTime() - ago),
      })
      storeAsReplaced(strangers)
      const main = await rotate(notDue)
      expect(main.exitCode).toBe(0)
      expect(isAlive(value)).toBe(true)
      // It is another organization’s to revoke.
      expect(isAlive(strangers)).toBe(true)
      expect(count('delete-token')).toBe(0)
    },
  )

  test('the same account’s token of its name and time in an old version does not take it along', async () => {
    stage.reportsTokensByHand()
    const { displayName, createdAt, value } = await rotated()
    const twin = duplicate(displayName, createdAt)
    storeAsReplaced(twin)
    expect((await rotate(notDue)).exitCode).toBe(0)
    expect(alive()).toEqual([value])
    expect(count('delete-token')).toBe(0)
  })

  test('a replaced token of the service account is deleted by its id, which mails nobody', async () => {
    stage.reportsTokensByHand()
    const { value } = await rotated()
    stage.sandbox.advance(8 * DAY)
    await rotate()
    const loud = count('revoke')
    const [, current] = alive()
    stage.sandbox.advance(2 * DAY)
    await rotate(notDue)
    expect(isAlive(value)).toBe(false)
    expect(alive()).toEqual([current])
    expect([count('delete-token'), count('revoke')]).toEqual([1, loud])
  })

  test('a replaced token stays while one of the secrets cannot be read, which may hold it', async () => {
    stage.reportsTokensByHand()
    const { aws } = stage.sandbox
    const { value } = await rotated()
    aws.putVersion(READ, { value: JSON.stringify({ token: value }) })
    await rotate({ force: 'true' })
    stage.sandbox.advance(2 * DAY)
    const secrets = `${LINE}\n${READ} scope=write`
    aws.markForDeletion(READ)
    expect(warningsOf(await rotate({ ...notDue, secrets })).join()).toContain(
      'a version that may also hold it could not be read',
    )
    expect(isAlive(value)).toBe(true)
    aws.secret(READ).deletedAt = undefined
    expect(warningsOf(await rotate({ ...notDue, secrets })).join()).toContain('still in use')
    expect(isAlive(value)).toBe(true)
  })

  test('a token that another secret holds is no leftover, whatever its name says', async () => {
    const { aws, hub } = stage.sandbox
    const name = rotatedTokenName(aws.secret(WRITE).arn, 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee')
    const held = duplicate(name, new Date(hub.now()))
    const left = duplicate(
      rotatedTokenName(aws.secret(WRITE).arn, 'ffffffff-bbbb-4ccc-8ddd-eeeeeeeeeeee'),
      new Date(hub.now()),
    )
    aws.putVersion(READ, { value: JSON.stringify({ token: held }) })
    stage.sandbox.advance(HOUR)
    await rotate({ ...notDue, secrets: `${LINE}\n${READ} scope=write` })
    expect([isAlive(held), isAlive(left)]).toEqual([true, false])
  })

  test('a token that is stored while it is taken for a leftover stays, and becomes the current one', async () => {
    const { aws, hub } = stage.sandbox
    await rotated()
    const versionId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
    const late = duplicate(rotatedTokenName(aws.secret(WRITE).arn, versionId), new Date(hub.now()))
    stage.sandbox.advance(HOUR)
    let stored = false
    aws.service.afterWork = ({ operation, request }) => {
      if (stored || operation !== 'GetSecretValue' || !request.body.includes(versionId)) return undefined
      stored = true
      aws.putVersion(WRITE, { versionId, value: JSON.stringify({ token: late }), stages: ['AWSPENDING'] })
      return undefined
    }
    expect((await rotate(notDue)).exitCode).toBe(0)
    aws.service.afterWork = undefined
    expect(stored).toBe(true)
    expect(isAlive(late)).toBe(true)
    stage.sandbox.advance(HOUR)
    expect(actions(await rotate(notDue))).toEqual(['promoted'])
    expect(tokenOf()).toBe(late)
  })

  test('the current token is no leftover because the Hub refuses it once', async () => {
    const { hub } = stage.sandbox
    const { value, displayName } = await rotated()
    const versionId = versionWith('AWSCURRENT')?.versionId ?? ''
    const left = duplicate(rotatedTokenName(stage.sandbox.aws.secret(WRITE).arn, versionId), new Date(hub.now()))
    stage.sandbox.advance(HOUR)
    let asked = 0
    hub.service.inject(
      'whoami-v2',
      {
        kind: 'change',
        change(answer) {
          if (!JSON.stringify(answer.body).includes(displayName)) return answer
          asked += 1
          // First its age is asked for.
          return asked === 2 ? { status: 401, body: { error: 'Invalid username or password.' } } : answer
        },
      },
      50,
    )
    expect((await rotate(notDue)).exitCode).toBe(0)
    expect(asked).toBeGreaterThanOrEqual(3)
    expect([isAlive(value), isAlive(left)]).toEqual([true, false])
  })

  test('a version of the same id in another secret does not hide what is current', async () => {
    const { aws } = stage.sandbox
    const { value } = await rotated()
    const versionId = versionWith('AWSCURRENT')?.versionId ?? ''
    const left = duplicate(rotatedTokenName(aws.secret(WRITE).arn, versionId), new Date(stage.sandbox.hub.now()))
    aws.putVersion(READ, { versionId, value: JSON.stringify({ token: byHand() }) })
    stage.sandbox.advance(HOUR)
    await rotate({ ...notDue, secrets: `${LINE}\n${READ} scope=write` })
    expect([isAlive(value), isAlive(left)]).toEqual([true, false])
  })

  test('a new token is not revoked when it was stored although AWS says that it was not', async () => {
    const { aws } = stage.sandbox
    stage.sandbox.advance(8 * DAY)
    aws.service.inject('PutSecretValue', { kind: 'lost' })
    const denied = new AwsError(
      'AccessDeniedException',
      'User is not authorized to perform: secretsmanager:PutSecretValue',
    )
    aws.service.inject('PutSecretValue', { kind: 'answer', ...secretsManagerError(denied) }, 9)
    expect((await rotate()).exitCode).toBe(1)
    expect(alive()).toEqual([tokenOf('AWSPENDING')])
    aws.service.clearFaults()
    stage.sandbox.advance(HOUR)
    expect(actions(await rotate())).toEqual(['promoted'])
    expect(isAlive(tokenOf())).toBe(true)
  })

  test('a new token that cannot be stored is deleted by its id, or by its name when it has none', async () => {
    const { aws, hub } = stage.sandbox
    stage.sandbox.advance(8 * DAY)
    const denied = new AwsError(
      'AccessDeniedException',
      'User is not authorized to perform: secretsmanager:PutSecretValue',
    )
    aws.service.inject('PutSecretValue', { kind: 'answer', ...secretsManagerError(denied) }, 99)
    expect((await rotate()).exitCode).toBe(1)
    hub.service.inject('mint-token', {
      kind: 'change',
      change: ({ body, ...rest }) => ({ ...rest, body: { ...(body as object), tokenInfo: undefined } }),
    })
    expect((await rotate()).exitCode).toBe(1)
    expect(hub.minted).toHaveLength(2)
    expect(alive()).toEqual([])
    expect(count('delete-token')).toBe(2)
  })
})

describe('a Hub and an AWS that do odd things', () => {
  test('a token that the Hub does not confirm is a failure, in every run', async () => {
    stage.sandbox.advance(8 * DAY)
    const refuse = () =>
      stage.sandbox.hub.service.inject(
        'whoami-v2',
        { kind: 'change', change: () => ({ status: 401, body: { error: 'Invalid username or password.' } }) },
        50,
      )
    for (let week = 0; week < 2; week += 1) {
      refuse()
      const main = await rotate()
      expect(main.exitCode).toBe(1)
      expect(errorOf(main).title).toBe('token-rejected')
      stage.sandbox.hub.service.clearFaults()
      expect(alive()).toEqual([])
      stage.sandbox.advance(7 * DAY)
    }
    expect(tokenOf()).toBe(stage.sandbox.tokens.write)
  })

  test('a dead current token that may not be replaced yet is a failure', async () => {
    stage.sandbox.advance(8 * DAY)
    await rotate()
    stage.sandbox.hub.revokeToken(tokenOf())
    const main = await rotate()
    expect(errorOf(main).title).toBe('token-rejected')
    expect(errorOf(main).message).toContain('`force: true`')
    expect(actions(await rotate({ force: 'true' }))).toEqual(['rotated'])
  })

  test('a page that answers 403 for the Hub does not make a living token forgotten', async () => {
    stage.reportsTokensByHand()
    const { hub, tokens } = stage.sandbox
    stage.sandbox.advance(8 * DAY)
    await rotate()
    stage.sandbox.advance(2 * DAY)
    hub.service.inject('whoami-v2', { kind: 'answer', status: 403, body: '<html>blocked</html>' }, 9)
    expect((await rotate()).exitCode).toBe(1)
    hub.service.clearFaults()
    expect(isAlive(tokens.write)).toBe(true)
    expect((await rotate()).exitCode).toBe(0)
    expect(isAlive(tokens.write)).toBe(false)
  })

  test('a run that is tried again and again under one number leaves nothing behind', async () => {
    const { hub, aws } = stage.sandbox
    stage.sandbox.advance(8 * DAY)
    const attempt = async (operation: string | undefined) => {
      let kill = () => {}
      stage.sandbox.afterWork = (call) => {
        if (call.operation !== operation) return undefined
        kill()
        return 'hang'
      }
      const { main } = await stage.rotate({
        env: { GITHUB_RUN_ID: '4711' },
        with: { secrets: LINE },
        step: {
          onStart: (child) => {
            kill = () => child.kill('SIGKILL')
          },
        },
      })
      stage.sandbox.afterWork = undefined
      stage.sandbox.advance(HOUR)
      return main
    }
    await attempt('mint-token')
    await attempt('PutSecretValue')
    expect(alive()).toHaveLength(2)
    expect((await attempt(undefined)).exitCode).toBe(0)
    expect(alive()).toEqual([tokenOf()])
    // The leftover must not pass for the token that is stored.
    hub.revokeToken(tokenOf())
    expect(actions(await attempt(undefined))).toEqual(['rotated'])
    expect(aws.secret(WRITE).versions.filter(({ stages }) => stages.includes('AWSCURRENT'))).toHaveLength(1)
    expect(isAlive(tokenOf())).toBe(true)
  })

  test('the answer that a move was refused is not believed against a token', async () => {
    stage.sandbox.advance(8 * DAY)
    const { aws } = stage.sandbox
    let lost = false
    aws.service.afterWork = ({ operation, request }) => {
      if (lost || operation !== 'UpdateSecretVersionStage' || !request.body.includes('"AWSCURRENT"')) return undefined
      lost = true
      aws.service.inject('UpdateSecretVersionStage', {
        kind: 'answer',
        ...secretsManagerError(new AwsError('InvalidParameterException', 'Staging label AWSCURRENT is elsewhere.')),
      })
      return 'lose'
    }
    const main = await rotate()
    aws.service.afterWork = undefined
    expect(main.exitCode).toBe(0)
    expect(isAlive(tokenOf())).toBe(true)
  })

  test('a token from the future is due like any other', async () => {
    stage.reportsTokensByHand()
    stage.sandbox.advance(8 * DAY)
    const { hub } = stage.sandbox
    for (const createdAt of ['2099-01-01T00:00:00.000Z', '+275760-09-13T00:00:00.000Z']) {
      hub.service.inject('service-account', {
        kind: 'change',
        change: (answer) => ({
          ...answer,
          body: JSON.parse(JSON.stringify(answer.body).replace(/"createdAt":"[^"]*"/g, `"createdAt":"${createdAt}"`)),
        }),
      })
      expect(actions(await rotate())).toEqual(['rotated'])
      stage.sandbox.advance(8 * DAY)
    }
  })

  test('what stands beside the token is told to nobody, even if AWS quotes it', async () => {
    const beside = 'a-database-password-of-note'
    stage.secrets.push({ name: 'what stands beside the token', value: beside })
    stage.store(JSON.stringify({ token: stage.sandbox.tokens.write, db: { password: beside } }))
    stage.sandbox.aws.service.inject(
      'PutSecretValue',
      {
        kind: 'answer',
        ...secretsManagerError(new AwsError('ValidationException', `1 validation error at {"password":"${beside}"}`)),
      },
      9,
    )
    expect((await rotate({ force: 'true' })).exitCode).toBe(1)
  })

  test('a current version without a value is told, and nothing is revoked', async () => {
    stage.sandbox.advance(8 * DAY)
    await rotate()
    const { aws } = stage.sandbox
    const previous = tokenOf()
    const empty = aws.beginRotation(WRITE, 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee')
    const secret = aws.secret(WRITE) as { rotationEnabled?: boolean }
    secret.rotationEnabled = false
    const current = versionWith('AWSCURRENT')
    if (!current) throw new Error('no current version')
    current.stages = ['AWSPREVIOUS']
    empty.stages = ['AWSCURRENT']
    stage.sandbox.advance(3 * DAY)
    const main = await rotate()
    expect(errorOf(main).title).toBe('rotation-blocked')
    expect(isAlive(previous)).toBe(true)
  })
})
