/** One secret of a scheduled run, from the first look to the last label. */
import { describe, expect, test } from '@jest/globals'
import { retiredLabel, versionId } from '../../src/rotation/names.ts'
import { rotateSecret } from '../../src/rotation/secret/rotate-secret.ts'
import { sha256 } from '../../src/text/sha256.ts'
import {
  ARN,
  DAY,
  failure,
  HOUR,
  MINUTE,
  membership,
  NOW,
  on,
  pass,
  refusal,
  SECOND,
  type SecretWorld,
  secretWorld,
  useClock,
  type WorldOptions,
  whoami,
  writer,
} from './fakes.ts'

useClock()

/** The previous version, the current one, and the pending one. */
const V0 = '00000000-0000-4000-8000-000000000000'
const V1 = '11111111-1111-4111-8111-111111111111'
const V2 = '22222222-2222-4222-8222-222222222222'
const OLD = 'hf_oldoldoldold'
const PERSONS = 'hf_personperson'
/** The id of the `count`th version that this run makes. */
const newId = (count = 0) => versionId({ repository: 'octo-org/octo-repo', runId: '17' }, ARN, count)
const MINTED = 'hf_minted000000001'

const value = (token: string, rest: object = { user: 'x' }) => JSON.stringify({ token, ...rest })
const pendingLabelMoves = ({ secret }: SecretWorld) => secret.writes.filter((call) => call.includes('AWSPENDING'))

/** A secret whose current token is a month old and works. */
function dueWorld(options: WorldOptions = {}): SecretWorld {
  const world = secretWorld(options)
  world.secret.add(V1, value(OLD), ['AWSCURRENT'])
  world.hub.tokens.set(OLD, writer({ createdAt: NOW - 30 * DAY }))
  return world
}

/** The same with a pending version that an earlier run left. */
function leftPending(options: WorldOptions = {}, text = value('hf_leftleftleft')): SecretWorld {
  const world = dueWorld(options)
  world.minter.add(V2, 'hf_leftleftleft', NOW - HOUR)
  world.secret.add(V2, text, ['AWSPENDING'], { createdAt: NOW - HOUR })
  return world
}

/** The same with a pending version that a person stored. */
function storedByHand(options: WorldOptions = {}, text = value(PERSONS)): SecretWorld {
  const world = dueWorld(options)
  world.hub.tokens.set(PERSONS, writer({ createdAt: NOW - HOUR }))
  world.secret.add(V2, text, ['AWSPENDING'], { createdAt: NOW - HOUR })
  return world
}

/** The same after a run that was killed before it labelled the version that it had replaced. */
function killedRightThen(): SecretWorld {
  const world = dueWorld()
  world.secret.add(V1, value(OLD), ['AWSCURRENT', 'AWSPENDING'])
  return world
}

/** Whatever happened, the token that was current before still is, and works. */
function expectUntouched({ secret, hub, minter }: SecretWorld): void {
  expect(secret.at('AWSCURRENT')).toBe(V1)
  expect(hub.tokens.has(OLD)).toBe(true)
  expect(minter.mintedValues.filter((minted) => minter.alive.includes(minted))).toEqual([])
}

describe('a token that is due', () => {
  test('is replaced by a new one, and its grace begins', async () => {
    const world = dueWorld()
    await rotateSecret(world.turn)
    const { secret, turn, masked, minter } = world
    expect(secret.textOf(secret.at('AWSCURRENT'))).toBe(value(MINTED))
    expect(secret.at('AWSCURRENT')).toBe(newId())
    expect(secret.at('AWSPENDING')).toBeUndefined()
    expect(secret.labelsOf(V1)).toEqual(['AWSPREVIOUS', expect.stringMatching(/^hf-oidc-retired-/)])
    expect(minter.alive).toEqual([MINTED])
    expect(masked).toEqual(expect.arrayContaining([OLD, MINTED]))
    expect(turn.outcome).toMatchObject({
      action: 'rotated',
      note: 'the previous token was 30d old',
      arn: ARN,
      versionId: newId(),
      previousVersionId: V1,
      createdAt: NOW,
      dueAt: NOW + 7 * DAY,
      previousEndsAt: NOW + DAY,
      token: {
        sha256: sha256(MINTED),
        rights: ['org acme: repo.content.read and repo.write'],
        evidence: 'minted',
        confirmedBy: 'whoami-v2',
        hubIdentity: 'acme-ci',
      },
      isBlocked: false,
    })
  })

  test.each([
    ['stored by hand', ['AWSPREVIOUS'], () => dueWorld()],
    ['stored by hand long ago', ['AWSPREVIOUS', retiredLabel(NOW - 90 * DAY)], () => dueWorld()],
    ['replaced by a run that was killed right then', ['AWSPREVIOUS'], killedRightThen],
    ['stored by hand, before a person’s pending version', ['AWSPREVIOUS'], () => storedByHand()],
  ])('is replaced, and the version before it keeps a label: %s', async (_what, labels, create) => {
    const world = create()
    const { secret, turn } = world
    secret.add(V0, value('hf_beforebefore'), labels, { createdAt: NOW - 60 * DAY })
    secret.after = async (call) => {
      if (call.startsWith('move AWSCURRENT')) await pass(SECOND)
    }
    await rotateSecret(turn)
    expect(secret.labelsOf(V0)).toContain(retiredLabel(NOW))
    expect(secret.labelsOf(V0)).not.toContain('AWSPREVIOUS')
    expect(secret.labelsOf(V1)).toEqual(['AWSPREVIOUS', expect.stringMatching(/^hf-oidc-retired-/)])
  })

  test('is replaced when the Hub no longer accepts it, however young', async () => {
    const world = dueWorld()
    world.hub.tokens.delete(OLD)
    await rotateSecret(world.turn)
    expect(world.turn.outcome).toMatchObject({
      action: 'rotated',
      note: 'the Hub no longer accepted the previous token',
      before: 'a token that the Hub no longer accepts',
    })
  })

  test.each(['hub-failed', 'hub-rate-limited', 'network-unreachable'] as const)(
    'is not replaced when nobody knows whether it works (%s)',
    async (code) => {
      const world = dueWorld({ request: { force: true } })
      world.hub.nextFailure = failure(code)
      expect((await refusal(rotateSecret(world.turn))).code).toBe(code)
      expectUntouched(world)
      expect(world.secret.writes).toEqual([])
    },
  )

  test('is filled in where there is none yet', async () => {
    const world = secretWorld()
    await rotateSecret(world.turn)
    const { secret, turn } = world
    expect(secret.textOf(secret.at('AWSCURRENT'))).toBe(JSON.stringify({ token: MINTED }))
    expect(turn.outcome).toMatchObject({
      action: 'rotated',
      note: 'the secret had no value',
      previousVersionId: undefined,
    })
  })

  test('is not replaced before that', async () => {
    const world = dueWorld()
    world.hub.tokens.set(OLD, writer({ createdAt: NOW - 6 * DAY }))
    await rotateSecret(world.turn)
    expect(world.secret.writes).toEqual([])
    expect(world.minter.mintedValues).toEqual([])
    expect(world.turn.outcome).toMatchObject({
      action: 'not-due',
      note: 'the current token is 6d old',
      dueAt: NOW + DAY,
      versionId: V1,
    })
  })

  test('gets the next version id of the run when another version has the first one', async () => {
    const world = dueWorld()
    world.secret.add(newId(), 'something else', ['my-own-label'])
    await rotateSecret(world.turn)
    expect(world.secret.at('AWSCURRENT')).toBe(newId(1))
    expect(world.minter.mintedValues).toHaveLength(1)
  })

  test('gets the next version id of the run after one whose version has no label', async () => {
    const world = dueWorld()
    world.secret.add(newId(), 'something else', [])
    await rotateSecret(world.turn)
    expect(world.secret.at('AWSCURRENT')).toBe(newId(1))
    expect(world.minter.alive).toHaveLength(1)
  })
})

describe('a dry run', () => {
  test('of a due token writes and mints nothing, and tells what would be', async () => {
    const world = dueWorld({ request: { dryRun: true } })
    await rotateSecret(world.turn)
    expect(world.secret.writes).toEqual([])
    expect(world.minter.mintedValues).toEqual([])
    expect(world.turn.outcome).toMatchObject({
      action: 'would-rotate',
      note: 'the current token is 30d old',
      after: 'fine-grained token of the service account ci: repo.content.read and repo.write on org acme',
    })
  })

  test('fails where the admin token cannot see a repository, as the rotation would', async () => {
    const world = dueWorld({ request: { dryRun: true } })
    world.minter.rightsToMint = async () => {
      throw failure('exchange-rejected')
    }
    await expect(rotateSecret(world.turn)).rejects.toMatchObject({ code: 'exchange-rejected' })
    expect(world.secret.writes).toEqual([])
  })

  test('asks about a token of the account too, which the list alone would do for', async () => {
    const world = secretWorld({ request: { dryRun: true } })
    world.minter.add(V1, OLD)
    world.secret.add(V1, value(OLD), ['AWSCURRENT'])
    await rotateSecret(world.turn)
    expect(world.turn.outcome).toMatchObject({ action: 'not-due', before: expect.stringContaining('acme-ci') })
  })

  test('of a pending version neither waits nor writes', async () => {
    const world = leftPending({ request: { dryRun: true } })
    await rotateSecret(world.turn)
    expect(world.waits).toEqual([])
    expect(world.secret.writes).toEqual([])
    expect(world.turn.outcome).toMatchObject({ action: 'would-promote' })
  })

  test('of a pending version that is of no use does not put it aside', async () => {
    const world = leftPending({ request: { dryRun: true } })
    world.hub.tokens.delete('hf_leftleftleft')
    await rotateSecret(world.turn)
    expect(world.secret.writes).toEqual([])
    expect(world.minter.mintedValues).toEqual([])
    expect(world.turn.outcome.action).toBe('would-rotate')
    expect(world.log.join('\n')).toContain('cannot be used (token-rejected); a run without `dry-run` sets it aside')
  })
})

describe('within ten minutes of the last write', () => {
  function justWritten(options: WorldOptions = {}): SecretWorld {
    const world = secretWorld(options)
    world.secret.add('v0', value('hf_veryveryold'), [])
    world.secret.add(V1, value(OLD), ['AWSCURRENT'], { createdAt: NOW - 9 * MINUTE })
    world.hub.tokens.set(OLD, writer({ createdAt: NOW - 30 * DAY }))
    return world
  }

  test('a due token is held back', async () => {
    const world = justWritten()
    await rotateSecret(world.turn)
    expectUntouched(world)
    expect(world.secret.writes).toEqual([])
    expect(world.turn.outcome).toMatchObject({
      action: 'held-back',
      note: 'the current token is 30d old, but the secret was last changed less than 10 minutes ago; it can be rotated in 1m, or at once with force: true',
    })
  })

  test('it is replaced once they have passed', async () => {
    const world = justWritten()
    pass(MINUTE)
    await rotateSecret(world.turn)
    expect(world.turn.outcome.action).toBe('rotated')
  })

  test('`force` replaces it anyway', async () => {
    const world = justWritten({ request: { force: true } })
    await rotateSecret(world.turn)
    expect(world.turn.outcome).toMatchObject({ action: 'rotated', note: 'forced; the previous token was 30d old' })
  })

  test('a dead one is a failure that says how to get out of it', async () => {
    const world = justWritten()
    world.hub.tokens.delete(OLD)
    const error = await refusal(rotateSecret(world.turn))
    expect(error.code).toBe('token-rejected')
    expect(error.message).toContain(
      'What to do: Everything that reads the secret gets a token that does not work. Run this workflow again now with `force: true`, or without it in 1m.',
    )
    expect(world.secret.writes).toEqual([])
  })

  test('the value that the secret was created with is no write', async () => {
    const world = secretWorld()
    world.secret.createdAt = NOW - MINUTE
    world.secret.add(V1, value(OLD), ['AWSCURRENT'], { createdAt: NOW - MINUTE + SECOND })
    await rotateSecret(world.turn)
    expect(world.turn.outcome.action).toBe('rotated')
  })

  test('a pending version that was just stored counts as one', async () => {
    const world = leftPending()
    world.hub.tokens.delete('hf_leftleftleft')
    world.secret.add(V2, value('hf_leftleftleft'), ['AWSPENDING'], { createdAt: NOW - 5 * MINUTE })
    // It could not be used, and nothing else may be stored yet: the run has not done its work.
    expect((await refusal(rotateSecret(world.turn))).code).toBe('token-rejected')
    expect(world.minter.mintedValues).toEqual([])
  })
})

describe('a current token', () => {
  test('of another organization is not replaced, and blocks the secret', async () => {
    const world = dueWorld()
    world.hub.tokens.set(OLD, writer({ createdAt: NOW - 30 * DAY, orgs: [membership('beta')] }))
    expect((await refusal(rotateSecret(world.turn))).code).toBe('rotation-blocked')
    expectUntouched(world)
    expect(world.secret.writes).toEqual([])
    expect(world.turn.outcome.isBlocked).toBe(true)
  })

  test('of another organization is warned of before it is due, and blocks the secret then too', async () => {
    const world = dueWorld()
    world.hub.tokens.set(OLD, writer({ createdAt: NOW - DAY, orgs: [membership('beta')] }))
    await rotateSecret(world.turn)
    expect(world.turn.outcome).toMatchObject({ action: 'not-due', isBlocked: true })
    expect(world.warnings).toEqual([expect.stringContaining('not due yet, but it would be blocked if it were')])
  })

  test('with more rights than the line requests is not replaced', async () => {
    const world = dueWorld({ line: 'hub/x scope=read' })
    expect((await refusal(rotateSecret(world.turn))).message).toContain('- repo.write on org acme')
    expectUntouched(world)
    expect(world.secret.writes).toEqual([])
  })

  test('with more rights is replaced with a warning when the line says `narrow=true`', async () => {
    const world = dueWorld({ line: 'hub/x scope=read narrow=true' })
    world.minter.next = { grants: [on('org', 'acme', 'repo.content.read')] }
    await rotateSecret(world.turn)
    expect(world.turn.outcome.action).toBe('rotated')
    expect(world.warnings).toEqual([expect.stringContaining('The line says `narrow=true`')])
  })

  test('that is stored in two places of one value is not replaced, and nothing is minted', async () => {
    const world = secretWorld()
    world.secret.add(V1, value(OLD, { copy: OLD }), ['AWSCURRENT'])
    world.hub.tokens.set(OLD, writer({ createdAt: NOW - 30 * DAY }))
    const error = await refusal(rotateSecret(world.turn))
    expect(error.message).toContain(
      'The token appears in hub/x more than once, but only the one under `token` would be replaced.',
    )
    expect(world.minter.mintedValues).toEqual([])
    expect(world.secret.writes).toEqual([])
  })
})

describe('a minted token that is not what was requested', () => {
  test.each([
    ['is too narrow', { grants: [on('org', 'acme', 'repo.content.read')] }, 'token-under-scoped'],
    [
      'is too wide',
      { grants: [on('org', 'acme', 'repo.content.read', 'repo.write', 'org.write')] },
      'token-over-scoped',
    ],
    ['is of another organization', { orgs: [membership('beta')] }, 'token-wrong-org'],
    ['has an account with a lower role', { orgs: [membership('acme', 'contributor')] }, 'rotation-blocked'],
  ])('is revoked at once when it %s', async (_what, next, code) => {
    const world = dueWorld()
    world.minter.next = next
    expect((await refusal(rotateSecret(world.turn))).code).toBe(code)
    expectUntouched(world)
    expect(world.secret.at('AWSPENDING')).toBeUndefined()
  })

  test('is left pending when the Hub could not be asked: the next run finishes it', async () => {
    const world = dueWorld()
    world.secret.after = (call) => {
      if (call.startsWith('put')) world.hub.nextFailure = failure('hub-failed')
    }
    expect((await refusal(rotateSecret(world.turn))).code).toBe('hub-failed')
    expect(world.secret.at('AWSPENDING')).toBe(newId())
    expect(world.minter.alive).toEqual([MINTED])
  })

  test('is left to the next run, with a warning, when it cannot be cleaned up', async () => {
    const world = dueWorld()
    world.minter.next = { grants: [] }
    world.secret.before = (call) => {
      if (call.startsWith('move')) throw failure('secret-failed')
    }
    expect((await refusal(rotateSecret(world.turn))).code).toBe('token-under-scoped')
    expect(world.warnings).toEqual([
      'hub/x: the new version did not become current and could not be cleaned up. The next run will clean it up. [secret-failed] It failed with secret-failed.',
    ])
  })
})

test('a new token that cannot be found again is not taken for revoked: a grace begins', async () => {
  const world = dueWorld()
  world.minter.next = { grants: [] }
  world.minter.saysId = false
  world.minter.tokens = async () => []
  expect((await refusal(rotateSecret(world.turn))).code).toBe('token-under-scoped')
  expect(world.minter.alive).toEqual([MINTED])
  expect(world.secret.labelsOf(newId())).toEqual([expect.stringMatching(/^hf-oidc-retired-/)])
})

describe('a run that was slow', () => {
  test('waits, looks again, and finishes what it stored like anyone’s version', async () => {
    const world = dueWorld()
    world.minter.onMint = () => pass(6 * SECOND)
    await rotateSecret(world.turn)
    expect(world.waits[0]?.ms).toBe(20 * SECOND)
    expect(world.turn.outcome).toMatchObject({ action: 'promoted', versionId: newId() })
    expect(world.minter.alive).toEqual([MINTED])
  })

  test('no longer revokes what it minted: a grace begins', async () => {
    const world = dueWorld()
    world.minter.next = { grants: [] }
    world.secret.before = (call) => {
      if (call.startsWith('move AWSPENDING')) pass(6 * SECOND)
    }
    expect((await refusal(rotateSecret(world.turn))).code).toBe('token-under-scoped')
    expect(world.minter.alive).toEqual([MINTED])
    expect(world.secret.labelsOf(newId())).toEqual([expect.stringMatching(/^hf-oidc-retired-/)])
  })

  test('no longer revokes it when listing the account’s tokens took too long', async () => {
    const world = dueWorld()
    world.minter.next = { grants: [] }
    world.minter.saysId = false
    world.minter.onTokens = () => pass(6 * SECOND)
    await refusal(rotateSecret(world.turn))
    expect(world.minter.alive).toEqual([MINTED])
    expect(world.secret.labelsOf(newId())).toEqual([expect.stringMatching(/^hf-oidc-retired-/)])
  })
})

describe('when others change the secret meanwhile', () => {
  /** Someone stores another value by hand right after this run has stored its own. */
  function interfere(world: SecretWorld, work: () => void): void {
    world.secret.after = (call) => {
      if (call.startsWith('put')) work()
    }
  }

  test('the one who comes second is overtaken, and revokes what it minted', async () => {
    const world = dueWorld()
    interfere(world, () => world.secret.add('v9', value(PERSONS), ['AWSCURRENT']))
    await rotateSecret(world.turn)
    expect(world.turn.outcome).toMatchObject({ action: 'overtaken', versionId: 'v9' })
    expect(world.secret.at('AWSCURRENT')).toBe('v9')
    expect(world.minter.alive).toEqual([])
    expect(world.secret.at('AWSPENDING')).toBeUndefined()
  })

  test('a new version that is no longer pending does not become current, and nobody was faster', async () => {
    const world = dueWorld()
    const current = world.secret.at('AWSCURRENT')
    interfere(world, () => {
      world.secret.after = async (call) => {
        world.secret.after = () => {}
        if (call.startsWith('read')) await world.secret.move('AWSPENDING', { from: newId() })
      }
    })
    await rotateSecret(world.turn)
    expect(world.turn.outcome).toMatchObject({
      action: 'overtaken',
      versionId: current,
      note: 'another run, or a person, removed the label AWSPENDING from the new version',
    })
    expect(world.minter.alive).toEqual([])
  })

  test('a refused move leaves the token alive for a grace: it may take effect after all', async () => {
    const world = dueWorld()
    world.secret.before = (call) => {
      if (call.startsWith('move AWSCURRENT')) world.secret.add('v9', value(PERSONS), ['AWSCURRENT'])
    }
    await rotateSecret(world.turn)
    expect(world.turn.outcome.action).toBe('overtaken')
    expect(world.minter.alive).toEqual([MINTED])
    expect(world.secret.labelsOf(newId())).toContainEqual(expect.stringMatching(/^hf-oidc-retired-/))
  })

  test('it is looked at four times, and no more', async () => {
    const world = dueWorld()
    let count = 0
    // Whatever this run wants to store, someone else has stored under its id.
    world.secret.before = (call) => {
      const [verb, id = ''] = call.split(' ')
      if (verb === 'put') {
        count += 1
        world.secret.add(id, 'something else', [])
      }
    }
    const error = await refusal(rotateSecret(world.turn))
    expect(error.code).toBe('rotation-blocked')
    expect(error.message).toContain('The secret hub/x kept changing while it was being rotated.')
    expect(count).toBe(4)
    expect(new Set(world.turn.made).size).toBe(4)
    expectUntouched(world)
  })
})

describe('a pending version that an earlier run left', () => {
  test('becomes current, and nothing is minted', async () => {
    const world = leftPending()
    await rotateSecret(world.turn)
    expect(world.secret.at('AWSCURRENT')).toBe(V2)
    expect(world.minter.mintedValues).toEqual([])
    expect(world.waits).toEqual([])
    expect(world.turn.outcome).toMatchObject({
      action: 'promoted',
      note: 'the pending version was confirmed',
      versionId: V2,
      previousVersionId: V1,
      previousEndsAt: NOW + DAY,
    })
  })

  test('is left to the run that may still be working on it, for ten seconds', async () => {
    const world = leftPending()
    world.secret.add(V2, value('hf_leftleftleft'), ['AWSPENDING'], { createdAt: NOW - MINUTE })
    await rotateSecret(world.turn)
    expect(world.waits).toEqual([
      { ms: 10 * SECOND, what: `the run that stored version ${V2} of hub/x, which may still be working on it` },
    ])
    expect(world.secret.calls.filter((call) => call === 'describe').length).toBeGreaterThan(2)
    expect(world.turn.outcome.action).toBe('promoted')
  })

  test.each([
    ['its token is dead', (world: SecretWorld) => world.hub.tokens.delete('hf_leftleftleft'), false],
    [
      'its token is too wide',
      (world: SecretWorld) =>
        world.hub.tokens.set('hf_leftleftleft', whoami([on('org', 'acme', 'org.write', 'repo.write')])),
      true,
    ],
    [
      'the secret was changed since',
      (world: SecretWorld) => world.secret.add(V1, value(OLD, { user: 'y' }), ['AWSCURRENT']),
      true,
    ],
    [
      'it holds no token',
      (world: SecretWorld) => world.secret.add(V2, 'hunter2', ['AWSPENDING'], { createdAt: NOW - HOUR }),
      true,
    ],
  ])('is put aside when %s, and another one is minted', async (_what, spoil, isRetired) => {
    const world = leftPending()
    spoil(world)
    await rotateSecret(world.turn)
    expect(world.turn.outcome).toMatchObject({ action: 'rotated', versionId: newId() })
    // A token that may work gets its grace, a dead one needs none.
    expect(world.secret.labelsOf(V2)).toEqual(isRetired ? [expect.stringMatching(/^hf-oidc-retired-/)] : [])
    expect(world.secret.textOf(newId())).toContain(MINTED)
  })

  test('is not put aside while an admin may still approve its token', async () => {
    const world = leftPending()
    const pendingApproval = { ...membership('acme'), securityRestrictions: ['token-policy'] }
    world.hub.tokens.set('hf_leftleftleft', writer({ orgs: [pendingApproval] }))
    expect((await refusal(rotateSecret(world.turn))).code).toBe('token-pending-approval')
    expect(world.secret.at('AWSPENDING')).toBe(V2)
    expect(world.secret.writes).toEqual([])
  })

  test('does not become current in place of a token with more rights', async () => {
    const world = leftPending({ line: 'hub/x scope=write' })
    world.hub.tokens.set(
      OLD,
      writer({ grants: [on('org', 'acme', 'repo.content.read', 'repo.write', 'collection.read')] }),
    )
    const error = await refusal(rotateSecret(world.turn))
    expect(error.code).toBe('rotation-blocked')
    expect(world.secret.at('AWSCURRENT')).toBe(V1)
    expect(world.secret.writes).toEqual([])
  })

  test('is warned of once when it has fewer rights and the line says `narrow=true`', async () => {
    const world = leftPending({ line: 'hub/x scope=write narrow=true' })
    world.hub.tokens.set(
      OLD,
      writer({ grants: [on('org', 'acme', 'repo.content.read', 'repo.write', 'collection.read')] }),
    )
    await rotateSecret(world.turn)
    expect(world.turn.outcome.action).toBe('promoted')
    expect(world.warnings).toHaveLength(1)
  })

  test('of another organization’s secret stays pending', async () => {
    const world = leftPending()
    world.hub.tokens.set(OLD, writer({ orgs: [membership('beta')] }))
    // Even if it is of no use: nothing of a blocked secret is written.
    world.hub.tokens.delete('hf_leftleftleft')
    expect((await refusal(rotateSecret(world.turn))).code).toBe('rotation-blocked')
    expect(world.secret.writes).toEqual([])
    expect(world.turn.outcome.isBlocked).toBe(true)
  })

  test('is looked at again when someone was faster', async () => {
    const world = leftPending()
    let isFirst = true
    world.secret.after = (call) => {
      if (!isFirst || call !== `read ${V2}`) return
      isFirst = false
      world.secret.add('v9', value(PERSONS), ['AWSCURRENT'], { createdAt: NOW })
      world.hub.tokens.set(PERSONS, writer({ createdAt: NOW }))
    }
    await rotateSecret(world.turn)
    expect(world.secret.at('AWSCURRENT')).toBe('v9')
    expect(world.minter.mintedValues).toEqual([])
  })
})

describe('a pending version that a person stored', () => {
  test.each([
    ['too wide', whoami([on('org', 'acme', 'repo.write', 'org.write')]), 'token-over-scoped'],
    ['too narrow', whoami([on('org', 'acme', 'repo.content.read')]), 'token-under-scoped'],
    ['another organization’s', writer({ orgs: [membership('beta')] }), 'token-wrong-org'],
  ])('is neither moved nor revoked when its token is %s', async (_what, who, code) => {
    const world = storedByHand()
    world.hub.tokens.set(PERSONS, who)
    const error = await refusal(rotateSecret(world.turn))
    expect(error.code).toBe(code)
    expect(error.message).toContain(`The pending version ${V2} of hub/x cannot become the current one.`)
    expect(error.message).toContain(
      `\n  aws secretsmanager update-secret-version-stage --region eu-west-1 --secret-id hub/x --version-stage AWSPENDING --remove-from-version-id ${V2}`,
    )
    expect(world.secret.at('AWSPENDING')).toBe(V2)
    expect(world.secret.writes).toEqual([])
    expectUntouched(world)
  })

  test.each([
    ['lacks other keys', JSON.stringify({ token: PERSONS }), '1 of the secret’s other keys is missing'],
    ['has another form', PERSONS, 'a plain string'],
    ['holds the current token', value(OLD, { user: 'x', more: 1 }), 'the token of the current version'],
  ])('does not become current when it %s', async (_what, text, seen) => {
    const world = storedByHand({}, text)
    const error = await refusal(rotateSecret(world.turn))
    expect(error.code).toBe('rotation-blocked')
    expect(error.message).toContain(`Seen: ${seen}`)
    expect(world.secret.writes).toEqual([])
    expectUntouched(world)
  })

  test('does not become current when the secret was written to after it', async () => {
    const world = storedByHand()
    world.secret.add(V1, value(OLD), ['AWSCURRENT'], { createdAt: NOW - MINUTE })
    const error = await refusal(rotateSecret(world.turn))
    expect(error.message).toContain('before the current version')
    expect(world.secret.writes).toEqual([])
  })

  test('is put aside when the Hub says once more that its token is dead', async () => {
    const world = storedByHand()
    world.hub.tokens.delete(PERSONS)
    await rotateSecret(world.turn)
    expect(world.turn.outcome).toMatchObject({ action: 'rotated', versionId: newId() })
  })

  test('stays when its token turns out to work', async () => {
    const world = storedByHand()
    let asked = 0
    const { hub } = world
    const owner = hub.owner.bind(hub)
    hub.tokens.delete(PERSONS)
    hub.owner = async (token) => {
      asked += 1
      hub.tokens.set(PERSONS, writer())
      return await owner(token)
    }
    expect((await refusal(rotateSecret(world.turn))).code).toBe('token-rejected')
    expect(asked).toBe(1)
    expect(pendingLabelMoves(world)).toEqual([])
  })

  test('needs no waiting where no run mints', async () => {
    const world = storedByHand({ mode: 'promote' })
    world.secret.add(V2, value(PERSONS), ['AWSPENDING'], { createdAt: NOW })
    await rotateSecret(world.turn)
    expect(world.waits).toEqual([])
    expect(world.turn.outcome).toMatchObject({ action: 'promoted', versionId: V2 })
  })

  test('stays where no run mints, even with a dead token', async () => {
    const world = storedByHand({ mode: 'promote' })
    world.hub.tokens.delete(PERSONS)
    const error = await refusal(rotateSecret(world.turn))
    expect(error.code).toBe('token-rejected')
    expect(error.message).toContain('The current version is unchanged.')
    expect(error.message).toContain('https://huggingface.co/settings/tokens/new?preset=ci-cd&orgs=acme')
    expect(world.secret.writes).toEqual([])
  })

  test('may change what is beside the token, unlike one that a rotation made', async () => {
    const world = storedByHand({}, value(PERSONS, { user: 'y', more: 1 }))
    await rotateSecret(world.turn)
    expect(world.turn.outcome.action).toBe('promoted')
  })
})

describe('a secret that is not this turn’s', () => {
  test('is refused before anything is asked about it', async () => {
    const world = dueWorld()
    world.turn.taken = new Map([[ARN, 'the admin secret']])
    const error = await refusal(rotateSecret(world.turn))
    expect(error.message).toContain('[input-invalid] The secret hub/x is the admin secret. It was not changed.')
    expect(world.turn.outcome.isBlocked).toBe(true)
    expect(world.hub.asked).toEqual([])
    expect(world.secret.writes).toEqual([])
  })

  test('is taken for itself when an earlier turn had the same name', async () => {
    const world = dueWorld()
    world.turn.taken = new Map([[ARN, 'hub/x']])
    await rotateSecret(world.turn)
    expect(world.turn.outcome.action).toBe('rotated')
  })
})
