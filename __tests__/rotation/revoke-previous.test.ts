/** Previous tokens: when they are revoked, how, and what keeps them. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { CURRENT, PREVIOUS } from '../../src/aws/secret-versions.ts'
import { Deletions } from '../../src/rotation/leftovers/deletions.ts'
import { labelReplaced } from '../../src/rotation/leftovers/label.ts'
import type { Leftovers } from '../../src/rotation/leftovers/leftovers.ts'
import { revokePrevious } from '../../src/rotation/leftovers/revoke-previous.ts'
import { survey } from '../../src/rotation/leftovers/survey.ts'
import { revocationLabel, rotatedTokenName } from '../../src/rotation/names.ts'
import { DAY, denied, type FakeSecret, FakeWorld, HOUR, replaced, replacedAgo, versionId } from './leftover-fakes.ts'

let world: FakeWorld
let secret: FakeSecret
let other: FakeSecret
beforeEach(() => {
  world = new FakeWorld()
  secret = world.secret('hub/write')
  other = world.secret('hub/other')
})
afterEach(() => {
  jest.restoreAllMocks()
})

const NO_SERVICES = Number.POSITIVE_INFINITY
/** Surveys these secrets, and revokes what has to go in the first one. */
async function revoke(
  turns: readonly Leftovers[],
  { admin, tasksSince = NO_SERVICES }: { admin?: string; tasksSince?: number } = {},
): Promise<Leftovers> {
  const surveyed = await survey(turns, admin)
  const [turn] = turns
  if (!turn) throw new Error('no secret')
  const deletions = new Deletions(surveyed.entries)
  await revokePrevious([turn], { survey: surveyed, tasksSince, deletions })
  await deletions.prove()
  return turn
}

describe('a previous token is revoked once its grace has expired', () => {
  test('by its value when a person created it', async () => {
    const previous = world.token('by hand')
    const current = replaced(world, secret, previous, 25 * HOUR)
    const { outcome } = await revoke([await world.begin(secret)])
    expect(world.changes).toEqual([`revoke ${previous}`, 'add revoking 1'])
    expect([world.isAlive(previous), world.isAlive(current)]).toEqual([false, true])
    expect(outcome.revoked).toBe(1)
    expect(world.infos).toEqual([`Hub: revoked the previous token of hub/write, version ${versionId(1)}`])
  })

  test.each([
    [-7 * 60_000, true],
    [7 * 60_000, false],
  ])('by the right time, when this machine’s clock is %i ms behind it', async (behindMs, isAlive) => {
    world.behindMs = behindMs
    const previous = world.token('by hand')
    replaced(world, secret, previous, 24 * HOUR)
    await revoke([await world.begin(secret)])
    expect(world.isAlive(previous)).toBe(isAlive)
  })

  test('by its id when it is the service account’s', async () => {
    const previous = world.minted(secret, 1)
    replaced(world, secret, previous, 25 * HOUR)
    const id = world.idOf(previous)
    const { outcome } = await revoke([await world.begin(secret)])
    expect(world.changes).toEqual(['add deleting 1', `delete ${id}`, 'add revoked 1'])
    expect(world.isAlive(previous)).toBe(false)
    expect(outcome.revoked).toBe(1)
    expect(world.infos).toEqual([`Hub: revoked the previous token of hub/write, version ${versionId(1)}`])
    // The account's list has said all of it.
    expect([world.asked, world.listed]).toEqual([[], 2])
  })

  test('by its id, which the Hub says whose it is, when the list alone does not tell', async () => {
    world.lists = 'no tails'
    const previous = world.minted(secret, 1)
    replaced(world, secret, previous, 25 * HOUR)
    const id = world.idOf(previous)
    await revoke([await world.begin(secret)])
    expect(world.changes).toEqual([`delete ${id}`, 'add revoked 1'])
    expect(world.asked).toContain(previous)
  })

  test('by its value when the account’s token of its name and time may be another one', async () => {
    const previous = world.token('a name', { owner: 'ci' })
    const twin = world.token('a name', { owner: 'ci' })
    replaced(world, secret, previous, 25 * HOUR)
    await revoke([await world.begin(secret)])
    expect(world.changes).toEqual([`revoke ${previous}`, 'add revoking 1'])
    expect(world.isAlive(twin)).toBe(true)
  })

  test.each<[string, FakeWorld['lists'], (previous: string) => string[]]>([
    ['by its value when it may be', 'no tails', (previous) => [`revoke ${previous}`, 'add revoking 1']],
    [
      'by its id when its last characters show that it is not',
      'all',
      (previous) => [`delete ${world.idOf(previous)}`, 'add revoked 1'],
    ],
  ])('%s the account’s entry of a token in use', async (_how, lists, changes) => {
    world.lists = lists
    const previous = world.token('a name', { owner: 'ci', ago: DAY })
    const inUse = world.token('a name', { owner: 'ci', ago: HOUR })
    world.unlisted.add(inUse)
    const expected = changes(previous)
    replaced(world, secret, previous, 25 * HOUR)
    other.put(1, inUse, [CURRENT])
    await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual(expected)
    expect(world.isAlive(inUse)).toBe(true)
  })

  test('by its id although a stranger’s token in use has its name', async () => {
    world.lists = 'no tails'
    const previous = world.minted(secret, 1)
    replaced(world, secret, previous, 25 * HOUR)
    other.put(1, world.token(rotatedTokenName(secret.arn, versionId(1)), { owner: 'mallory' }), [CURRENT])
    const id = world.idOf(previous)
    await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual([`delete ${id}`, 'add revoked 1'])
  })

  test('and not before: the outcome says until when it works', async () => {
    const previous = world.token('by hand')
    replaced(world, secret, previous, 23 * HOUR)
    const { outcome } = await revoke([await world.begin(secret)])
    expect([world.changes, world.asked]).toEqual([[], []])
    expect(outcome.revoked).toBe(0)
    expect(Math.abs((outcome.previousEndsAt ?? 0) - Date.now() - HOUR)).toBeLessThan(5_000)
  })

  test('counted from its last replacement in any secret', async () => {
    const shared = world.token('by hand')
    replaced(world, secret, shared, 30 * DAY)
    replaced(world, other, shared, HOUR)
    const { outcome } = await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.isAlive(shared)).toBe(true)
    expect(outcome.previousEndsAt).toBeGreaterThan(Date.now() + 22 * HOUR)
  })

  test('counted from now when a version says nothing about when it was replaced', async () => {
    const previous = world.token('by hand')
    secret.put(1, previous, [PREVIOUS], 9 * DAY)
    secret.put(2, world.minted(secret, 2), [CURRENT], 8 * DAY)
    await revoke([await world.begin(secret)])
    expect(world.isAlive(previous)).toBe(true)
  })

  test('and with dry-run only counted', async () => {
    world.dryRun = true
    const previous = world.token('by hand')
    replaced(world, secret, previous, 25 * HOUR)
    const { outcome } = await revoke([await world.begin(secret)])
    expect(world.changes).toEqual([])
    expect(world.isAlive(previous)).toBe(true)
    expect(outcome.revoked).toBe(1)
  })
})

describe('a previous token is never revoked', () => {
  test('while another secret uses it', async () => {
    const shared = world.token('by hand')
    replaced(world, secret, shared, 30 * DAY)
    other.put(1, JSON.stringify({ token: shared }), [CURRENT])
    const { outcome } = await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual([])
    expect(outcome.revoked).toBe(0)
    expect(world.warnings).toEqual([expect.stringContaining('it is still in use')])
  })

  test.each(['{"token":"CURRENT","old":"SHARED"}', '{"token":"CURRENT","header":"Bearer SHARED"}'])(
    'while a secret holds it elsewhere: %s',
    async (text) => {
      const shared = world.token('by hand')
      replaced(world, secret, shared, 30 * DAY)
      other.put(1, text.replace('CURRENT', world.token('another')).replace('SHARED', shared), [CURRENT])
      await revoke([await world.begin(secret), await world.begin(other)])
      expect(world.changes).toEqual([])
      expect(world.masked.has(shared)).toBe(true)
    },
  )

  test('while a secret holds it with other escapes', async () => {
    const shared = world.token('by hand')
    replaced(world, secret, shared, 30 * DAY)
    other.put(1, `{"token":"\\u0068f_${shared.slice(3)}"}`, [CURRENT])
    await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual([])
  })

  test('while a secret holds it in a value that does not look like a token', async () => {
    const shared = world.token('by hand')
    replaced(world, secret, shared, 30 * DAY)
    other.put(1, JSON.stringify({ token: world.token('another'), old: `X${shared}Y` }), [CURRENT])
    await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual([])
  })

  test('when it belongs to another organization, unless its line says `narrow=true`', async () => {
    const foreign = world.token('by hand', { org: 'beta' })
    replaced(world, secret, foreign, 30 * DAY)
    const { outcome } = await revoke([await world.begin(secret)])
    expect([world.changes, outcome.revoked]).toEqual([[], 0])
    expect(world.warnings).toEqual([expect.stringContaining('it does not belong to the organization acme')])
    await revoke([await world.begin(secret, 'scope=write narrow=true')])
    expect(world.isAlive(foreign)).toBe(false)
  })

  test('when it is the admin token', async () => {
    const admin = world.token('service-accounts')
    replaced(world, secret, admin, 30 * DAY)
    await revoke([await world.begin(secret)], { admin })
    expect(world.isAlive(admin)).toBe(true)
    expect(world.warnings).toEqual([expect.stringContaining('it is still in use')])
  })

  test('while a version that may also hold it cannot be read', async () => {
    const previous = world.token('by hand')
    replaced(world, secret, previous, 30 * DAY)
    other.put(1, denied(), [PREVIOUS, replacedAgo(30 * DAY)])
    other.put(2, world.minted(other, 2), [CURRENT])
    await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual([])
    expect(world.warnings).toEqual([
      expect.stringContaining('could not read version'),
      expect.stringContaining('a version that may also hold it could not be read'),
    ])
  })

  test('while another secret could not be looked at', async () => {
    const previous = world.minted(secret, 1)
    replaced(world, secret, previous, 30 * DAY)
    await revoke([await world.begin(secret), world.beginUnseen(other)])
    expect(world.changes).toEqual([])
    expect(world.isAlive(previous)).toBe(true)
  })

  test('while its own version cannot be read', async () => {
    secret.put(1, denied(), [PREVIOUS, replacedAgo(30 * DAY)])
    secret.put(2, world.minted(secret, 2), [CURRENT])
    const { outcome } = await revoke([await world.begin(secret)])
    expect(world.changes).toEqual([])
    expect(outcome.revoked).toBe(0)
  })

  test('while a service may run tasks from before the replacement', async () => {
    const previous = world.token('by hand')
    replaced(world, secret, previous, 25 * HOUR)
    await revoke([await world.begin(secret)], { tasksSince: Date.now() - 26 * HOUR })
    expect(world.changes).toEqual([])
    expect(world.warnings).toEqual([expect.stringContaining('tasks of a service')])
    await revoke([await world.begin(secret)], { tasksSince: Date.now() - 24 * HOUR })
    expect(world.isAlive(previous)).toBe(false)
  })

  test.each<[string, () => void]>([
    ['its version is brought back', () => secret.versions.forEach(swapLabels)],
    ['an unknown version is staged', () => secret.put(3, 'hf_someone_elses', ['AWSPENDING'])],
  ])('when %s after the survey', async (_what, change) => {
    const previous = world.token('by hand')
    replaced(world, secret, previous, 25 * HOUR)
    const turn = await world.begin(secret)
    // The first look, the survey, the look at all secrets, and then the look right before the revocation.
    secret.onDescribe = (number) => {
      if (number === 4) change()
    }
    const { outcome } = await revoke([turn])
    expect(world.changes).toEqual([])
    expect(outcome.revoked).toBe(0)
    expect(world.warnings).toEqual([expect.stringContaining('its secret has changed meanwhile')])
  })

  test.each(['by hand', 'minted'])('when the look at its secret is too old by then (%s)', async (how) => {
    const previous = how === 'minted' ? world.minted(secret, 1) : world.token(how)
    replaced(world, secret, previous, 25 * HOUR)
    const turn = await world.begin(secret)
    let skipped = 0
    const now = performance.now.bind(performance)
    jest.spyOn(performance, 'now').mockImplementation(() => now() + skipped)
    secret.onDescribe = (number) => {
      if (number === 4) skipped = 4_000
    }
    const { outcome } = await revoke([turn])
    expect([outcome.revoked, outcome.errors]).toEqual([0, []])
    expect(world.isAlive(previous)).toBe(true)
    expect(world.warnings).toEqual([expect.stringContaining('it took too long to see')])
  })

  test.each<[string, (previous: string) => void, string | undefined]>([
    ['its version is brought back', () => secret.versions.forEach(swapLabels), 'it is still in use'],
    ['another secret gets it', (previous) => other.put(3, previous, ['AWSPENDING']), 'it is still in use'],
    [
      'another secret gets it at another key',
      (previous) => other.put(3, JSON.stringify({ token: 'hf_someone_elses', old: `X${previous}Y` }), [CURRENT]),
      'it is still in use',
    ],
    ['another secret gets what cannot be read', () => other.put(3, denied(), [CURRENT]), 'could not be read'],
    ['another secret had what cannot be read', () => other.put(3, denied(), [replacedAgo(HOUR)]), 'could not be read'],
    ['another secret had it until just now', (previous) => other.put(3, previous, [replacedAgo(HOUR)]), undefined],
    ['a replaced version at another secret is staged again', () => other.put(1, world.token('theirs'), [CURRENT]), ''],
  ])('when %s while the Hub is asked', async (_what, change, reason) => {
    const previous = world.token('by hand')
    replaced(world, secret, previous, 25 * HOUR)
    other.put(1, JSON.stringify({ token: 'hf_another_token', old: `X${previous}Y` }), [replacedAgo(HOUR)])
    other.put(2, world.token('theirs'), [CURRENT])
    const turns = [await world.begin(secret), await world.begin(other)]
    const begun = secret.described
    secret.onDescribe = (number) => {
      if (number === begun + 2) change(previous)
    }
    if (reason === '')
      other.onDescribe = (number) => {
        if (number === 3) other.put(1, JSON.stringify({ token: 'hf_another_token', old: `X${previous}Y` }), [CURRENT])
      }
    const { outcome } = await revoke(turns)
    expect([world.changes, outcome.revoked]).toEqual([[], 0])
    expect(world.isAlive(previous)).toBe(true)
    if (reason === undefined) return
    expect(world.warnings).toContainEqual(expect.stringContaining(reason === '' ? 'it is still in use' : reason))
  })
})

function swapLabels(version: { labels: readonly string[] }): void {
  version.labels = version.labels.includes(CURRENT) ? [PREVIOUS] : [CURRENT]
}

describe('an own token of the service account', () => {
  test('is revoked although a replaced version of another secret cannot be read', async () => {
    const previous = world.minted(secret, 1)
    replaced(world, secret, previous, 30 * DAY)
    other.put(1, denied(), [PREVIOUS, replacedAgo(30 * DAY)])
    other.put(2, world.minted(other, 2), [CURRENT])
    const id = world.idOf(previous)
    await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual(['add deleting 1', `delete ${id}`, 'add revoked 1'])
  })

  test('of another secret is not, because its grace may count there', async () => {
    const previous = world.minted(other, 7)
    replaced(world, secret, previous, 30 * DAY)
    other.put(1, denied(), [PREVIOUS, replacedAgo(30 * DAY)])
    other.put(2, world.minted(other, 2), [CURRENT])
    await revoke([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual([])
  })
})

describe('when the Hub does not do what it was asked', () => {
  test('a token that still works after its revocation is a failure, and is not counted', async () => {
    const previous = world.token('by hand')
    replaced(world, secret, previous, 25 * HOUR)
    world.onRevoke = () => {}
    const { outcome } = await revoke([await world.begin(secret)])
    expect(outcome.errors).toMatchObject([
      { code: 'hub-failed', message: expect.stringContaining('was revoked, but the Hub still accepts it') },
    ])
    expect(outcome.revoked).toBe(0)
  })

  test('the other tokens are revoked all the same', async () => {
    const stubborn = world.token('stubborn')
    const previous = world.token('by hand')
    replaced(world, secret, previous, 25 * HOUR)
    secret.versions.delete(versionId(1))
    secret.put(0, stubborn, [replacedAgo(30 * DAY)], 60 * DAY)
    secret.put(1, previous, [PREVIOUS, replacedAgo(25 * HOUR)], 30 * DAY)
    const { onRevoke } = world
    world.onRevoke = (value) => {
      if (value !== stubborn) onRevoke(value)
    }
    const turn = await revoke([await world.begin(secret)])
    expect(turn.outcome.errors).toMatchObject([{ message: expect.stringContaining('the Hub still accepts it') }])
    expect(world.isAlive(previous)).toBe(false)
    expect(turn.outcome.revoked).toBe(1)
  })
})

describe('labels of versions whose tokens are revoked', () => {
  /** So many older versions, and the previous one. */
  const older = (count: number) => {
    for (let number = 10; number < 10 + count; number += 1) {
      secret.put(number, `hf_deadtoken${number}`, [replacedAgo(30 * DAY + number), revokedAgo(HOUR, number)], 60 * DAY)
    }
    replaced(world, secret, 'hf_deadtoken_previous', 25 * HOUR)
    label(1, revokedAgo(HOUR, 1))
  }
  const revokedAgo = (ms: number, number: number) => revocationLabel('revoked', Date.now() - ms, versionId(number))
  const label = (number: number, ...labels: string[]) => {
    const version = secret.versions.get(versionId(number))
    if (version) version.labels = [...version.labels, ...labels]
  }

  test('stay when the run writes nothing else, and nothing is asked', async () => {
    older(2)
    await revoke([await world.begin(secret)])
    expect([world.changes, world.asked]).toEqual([[], []])
  })

  test('are removed after a rotation, except from the previous version', async () => {
    older(2)
    const turn = await world.begin(secret)
    turn.outcome.action = 'rotated'
    await revoke([turn])
    expect(world.changes).toEqual(['remove retired 10', 'remove revoked 10', 'remove retired 11', 'remove revoked 11'])
    expect(secret.labels(1)).toContain(PREVIOUS)
    expect(secret.labels(1)).toHaveLength(3)
  })

  test('are removed when there are many of them, but not with dry-run', async () => {
    older(3)
    world.dryRun = true
    await revoke([await world.begin(secret)])
    expect(world.changes).toEqual([])
    world.dryRun = false
    await revoke([await world.begin(secret)])
    expect(world.changes).toHaveLength(6)
    expect([10, 11, 12].map((number) => secret.labels(number))).toEqual([[], [], []])
  })

  test('count only when they are from after its replacement, and name the version', async () => {
    const previous = world.token('by hand')
    replaced(world, secret, previous, 25 * HOUR)
    label(1, revokedAgo(26 * HOUR, 1), revokedAgo(HOUR, 2))
    await revoke([await world.begin(secret)])
    expect(world.isAlive(previous)).toBe(false)
  })

  test('stay on a version whose token still works', async () => {
    secret.put(10, world.token('by hand'), [replacedAgo(HOUR)], 60 * DAY)
    replaced(world, secret, 'hf_deadtoken_previous', HOUR)
    const turn = await world.begin(secret)
    turn.outcome.action = 'rotated'
    await revoke([turn])
    expect(world.changes).toEqual([])
  })

  test('stay on a version that cannot be read: its token may still work', async () => {
    secret.put(10, denied(), [replacedAgo(30 * DAY)], 60 * DAY)
    replaced(world, secret, 'hf_deadtoken_previous', 25 * HOUR)
    const turn = await world.begin(secret)
    turn.outcome.action = 'rotated'
    await revoke([turn])
    expect(world.changes).toEqual([])
  })

  test('are removed, but not the labels of others', async () => {
    secret.put(10, 'hf_deadtoken', ['theirs', replacedAgo(30 * DAY), revokedAgo(HOUR, 10)], 60 * DAY)
    replaced(world, secret, 'hf_deadtoken_previous', HOUR)
    const turn = await world.begin(secret)
    turn.outcome.action = 'rotated'
    await revoke([turn])
    expect(secret.labels(10)).toEqual(['theirs'])
  })

  test.each(['deleting', 'revoking', 'revoked'] as const)(
    'are removed from a version on which a run that was killed left the label %s',
    async (far) => {
      secret.put(10, 'hf_deadtoken', [revocationLabel(far, Date.now() - HOUR, versionId(10))], 60 * DAY)
      replaced(world, secret, 'hf_deadtoken_previous', HOUR)
      const turn = await world.begin(secret)
      await labelReplaced(turn)
      await revoke([turn])
      expect([world.changes, world.asked]).toEqual([[`remove ${far} 10`], []])
      // Its end is that of the other one's grace.
      expect(turn.outcome.previousEndsAt).toBeLessThan(Date.now() + 23.5 * HOUR)
    },
  )

  test('are removed from a version that holds no token', async () => {
    secret.put(10, 'not a token at all', [replacedAgo(30 * DAY)], 60 * DAY)
    replaced(world, secret, 'hf_deadtoken_previous', HOUR)
    const turn = await world.begin(secret)
    turn.outcome.action = 'rotated'
    await revoke([turn])
    expect(world.changes).toEqual(['remove retired 10'])
  })
})
