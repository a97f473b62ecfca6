/** The versions of one secret and their staging labels, as a rotation reads and moves them. */
import { describe, expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { PENDING, SecretVersions } from '../../src/aws/secret-versions.ts'
import { CallCount } from '../../src/net/calls-made.ts'
import { redact } from '../../src/text/redact.ts'
import { answer, CALLER, FakeAws, failureOf, SECRET, SECRET_ARN, secretRefusal } from './fake-aws.ts'

const VERSION = '11111111-2222-4333-8444-555555555555'

/** Stores a value; a refusal for good is thrown. */
async function put(versions: SecretVersions) {
  const stored = await versions.putPending(VERSION, 'x', false)
  if (typeof stored === 'object') throw stored.refusal
  return stored
}

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

  test('tells what keeps it from being written to', async () => {
    const described = async (body: object) => await versionsOf(answer({ ARN: SECRET_ARN, ...body })).versions.describe()
    const unfit = { PrimaryRegion: 'us-east-1', DeletedDate: 1_700_000_000, OwningService: 'rds' }
    expect(await described(unfit)).toMatchObject({
      primaryRegion: 'us-east-1',
      deletedAt: 1_700_000_000_000,
      owningService: 'rds',
    })
    // A primary secret that has replicas names its own region.
    expect((await described({ PrimaryRegion: SECRET.region, OwningService: '' })).primaryRegion).toBeUndefined()
    expect((await described({ PrimaryRegion: 'a\n::error::b' })).primaryRegion).toBe('a\\u{a}::error::b')
  })

  test('without labels, date and rotation is possible', async () => {
    expect(await versionsOf(answer({ ARN: SECRET_ARN })).versions.describe()).toEqual({
      arn: SECRET_ARN,
      createdAt: undefined,
      rotationEnabled: false,
      stages: new Map(),
      primaryRegion: undefined,
      deletedAt: undefined,
      owningService: undefined,
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

  const REASONS = ['InvalidParameterException', 'ResourceNotFoundException', 'InvalidRequestException']
  const labels = (stages: Record<string, string[]>) => answer({ ARN: SECRET_ARN, VersionIdsToStages: stages })
  const refused = (name: string, stages: Record<string, string[]>) =>
    versionsOf(secretRefusal(name, 'AWS’s own words.'), labels(stages))

  test.each(REASONS)('says when the label is elsewhere, which DescribeSecret confirms: %s', async (name) => {
    const { aws, versions } = refused(name, { other: ['AWSCURRENT'], old: ['AWSPREVIOUS'], new: ['AWSPENDING'] })
    expect(await versions.move('AWSCURRENT', { from: 'old', to: 'new' })).toBe(false)
    expect(aws.sent.map(({ operation }) => operation)).toEqual(['UpdateSecretVersionStage', 'DescribeSecret'])
    const taken = refused(name, { other: ['Retired'], new: ['AWSPREVIOUS'] })
    expect(await taken.versions.move('Retired', { to: 'new' })).toBe(false)
    const gone = refused(name, { other: ['AWSPENDING'] })
    expect(await gone.versions.move('AWSPENDING', { from: 'old' })).toBe(false)
  })

  test.each(REASONS)('is done when the label is there, whoever moved it: %s', async (name) => {
    const { versions } = refused(name, { new: ['AWSCURRENT'], old: ['AWSPREVIOUS'] })
    expect(await versions.move('AWSCURRENT', { from: 'old', to: 'new' })).toBe(true)
  })

  test('says when the version that was to get the label is gone', async () => {
    const { versions } = refused('ResourceNotFoundException', { old: ['AWSCURRENT'] })
    expect(await versions.move('AWSCURRENT', { from: 'old', to: 'new' })).toBe(false)
  })

  test.each(REASONS)('quotes AWS when the labels are as they were: %s', async (name) => {
    const { versions } = refused(name, { old: ['AWSCURRENT'], new: ['AWSPENDING'] })
    const { message } = await failureOf(versions.move('AWSCURRENT', { from: 'old', to: 'new' }))
    expect(message).toContain(`${name} (HTTP 400): "AWS’s own words."`)
    expect(message).toContain('Who can do it')
    const { versions: pending } = refused(name, { old: ['AWSPENDING', 'AWSCURRENT'] })
    expect((await failureOf(pending.move('AWSPENDING', { from: 'old' }))).message).toContain('AWS’s own words')
  })

  test('quotes AWS when a version that it may know refuses a label for another reason', async () => {
    const { versions } = refused('InvalidRequestException', { old: ['AWSCURRENT'] })
    expect((await failureOf(versions.move('AWSCURRENT', { from: 'old', to: 'new' }))).message).toContain('own words')
  })
})

describe('a version that was read before', () => {
  const read = (text: string) => answer({ SecretString: text, VersionId: VERSION })

  test('is not asked for again, however it was read', async () => {
    for (const first of [(one: SecretVersions) => one.read(VERSION), (one: SecretVersions) => one.readStage(PENDING)]) {
      const { aws, versions } = versionsOf(read('the text'))
      await first(versions)
      expect(await versions.recall(VERSION)).toMatchObject({ versionId: VERSION, text: 'the text' })
      expect(aws.sent).toHaveLength(1)
      await versions.recall(`2${VERSION.slice(1)}`)
      await versions.read(VERSION)
      expect(aws.sent).toHaveLength(3)
    }
  })

  test('is asked for again if it is large, or had no value', async () => {
    const { aws, versions } = versionsOf(read('x'.repeat(4_097)), secretRefusal('ResourceNotFoundException'), read('y'))
    await versions.recall(VERSION)
    expect(await versions.recall(VERSION)).toBeUndefined()
    expect((await versions.recall(VERSION))?.text).toBe('y')
    expect(aws.sent).toHaveLength(3)
  })
})

describe('reading by label', () => {
  const found = (VersionId: string) => answer({ ARN: SECRET_ARN, VersionId, SecretString: `of ${VersionId}` })
  const asked = ({ sent }: FakeAws) => sent.map(({ input: { VersionId, VersionStage } }) => VersionStage ?? VersionId)

  test.each([
    [['AWSPENDING', 'AWSCURRENT'], 'AWSCURRENT'],
    [['AWSPENDING'], 'AWSPENDING'],
    [['hf-oidc-retired-x', 'AWSPREVIOUS'], 'AWSPREVIOUS'],
    [['mine', 'hf-oidc-retired-x'], 'hf-oidc-retired-x'],
    [['mine'], 'mine'],
    [[], VERSION],
  ])('a version with the labels %j is asked for by %s', async (labels, by) => {
    const { aws, versions } = versionsOf(found(VERSION))
    expect((await versions.read(VERSION, { labels }))?.text).toBe(`of ${VERSION}`)
    expect(asked(aws)).toEqual([by])
  })

  test.each([
    ['has moved', found('another')],
    ['is gone', secretRefusal('ResourceNotFoundException', 'for staging label: AWSPENDING')],
  ])('a version whose label %s is asked for by its id', async (_what, first) => {
    const { aws, versions } = versionsOf(first, found(VERSION))
    expect((await versions.read(VERSION, { labels: ['AWSPENDING'] }))?.text).toBe(`of ${VERSION}`)
    expect(asked(aws)).toEqual(['AWSPENDING', VERSION])
  })

  test('gives the version that has the label now', async () => {
    expect(await versionsOf(found('another')).versions.readStage('AWSPENDING')).toMatchObject({ versionId: 'another' })
  })

  test('a refusal names the condition that may be its cause', async () => {
    const refused = () => versionsOf(secretRefusal('AccessDeniedException')).versions
    const byId = (await failureOf(refused().read(VERSION))).message
    expect(byId).toContain(
      'by its ID, without a staging label: if a policy has a condition on `secretsmanager:VersionStage`',
    )
    const byLabel = (await failureOf(refused().readStage('hf-oidc-retired-x'))).message
    expect(byLabel).toContain('it must allow this label (`StringLike` with `hf-oidc-retired-*`)')
    expect((await failureOf(refused().readStage('AWSCURRENT'))).message).toContain('`AWSCURRENT`: if a policy')
    expect((await failureOf(refused().describe())).message).not.toContain('secretsmanager:VersionStage')
  })

  test('a secret that is gone is not a version without a value', async () => {
    const { versions } = versionsOf(
      secretRefusal('ResourceNotFoundException', "Secrets Manager can't find the specified secret."),
    )
    expect((await failureOf(versions.read(VERSION))).message).toContain('[secret-not-found]')
  })
})

describe('a refusal', () => {
  const calls: [string, string, (versions: SecretVersions) => Promise<unknown>][] = [
    ['describe', 'describe', (versions) => versions.describe()],
    ['read', 'read', (versions) => versions.read(VERSION)],
    ['write', 'write to', (versions) => put(versions)],
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
