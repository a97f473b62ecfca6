/** When a token is due, and what is said to a person who has to bring the next one. */
import { describe, expect, test } from '@jest/globals'
import type { WhoAmI } from '../../src/hub/facts/whoami.ts'
import { ageOf, judgeDue } from '../../src/rotation/secret/due.ts'
import { look } from '../../src/rotation/secret/look.ts'
import {
  ARN,
  DAY,
  HOUR,
  MINUTE,
  NOW,
  refusal,
  SECOND,
  secretWorld,
  useClock,
  type WorldOptions,
  writer,
} from './fakes.ts'

useClock()

const V1 = '11111111-1111-4111-8111-111111111111'
const OLD = 'hf_oldoldoldold'

/** What is to be done about a token of which the Hub says this. */
async function judged(who: Partial<WhoAmI> | 'dead', options: WorldOptions = {}, versionCreatedAt = NOW - 30 * DAY) {
  const world = secretWorld(options)
  world.secret.add(V1, JSON.stringify({ token: OLD, user: 'x' }), ['AWSCURRENT'], { createdAt: versionCreatedAt })
  if (who !== 'dead') world.hub.tokens.set(OLD, writer(who))
  const { current } = await look(world.turn)
  const age = await ageOf(world.turn, ARN, current)
  return { ...world, age, due: () => judgeDue(world.turn, age, NOW) }
}

describe('a token is due', () => {
  test.each<[string, number, boolean]>([
    ['at `max-age`', 7 * DAY, true],
    ['up to an hour before, when that is less than a hundredth of `max-age`', 7 * DAY - HOUR, true],
    ['no earlier than that', 7 * DAY - HOUR - SECOND, false],
  ])('%s', async (_what, age, isDue) => {
    const { due } = await judged({ createdAt: NOW - age })
    expect(due().due).toBe(isDue)
  })

  test('at most a hundredth of `max-age` early', async () => {
    const request = { maxAgeSeconds: HOUR / SECOND }
    expect((await judged({ createdAt: NOW - HOUR + 36 * SECOND }, { request })).due().due).toBe(true)
    expect((await judged({ createdAt: NOW - HOUR + 37 * SECOND }, { request })).due().due).toBe(false)
  })

  test('`grace` before it expires, so that the next one takes over in time', async () => {
    const createdAt = NOW - DAY
    expect((await judged({ createdAt, expiresAt: NOW + DAY })).due().due).toBe(true)
    const later = await judged({ createdAt, expiresAt: NOW + DAY + 2 * HOUR })
    expect(later.due().due).toBe(false)
    expect(later.age.dueAt).toBe(NOW + 2 * HOUR)
  })

  test('by the age of its version when the Hub says that it is from the future', async () => {
    const { age, due } = await judged({ createdAt: NOW + 2 * HOUR })
    expect(age.createdAt).toBe(NOW - 30 * DAY)
    expect(due()).toEqual({
      due: true,
      note: { before: 'the current token is 30d old', after: 'the previous token was 30d old' },
    })
  })

  test('not because the clocks of the Hub and of the runner differ a little', async () => {
    const { age, due } = await judged({ createdAt: NOW + MINUTE })
    expect(age.createdAt).toBe(NOW + MINUTE)
    expect(due()).toMatchObject({ due: false, note: 'the current token is 0s old' })
  })

  test('when nobody knows how old it is: else it would never be', async () => {
    const world = secretWorld()
    world.hub.tokens.set(OLD, writer())
    world.secret.add(V1, OLD, ['AWSCURRENT'])
    const { current } = await look(world.turn)
    if (!current) throw new Error('no current version')
    const age = await ageOf(world.turn, ARN, { ...current, createdAt: undefined })
    expect(judgeDue(world.turn, age, NOW)).toMatchObject({
      due: true,
      note: { before: 'the current token is of unknown age' },
    })
  })

  test('when it is forced, however young', async () => {
    const { due } = await judged({ createdAt: NOW - HOUR }, { request: { force: true } })
    expect(due()).toMatchObject({ due: true, note: { before: 'forced; the current token is 1h old' } })
  })

  test('when it is dead, however young', async () => {
    const { age, due } = await judged('dead')
    expect(age.refusal?.code).toBe('token-rejected')
    expect(due()).toMatchObject({ due: true, note: { before: 'the Hub no longer accepts the current token' } })
  })
})

describe('the age of a token that a rotation minted', () => {
  async function listed(...values: string[]) {
    const world = secretWorld()
    for (const value of values) world.minter.add(V1, value, NOW - 2 * DAY)
    world.secret.add(V1, OLD, ['AWSCURRENT'], { createdAt: NOW - 2 * DAY })
    const { current } = await look(world.turn)
    const age = await ageOf(world.turn, ARN, current)
    return { age, asked: world.hub.asked }
  }

  test('is in the account’s list: the Hub need not be asked', async () => {
    const { age, asked } = await listed(OLD)
    expect(age).toMatchObject({ createdAt: NOW - 2 * DAY, dueAt: NOW + 5 * DAY, standing: undefined })
    expect(asked).toEqual([])
  })

  test('is asked of the Hub when two were minted for its version', async () => {
    const { asked } = await listed(OLD, 'hf_otherotherother')
    expect(asked).toEqual([OLD])
  })
})

describe('where a person brings the tokens', () => {
  const promote = { mode: 'promote' } as const

  test('nothing is said of a young one', async () => {
    const { due, warnings } = await judged({ createdAt: NOW - 4 * DAY }, promote)
    expect(due()).toEqual({ due: false, action: 'not-due', note: 'the current token is 4d old' })
    expect(warnings).toEqual([])
  })

  test('an old one is warned of, with the way to replace it and the time that is left', async () => {
    const { due, warnings } = await judged({ createdAt: NOW - 5 * DAY }, promote)
    expect(due()).toEqual({
      due: false,
      action: 'due-soon',
      note: 'the current token is 5d old, and nothing is pending',
    })
    expect(warnings).toHaveLength(1)
    expect(warnings[0]).toContain(
      'The token in hub/x is 5d old and should be replaced soon. This workflow will start to fail in 2d.\n',
    )
    expect(warnings[0]).toContain('--version-stages AWSPENDING')
    expect(warnings[0]).toMatch(/\nThen run this workflow again\.$/)
  })

  test('one that expires soon is warned of, however young', async () => {
    const { due } = await judged({ createdAt: NOW - HOUR, expiresAt: NOW + 2 * DAY }, promote)
    expect(due()).toMatchObject({ action: 'due-soon' })
  })

  test('an overdue one is a failure', async () => {
    const { due } = await judged({ createdAt: NOW - 7 * DAY }, promote)
    const error = await refusal((async () => due())())
    expect(error.code).toBe('rotation-overdue')
    expect(error.message).toContain('The token in hub/x is overdue for replacement.')
    expect(error.message).toContain(
      'a current token that is 7d old and was due for replacement on 2026-09-08T08:00:00.000Z, and no pending version',
    )
    // Its other keys survive.
    expect(error.message).toContain('under the key `"token"`; keep the other keys')
  })

  test('one that is an hour short of it is not overdue yet: nobody mints early here', async () => {
    const { due } = await judged({ createdAt: NOW - 7 * DAY + HOUR }, promote)
    expect(due()).toMatchObject({ action: 'due-soon' })
  })

  test('a dead one is a failure with the same way out', async () => {
    const { due } = await judged('dead', promote)
    const error = await refusal((async () => due())())
    expect(error.code).toBe('token-rejected')
    expect(error.message).toContain('--version-stages AWSPENDING')
  })

  test('an empty secret is one too', async () => {
    const { turn } = secretWorld(promote)
    const age = await ageOf(turn, ARN, undefined)
    const error = await refusal((async () => judgeDue(turn, age, NOW))())
    expect(error.message).toContain('[rotation-overdue] The secret hub/x has no token yet.')
    expect(error.message).toContain('which has no value yet')
  })

  test('`force` does not make one due: there is nothing to replace it with', async () => {
    const { due } = await judged({ createdAt: NOW - DAY }, { ...promote, request: { force: true } })
    expect(due()).toMatchObject({ due: false })
  })
})
