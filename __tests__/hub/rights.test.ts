import { describe, expect, test } from '@jest/globals'
import type { Scope } from '../../src/hub/scopes.ts'
import { checkTokenShape, resemblesToken } from '../../src/hub/token-shape.ts'
import { judge, tokenKind } from '../../src/hub/verdict/judge.ts'
import { readWhoAmI } from '../../src/hub/whoami.ts'
import type { Request } from '../../src/token/request.ts'

const ID = '0123456789abcdef01234567'
const NOW = Date.parse('2026-11-22T12:00:00Z')

interface Options {
  scoped?: unknown[]
  fineGrained?: object
  role?: string
  org?: object
  expiresAt?: string
}

/** A whoami-v2 answer of a member of acme. */
function answer({ scoped, fineGrained, role = 'fineGrained', org, expiresAt }: Options = {}): unknown {
  const fine = { scoped: scoped ?? [on('org', 'acme', 'repo.content.read')], ...fineGrained }
  return {
    type: 'user',
    id: ID,
    name: 'rosa',
    fullname: 'Rosa',
    avatarUrl: '',
    isPro: false,
    orgs: [{ type: 'org', id: ID, name: 'acme', fullname: 'Acme', avatarUrl: '', roleInOrg: 'write', ...org }],
    auth: {
      type: 'access_token',
      accessToken: {
        displayName: 'ci',
        role,
        createdAt: '2026-01-01T00:00:00Z',
        ...(role === 'fineGrained' ? { fineGrained: fine } : {}),
      },
      ...(expiresAt ? { expiresAt } : {}),
    },
  }
}

const on = (type: string, name: string | undefined, ...permissions: string[]) => ({
  entity: { _id: ID, type, ...(name === undefined ? {} : { name }) },
  permissions,
})

function codes(options: Options, scope: Scope = 'read', org = 'acme'): string[] {
  const who = readWhoAmI(answer(options))
  if (!who) return ['misshapen']
  return judge(
    who,
    {
      org,
      scope,
      repositories: [],
      minLifetimeSeconds: 600,
      hubEndpoint: 'https://huggingface.co',
    } as unknown as Request,
    { evidence: { kind: 'stored', howToStore: 'Store it.' } },
    NOW,
  ).map(({ code }) => code)
}

describe('wide enough', () => {
  test.each<[Scope, string[], string[]]>([
    ['read', ['repo.content.read'], []],
    ['read', ['repo.access.read'], ['token-under-scoped']],
    ['read', [], ['token-under-scoped']],
    ['write', ['repo.content.read', 'repo.write'], []],
    ['write', ['repo.write'], []],
    ['write', ['repo.content.read'], ['token-under-scoped']],
    ['admin', ['org.write', 'repo.write'], ['token-under-scoped']],
  ])('%s with %j: %j', (scope, permissions, expected) =>
    expect(codes({ scoped: [on('org', 'acme', ...permissions)] }, scope)).toEqual(expected),
  )

  test('admin needs an admin of the organization', () => {
    expect(codes({ scoped: [on('org', 'acme', 'org.write')], org: { roleInOrg: 'admin' } }, 'admin')).toEqual([])
  })

  test.each(['read', 'no_access'])('a member with the role %s cannot write', (roleInOrg) => {
    const scoped = [on('org', 'acme', 'repo.write')]
    expect(codes({ scoped, org: { roleInOrg } }, 'write')).toEqual(['token-under-scoped'])
    const resourceGroups = [{ id: ID, name: 'g', role: 'write' }]
    expect(codes({ scoped, org: { roleInOrg, resourceGroups } }, 'write')).toEqual([])
  })

  test('a member without access cannot read', () => {
    expect(codes({ org: { roleInOrg: 'no_access' } })).toEqual(['token-under-scoped'])
    const resourceGroups = [{ id: ID, name: 'g', role: 'read' }]
    expect(codes({ org: { roleInOrg: 'no_access', resourceGroups } })).toEqual([])
  })

  test('a custom role is taken at the token’s word', () => {
    expect(codes({ scoped: [on('org', 'acme', 'repo.write')], org: { roleInOrg: 'Release crew' } }, 'write')).toEqual(
      [],
    )
  })
})

describe('not wider', () => {
  const read = on('org', 'acme', 'repo.content.read')

  test.each<[string, Options]>([
    ['a permission that writes', { scoped: [on('org', 'acme', 'repo.content.read', 'discussion.write')] }],
    ['a permission that nobody knows yet', { scoped: [on('org', 'acme', 'repo.content.read', 'quantum.teleport')] }],
    ['another organization', { scoped: [read, on('org', 'beta', 'repo.content.read')] }],
    ['the user’s own repositories', { scoped: [read, on('user', 'rosa', 'repo.content.read')] }],
    ['a user called like the organization', { scoped: [read, on('user', 'acme', 'repo.content.read')] }],
    ['a repository elsewhere', { scoped: [read, on('model', 'acme2/x', 'repo.content.read')] }],
    ['a repository without a name', { scoped: [read, on('dataset', undefined, 'repo.content.read')] }],
    ['an unknown resource group', { scoped: [read, on('resource-group', 'g', 'repo.content.read')] }],
    ['an entity of a new kind', { scoped: [read, on('planet', 'acme/x', 'repo.content.read')] }],
    ['an OAuth app', { scoped: [read, on('oauth-app', 'acme/app', 'org.read')] }],
    ['rights everywhere', { scoped: [read], fineGrained: { global: ['post.write'] } }],
    ['gated repositories everywhere', { scoped: [read], fineGrained: { canReadGatedRepos: true } }],
    ['gated repositories, said oddly', { scoped: [read], fineGrained: { canReadGatedRepos: 'yes' } }],
  ])('%s', (_what, options) => expect(codes(options)).toEqual(['token-over-scoped']))

  test.each<[string, Options]>([
    [
      'reading more of the organization',
      { scoped: [on('org', 'acme', 'repo.content.read', 'org.read', 'new.thing.read')] },
    ],
    ['an entity outside without any right', { scoped: [read, on('user', 'rosa')] }],
    [
      'repositories within',
      {
        scoped: ['model', 'dataset', 'space', 'bucket', 'kernel', 'collection'].map((type) =>
          on(type, 'acme/x', 'repo.content.read'),
        ),
      },
    ],
    ['the organization by its id', { scoped: [on('org', undefined, 'repo.content.read')] }],
    [
      'a resource group of the organization',
      {
        scoped: [on('resource-group', 'g', 'repo.content.read')],
        org: { resourceGroups: [{ id: ID, name: 'g', role: 'read' }] },
      },
    ],
    ['no list of global rights', { scoped: [read], fineGrained: { global: [] } }],
  ])('but %s is fine', (_what, options) => expect(codes(options)).toEqual([]))

  test('administration is more than write', () => {
    for (const permission of ['org.write', 'org.serviceAccounts.write', 'resourceGroup.write']) {
      expect(codes({ scoped: [on('org', 'acme', 'repo.write', permission)] }, 'write')).toEqual(['token-over-scoped'])
    }
  })

  test.each(['read', 'write', 'god'])('a classic %s token', (role) => {
    expect(codes({ role })).toEqual(['token-over-scoped'])
    expect(tokenKind(readWhoAmI(answer({ role })) as never, { kind: 'stored', howToStore: 'Store it.' })).toBe(role)
  })

  test('a classic read token that should write is both too narrow and too wide', () => {
    expect(codes({ role: 'read' }, 'write')).toEqual(['token-under-scoped', 'token-over-scoped'])
  })
})

describe('the right organization', () => {
  test('is compared letter by letter', () => expect(codes({}, 'read', 'Acme')).toEqual(['token-wrong-org']))
  test('is not a user of that name', () => expect(codes({}, 'read', 'rosa')).toEqual(['token-wrong-org']))
})

test.each([
  ['token-revoked', 'token-revoked-by-org'],
  ['token-policy', 'token-pending-approval'],
  ['mfa', 'org-restricted'],
  ['sso', 'org-restricted'],
  ['ip', 'org-restricted'],
  ['something-new', 'org-restricted'],
  ['constructor', 'org-restricted'],
  ['__proto__', 'org-restricted'],
])('the restriction %s is %s', (restriction, code) =>
  expect(codes({ org: { securityRestrictions: [restriction] } })).toEqual([code]),
)

describe('alive', () => {
  test.each([
    ['2026-11-22T11:59:59Z', ['token-expired']],
    ['2026-11-22T12:00:00Z', ['token-expired']],
    ['2026-11-22T12:09:59Z', ['token-expiring']],
    ['2026-11-22T12:10:00Z', []],
    ['someday', ['misshapen']],
    ['foo 2099', ['misshapen']],
    ['2026-11-22T13:00:00', ['misshapen']],
  ])('until %s: %j', (expiresAt, expected) => expect(codes({ expiresAt })).toEqual(expected))
})

describe('an answer that nobody can rely on', () => {
  test.each<[string, unknown]>([
    ['no object', []],
    ['no auth', { name: 'x', orgs: [] }],
    ['no orgs', { name: 'x', auth: { type: 'y' } }],
    ['a name that is no name', { name: 'a b', auth: { type: 'y' }, orgs: [] }],
    [
      'permissions that are no list',
      answer({ scoped: [{ entity: { _id: ID, type: 'org', name: 'acme' }, permissions: 'all' }] }),
    ],
    [
      'fine-grained without rights',
      {
        ...(answer({ role: 'read' }) as object),
        auth: { type: 'access_token', accessToken: { displayName: 'x', role: 'fineGrained', createdAt: '' } },
      },
    ],
  ])('%s', (_what, json) => expect(readWhoAmI(json)).toBeUndefined())
})

describe('the shape of a token', () => {
  const check = (value: string) => checkTokenShape(value, 'It', 'Mend it.')
  test.each([
    'hf_AbCdEfGhIjKlMnOpQrStUvWxYz12345678',
    ' hf_abcdefgh\n',
    'hf_jwt_eyJhbGciOiJSUzI1NiJ9.eyJ4Ijox.c2ln-_',
    'hf_oauth_abcdef0123',
  ])('%j is one', (value) => expect(check(value)).toBe(value.trim()))
  test.each([
    '',
    'hf_',
    'hf_short',
    'HF_abcdefghij',
    'xhf_abcdefghij',
    'hf_abc defghij',
    'hf_abcdefghij\u200b',
    'hf_äöüäöüäöü',
    `hf_${'a'.repeat(9000)}`,
  ])('%j is none', (value) => expect(() => check(value)).toThrow(/token-malformed/))
})

describe('only a token that was badly stored is taken for one', () => {
  test.each([
    '',
    ' \n',
    '"hf_abcdefghij"',
    'HF_TOKEN=hf_abcdefghij',
    "export HF_TOKEN='hf_abcdefghij';",
    'Bearer hf_abcdefghij',
    'Authorization: Bearer hf_abcdefghij\n',
    'hf_short',
  ])('%j', (value) => expect(resemblesToken(value)).toBe(true))

  test.each([
    'correct horse battery staple',
    'hunter2hf_hunter2',
    'HF_TOKEN=hf_abcdefghij\nDB_PASSWORD=hunter2',
    'HF_TOKEN=hf_abcdefghij,DB_PASSWORD=hunter2',
    'https://user:hf_abcdefghij@huggingface.co',
    'hf_abcdefghij hf_klmnopqrst',
    '[hub]\ntoken = hf_abcdefghij',
  ])('not %j', (value) => expect(resemblesToken(value)).toBe(false))
})
