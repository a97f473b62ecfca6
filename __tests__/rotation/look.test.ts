/** Which versions of a secret count as current, pending and replaced. */
import { describe, expect, test } from '@jest/globals'
import { retiredLabel } from '../../src/rotation/names.ts'
import { look, retiredVersions, shapeOf } from '../../src/rotation/secret/look.ts'
import { ARN, DAY, MINUTE, NOW, refusal, secretWorld, useClock } from './fakes.ts'

useClock()

const OLD = 'hf_oldoldoldold'
const NEW = 'hf_newnewnewnew'
const value = (token: string) => JSON.stringify({ token })

describe('a look at a secret', () => {
  test('reads the current and the pending version, and masks the current token', async () => {
    const { turn, secret, masked } = secretWorld()
    secret.add('v1', value(OLD), ['AWSCURRENT'])
    secret.add('v2', value(NEW), ['AWSPENDING'])
    expect(await look(turn)).toMatchObject({
      arn: ARN,
      current: { versionId: 'v1', value: { token: OLD } },
      pendingId: 'v2',
      pending: { versionId: 'v2' },
    })
    expect(masked).toEqual([OLD])
    expect(secret.writes).toEqual([])
  })

  test('takes a pending version that is current for no pending one', async () => {
    const { turn, secret } = secretWorld()
    secret.add('v1', value(OLD), ['AWSCURRENT', 'AWSPENDING'])
    expect(await look(turn)).toMatchObject({ pendingId: undefined, pending: undefined })
  })

  test.each([
    ['AWSPREVIOUS', 'AWSPREVIOUS'],
    ['a label that says when', retiredLabel(NOW - DAY)],
  ])('takes a pending version that was replaced (%s) for no pending one', async (_what, label) => {
    const { turn, secret } = secretWorld()
    secret.add('v1', value(OLD), ['AWSCURRENT'])
    secret.add('v2', value(NEW), ['AWSPENDING', label])
    expect(await look(turn)).toMatchObject({ pendingId: undefined, pending: undefined })
  })

  test('finds no version in a secret that never had a value', async () => {
    const { turn } = secretWorld()
    const state = await look(turn)
    expect(state).toMatchObject({ current: undefined, pendingId: undefined })
    expect(shapeOf(state.current)).toEqual({ kind: 'none' })
  })

  test.each<[string, object, string[]]>([
    [
      'is marked for deletion',
      { deletedAt: NOW - DAY },
      [
        'is marked for deletion, so it cannot be rotated. No token was minted.',
        '`DeletedDate`: 2026-09-07T08:00:00.000Z',
        '\n  aws secretsmanager restore-secret --region eu-west-1 --secret-id hub/x',
      ],
    ],
    [
      'is a replica',
      { primaryRegion: 'us-east-1' },
      [
        'in eu-west-1 is a replica, so it cannot be rotated there. No token was minted.',
        '`PrimaryRegion`: us-east-1',
        `\n  ${ARN.replace('eu-west-1', 'us-east-1')} scope=write narrow=true`,
      ],
    ],
    [
      'belongs to another service',
      { owningService: 'rds' },
      [
        'is managed by another AWS service, so it cannot be rotated here. No token was minted.',
        '`OwningService`: `rds`',
      ],
    ],
  ])('is refused when it %s, before a version is read', async (_what, described, texts) => {
    for (const mode of ['mint', 'promote'] as const) {
      const { turn, secret } = secretWorld({ line: 'hub/x scope=write narrow=true', mode })
      secret.add('v1', value(OLD), ['AWSCURRENT'])
      secret.described = described
      for (const byFunction of [false, true]) {
        const error = await refusal(look(turn, { byFunction }))
        expect(error.code).toBe('rotation-blocked')
        for (const text of texts) expect(error.message).toContain(text)
      }
      expect(secret.calls).toEqual(['describe', 'describe'])
    }
  })

  test('is taken again when a label moves between its calls', async () => {
    const { turn, secret } = secretWorld()
    secret.add('v1', value(OLD), ['AWSCURRENT'])
    secret.add('v2', value(NEW), ['AWSPENDING'])
    secret.after = (call) => {
      if (call !== 'describe' || secret.calls.length > 1) return
      secret.add('v3', value(NEW), ['AWSCURRENT'])
      secret.add('v4', value(NEW), ['AWSPENDING'])
    }
    const state = await look(turn)
    expect([state.current?.versionId, state.pendingId, state.pending?.versionId]).toEqual(['v3', 'v4', 'v4'])
    expect(secret.calls).toEqual(['describe', 'read v3', 'describe', 'read v3', 'read v4'])
  })

  test('is taken again when the pending label moves between its calls', async () => {
    const { turn, secret } = secretWorld()
    secret.add('v1', value(OLD), ['AWSCURRENT'])
    secret.add('v2', value(NEW), ['AWSPENDING'])
    secret.after = (call) => {
      if (call === 'read v1' && secret.at('AWSPENDING') === 'v2') secret.add('v4', value(NEW), ['AWSPENDING'])
    }
    const state = await look(turn)
    expect([state.pendingId, state.pending?.versionId]).toEqual(['v4', 'v4'])
  })

  test('ends with the versions that DescribeSecret named while others keep moving the labels', async () => {
    const { turn, secret } = secretWorld()
    secret.add('v1', value(OLD), ['AWSCURRENT'])
    secret.after = (call) => {
      if (call === 'describe') secret.add(`w${secret.calls.length}`, value(NEW), ['AWSCURRENT'])
    }
    const { current, description } = await look(turn)
    expect(description.stages.get(current?.versionId ?? '')).toEqual(['AWSCURRENT'])
    expect(secret.calls.filter((call) => call === 'describe')).toHaveLength(3)
  })

  test('takes a description that is a moment old', async () => {
    const { turn, secret } = secretWorld()
    secret.add('v1', value(OLD), ['AWSCURRENT'])
    const described = await secret.describe()
    expect((await look(turn, { described })).current?.versionId).toBe('v1')
    expect(secret.calls).toEqual(['describe', 'read v1'])
  })

  test('is refused when Secrets Manager rotates it itself, unless its function asks', async () => {
    const { turn, secret } = secretWorld()
    secret.rotationEnabled = true
    secret.add('v1', value(OLD), ['AWSCURRENT'])
    const error = await refusal(look(turn))
    expect(error.code).toBe('rotation-blocked')
    expect(error.message).toContain('\n  aws secretsmanager cancel-rotate-secret --region eu-west-1 --secret-id hub/x')
    expect((await look(turn, { byFunction: true })).current?.versionId).toBe('v1')
  })

  test('is refused when the current version has no value', async () => {
    const { turn, secret } = secretWorld()
    secret.add('v1', undefined, ['AWSCURRENT'])
    const error = await refusal(look(turn))
    expect(error.code).toBe('rotation-blocked')
    expect(error.message).toContain(
      '\n  aws secretsmanager update-secret-version-stage --region eu-west-1 --secret-id hub/x --version-stage AWSCURRENT --remove-from-version-id v1 --move-to-version-id THAT-VERSION-ID',
    )
  })

  test('is refused when the current value holds no token', async () => {
    const { turn, secret } = secretWorld()
    secret.add('v1', 'hunter2hunter2', ['AWSCURRENT'])
    expect((await refusal(look(turn))).code).toBe('token-malformed')
  })

  test.each([
    ['a plain string', OLD, false, { kind: 'plain', binary: false }],
    ['a binary one', OLD, true, { kind: 'plain', binary: true }],
    ['an object', value(OLD), false, { kind: 'object', binary: false, otherKeys: false }],
    [
      'an object with other keys',
      JSON.stringify({ token: OLD, a: 1 }),
      false,
      { kind: 'object', binary: false, otherKeys: true },
    ],
  ])('tells the form: %s', async (_what, text, binary, shape) => {
    const { turn, secret } = secretWorld()
    secret.add('v1', text, ['AWSCURRENT'], { binary })
    expect(shapeOf((await look(turn)).current)).toEqual(shape)
  })
})

describe('replaced versions', () => {
  /** With a current version that was made a day ago. */
  async function retired(labels: Record<string, string[]>) {
    const { turn, secret } = secretWorld()
    secret.add('now', value(OLD), ['AWSCURRENT'], { createdAt: NOW - DAY })
    for (const [id, own] of Object.entries(labels)) secret.add(id, value(NEW), own)
    return retiredVersions(await look(turn))
  }

  test('are those with the label of a replacement, and the previous one', async () => {
    const labels = {
      labelled: [retiredLabel(NOW - 5 * DAY)],
      previous: ['AWSPREVIOUS'],
      pending: ['AWSPENDING'],
      unlabelled: [],
      foreign: ['my-own-label'],
    }
    expect((await retired(labels)).map(({ versionId, since }) => [versionId, since])).toEqual([
      ['labelled', NOW - 5 * DAY],
      ['previous', undefined],
    ])
  })

  test('are not the current one, whatever else it carries', async () => {
    const { turn, secret } = secretWorld()
    secret.add('now', value(OLD), ['AWSCURRENT', retiredLabel(NOW - DAY)])
    expect(retiredVersions(await look(turn))).toEqual([])
  })

  test('may have a label that is ten minutes older than the current version: clocks differ', async () => {
    const at = NOW - DAY - 10 * MINUTE
    expect(await retired({ previous: ['AWSPREVIOUS', retiredLabel(at)] })).toMatchObject([{ since: at }])
  })

  test('with an older label than that were brought back since: their grace has not begun', async () => {
    const at = NOW - DAY - 10 * MINUTE - 1
    expect(await retired({ previous: ['AWSPREVIOUS', retiredLabel(at)] })).toMatchObject([{ since: undefined }])
    // One that is not the previous version was replaced for good.
    expect(await retired({ older: [retiredLabel(at)] })).toMatchObject([{ since: at }])
  })
})
