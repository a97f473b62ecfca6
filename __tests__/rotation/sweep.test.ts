/** Tokens that no version holds: which of them are revoked, and which are left alone. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { CURRENT, PENDING, PREVIOUS } from '../../src/aws/secret-versions.ts'
import { Deletions } from '../../src/rotation/leftovers/deletions.ts'
import type { Leftovers } from '../../src/rotation/leftovers/leftovers.ts'
import { survey } from '../../src/rotation/leftovers/survey.ts'
import { sweepUnheld } from '../../src/rotation/leftovers/sweep.ts'
import { rotatedTokenName } from '../../src/rotation/names.ts'
import { denied, type FakeSecret, FakeWorld, HOUR, replacedAgo, versionId } from './leftover-fakes.ts'

let world: FakeWorld
let secret: FakeSecret
let other: FakeSecret
let current: string
beforeEach(() => {
  world = new FakeWorld()
  secret = world.secret('hub/write')
  other = world.secret('hub/other')
  current = world.minted(secret, 1)
  secret.put(1, current, [CURRENT])
})
afterEach(() => {
  jest.restoreAllMocks()
})

/** Surveys these secrets, and sweeps the first one. */
async function sweep(turns: readonly Leftovers[]): Promise<Leftovers> {
  const surveyed = await survey(turns, undefined)
  const [turn] = turns
  if (!turn) throw new Error('no secret')
  const deletions = new Deletions(surveyed.entries)
  await sweepUnheld(turn, surveyed, deletions)
  await deletions.prove()
  return turn
}

describe('a token that no version holds', () => {
  test('is deleted by its id, and counted', async () => {
    const left = world.minted(secret, 9)
    const id = world.idOf(left)
    const { outcome } = await sweep([await world.begin(secret)])
    expect(world.changes).toEqual([`delete ${id}`])
    expect([world.isAlive(left), world.isAlive(current)]).toEqual([false, true])
    expect(outcome.revoked).toBe(1)
    expect(world.infos).toEqual([expect.stringContaining('minted by a run that was killed')])
  })

  test('is deleted although it was minted for the version that is current', async () => {
    const left = world.minted(secret, 1, { ago: HOUR })
    await sweep([await world.begin(secret)])
    expect([world.isAlive(left), world.isAlive(current)]).toEqual([false, true])
  })

  test('is only counted with dry-run, without waiting', async () => {
    world.dryRun = true
    const left = world.minted(secret, 9, { ago: 1_000 })
    const { outcome } = await sweep([await world.begin(secret)])
    expect(world.changes).toEqual([])
    expect(world.waits).toEqual([])
    expect(world.isAlive(left)).toBe(true)
    expect(outcome.revoked).toBe(1)
  })

  test('is waited for when it is young, because its run may still be working', async () => {
    world.minted(secret, 9, { ago: 1_000 })
    await sweep([await world.begin(secret)])
    expect(world.waits).toEqual([expect.stringContaining('may still be working')])
  })

  test('is not waited for when it is old', async () => {
    world.minted(secret, 9)
    await sweep([await world.begin(secret)])
    expect(world.waits).toEqual([])
  })

  test('that the Hub does not delete at once is not counted, and is a warning', async () => {
    const left = world.minted(secret, 9)
    world.onRevoke = () => {}
    const { outcome } = await sweep([await world.begin(secret)])
    expect(world.isAlive(left)).toBe(true)
    expect(outcome.revoked).toBe(0)
    expect(world.warnings).toEqual([expect.stringContaining('but this run could not revoke it')])
  })
})

describe('a token is left alone', () => {
  test('when it was minted after the run began', async () => {
    world.minted(secret, 9)
    const turn = await world.begin(secret)
    const late = world.minted(secret, 8)
    await sweep([turn])
    expect(world.changes).toHaveLength(1)
    expect(world.isAlive(late)).toBe(true)
  })

  test('when the Hub does not say when it was created', async () => {
    const left = world.mintedSometime(secret, 9)
    const { outcome } = await sweep([await world.begin(secret)])
    expect(world.changes).toEqual([])
    expect(world.isAlive(left)).toBe(true)
    expect(outcome.revoked).toBe(0)
    expect(world.warnings).toEqual([expect.stringContaining('does not say when it was created')])
  })

  test('when it was minted for another secret, or by nobody that we know', async () => {
    const foreign = [world.minted(other, 9), world.token('hf-oidc-rotate by hand', { owner: 'ci' })]
    await sweep([await world.begin(secret)])
    expect(world.changes).toEqual([])
    expect(foreign.every((token) => world.isAlive(token))).toBe(true)
  })

  test('while a version in use cannot be read', async () => {
    const left = world.minted(secret, 9)
    other.put(1, denied(), [CURRENT])
    await sweep([await world.begin(secret), world.beginUnseen(other)])
    expect(world.changes).toEqual([])
    expect(world.isAlive(left)).toBe(true)
  })

  test('while a replaced version of its secret cannot be read', async () => {
    const left = world.minted(secret, 9)
    secret.put(2, denied(), [PREVIOUS, replacedAgo(HOUR)])
    await sweep([await world.begin(secret)])
    expect(world.changes).toEqual([])
    expect(world.isAlive(left)).toBe(true)
  })

  test('while a person’s pending version cannot be read', async () => {
    const left = world.minted(secret, 9)
    const turn = await world.begin(secret)
    secret.put(3, denied(), [PENDING])
    await sweep([turn])
    expect(world.changes).toEqual([])
    expect(world.isAlive(left)).toBe(true)
  })

  test('when a secret holds it at another key', async () => {
    const held = world.minted(secret, 9)
    other.put(1, JSON.stringify({ token: world.token('by hand'), legacy: held }), [CURRENT])
    await sweep([await world.begin(secret), await world.begin(other)])
    expect(world.isAlive(held)).toBe(true)
  })

  test('when another secret holds it, whatever version it was minted for', async () => {
    const held = world.minted(secret, 9)
    other.put(1, held, [CURRENT])
    await sweep([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual([])
    expect(world.isAlive(held)).toBe(true)
  })

  test('when a value has its name and it is not certain which token that is', async () => {
    world.lists = 'no tails'
    // Two of the account’s tokens have this name: the Hub’s answer about the value fits the older one by a second.
    const name = rotatedTokenName(secret.arn, versionId(9))
    const twin = world.token(name, { owner: 'ci', ago: 2 * HOUR })
    other.put(1, world.token(name, { owner: 'ci', ago: 2 * HOUR }), [CURRENT])
    await sweep([await world.begin(secret), await world.begin(other)])
    expect(world.changes).toEqual([])
    expect(world.isAlive(twin)).toBe(true)
    expect(world.warnings).toEqual(Array(2).fill(expect.stringContaining('a stored token may be this one')))
  })

  test('when a version was staged meanwhile that may hold it, and so are all others', async () => {
    const left = [world.minted(secret, 8), world.minted(secret, 9)]
    const turn = await world.begin(secret)
    // The first look, the survey, and then the look right before the revocation.
    secret.onDescribe = (number) => {
      if (number === 3) secret.put(9, left[1], [PENDING])
      if (number === 4) secret.versions.delete(versionId(9))
    }
    await sweep([turn])
    expect(world.changes).toEqual([])
    expect(left.every((token) => world.isAlive(token))).toBe(true)
  })

  test('when the look at the secret is too old by then', async () => {
    const left = world.minted(secret, 9)
    const turn = await world.begin(secret)
    let skipped = 0
    const now = performance.now.bind(performance)
    jest.spyOn(performance, 'now').mockImplementation(() => now() + skipped)
    secret.onDescribe = (number) => {
      if (number === 3) skipped = 4_000
    }
    const { outcome } = await sweep([turn])
    expect(world.changes).toEqual([])
    expect(world.isAlive(left)).toBe(true)
    expect(outcome.revoked).toBe(0)
  })

  test('when the role may not read versions that have no label, and only a warning says how to remove it', async () => {
    const left = world.minted(secret, 9)
    const turn = await world.begin(secret)
    secret.put(9, denied(), [])
    const { outcome } = await sweep([turn])
    expect(world.changes).toEqual([])
    expect(world.isAlive(left)).toBe(true)
    expect([outcome.revoked, outcome.errors]).toEqual([0, []])
    expect(world.warnings).toEqual([expect.stringContaining('delete it on the Hub')])
  })

  test('for its grace when it was stored, and replaced by hand since', async () => {
    const stored = world.minted(secret, 9)
    secret.put(9, stored, [])
    const { outcome } = await sweep([await world.begin(secret)])
    expect(world.changes).toEqual(['add retired 9'])
    expect(secret.labels(9)).toHaveLength(1)
    expect(world.isAlive(stored)).toBe(true)
    expect(outcome.revoked).toBe(0)
  })
})
