/** What is left over of a secret, what starts a grace, and the clean-up of a whole run. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { CURRENT, PENDING, PREVIOUS } from '../../src/aws/secret-versions.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { cleanUp } from '../../src/rotation/leftovers/clean-up.ts'
import { labelReplaced } from '../../src/rotation/leftovers/label.ts'
import { hasLeftovers } from '../../src/rotation/leftovers/leftovers.ts'
import { type Survey, survey } from '../../src/rotation/leftovers/survey.ts'
import { retiredSince, revocationLabel } from '../../src/rotation/names.ts'
import { sha256 } from '../../src/text/sha256.ts'
import { DAY, denied, type FakeSecret, FakeWorld, HOUR, replaced, replacedAgo, versionId } from './leftover-fakes.ts'

let world: FakeWorld
let secret: FakeSecret
let other: FakeSecret
beforeEach(() => {
  world = new FakeWorld()
  secret = world.secret('hub/write')
  other = world.secret('hub/other')
})

describe('a secret has leftovers', () => {
  test('once the grace of a previous token has expired', async () => {
    replaced(world, secret, world.token('by hand'), 25 * HOUR)
    expect(hasLeftovers(await world.begin(secret))).toBe(true)
  })

  test('but not before, and none without a previous token', async () => {
    replaced(world, secret, world.token('by hand'), 23 * HOUR)
    expect(hasLeftovers(await world.begin(secret))).toBe(false)
    other.put(1, world.token('by hand'), [CURRENT])
    expect(hasLeftovers(await world.begin(other))).toBe(false)
  })

  test('but not when a replaced version says nothing about when', async () => {
    secret.put(1, world.token('by hand'), [PREVIOUS])
    secret.put(2, world.token('by hand'), [CURRENT])
    expect(hasLeftovers(await world.begin(secret))).toBe(false)
  })

  test('right after a rotation without any grace', async () => {
    world.graceSeconds = 0
    secret.put(1, world.token('by hand'), [CURRENT])
    const turn = await world.begin(secret)
    expect(hasLeftovers(turn)).toBe(false)
    turn.outcome.action = 'rotated'
    expect(hasLeftovers(turn)).toBe(true)
  })

  test('when a token was minted for it that no version holds', async () => {
    secret.put(1, world.minted(secret, 1), [CURRENT])
    expect(hasLeftovers(await world.begin(secret))).toBe(false)
    world.minted(secret, 9)
    expect(hasLeftovers(await world.begin(secret))).toBe(true)
  })

  test('when two tokens were minted for one version', async () => {
    secret.put(1, world.minted(secret, 1), [CURRENT])
    world.minted(secret, 1)
    expect(hasLeftovers(await world.begin(secret))).toBe(true)
  })

  test('never when it could not be looked at', () => {
    world.minted(secret, 9)
    expect(hasLeftovers(world.beginUnseen(secret))).toBe(false)
  })
})

describe('the grace of a token that was replaced by hand', () => {
  beforeEach(() => {
    secret.put(1, world.token('by hand'), [PREVIOUS], 9 * DAY)
    secret.put(2, world.token('by hand'), [CURRENT, PENDING], DAY)
  })

  test('begins with the next run, and what is current is no longer pending', async () => {
    const turn = await world.begin(secret)
    await labelReplaced(turn)
    expect(retiredSince(secret.labels(1))).toBeGreaterThan(Date.now() - 10_000)
    expect(secret.labels(2)).toEqual([CURRENT])
    expect(turn.state?.description.stages.get(versionId(1))).toHaveLength(2)
  })

  test('begins anew when its label is from before the current version', async () => {
    secret.put(1, world.token('by hand'), [PREVIOUS, replacedAgo(5 * DAY)], 9 * DAY)
    await labelReplaced(await world.begin(secret))
    expect(retiredSince(secret.labels(1))).toBeGreaterThan(Date.now() - 10_000)
  })

  test('does not begin with dry-run, nor for a secret that could not be looked at', async () => {
    world.dryRun = true
    await labelReplaced(await world.begin(secret))
    world.dryRun = false
    await labelReplaced(world.beginUnseen(secret))
    expect(world.changes).toEqual([])
  })

  test('is left to the rotation that has just replaced it', async () => {
    const turn = await world.begin(secret)
    turn.outcome.action = 'rotated'
    await labelReplaced(turn)
    expect(world.changes).toEqual([])
  })

  test('does not begin again when its label says when it did', async () => {
    secret.put(1, world.token('by hand'), [PREVIOUS, replacedAgo(HOUR)], 9 * DAY)
    await labelReplaced(await world.begin(secret))
    expect(world.changes).toEqual([])
  })
})

const sinceOf = ({ tokens }: Survey, value: string) => tokens.find((token) => token.sha256 === sha256(value))?.since

describe('a survey', () => {
  test('knows since when each token is replaced, and which tokens are in use', async () => {
    const previous = world.token('by hand')
    const current = replaced(world, secret, previous, HOUR)
    const admin = world.token('service-accounts')
    const surveyed = await survey([await world.begin(secret)], admin)
    expect(surveyed).toMatchObject({ complete: true, inUseKnown: true })
    expect(sinceOf(surveyed, current)).toBe(Number.POSITIVE_INFINITY)
    expect(sinceOf(surveyed, admin)).toBe(Number.POSITIVE_INFINITY)
    expect(sinceOf(surveyed, previous)).toBeLessThan(Date.now())
    expect(surveyed.tokenIn(secret.arn, versionId(1))?.sha256).toBe(sha256(previous))
    expect([previous, current].every((token) => world.masked.has(token))).toBe(true)
  })

  test('looks again: what was staged since the first look counts', async () => {
    replaced(world, secret, world.token('by hand'), HOUR)
    const turn = await world.begin(secret)
    const late = world.token('late')
    secret.put(3, late, [PENDING])
    expect(sinceOf(await survey([turn], undefined), late)).toBe(Number.POSITIVE_INFINITY)
  })

  test('keeps versions of the same id in two secrets apart', async () => {
    const [one, two] = [world.token('one'), world.token('two')]
    secret.put(1, one, [CURRENT])
    other.put(1, two, [CURRENT])
    const surveyed = await survey([await world.begin(secret), await world.begin(other)], undefined)
    const found = [secret, other].map(({ arn }) => surveyed.tokenIn(arn, versionId(1))?.sha256)
    expect(found).toEqual([sha256(one), sha256(two)])
  })

  test('is complete although a version holds no token or nothing at all', async () => {
    replaced(world, secret, 'not a token at all', HOUR)
    secret.put(3, undefined, [PENDING])
    secret.put(4, denied(), [])
    const surveyed = await survey([await world.begin(secret)], undefined)
    expect(surveyed).toMatchObject({ complete: true, inUseKnown: true })
  })

  test('is incomplete when a replaced version cannot be read, but still knows what is in use', async () => {
    secret.put(1, denied(), [PREVIOUS, replacedAgo(HOUR)])
    secret.put(2, world.token('by hand'), [CURRENT])
    const surveyed = await survey([await world.begin(secret)], undefined)
    expect(surveyed).toMatchObject({ complete: false, inUseKnown: true })
  })

  test('does not know what is in use when such a version cannot be read, or a secret was not looked at', async () => {
    secret.put(1, world.token('by hand'), [CURRENT])
    const turn = await world.begin(secret)
    secret.put(2, denied(), [PENDING])
    expect(await survey([turn], undefined)).toMatchObject({ complete: false, inUseKnown: false })
    secret.versions.delete(versionId(2))
    expect(await survey([turn, world.beginUnseen(other)], undefined)).toMatchObject({
      complete: false,
      inUseKnown: false,
    })
  })

  test('ends when there is no time left', async () => {
    secret.put(1, world.token('by hand'), [CURRENT])
    const turn = await world.begin(secret)
    secret.put(1, new ActionError('deadline-exceeded', { failed: 'No time.', fix: 'Wait.' }), [CURRENT])
    await expect(survey([turn], undefined)).rejects.toThrow('No time.')
  })
})

describe('the clean-up of a run', () => {
  const options = { adminToken: undefined, tasksSince: Number.POSITIVE_INFINITY }

  test('revokes nothing of a secret that is blocked, and goes on with the others', async () => {
    const [kept, revoked] = [world.token('kept'), world.token('revoked')]
    replaced(world, secret, kept, 25 * HOUR)
    replaced(world, other, revoked, 25 * HOUR)
    const turns = [await world.begin(secret), await world.begin(other)]
    if (turns[0]) turns[0].outcome.isBlocked = true
    await cleanUp(turns, options)
    expect(world.changes).toEqual([`revoke ${revoked}`, 'add revoking 1'])
    expect(world.isAlive(kept)).toBe(true)
  })

  test('keeps the admin token', async () => {
    const admin = world.token('service-accounts')
    replaced(world, secret, admin, 25 * HOUR)
    await cleanUp([await world.begin(secret)], { ...options, adminToken: admin })
    expect(world.changes).toEqual([])
    expect(world.warnings).toEqual([expect.stringContaining('it is still in use')])
  })

  test('keeps what services may still use', async () => {
    replaced(world, secret, world.token('by hand'), 25 * HOUR)
    await cleanUp([await world.begin(secret)], { ...options, tasksSince: Date.now() - 26 * HOUR })
    expect(world.changes).toEqual([])
    expect(world.warnings).toEqual([expect.stringContaining('tasks of a service')])
  })

  test('notes a failure with its secret, and goes on with the others', async () => {
    const [stubborn, revoked] = [world.token('stubborn'), world.token('revoked')]
    replaced(world, secret, stubborn, 25 * HOUR)
    replaced(world, other, revoked, 25 * HOUR)
    const { onRevoke } = world
    world.onRevoke = (value) => {
      if (value !== stubborn) onRevoke(value)
    }
    const turns = [await world.begin(secret), await world.begin(other)]
    await cleanUp(turns, options)
    expect(turns.map(({ outcome }) => outcome.errors.map(({ code }) => code))).toEqual([['hub-failed'], []])
    expect(world.isAlive(revoked)).toBe(false)
  })

  test.each(['before', 'after'])(
    'notes with its secret that it cannot be described any more %s the plan, and revokes nothing that it may hold',
    async (when) => {
      const [one, two] = [world.token('by hand'), world.token('by hand')]
      replaced(world, secret, one, 25 * HOUR)
      replaced(world, other, two, 25 * HOUR)
      // Labels that the clean-up would remove.
      other.put(3, world.token('by hand'), [revocationLabel('revoking', Date.now(), versionId(3))], 9 * DAY)
      const turns = [await world.begin(secret), await world.begin(other)]
      const failing = other.described + (when === 'before' ? 1 : 2)
      other.onDescribe = (number) => {
        if (number >= failing) throw denied()
      }
      await cleanUp(turns, options)
      expect(turns.map(({ outcome }) => outcome.errors.map(({ summary }) => summary))).toEqual([
        [],
        ['hub/other: The role may not read the secret.'],
      ])
      expect(world.changes).toEqual([])
      expect([one, two].every((token) => world.isAlive(token))).toBe(true)
    },
  )

  test('ends when there is no time left to describe a secret', async () => {
    replaced(world, secret, world.token('by hand'), 25 * HOUR)
    const turn = await world.begin(secret)
    secret.onDescribe = () => {
      throw new ActionError('deadline-exceeded', { failed: 'No time.', fix: 'Wait.' })
    }
    await expect(survey([turn], undefined)).rejects.toThrow('No time.')
  })

  test('only notes until when previous tokens work when nothing has to go', async () => {
    replaced(world, secret, world.token('by hand'), HOUR)
    const turn = await world.begin(secret)
    secret.onDescribe = () => {
      throw new Error('nothing is to be asked')
    }
    await cleanUp([turn], options)
    expect(Math.abs((turn.outcome.previousEndsAt ?? 0) - Date.now() - 23 * HOUR)).toBeLessThan(5_000)
    expect(turn.outcome.errors).toEqual([])
  })

  test('writes and revokes nothing with dry-run', async () => {
    world.dryRun = true
    for (const one of [secret, other]) {
      replaced(world, one, world.token('by hand'), 25 * HOUR)
      world.minted(one, 9)
    }
    const turns = [await world.begin(secret), await world.begin(other)]
    for (const turn of turns) await labelReplaced(turn)
    await cleanUp(turns, options)
    expect(world.changes).toEqual([])
    expect(turns.map(({ outcome }) => outcome.revoked)).toEqual([2, 2])
  })
})
