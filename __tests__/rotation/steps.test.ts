/** The four steps: what each leaves behind when it fails, and when it is called again. */
import { describe, expect, test } from '@jest/globals'
import { discard, discardUnstored } from '../../src/rotation/secret/discard.ts'
import { createPending, finishPending, retire, testPending } from '../../src/rotation/secret/steps.ts'
import { ARN, failure, NOW, refusal, type SecretWorld, secretWorld, useClock, whoami, writer } from './fakes.ts'

useClock()

const OLD = 'hf_oldoldoldold'
const V2 = '22222222-2222-4222-8222-222222222222'
const MINTED = 'hf_minted000000001'
const create = async ({ turn }: SecretWorld) => await createPending(turn, ARN, V2, await turn.versions.read('v1'))

function worldWith(text = JSON.stringify({ token: OLD }), binary = false): SecretWorld {
  const world = secretWorld()
  world.secret.add('v1', text, ['AWSCURRENT'], { binary })
  return world
}

describe('create', () => {
  test.each([
    ['an object', `{ "a": 1.0, "token": "${OLD}" }`, false],
    ['a plain string', `${OLD}\n`, false],
    ['a binary value', OLD, true],
  ])('keeps everything beside the token: %s', async (_what, text, binary) => {
    const world = worldWith(text, binary)
    expect(await create(world)).toMatchObject({ kind: 'stored', token: { value: MINTED } })
    expect(world.secret.at('AWSPENDING')).toBe(V2)
    expect(world.secret.textOf(V2)).toBe(text.replace(OLD, MINTED))
    expect(world.secret.isBinary(V2)).toBe(binary)
    expect(world.masked).toContain(MINTED)
  })

  test('makes an object at the secret’s key where there is no value yet', async () => {
    const world = secretWorld({ line: 'hub/x scope=write key=hub' })
    await create(world)
    expect(world.secret.textOf(V2)).toBe(JSON.stringify({ hub: MINTED }))
  })

  test('revokes what it minted when someone else stored another value under the id', async () => {
    const world = worldWith()
    world.secret.add(V2, 'something else', [])
    expect(await create(world)).toEqual({ kind: 'taken' })
    expect(world.minter.alive).toEqual([])
  })

  test.each(['secret-access-denied', 'secret-kms-denied', 'secret-not-found'] as const)(
    'revokes what it minted when storing it is refused for good (%s)',
    async (code) => {
      const world = worldWith()
      world.secret.before = (call) => {
        if (call.startsWith('put')) throw failure(code)
      }
      expect((await refusal(create(world))).code).toBe(code)
      expect(world.minter.alive).toEqual([])
    },
  )

  describe.each(['secret-failed', 'network-unreachable', 'deadline-exceeded'] as const)(
    'revokes nothing (%s)',
    (code) => {
      const fail = (call: string) => {
        if (call.startsWith('put')) throw failure(code)
      }

      test('when it was stored and the answer was lost', async () => {
        const world = worldWith()
        world.secret.after = fail
        expect((await refusal(create(world))).code).toBe(code)
        expect(world.minter.alive).toEqual([MINTED])
        expect(world.secret.at('AWSPENDING')).toBe(V2)
      })

      test('when it may still be stored', async () => {
        const world = worldWith()
        world.secret.before = fail
        expect((await refusal(create(world))).code).toBe(code)
        expect(world.minter.alive).toEqual([MINTED])
      })
    },
  )

  test('warns when it could not revoke what it minted', async () => {
    const world = worldWith()
    world.secret.add(V2, 'something else', [])
    world.minter.remove = async () => {
      throw failure('hub-failed')
    }
    expect(await create(world)).toEqual({ kind: 'taken' })
    expect(world.warnings).toEqual([
      expect.stringMatching(
        /^The token "hf-oidc-rotate hub\/x-a1B2c3 [\w-]+ [\w-]+ [\w-]+" was minted but is not used, and it could not be revoked\. The next run will remove it\.$/,
      ),
    ])
  })
})

describe('what was minted is revoked', () => {
  async function minted(labels: string[] | undefined, held = MINTED) {
    const world = worldWith()
    const token = await world.minter.mint(ARN, V2, { permissions: [], repositories: [] })
    if (labels) world.secret.add(V2, JSON.stringify({ token: held }), labels)
    return { world, token }
  }

  test.each<[string, string[] | undefined, string]>([
    ['when no version holds it', undefined, MINTED],
    ['when its version has no label', [], MINTED],
    ['when its version is not about to become current', ['my-own-label'], MINTED],
    ['when its version holds another token', ['AWSPENDING'], OLD],
  ])('%s', async (_what, labels, held) => {
    const { world, token } = await minted(labels, held)
    expect(await discard(world.turn, V2, token)).toBe(true)
    expect(world.minter.alive).toEqual([])
  })

  test.each([['AWSPENDING'], ['AWSCURRENT']])('but not when it is held by a version that is %s', async (label) => {
    const { world, token } = await minted([label])
    expect(await discard(world.turn, V2, token)).toBe(true)
    expect(world.minter.alive).toEqual([MINTED])
  })

  test('but not when the Hub says nowhere which token it is', async () => {
    const { world, token } = await minted(undefined)
    world.minter.findMinted = async () => []
    expect(await discard(world.turn, V2, token)).toBe(false)
    await discardUnstored(world.turn, V2, token)
    expect(world.warnings).toEqual([expect.stringMatching(/^The token "hf-oidc-rotate .*" was minted but is not used/)])
  })

  test('but not when the time for that has passed', async () => {
    const { world, token } = await minted(undefined)
    expect(await discard(world.turn, V2, token, () => false)).toBe(false)
    expect(world.minter.alive).toEqual([MINTED])
  })
})

describe('test', () => {
  test('confirms the token that the version holds, and masks it', async () => {
    const world = worldWith()
    world.hub.tokens.set(OLD, writer())
    expect((await testPending(world.turn, 'v1')).whoami.name).toBe('rosa')
    expect(world.masked).toContain(OLD)
    expect(world.log).toContainEqual(expect.stringMatching(/^Hub: confirmed the pending token of hub\/x: rosa, /))
  })

  test('refuses a version without a value', async () => {
    const { turn, secret } = worldWith()
    secret.add(V2, undefined, ['AWSPENDING'])
    const error = await refusal(testPending(turn, V2))
    expect(error.code).toBe('secret-not-found')
    expect(error.message).toContain(
      '\n  aws secretsmanager list-secret-version-ids --region eu-west-1 --secret-id hub/x',
    )
  })

  test('refuses a token that expires within ten minutes, and one that has rights which were not requested', async () => {
    const { turn, hub } = worldWith()
    hub.tokens.set(OLD, writer({ expiresAt: NOW + 599_000 }))
    expect((await refusal(testPending(turn, 'v1'))).code).toBe('token-expiring')
    hub.tokens.set(OLD, writer({ expiresAt: NOW + 600_000 }))
    expect((await testPending(turn, 'v1')).value).toBe(OLD)
    const grants = [
      ...writer().grants,
      { entity: { type: 'org', name: 'acme', id: 'a' }, permissions: ['discussion.write'] },
    ]
    hub.tokens.set(OLD, whoami(grants))
    expect((await refusal(testPending(turn, 'v1'))).code).toBe('token-over-scoped')
  })
})

describe('finish', () => {
  function pendingWorld(): SecretWorld {
    const world = worldWith()
    world.secret.add(V2, JSON.stringify({ token: MINTED }), ['AWSPENDING'])
    return world
  }

  test('makes the pending version current, and nothing is pending then', async () => {
    const { turn, secret } = pendingWorld()
    expect(await finishPending(turn, V2, 'v1')).toBe('finished')
    expect(secret.labelsOf(V2)).toEqual(['AWSCURRENT'])
    expect(secret.labelsOf('v1')).toEqual(['AWSPREVIOUS'])
  })

  test('may be called again, and takes the pending label that was left', async () => {
    const { turn, secret } = pendingWorld()
    secret.add(V2, JSON.stringify({ token: MINTED }), ['AWSCURRENT', 'AWSPENDING'])
    expect(await finishPending(turn, V2, 'v1')).toBe('finished')
    expect(secret.writes).toEqual([`move AWSPENDING ${V2}`])
    expect(await finishPending(turn, V2, 'v1')).toBe('finished')
    expect(secret.writes).toHaveLength(1)
  })

  test('changes nothing when another version is current by now', async () => {
    const { turn, secret } = pendingWorld()
    secret.add('v9', JSON.stringify({ token: OLD }), ['AWSCURRENT'])
    expect(await finishPending(turn, V2, 'v1')).toBe('overtaken')
    expect(secret.writes).toEqual([])
  })

  test('changes nothing when the version is no longer pending', async () => {
    const { turn, secret } = pendingWorld()
    secret.add('v3', JSON.stringify({ token: OLD }), ['AWSPENDING'])
    expect(await finishPending(turn, V2, 'v1')).toBe('overtaken')
    expect(secret.writes).toEqual([])
  })

  test('fills an empty secret, but only if it is still empty', async () => {
    const empty = secretWorld()
    empty.secret.add(V2, JSON.stringify({ token: MINTED }), ['AWSPENDING'])
    expect(await finishPending(empty.turn, V2, undefined)).toBe('finished')
    const filled = pendingWorld()
    expect(await finishPending(filled.turn, V2, undefined)).toBe('overtaken')
    expect(filled.secret.writes).toEqual([])
  })

  test('moves the label only from the version that was current', async () => {
    const { turn, secret } = pendingWorld()
    // Someone else is faster, right after the look at the secret.
    secret.after = (call) => {
      if (call === 'describe') secret.add('v9', JSON.stringify({ token: OLD }), ['AWSCURRENT'])
    }
    expect(await finishPending(turn, V2, 'v1')).toBe('refused')
    expect(secret.at('AWSCURRENT')).toBe('v9')
  })

  test('has finished when the answer to an earlier try was lost', async () => {
    const { turn, secret } = pendingWorld()
    secret.before = (call) => {
      if (call.startsWith('move AWSCURRENT')) secret.add(V2, JSON.stringify({ token: MINTED }), ['AWSCURRENT'])
    }
    expect(await finishPending(turn, V2, 'v1')).toBe('finished')
  })
})

test('a replaced version says since when', async () => {
  const { turn, secret } = worldWith()
  await retire(turn, 'v1')
  expect(secret.labelsOf('v1')).toEqual(['AWSCURRENT', 'hf-oidc-retired-20260908T080000.000Z'])
})
