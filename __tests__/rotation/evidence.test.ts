/** Which evidence judges the current token and the new one, when the Hub says odd things, or somebody imitates us. */
import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../sandbox/index.ts'
import type { SandboxResponse } from '../../sandbox/service.ts'
import type { Cell } from '../../scripts/docs/rotation-cells.ts'
import { rotatedTokenName } from '../../src/rotation/names.ts'
import { NAME, type Played, type PlayOptions, playCell, V1, V2 } from './cell.ts'

const play = (cell: Partial<Cell>, options: PlayOptions = {}) =>
  playCell({ current: 'minted', mode: 'mint', line: 'same', effect: 'replaced', ...cell }, options)

type Json = Record<string, unknown>

/** Changes every answer of the operation. */
const change = (hub: Sandbox['hub'], operation: string, how: (body: Json) => Json) =>
  hub.service.inject(
    operation,
    { kind: 'change', change: (answer: SandboxResponse) => ({ ...answer, body: how(answer.body as Json) }) },
    99,
  )
/** Changes what the answer to a mint request says of the token. */
const changeInfo =
  (how: (tokenInfo: Json) => Json) =>
  ({ hub }: Sandbox) =>
    change(hub, 'mint-token', (body) => ({ ...body, tokenInfo: how(body.tokenInfo as Json) }))
const entries = (how: (entry: Json) => Json) => (body: Json) => ({
  ...body,
  accessTokens: (body.accessTokens as Json[]).map(how),
})
const without = (name: string) => (object: Json) =>
  Object.fromEntries(Object.entries(object).filter(([key]) => key !== name))
const refuse = (hub: Sandbox['hub'], status: number, times = 99) =>
  hub.service.inject('auth-check-write', { kind: 'answer', status, body: { error: 'No.' } }, times)

function expectReplaced(played: Played, whoami: number): void {
  expect([played.code, played.message]).toEqual([undefined, ''])
  expect(played.outcome?.action).toBe('rotated')
  expect([played.current.works, played.beforeWorks]).toEqual([true, true])
  expect(played.whoamiOfMinted).toBe(whoami)
}

/** The current token is as it was, and what was minted is revoked. */
function expectKept(played: Played, code: string): void {
  expect([played.code, played.message]).toEqual([code, expect.anything()])
  expect(played.current).toEqual({ token: played.before, works: true })
  expect(played.alive).toEqual([played.before])
}

describe('a new token', () => {
  test.each<[string, Record<string, string[]>, string]>([
    ['a permission too many', { permissions: ['org.write'] }, 'org.write'],
    ['its rights on the whole organization', { permissions: ['repo.write'] }, 'repo.write on the whole organization'],
    [
      'another repository',
      { repoIds: ['0123456789abcdef01234567'] },
      'on the repository with the ID 0123456789abcdef01234567',
    ],
  ])('is refused when the answer says that it got %s', async (_what, more, said) => {
    const arrange = changeInfo((one) => ({
      ...one,
      permissions: [...(one.permissions as string[]), ...(more.permissions ?? [])],
      repoIds: [...(one.repoIds as string[]), ...(more.repoIds ?? [])],
    }))
    const played = await play({}, { arrange })
    expectKept(played, 'token-over-scoped')
    expect(played.message).toContain(said)
  })

  test('is refused when the answer says that it got fewer repositories', async () => {
    const arrange = changeInfo((one) => ({ ...one, repoIds: (one.repoIds as string[]).slice(0, 1) }))
    const played = await play({ line: 'wider' }, { arrange })
    expectKept(played, 'token-under-scoped')
    expect(played.message).toContain('repo.write on datasets/acme/data')
  })

  test('is refused when the answer says that it is for some endpoints only', async () => {
    const played = await play({}, { arrange: changeInfo((one) => ({ ...one, endpointPatterns: ['acme/one'] })) })
    expectKept(played, 'token-under-scoped')
    expect(played.message).toContain('every Inference Endpoint except acme/one')
  })

  test('is judged by the answer when that has no ID', async () => {
    expectReplaced(await play({}, { arrange: changeInfo(without('_id')) }), 0)
  })

  test('is judged by the account’s list when the answer says nothing of its rights', async () => {
    expectReplaced(await play({}, { arrange: changeInfo(without('permissions')) }), 0)
  })

  test('is judged by whoami-v2 when the Hub says nothing of its rights or of its ID', async () => {
    const played = await play({}, { arrange: ({ hub }) => change(hub, 'mint-token', without('tokenInfo')) })
    // For its proof, and before it becomes current.
    expectReplaced(played, 2)
  })

  test.each([401, 403, 404])('is judged by whoami-v2 when auth-check refuses it (%s)', async (status) => {
    expectReplaced(await play({}, { arrange: ({ hub }) => refuse(hub, status, 1) }), 1)
    expectKept(await play({}, { arrange: ({ hub }) => refuse(hub, status) }), 'token-under-scoped')
  })

  test('is not held up by an auth-check that does not answer', async () => {
    const played = await play({}, { arrange: ({ hub }) => refuse(hub, 503) })
    expectReplaced(played, 0)
    expect(played.log.filter((line) => line.includes('no confirmation from auth-check of acme/model'))).toHaveLength(1)
  })

  test('has a proof by the same evidence, without whoami-v2', async () => {
    let text = ''
    const arrange = (sandbox: Sandbox) => {
      sandbox.afterWork = () => {
        const { versions } = sandbox.aws.secret(NAME)
        text = String(versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value)
        return undefined
      }
    }
    expectReplaced(await play({}, { arrange }), 0)
    const proof = JSON.parse(JSON.parse(text).token_proof) as Json
    expect(proof).toMatchObject({ form: 'hf-oidc-proof/1', org: 'acme' })
    expect(proof.grants).toEqual([
      {
        entity: { id: expect.stringMatching(/^[0-9a-f]{24}$/), type: 'model', name: 'acme/model' },
        permissions: ['repo.content.read', 'repo.write'],
      },
    ])
  })

  test.each(['by-hand', 'dead', 'none'] as const)(
    'of an account of which nothing is known yet is confirmed by whoami-v2, once (%s)',
    async (current) => {
      const played = await play({ current })
      expect([played.outcome?.action, played.whoamiOfMinted]).toEqual(['rotated', 1])
    },
  )
})

describe('the current token', () => {
  test('is named readably where only the list knows a repository, by its ID', async () => {
    const arrange = ({ hub }: Sandbox, token: string) => {
      const permissions = ['repo.content.read', 'repo.write']
      const entity = { type: 'dataset', name: 'acme/data' } as const
      hub.accounts.tokens.get(token)?.fineGrained?.scoped.push({ entity, permissions })
    }
    const played = await play({}, { arrange })
    expectKept(played, 'rotation-blocked')
    expect(played.whoamiOfMinted).toBe(0)
    expect(played.message).toMatch(/repo\.write on repository with the ID [0-9a-f]{24}/)
    expect(played.message).toContain('on model acme/model')
  })

  test('is judged by whoami-v2 when another token of the account has a name for the same version', async () => {
    const arrange = ({ hub }: Sandbox) => {
      const [own] = hub.serviceAccountTokens('acme', 'ci')
      hub.addServiceAccountToken({ org: 'acme', account: 'ci', displayName: own?.displayName ?? '', permissions: [] })
    }
    const played = await play({ line: 'narrower' }, { arrange })
    expect(played.code).toBe('rotation-blocked')
    expect([played.writes, played.current.works]).toEqual([[], true])
    expect(played.whoamiOfMinted).toBeGreaterThan(0)
  })

  test.each<[string, (entry: Json) => Json]>([
    ['lies about its last four characters', (entry) => ({ ...entry, last4: 'zzzz', repoIds: [] })],
    ['does not say its last four characters', (entry) => ({ ...without('last4')(entry), repoIds: [] })],
    ['says that it has expired', (entry) => ({ ...entry, expiration: '2026-01-01T00:00:00.000Z', repoIds: [] })],
    ['says that it is another kind of token', (entry) => ({ ...entry, role: 'write', repoIds: [] })],
    ['says that it was created after it was stored', (entry) => ({ ...entry, createdAt: new Date().toISOString() })],
  ])('is judged by whoami-v2 when the list %s', async (_what, how) => {
    const arrange = ({ hub }: Sandbox) => change(hub, 'service-account', entries(how))
    const played = await play({ line: 'narrower' }, { arrange })
    expectKept(played, 'rotation-blocked')
    expect(played.whoamiOfMinted).toBeGreaterThan(0)
  })

  test('is judged by whoami-v2 when somebody stored another value in its version', async () => {
    const arrange = ({ aws, hub }: Sandbox, token: string) => {
      const stored = hub.addOrgToken('acme', ['repo.content.read', 'repo.write'])
      const version = aws.secret(NAME).versions.find(({ versionId }) => versionId === V1)
      if (version) version.value = String(version.value).replace(token, stored)
    }
    const played = await play({}, { arrange })
    expect(played.code).toBe('rotation-blocked')
    expect(played.message).toContain('repo.write on org acme')
    expect(played.writes).toEqual([])
  })
})

describe('a pending version that an earlier run minted', () => {
  const MODEL = { type: 'model', name: 'acme/model' } as const
  const DATA = { type: 'dataset', name: 'acme/data' } as const

  /** Stored an hour ago, for these repositories. */
  const leftPending =
    (repos: (typeof MODEL | typeof DATA)[], permissions = ['repo.content.read', 'repo.write']) =>
    ({ aws, hub }: Sandbox) => {
      const createdAt = new Date(hub.now() - 3_600_000)
      const displayName = rotatedTokenName(aws.secret(NAME).arn, V2)
      const token = hub.addServiceAccountToken({
        org: 'acme',
        account: 'ci',
        displayName,
        createdAt,
        permissions,
        repos,
      })
      const value = JSON.stringify({ token })
      const version = aws.putVersion(NAME, { versionId: V2, value, stages: ['AWSPENDING'] })
      version.createdAt = createdAt
    }

  test('is finished without whoami-v2 when it was minted for the line’s repositories alone', async () => {
    const played = await play({}, { arrange: leftPending([MODEL]) })
    expect([played.code, played.outcome?.action]).toEqual([undefined, 'promoted'])
    expect([played.mintedFor, played.whoamiOfMinted, played.beforeWorks]).toEqual([[], 0, true])
  })

  test.each<[string, (sandbox: Sandbox) => void]>([
    ['for further repositories', leftPending([MODEL, DATA])],
    ['for other repositories', leftPending([DATA])],
    ['with fewer rights', leftPending([MODEL], ['repo.content.read'])],
  ])('is set aside when it was minted %s, and another one is minted', async (_what, arrange) => {
    const played = await play({}, { arrange })
    expect([played.code, played.outcome?.action]).toEqual([undefined, 'rotated'])
    expect(played.mintedFor).toEqual([['model acme/model']])
    expect([played.current.works, played.beforeWorks]).toEqual([true, true])
  })

  test('is tested and finished by the function without whoami-v2', async () => {
    const played = await play({ mode: 'function' }, { arrange: leftPending([MODEL]) })
    expect([played.code, played.outcome?.action]).toEqual([undefined, 'rotated'])
    expect([played.mintedFor, played.whoamiOfMinted, played.beforeWorks]).toEqual([[], 0, true])
  })
})

describe('the contributor permission', () => {
  /** The Hub's description of August 2026 does not have it: the list of the account is changed on its way. */
  const contributes = ({ hub }: Sandbox, token: string) => {
    const found = hub.accounts.tokens.get(token)
    const entity = { type: 'org', name: 'acme' } as const
    const isListed = hub.serviceAccountTokens('acme', 'ci').some(({ value }) => value === token)
    const permissions = ['repo.content.read', ...(isListed ? [] : ['repo.contribute'])]
    found?.fineGrained?.scoped.splice(0, 9, { entity, permissions })
    const add = (entry: Json) =>
      entry._id === found?.id ? { ...entry, permissions: [...permissions, 'repo.contribute'] } : entry
    if (isListed) change(hub, 'service-account', entries(add))
  }

  test.each<[string, Partial<Cell>, string]>([
    ['a token in the list', { current: 'minted' }, 'scope=contribute'],
    ['a line for some repositories', { current: 'minted' }, 'scope=write repositories=acme/model'],
    ['a token that a person created', { current: 'by-hand' }, 'scope=contribute'],
    ['a forced rotation', { mode: 'force' }, 'scope=contribute'],
    ['a dry run', { mode: 'dry-run' }, 'scope=contribute'],
    ['the function', { mode: 'function' }, 'scope=contribute'],
    ['a pending token', { current: 'by-hand', mode: 'promote' }, 'scope=write repositories=acme/model'],
  ])('blocks the secret before anything is minted: %s', async (_what, cell, line) => {
    const played = await play(cell, { arrange: contributes, line })
    expect([played.code, played.message]).toEqual(['rotation-blocked', expect.anything()])
    expect(played.message).toContain('has the contributor permission')
    expect(played.message).toContain('repo.write')
    expect(played.message).toContain('Trusted Publisher')
    expect([played.writes, played.beforeWorks, played.mintedFor]).toEqual([[], true, []])
  })

  test('does not matter where the new token writes everywhere in the organization', async () => {
    expectReplaced(await play({}, { arrange: contributes, line: 'scope=write' }), 0)
  })

  test('is given up with narrow=true, with a warning', async () => {
    const played = await play({}, { arrange: contributes, line: 'scope=read narrow=true' })
    expectReplaced(played, 0)
    expect(played.warnings.join('\n')).toContain('the current token has the contributor permission')
  })
})
