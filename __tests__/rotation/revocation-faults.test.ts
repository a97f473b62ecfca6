/** Revocations on a Hub that fails, lies, or says little: what counts as revoked, and what a later run makes up for. */
import { beforeEach, describe, expect, test } from '@jest/globals'
import { CURRENT, PREVIOUS } from '../../src/aws/secret-versions.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { cleanUp } from '../../src/rotation/leftovers/clean-up.ts'
import { hasLeftovers, type Leftovers } from '../../src/rotation/leftovers/leftovers.ts'
import { isRetiredLabel, isRevocationLabel } from '../../src/rotation/names.ts'
import { DAY, denied, type FakeSecret, FakeWorld, HOUR, replaced, replacedAgo, versionId } from './leftover-fakes.ts'

let world: FakeWorld
let secret: FakeSecret
let other: FakeSecret
beforeEach(() => {
  world = new FakeWorld()
  secret = world.secret('hub/write')
  other = world.secret('hub/other')
})

/** The clean-up of a run that begins now. */
async function run(secrets: readonly FakeSecret[] = [secret], line?: string): Promise<Leftovers[]> {
  const turns: Leftovers[] = []
  for (const one of secrets) turns.push(await world.begin(one, line))
  await cleanUp(turns, { adminToken: undefined, tasksSince: Number.POSITIVE_INFINITY })
  return turns
}

const revokedIn = (turns: readonly Leftovers[]) => turns.map(({ outcome }) => outcome.revoked)
const errorsIn = (turns: readonly Leftovers[]) => turns.flatMap(({ outcome }) => outcome.errors.map(String))
const ours = (number: number) => secret.labels(number).filter((one) => isRetiredLabel(one) || isRevocationLabel(one))
const state = (number: number) => ours(number).map((label) => /^hf-oidc-([a-z]+)/.exec(label)?.[1])

describe('a previous token that a person created', () => {
  let previous: string
  let older: string
  let used: string
  beforeEach(() => {
    previous = world.token('by hand')
    older = world.token('by hand too')
    used = world.token('in use')
    replaced(world, secret, previous, 25 * HOUR)
    secret.put(0, older, [replacedAgo(30 * DAY)], 60 * DAY)
    other.put(1, used, [CURRENT])
  })

  test('is reported once, and confirmed by the next run, which removes what is left to do', async () => {
    expect(revokedIn(await run([secret, other]))).toEqual([2, 0])
    expect([state(1), state(0)]).toEqual([
      ['retired', 'revoking'],
      ['retired', 'revoking'],
    ])
    expect(revokedIn(await run([secret, other]))).toEqual([0, 0])
    expect([state(1), state(0)]).toEqual([['retired', 'revoking', 'revoked'], []])
    expect([...world.mailed].sort()).toEqual([previous, older].sort())
    world.asked.length = 0
    const [turn] = await run([secret, other])
    expect(world.asked).toEqual([])
    expect(turn && hasLeftovers(turn)).toBe(false)
  })

  test('that the Hub refuses is reported all the same, and not counted: the next run confirms it', async () => {
    world.isDown = () => true
    const turns = await run([secret, other])
    expect(revokedIn(turns)).toEqual([0, 0])
    expect(errorsIn(turns)).toEqual([])
    expect([world.isAlive(previous), world.isAlive(older), world.isAlive(used)]).toEqual([false, false, true])
    expect(world.infos).toEqual([
      expect.stringContaining('requested the revocation of the previous token of hub/write'),
      expect.stringContaining('the next run confirms that it no longer works'),
    ])
    expect(state(0)).toEqual(['retired', 'revoking'])
    world.isDown = () => false
    await run([secret, other])
    expect(world.infos).toContainEqual(expect.stringContaining('Hub: confirmed that the previous token'))
    expect(state(0)).toEqual([])
    expect(world.mailed).toHaveLength(2)
  })

  test('that works again in the next run is reported again, and that run proves it', async () => {
    const { onRevoke } = world
    world.isDown = () => true
    world.onRevoke = () => {}
    await run([secret, other])
    expect(world.isAlive(older)).toBe(true)
    world.isDown = () => false
    world.onRevoke = onRevoke
    expect(revokedIn(await run([secret, other]))).toEqual([2, 0])
    await run([secret, other])
    expect([state(1), state(0)]).toEqual([['retired', 'revoking', 'revoked'], []])
  })

  test('that the Hub never revokes is a failure of every run, and a passing refusal is no confirmation', async () => {
    world.onRevoke = () => {}
    for (const isDown of [false, true, false, true]) {
      world.isDown = () => isDown
      const turns = await run([secret, other])
      expect(revokedIn(turns)).toEqual([0, 0])
      expect(errorsIn(turns)).toHaveLength(isDown ? 0 : 2)
      expect([state(1), state(0)]).toEqual(Array(2).fill(isDown ? ['retired', 'revoking'] : ['retired']))
    }
  })

  test('survives when its version becomes current right after an attempt to report it failed', async () => {
    secret.versions.delete(versionId(0))
    const { onRevoke } = world
    world.revocationStatus = 503
    world.onRevoke = () => {
      secret.versions.forEach(swapLabels)
      world.revocationStatus = 202
      world.onRevoke = onRevoke
    }
    const turns = await run()
    expect([errorsIn(turns), revokedIn(turns)]).toEqual([[], [0]])
    expect(world.changes).toEqual([`revoke ${previous}`])
    expect(world.warnings).toEqual([expect.stringContaining('its secret has changed meanwhile')])
    expect(world.isAlive(previous)).toBe(true)
  })

  test('with dry-run is counted while it works, and nothing is written or confirmed', async () => {
    await run([secret, other])
    const another = world.token('by hand again')
    secret.put(5, another, [replacedAgo(26 * HOUR)], 60 * DAY)
    secret.put(6, 'hf_deadtoken', [replacedAgo(27 * HOUR)], 60 * DAY)
    world.changes.length = 0
    world.dryRun = true
    expect(revokedIn(await run([secret, other]))).toEqual([1, 0])
    expect(world.changes).toEqual([])
    expect(world.infos).not.toContainEqual(expect.stringContaining('confirmed'))
  })

  test('is revoked although the Hub fails for that of one secret before it, which is a failure there', async () => {
    const failing = world.token('failing')
    replaced(world, other, failing, 25 * HOUR)
    world.failsFor.add(failing)
    const turns = await run([other, secret])
    expect(turns.map(({ outcome }) => outcome.errors.length)).toEqual([1, 0])
    expect([world.isAlive(failing), world.isAlive(previous)]).toEqual([true, false])
  })

  test('is not taken for revoked because whoami-v2 refuses it once or twice, at whatever call, in one run or two', async () => {
    // How many calls of whoami-v2 three runs make when nothing goes wrong.
    for (let time = 0; time < 3; time += 1) await run([secret, other])
    const calls = world.asked.length
    expect(calls).toBeGreaterThan(6)
    let played = 0
    for (const length of [1, 2, 4]) {
      for (let from = 1; from <= calls; from += 1) {
        await playFaults((number) => number >= from && number < from + length)
        played += 1
      }
    }
    // Two faults, each as long as one look at a token.
    for (let from = 1; from <= calls; from += 1) {
      for (let then = from + 2; then <= calls; then += 1) {
        await playFaults((number) => [from, from + 1, then, then + 1].includes(number))
        played += 1
      }
    }
    expect(played).toBeGreaterThan(60)
  })

  /** Four runs, with faults of whoami-v2 in the first ones. */
  async function playFaults(isDown: (number: number) => boolean): Promise<void> {
    world = new FakeWorld()
    secret = world.secret('hub/write')
    other = world.secret('hub/other')
    const gone = [world.token('by hand'), world.token('by hand too'), world.minted(secret, 3)]
    const kept = [world.token('in use'), replaced(world, secret, gone[0] ?? '', 25 * HOUR)]
    secret.put(0, gone[1], [replacedAgo(30 * DAY)], 60 * DAY)
    secret.put(3, gone[2], [replacedAgo(20 * DAY)], 50 * DAY)
    other.put(1, kept[0], [CURRENT])
    world.isDown = isDown
    for (let time = 0; time < 4; time += 1) {
      expect(errorsIn(await run([secret, other]))).toEqual([])
    }
    expect(gone.map((token) => world.isAlive(token))).toEqual([false, false, false])
    expect(kept.map((token) => world.isAlive(token))).toEqual([true, true])
    expect([0, 1, 3].map(state)).toEqual([[], ['retired', 'revoking', 'revoked'], []])
    // Nobody is e-mailed twice about one token.
    expect(new Set(world.mailed).size).toBe(world.mailed.length)
  }
})

function swapLabels(version: { labels: readonly string[] }): void {
  version.labels = version.labels.includes(CURRENT) ? [PREVIOUS] : [CURRENT]
}

const REPOSITORY = 'scope=write repositories=acme/model'
const CHECK = '/api/models/acme/model/auth-check'

describe('a previous token of the service account', () => {
  let previous: string
  beforeEach(() => {
    previous = world.minted(secret, 1)
    replaced(world, secret, previous, 25 * HOUR)
  })

  test('that the Hub says it deleted, and still lists, is a failure and not counted', async () => {
    world.confirmsAll = true
    world.onRevoke = () => {}
    const turns = await run()
    expect(errorsIn(turns)).toEqual([expect.stringContaining('was deleted, but the service account still lists it')])
    expect(revokedIn(turns)).toEqual([0])
    expect(state(1)).toEqual(['retired', 'deleting'])
    expect(world.waits).toEqual([expect.stringContaining('to list the tokens')])
  })

  test('that is listed a moment longer is revoked', async () => {
    const { onRevoke } = world
    world.confirmsAll = true
    world.onRevoke = () => {}
    world.onWait = () => onRevoke(previous)
    const turns = await run()
    expect([errorsIn(turns), revokedIn(turns)]).toEqual([[], [1]])
  })

  test('whose deletion was carried out although its answer was lost is revoked', async () => {
    const { onRevoke } = world
    world.onRevoke = (value) => {
      onRevoke(value)
      throw new ActionError('network-unreachable', { failed: 'No answer.', fix: 'Wait.' })
    }
    const turns = await run()
    expect([errorsIn(turns), revokedIn(turns)]).toEqual([[], [1]])
    expect(state(1)).toEqual(['retired', 'deleting', 'revoked'])
  })

  test('that could not be deleted after several attempts is a failure, and left to the next run', async () => {
    const { onRevoke } = world
    let attempts = 0
    world.onRevoke = () => {
      attempts += 1
      throw new ActionError('hub-failed', { failed: 'The Hub is down.', fix: 'Wait.' })
    }
    const turns = await run()
    expect(errorsIn(turns)).toEqual([expect.stringContaining('The Hub is down.')])
    expect([attempts, revokedIn(turns)]).toEqual([6, [0]])
    world.onRevoke = onRevoke
    expect(revokedIn(await run())).toEqual([1])
  })

  test('that the Hub does not allow to be deleted is a failure at once', async () => {
    let attempts = 0
    world.onRevoke = () => {
      attempts += 1
      throw new ActionError('exchange-rejected', { failed: 'Not this token.', fix: 'Another one.' })
    }
    expect(errorsIn(await run())).toEqual([expect.stringContaining('Not this token.')])
    expect(attempts).toBe(1)
  })

  test('is deleted when the Hub works again after some seconds', async () => {
    const { onRevoke } = world
    let attempts = 0
    world.onRevoke = (value) => {
      attempts += 1
      if (attempts > 3) return onRevoke(value)
      throw new ActionError('hub-failed', { failed: 'The Hub is down.', fix: 'Wait.' })
    }
    const turns = await run()
    expect([errorsIn(turns), revokedIn(turns), attempts]).toEqual([[], [1], 4])
  })

  test('survives when its version becomes current right after an attempt to delete it failed', async () => {
    const { onRevoke } = world
    let attempts = 0
    world.onRevoke = (value) => {
      attempts += 1
      if (attempts > 1) return onRevoke(value)
      secret.versions.forEach(swapLabels)
      throw new ActionError('hub-failed', { failed: 'The Hub is down.', fix: 'Wait.' })
    }
    expect(revokedIn(await run())).toEqual([0])
    expect([attempts, world.isAlive(previous)]).toEqual([1, true])
  })

  test('survives when its version becomes current while it is marked', async () => {
    secret.onMove = () => {
      secret.onMove = () => {}
      secret.versions.forEach(swapLabels)
    }
    expect(revokedIn(await run())).toEqual([0])
    expect(world.isAlive(previous)).toBe(true)
    expect(world.warnings).toEqual([expect.stringContaining('its secret has changed meanwhile')])
  })

  test('counts when the list is missing afterwards only because the Hub refuses the very value, twice', async () => {
    const { onRevoke } = world
    world.onRevoke = (value) => {
      onRevoke(value)
      world.lists = 'nothing'
    }
    expect(revokedIn(await run())).toEqual([1])
    expect(world.asked).toEqual([previous, previous])
  })

  test('does not count when the list is missing afterwards and the Hub accepts the value', async () => {
    world.confirmsAll = true
    world.onRevoke = () => {
      world.lists = 'nothing'
    }
    const turns = await run()
    expect(errorsIn(turns)).toEqual([expect.stringContaining('was revoked, but the Hub still accepts it')])
    expect(revokedIn(turns)).toEqual([0])
  })

  test('must be refused for a repository of its line, if it has one', async () => {
    expect(revokedIn(await run([secret], REPOSITORY))).toEqual([1])
    expect(world.asked).toEqual([`? ${previous} ${CHECK}`])
  })

  test('does not count when it is off the list, and works on that repository', async () => {
    world.confirmsAll = true
    world.acceptsAll = true
    world.onRevoke = (value) => {
      world.unlisted.add(value)
    }
    const turns = await run([secret], REPOSITORY)
    expect(errorsIn(turns)).toEqual([expect.stringContaining('was revoked, but the Hub still accepts it')])
    expect(revokedIn(turns)).toEqual([0])
    expect(world.isAlive(previous)).toBe(true)
  })

  test('is decided by whoami-v2 when auth-check says nothing', async () => {
    world.acceptsAll = true
    expect(revokedIn(await run([secret], REPOSITORY))).toEqual([1])
    expect(world.asked).toEqual([`? ${previous} ${CHECK}`, previous, previous])
  })

  test.each<[string, string, string | undefined, number]>([
    ['is deleted', 'mark', undefined, 0],
    ['is confirmed by whoami-v2 alone', 'deletion', undefined, 2],
    ['is confirmed by auth-check alone', 'deletion', REPOSITORY, 1],
  ])(
    '%s, and not reported, by the run after one that was killed right after the %s',
    async (_what, last, line, asked) => {
      const { onRevoke } = world
      world.onRevoke = (value) => {
        if (last === 'deletion') onRevoke(value)
        throw new Error('killed')
      }
      await run([secret], line)
      world.onRevoke = onRevoke
      world.asked.length = 0
      const turns = await run([secret], line)
      expect([errorsIn(turns), world.isAlive(previous)]).toEqual([[], false])
      expect(state(1)).toEqual(['retired', 'deleting', 'revoked'])
      expect([world.asked.length, world.mailed]).toEqual([asked, []])
    },
  )

  test.each([undefined, REPOSITORY])(
    'is deleted although it was renamed after a run was killed right before the deletion (line: %s)',
    async (line) => {
      const { onRevoke } = world
      world.onRevoke = () => {
        throw new Error('killed')
      }
      await run([secret], line)
      world.onRevoke = onRevoke
      world.rename(previous, 'another name')
      expect(revokedIn(await run([secret], line))).toEqual([1])
      expect([world.isAlive(previous), world.mailed]).toEqual([false, []])
      expect(state(1)).toEqual(['retired', 'deleting', 'revoked'])
    },
  )

  test.each<[string, boolean, string[]]>([
    ['is revoked by its value when the list forgets it, and it works on a repository of its line', false, []],
    [
      'is confirmed by whoami-v2 when the list lacks it, and auth-check says nothing',
      true,
      ['retired', 'deleting', 'revoked'],
    ],
  ])('%s', async (_what, isDeleted, labels) => {
    const { onRevoke } = world
    world.onRevoke = (value) => {
      if (isDeleted) onRevoke(value)
      throw new Error('killed')
    }
    await run([secret], REPOSITORY)
    world.onRevoke = onRevoke
    world.unlisted.add(previous)
    world.acceptsAll = true
    await run([secret], REPOSITORY)
    expect(world.isAlive(previous)).toBe(false)
    expect(world.mailed).toEqual(isDeleted ? [] : [previous])
    if (isDeleted) expect(state(1)).toEqual(labels)
    else expect(state(1)).not.toContain('revoked')
  })

  test.each([undefined, REPOSITORY])(
    'is asked about after such a run when the Hub lists no tokens: nothing then shows that it is gone (%s)',
    async (line) => {
      const { onRevoke } = world
      world.onRevoke = () => {
        throw new Error('killed')
      }
      await run([secret], line)
      world.onRevoke = onRevoke
      world.lists = 'nothing'
      world.asked.length = 0
      await run([secret], line)
      expect(world.isAlive(previous)).toBe(false)
      expect(world.asked[0]).toBe(previous)
    },
  )

  test('is revoked by its value when the Hub lists no tokens', async () => {
    world.lists = 'nothing'
    expect(revokedIn(await run())).toEqual([1])
    expect(world.changes).toEqual([`revoke ${previous}`, 'add revoking 1'])
  })

  test('in a stranger’s name is not revoked by our id', async () => {
    // Mallory’s token has the name of ours, and a previous version holds it.
    const [own] = [previous]
    const stranger = world.token(world.nameOf(own), { owner: 'mallory', org: 'acme' })
    secret.put(0, stranger, [replacedAgo(30 * DAY)], 60 * DAY)
    const id = world.idOf(own)
    await run()
    expect(world.changes).toContain(`revoke ${stranger}`)
    expect(world.changes).toContain(`delete ${id}`)
    expect(world.changes.filter((change) => change.startsWith('delete'))).toHaveLength(1)
  })

  test('that two secrets hold is revoked once, and both say so', async () => {
    other.put(4, previous, [PREVIOUS, replacedAgo(40 * HOUR)], 9 * DAY)
    other.put(2, world.minted(other, 2), [CURRENT], 40 * HOUR)
    const id = world.idOf(previous)
    expect(revokedIn(await run([secret, other]))).toEqual([1, 0])
    expect([...world.changes].sort()).toEqual(['add deleting 1', 'add revoked 1', 'add revoked 4', `delete ${id}`])
    expect(world.asked).toEqual([])
    world.changes.length = 0
    await run([secret, other])
    expect(world.changes).toEqual([])
  })

  test('is kept, with a warning, while a version that may be in use cannot be read', async () => {
    other.put(1, denied(), [CURRENT])
    const turns = [await world.begin(secret), world.beginUnseen(other)]
    await cleanUp(turns, { adminToken: undefined, tasksSince: Number.POSITIVE_INFINITY })
    expect(world.isAlive(previous)).toBe(true)
    expect(world.warnings).toEqual([expect.stringContaining('a version that may also hold it could not be read')])
  })
})

describe('a leftover', () => {
  beforeEach(() => {
    secret.put(1, world.minted(secret, 1), [CURRENT])
  })

  test('that the Hub says it deleted, and still lists, is not counted', async () => {
    const left = world.minted(secret, 9)
    world.confirmsAll = true
    world.onRevoke = () => {}
    const turns = await run()
    expect([errorsIn(turns), revokedIn(turns)]).toEqual([[], [0]])
    expect(world.warnings).toEqual([
      expect.stringContaining('The Hub confirmed the deletion, but its list of the account’s tokens does not.'),
    ])
    expect(world.isAlive(left)).toBe(true)
  })

  test('counts although the answer to its deletion was lost', async () => {
    world.minted(secret, 9)
    const { onRevoke } = world
    world.onRevoke = (value) => {
      onRevoke(value)
      throw new ActionError('network-unreachable', { failed: 'No answer.', fix: 'Wait.' })
    }
    expect(revokedIn(await run())).toEqual([1])
    expect(world.warnings).toEqual([])
  })

  test('does not count when the Hub lists no tokens afterwards', async () => {
    world.minted(secret, 9)
    const { onRevoke } = world
    world.onRevoke = (value) => {
      onRevoke(value)
      world.lists = 'nothing'
    }
    expect(revokedIn(await run())).toEqual([0])
    expect(world.warnings).toHaveLength(1)
  })

  test('that the Hub refuses to say much about is kept when a stored value ends like it', async () => {
    const left = world.minted(secret, 9)
    other.put(1, `hf_anothertoken${left.slice(-4)}`, [CURRENT])
    await run([secret, other])
    expect(world.isAlive(left)).toBe(true)
    expect(world.warnings).toEqual([expect.stringContaining('a stored token may be this one')])
  })

  test('is not kept because a stranger’s token has its name', async () => {
    world.lists = 'no tails'
    const left = world.minted(secret, 9)
    other.put(1, world.token(world.nameOf(left), { owner: 'mallory' }), [CURRENT])
    await run([secret, other])
    expect(world.isAlive(left)).toBe(false)
    expect(world.warnings).toEqual([])
  })

  test('that another secret holds by now survives whatever whoami-v2 says', async () => {
    for (const from of [1, 2, 3, 4]) {
      for (const length of [1, 2, 4]) {
        const left = world.minted(secret, 9)
        other.put(1, left, [CURRENT])
        world.asked.length = 0
        world.isDown = (number) => number >= from && number < from + length
        await run([secret, other])
        expect(world.isAlive(left)).toBe(true)
      }
    }
  })
})

describe('two hundred secrets', () => {
  test('with previous tokens of the account cost no call of whoami-v2, and two lists', async () => {
    const secrets = Array.from({ length: 200 }, (_, number) => world.secret(`hub/secret-${number}`))
    const previous = secrets.map((one) => {
      const token = world.minted(one, 1)
      replaced(world, one, token, 25 * HOUR)
      return token
    })
    const reads = secrets.reduce((sum, one) => sum + one.reads, 0)
    const turns = await run(secrets)
    expect(turns.every(({ outcome }) => outcome.revoked === 1 && outcome.errors.length === 0)).toBe(true)
    expect(previous.some((token) => world.isAlive(token))).toBe(false)
    expect(world.asked).toEqual([])
    expect(world.listed).toBe(2)
    expect(world.most).toBeLessThanOrEqual(4)
    // Two looks of a run that begins, and one at each version when something has to go.
    const total = (count: (one: FakeSecret) => number) => secrets.reduce((sum, one) => sum + count(one), 0)
    expect(total((one) => one.reads) - reads).toBe(200 + 400)
    expect(total((one) => one.described)).toBe(200 * 4)
    expect(world.changes).toHaveLength(600)
    // The run after that has nothing left to do.
    world.changes.length = 0
    world.listed = 0
    await run(secrets)
    expect([world.changes, world.asked, world.listed]).toEqual([[], [], 0])
  })
})

test('no value stays in memory but those that may have to go, or that nobody can tell', async () => {
  const previous = world.minted(secret, 1)
  const current = replaced(world, secret, previous, 25 * HOUR)
  const kept = world.minted(other, 1)
  replaced(world, other, kept, HOUR)
  const { survey } = await import('../../src/rotation/leftovers/survey.ts')
  const found = await survey([await world.begin(secret), await world.begin(other)], undefined)
  const values = found.tokens.map(({ value }) => value).filter((value) => value !== undefined)
  expect(values).toEqual([previous])
  expect(JSON.stringify(found)).not.toContain(current)
})
