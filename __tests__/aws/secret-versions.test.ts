/** The versions of one secret and their staging labels, as a rotation reads and moves them. */
import { describe, expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { PENDING, SecretVersions } from '../../src/aws/secret-versions.ts'
import { CallCount } from '../../src/net/calls-made.ts'
import { redact } from '../../src/text/redact.ts'
import { answer, CALLER, FakeAws, failureOf, SECRET, SECRET_ARN, secretRefusal } from './fake-aws.ts'

const VERSION = '11111111-2222-4333-8444-555555555555'

function versionsOf(...answers: readonly SandboxResponse[]) {
  const aws = new FakeAws(...answers)
  return { aws, versions: new SecretVersions(SECRET, CALLER, aws.http, aws.policy) }
}

describe('describing a secret', () => {
  test('tells its ARN, its labels, its age, and whether AWS rotates it', async () => {
    const { versions } = versionsOf(
      answer({
        ARN: SECRET_ARN,
        CreatedDate: 1_700_000_000,
        RotationEnabled: true,
        VersionIdsToStages: { [VERSION]: ['AWSCURRENT'], 'not a version': ['AWSPENDING'] },
      }),
    )
    expect(await versions.describe()).toEqual({
      arn: SECRET_ARN,
      createdAt: 1_700_000_000_000,
      rotationEnabled: true,
      stages: new Map([[VERSION, ['AWSCURRENT']]]),
    })
  })

  test('without labels, date and rotation is possible', async () => {
    expect(await versionsOf(answer({ ARN: SECRET_ARN })).versions.describe()).toEqual({
      arn: SECRET_ARN,
      createdAt: undefined,
      rotationEnabled: false,
      stages: new Map(),
    })
  })

  test.each([{}, { ARN: 'arn:aws:iam::123456789012:role/x' }, { ARN: 7 }])('fails without an ARN: %j', async (body) => {
    const { message } = await failureOf(versionsOf(answer(body)).versions.describe())
    expect(message).toContain('[secret-failed]')
    expect(message).toContain('returned no ARN')
    expect(message).toContain('Check where `AWS_ENDPOINT_URL_SECRETS_MANAGER` or `AWS_ENDPOINT_URL` points')
  })
})

describe('a secret that Secrets Manager does not tell about', () => {
  test('is asked about ten times at most, whatever is done with it', async () => {
    const aws = new FakeAws(secretRefusal('InternalServiceError'))
    const policy = { ...aws.policy, maxAttempts: 7, calls: new CallCount() }
    const versions = new SecretVersions(SECRET, CALLER, aws.http, policy)
    const other = `2${VERSION.slice(1)}`
    const calls = async (work: () => Promise<unknown>) => {
      const before = aws.sent.length
      for (let time = 0; time < 3; time += 1) await failureOf(work())
      return aws.sent.length - before
    }
    expect(await calls(() => versions.describe())).toBe(10)
    expect(await calls(() => versions.read(VERSION))).toBe(10)
    expect(await calls(() => versions.read(other))).toBe(10)
    expect(await calls(() => versions.putPending(VERSION, 'x', false))).toBe(10)
    expect(await calls(() => versions.move(PENDING, { to: VERSION }))).toBe(10)
    expect(await calls(() => versions.move(PENDING, { from: VERSION }))).toBe(10)
  })
})

describe('reading a version', () => {
  test('gives its text and its date', async () => {
    const { aws, versions } = versionsOf(answer({ SecretString: 'the text', CreatedDate: 1_700_000_000 }))
    expect(await versions.read(VERSION)).toEqual({
      versionId: VERSION,
      text: 'the text',
      binary: false,
      createdAt: 1_700_000_000_000,
    })
    expect(aws.sent[0]?.input).toEqual({ SecretId: SECRET.id, VersionId: VERSION })
  })

  test('gives nothing when it has no value', async () => {
    expect(await versionsOf(secretRefusal('ResourceNotFoundException')).versions.read(VERSION)).toBeUndefined()
  })

  test('that is binary gives its text, or a character that no token has', async () => {
    const read = async (bytes: number[]) =>
      (await versionsOf(answer({ SecretBinary: Buffer.from(bytes).toString('base64') })).versions.read(VERSION)) ?? {}
    expect(await read([0x68, 0x66])).toMatchObject({ text: 'hf', binary: true })
    expect(await read([0xff])).toMatchObject({ text: '\ufffd', binary: true })
  })

  test('keeps everything in it out of our texts, at any depth', async () => {
    const { versions } = versionsOf(
      answer({ SecretString: '{"user":"a-user-name","deep":[{"password":"a-password-below"}]}' }),
    )
    await versions.read(VERSION)
    expect(redact('a-user-name and a-password-below')).toBe('*** and ***')
  })
})

describe('storing a pending version', () => {
  test('puts the value under the id of the version, with the pending label', async () => {
    const { aws, versions } = versionsOf(answer({ ARN: SECRET_ARN }))
    expect(await versions.putPending(VERSION, 'the value', false)).toBe('stored')
    expect(aws.sent[0]?.input).toEqual({
      SecretId: SECRET.id,
      ClientRequestToken: VERSION,
      VersionStages: [PENDING],
      SecretString: 'the value',
    })
  })

  test('keeps a binary secret binary', async () => {
    const { aws, versions } = versionsOf(answer({ ARN: SECRET_ARN }))
    await versions.putPending(VERSION, 'the value', true)
    expect(aws.sent[0]?.input).toMatchObject({ SecretBinary: Buffer.from('the value').toString('base64') })
    expect(aws.sent[0]?.input).not.toHaveProperty('SecretString')
  })

  test('says when the version has another value already', async () => {
    expect(await versionsOf(secretRefusal('ResourceExistsException')).versions.putPending(VERSION, 'x', false)).toBe(
      'taken',
    )
  })
})

describe('moving a label', () => {
  test('names where it is and where it goes', async () => {
    const { aws, versions } = versionsOf(answer({ ARN: SECRET_ARN }))
    expect(await versions.move('AWSCURRENT', { from: 'old', to: 'new' })).toBe(true)
    expect(await versions.move('AWSPENDING', { from: 'old' })).toBe(true)
    expect(await versions.move('Retired', { to: 'new' })).toBe(true)
    const label = (VersionStage: string, rest: object) => ({ SecretId: SECRET.id, VersionStage, ...rest })
    expect(aws.sent.map(({ input }) => input)).toEqual([
      label('AWSCURRENT', { RemoveFromVersionId: 'old', MoveToVersionId: 'new' }),
      label('AWSPENDING', { RemoveFromVersionId: 'old' }),
      label('Retired', { MoveToVersionId: 'new' }),
    ])
  })

  test.each(['InvalidParameterException', 'ResourceNotFoundException', 'InvalidRequestException'])(
    'says when the label is elsewhere: %s',
    async (name) => {
      expect(await versionsOf(secretRefusal(name)).versions.move('AWSCURRENT', { from: 'old', to: 'new' })).toBe(false)
    },
  )
})

describe('a refusal', () => {
  const calls: [string, string, (versions: SecretVersions) => Promise<unknown>][] = [
    ['describe', 'describe', (versions) => versions.describe()],
    ['read', 'read', (versions) => versions.read(VERSION)],
    ['write', 'write to', (versions) => versions.putPending(VERSION, 'x', false)],
    ['label', 'move the staging labels of', (versions) => versions.move('AWSCURRENT', { to: VERSION })],
  ]

  test.each(calls)('to %s says so, and prints all that a rotation needs', async (_what, verb, call) => {
    const { versions } = versionsOf(secretRefusal('AccessDeniedException'))
    const { message } = await failureOf(call(versions))
    expect(message).toContain(`is not allowed to ${verb} the secret \`${SECRET.id}\`.`)
    expect(message).toContain('"secretsmanager:UpdateSecretVersionStage"')
  })

  test.each(calls)('to %s is retried when another attempt can cure it', async (_what, _verb, call) => {
    const { aws, versions } = versionsOf(
      secretRefusal('InternalServiceError', 'An error occurred', 400),
      answer({ ARN: SECRET_ARN, SecretString: 'x' }),
    )
    await call(versions)
    expect(aws.sent).toHaveLength(2)
  })

  test.each(calls)('to %s because of the session is told after one attempt', async (_what, _verb, call) => {
    const { aws, versions } = versionsOf(secretRefusal('UnrecognizedClientException', 'The security token is invalid'))
    expect((await failureOf(call(versions))).message).toContain('did not accept the session that STS issued')
    expect(aws.sent).toHaveLength(1)
  })
})

describe('what was written just now may not be visible yet', () => {
  const missing = secretRefusal('ResourceNotFoundException')
  const stored = answer({ ARN: SECRET_ARN, VersionId: VERSION })
  const value = answer({ ARN: SECRET_ARN, VersionId: VERSION, SecretString: 'x' })

  test('to this process: a version that it stored is read twice', async () => {
    const { aws, versions } = versionsOf(stored, missing, value)
    await versions.putPending(VERSION, 'x', false)
    expect((await versions.read(VERSION))?.text).toBe('x')
    expect(aws.waits).toEqual([1000])
  })

  test('to another one, which says so', async () => {
    const { aws, versions } = versionsOf(missing)
    expect(await versions.read(VERSION, { isWritten: true })).toBeUndefined()
    expect(aws.sent.length).toBe(2)
  })

  test('to a label that is moved there', async () => {
    const { aws, versions } = versionsOf(stored, missing, answer({}))
    await versions.putPending(VERSION, 'x', false)
    expect(await versions.move('AWSCURRENT', { to: VERSION })).toBe(true)
    expect(aws.sent.length).toBe(3)
  })

  test('but any other version is read once', async () => {
    const { aws, versions } = versionsOf(missing)
    expect(await versions.read(VERSION)).toBeUndefined()
    expect(aws.sent.length).toBe(1)
  })
})

describe('an answer that nobody can read', () => {
  const page = { status: 200, body: '<html>busy</html>' }

  test.each([
    ['a page', page],
    ['{}', answer({})],
    ['no ARN', answer({ ARN: 'x' })],
  ])('is repeated where that does no harm: %s', async (_name, given) => {
    const { aws, versions } = versionsOf(given, answer({ ARN: SECRET_ARN }))
    expect((await versions.describe()).arn).toBe(SECRET_ARN)
    expect(aws.sent.length).toBe(2)
  })

  test('is final where the call may have moved a label', async () => {
    const { aws, versions } = versionsOf(page)
    await failureOf(versions.move('AWSCURRENT', { to: VERSION }))
    expect(aws.sent.length).toBe(1)
  })
})

describe('a session that AWS does not know', () => {
  const unknown = secretRefusal('UnrecognizedClientException')
  const described = answer({ ARN: SECRET_ARN })
  /** Nobody has used these credentials. */
  const fresh = (...answers: readonly SandboxResponse[]) => {
    const aws = new FakeAws(...answers)
    const caller = { ...CALLER, credentials: { ...CALLER.credentials } }
    return { aws, versions: new SecretVersions(SECRET, caller, aws.http, aws.policy) }
  }

  test('gets one late attempt at its first use', async () => {
    const { aws, versions } = fresh(unknown, described)
    await versions.describe()
    expect(aws.sent.length).toBe(2)
    const other = fresh(unknown)
    await failureOf(other.versions.describe())
    expect(other.aws.sent.length).toBe(2)
  })

  test('gets none once it worked', async () => {
    const { aws, versions } = fresh(described, unknown)
    await versions.describe()
    await failureOf(versions.describe())
    expect(aws.sent.length).toBe(2)
  })
})
