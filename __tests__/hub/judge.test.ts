/** What a token can do, compared with what a job requires. */
import { describe, expect, test } from '@jest/globals'
import { tokenKind } from '../../src/hub/facts/describe.ts'
import type { TokenFacts } from '../../src/hub/facts/facts.ts'
import { readWhoAmI, type WhoAmI } from '../../src/hub/facts/whoami.ts'
import { parseRepository } from '../../src/hub/repository.ts'
import type { Requirement } from '../../src/hub/requirement.ts'
import type { Scope } from '../../src/hub/scopes.ts'
import type { Evidence } from '../../src/hub/token.ts'
import { judge } from '../../src/hub/verdict/judge.ts'
import { acme, BOUND, factsOf, on as granted, issued, MINTED, NOW, OAUTH, requirement, STORED, who } from './tokens.ts'

const ID = '0123456789abcdef01234567'

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

/** Undefined when the client would not pass it on. */
const seenAs = (options: Options) => {
  const seen = readWhoAmI(answer(options))
  return seen && seen.unreadable.length === 0 ? seen : undefined
}

function codes(options: Options, scope: Scope = 'read', org = 'acme'): string[] {
  const who = seenAs(options)
  if (!who) return ['misshapen']
  return judge(factsOf(who, STORED), requirement({ org, scope }), NOW).map(({ code }) => code)
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
    const scoped = [on('org', 'acme', 'org.write')]
    expect(codes({ scoped, org: { roleInOrg: 'admin' } }, 'admin')).toEqual([])
    for (const roleInOrg of ['write', 'contributor', 'read', 'no_access']) {
      expect(codes({ scoped, org: { roleInOrg } }, 'admin')).toEqual(['token-under-scoped'])
    }
  })

  test('no resource group makes a member an admin', () => {
    const resourceGroups = [{ id: ID, name: 'g', role: 'admin' }]
    const scoped = [on('org', 'acme', 'org.write')]
    expect(codes({ scoped, org: { roleInOrg: 'write', resourceGroups } }, 'admin')).toEqual(['token-under-scoped'])
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

/** Rights on an entity that is named by nothing but an ID which is not acme's. */
const nameless = (type: string, ...permissions: string[]) => ({ entity: { _id: 'another-id', type }, permissions })

describe('not wider', () => {
  const read = on('org', 'acme', 'repo.content.read')

  test.each<[string, Options]>([
    ['a permission that writes', { scoped: [on('org', 'acme', 'repo.content.read', 'discussion.write')] }],
    [
      'a permission that reads about the organization',
      { scoped: [on('org', 'acme', 'repo.content.read', 'org.read')] },
    ],
    ['an unknown permission that reads', { scoped: [on('org', 'acme', 'repo.content.read', 'new.thing.read')] }],
    [
      'the organization’s name with another ID',
      {
        scoped: [
          read,
          { entity: { _id: 'f'.repeat(24), type: 'org', name: 'acme' }, permissions: ['repo.content.read'] },
        ],
      },
    ],
    ['a permission that nobody knows yet', { scoped: [on('org', 'acme', 'repo.content.read', 'quantum.teleport')] }],
    [
      'another organization',
      {
        scoped: [
          read,
          { ...on('org', 'beta', 'repo.content.read'), entity: { _id: 'b'.repeat(24), type: 'org', name: 'beta' } },
        ],
      },
    ],
    ['the user’s own repositories', { scoped: [read, on('user', 'rosa', 'repo.content.read')] }],
    ['a user called like the organization', { scoped: [read, on('user', 'acme', 'repo.content.read')] }],
    ['another organization without a name', { scoped: [read, nameless('org', 'repo.content.read')] }],
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
      'reading more of the organization’s repositories and collections',
      { scoped: [on('org', 'acme', 'repo.content.read', 'repo.access.read', 'org.repos.read', 'collection.read')] },
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
    expect(tokenKind(who({ role }), 'stored')).toBe(role)
  })

  test('a classic read token that should write is both too narrow and too wide', () => {
    expect(codes({ role: 'read' }, 'write')).toEqual(['token-under-scoped', 'token-over-scoped'])
  })
})

describe('a scope of its own', () => {
  const acmeWith = (...permissions: string[]) => ({ scoped: [on('org', 'acme', ...permissions)] })

  test.each<[string, string[], string[]]>([
    ['identity', [], []],
    ['identity', ['repo.content.read'], []],
    ['identity', ['repo.write'], ['token-over-scoped']],
    ['infer', ['inference.serverless.write'], []],
    ['infer', ['inference.endpoints.infer.write', 'repo.content.read'], []],
    ['infer', ['inference.serverless.write', 'inference.endpoints.write'], ['token-over-scoped']],
    ['infer', ['repo.content.read'], ['token-under-scoped']],
    ['read+infer', ['repo.content.read', 'inference.serverless.write'], []],
    ['read+infer', ['repo.content.read'], ['token-under-scoped']],
    ['read', ['repo.content.read', 'inference.serverless.write'], ['token-over-scoped']],
    ['contribute', ['repo.contribute'], []],
    ['write', ['repo.contribute'], ['token-under-scoped', 'token-over-scoped']],
    ['write', ['repo.write', 'job.write'], ['token-over-scoped']],
    ['write', ['repo.write', 'inference.endpoints.write'], ['token-over-scoped']],
    ['write', ['repo.write', 'discussion.write', 'collection.write'], []],
    ['write', ['repo.content.write'], []],
    ['read', ['repo.content.write'], ['token-over-scoped']],
    ['admin', ['org.write', 'job.write', 'quantum.teleport'], []],
  ])('%s with %j: %j', (scope, permissions, expected) => {
    const who = seenAs({ ...acmeWith(...permissions), org: { roleInOrg: 'admin' } })
    if (!who) throw new Error('misshapen')
    expect(judge(factsOf(who, STORED), requirement({ scope }), NOW).map(({ code }) => code)).toEqual(expected)
  })

  test('exact permissions are all that is needed, and all that is allowed', () => {
    const codesWith = (held: string[], permissions: string[], allow: string[] = []) => {
      const who = seenAs(acmeWith(...held))
      if (!who) throw new Error('misshapen')
      const wanted = requirement({ scope: 'read', permissions, allow })
      return judge(factsOf(who, STORED), wanted, NOW).map(({ code }) => code)
    }
    expect(codesWith(['job.write'], ['job.write'])).toEqual([])
    expect(codesWith(['repo.content.read'], ['job.write'])).toEqual(['token-under-scoped', 'token-over-scoped'])
    expect(codesWith(['job.write', 'collection.read'], ['job.write'])).toEqual(['token-over-scoped'])
    expect(codesWith(['job.write', 'collection.read'], ['job.write'], ['collection.read'])).toEqual([])
    expect(codesWith(['repo.write', 'repo.content.read'], ['repo.write'])).toEqual([])
  })
})

describe('what a message allows', () => {
  const wide = who({
    grants: [granted('org', 'acme', 'repo.write', 'job.write'), granted('user', 'rosa', 'repo.write')],
    global: ['post.write'],
    canReadGatedRepos: true,
    unknown: [{ path: 'auth.wings', couldBeRight: true }],
  })
  const LINE = 'allow: job.write repo.write@user:rosa post.write canReadGatedRepos auth.wings'

  test('is one line, which turns the refusal into a pass', () => {
    expect(messageOf(factsOf(wide, STORED))).toContain(`\n  ${LINE}`)
    const allow = LINE.split(' ').slice(1)
    expect(codesOf(factsOf(wide, STORED), { allow })).toEqual([])
    for (const item of allow) {
      const rest = allow.filter((one) => one !== item)
      expect(codesOf(factsOf(wide, STORED), { allow: rest })).toEqual(['token-over-scoped'])
      expect(messageOf(factsOf(wide, STORED), { allow: rest })).toContain([...rest, item].join(' '))
    }
  })

  test('is not printed where it would not be enough', () => {
    expect(messageOf(factsOf(who({ role: 'write' }), STORED))).not.toContain('allow:')
  })

  test('is written as in the line of a secret for a rotation', () => {
    expect(messageOf(factsOf(wide, STORED), { notation: 'line' })).toContain('allow=job.write,repo.write@user:rosa,')
  })

  test('counts in the organization only', () => {
    const facts = factsOf(
      who({ grants: [granted('org', 'acme', 'repo.write'), granted('user', 'rosa', 'job.write')] }),
      STORED,
    )
    expect(codesOf(facts, { allow: ['job.write'] })).toEqual(['token-over-scoped'])
    expect(codesOf(facts, { allow: ['job.write@user:eve'] })).toEqual(['token-over-scoped'])
  })
})

describe('where the Hub lists no memberships', () => {
  const repositories = ['acme/model', 'datasets/acme/data']
    .map((label) => parseRepository(label))
    .filter((one) => one !== undefined)
  const alone = who({ orgs: [], grants: [granted('model', 'acme/model', 'repo.write')] })
  const access = (...grants: boolean[]) =>
    repositories.map((one, at) => ({
      repository: one,
      access: grants[at] ? { granted: true as const } : { granted: false as const, status: 404, seen: 'HTTP 404' },
    }))

  test('rights on the organization show where the token belongs', () => {
    expect(codesOf(factsOf(who({ orgs: [] }), STORED))).toEqual([])
    expect(codesOf(factsOf(who({ orgs: [acme({ name: 'beta' })] }), STORED))).toEqual(['token-wrong-org'])
    expect(codesOf(factsOf(alone, STORED))).toEqual(['token-wrong-org'])
  })

  test('access to every repository shows it too, once it was asked for', () => {
    const facts = factsOf(alone, STORED)
    expect(codesOf(facts, { repositories })).toEqual([])
    expect(codesOf({ ...facts, repositories: access(true, true) }, { repositories })).toEqual([])
    expect(codesOf({ ...facts, repositories: access(true, false) }, { repositories })).toEqual([
      'token-wrong-org',
      'token-under-scoped',
    ])
  })

  test('access to repositories elsewhere shows nothing', () => {
    const elsewhere = repositories.map((one) => ({ ...one, namespace: 'beta' }))
    const facts = { ...factsOf(alone, STORED), repositories: access(true, true) }
    expect(codesOf(facts, { repositories: elsewhere })).toEqual(['token-wrong-org'])
  })
})

test('a token may be limited to the repositories', () => {
  const repositories = [repository('acme/model')]
  const only = { repositories, repositoriesOnly: true }
  const none = { repositories: [] }
  const onModel = who({ grants: [granted('model', 'acme/model', 'repo.write')] })
  expect(codesOf({ ...factsOf(onModel, STORED), ...none }, only)).toEqual([])
  expect(codesOf({ ...factsOf(who(), STORED), ...none }, only)).toEqual(['token-over-scoped'])
  const byId = who({ grants: [{ entity: { type: 'model', id: 'm1', name: undefined }, permissions: ['repo.write'] }] })
  const withId = { repositories: [{ ...repository('acme/model'), id: 'm1' }], repositoriesOnly: true }
  expect(codesOf({ ...factsOf(byId, STORED), ...none }, withId)).toEqual([])
})

describe('the right organization', () => {
  test('must match exactly (case-sensitive)', () => expect(codes({}, 'read', 'Acme')).toEqual(['token-wrong-org']))
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

const problems = (facts: TokenFacts, more: Partial<Requirement> = {}) => judge(facts, requirement(more), NOW)
const codesOf = (facts: TokenFacts, more: Partial<Requirement> = {}) => problems(facts, more).map(({ code }) => code)
const messageOf = (facts: TokenFacts, more: Partial<Requirement> = {}) => problems(facts, more)[0]?.message ?? ''
const repository = (text: string) => {
  const found = parseRepository(text)
  if (!found) throw new Error(`${text} is no repository`)
  return found
}

describe('what a message says', () => {
  test('the spelling of the Hub, when only that differs', () => {
    const message = messageOf(factsOf(who(), STORED), { org: 'ACME' })
    expect(message).toContain('The Hub spells the organization acme.')
    expect(message).toContain('Set `hf-org: acme`')
  })

  test('that a user is not an organization', () => {
    expect(messageOf(factsOf(who(), STORED), { org: 'Rosa' })).toContain('Rosa is a user, not an organization.')
  })

  const FORGED = 'rosa\n::error::b'
  const gone = { securityRestrictions: ['mfa'] }
  test.each<[string, WhoAmI]>([
    ['of another organization', who({ name: FORGED, orgs: [], grants: [] })],
    ['that is too wide', who({ name: FORGED, global: ['post.write'] })],
    ['that a rule keeps out', who({ name: FORGED, orgs: [acme(gone)] })],
    ['that is a classic one', who({ name: FORGED, role: 'write' })],
  ])('whose token it is, whatever the Hub calls its owner: a token %s', (_what, seen) => {
    const message = messageOf(factsOf(seen, STORED))
    expect(message).toContain('rosa\\u{a}')
    expect(message).not.toMatch(/\n\s*::error/)
  })

  test('that the Hub does not say whose token it is', () => {
    const message = messageOf(factsOf(who({ name: '', orgs: [], grants: [] }), STORED))
    expect(message).toContain('a token of an account that the Hub does not name')
  })

  test('that the owner is a member of no organization', () => {
    expect(messageOf(factsOf(who({ orgs: [], grants: [] }), STORED))).toContain(
      'rosa, for whom the Hub lists no organization',
    )
  })

  test('each surplus right, one a line, with its place', () => {
    const wide = who({
      grants: [granted('org', 'acme', 'repo.write', 'org.write'), granted('model', 'beta/x', 'repo.write')],
      global: ['post.write'],
      canReadGatedRepos: true,
    })
    expect(messageOf(factsOf(wide, STORED))).toContain(
      [
        'Seen:',
        '  a fine-grained token of rosa with these surplus rights:',
        '  - org.write on org acme (more than write)',
        '  - repo.write on model beta/x (outside acme)',
        '  - post.write everywhere on the Hub (outside acme)',
        '  - canReadGatedRepos: reads gated repositories outside acme',
      ].join('\n'),
    )
  })

  test('what a classic token reaches, and that it cannot be limited', () => {
    const classic = who({ role: 'write', grants: [], orgs: [acme(), acme({ id: 'b', name: 'beta' })] })
    const message = messageOf(factsOf(classic, STORED))
    expect(message).toContain('- reads and writes the organization beta (outside acme)')
    expect(message).not.toContain('the organization acme (outside acme)')
    expect(message).toContain('Only fine-grained tokens can be limited to an organization.')
  })

  test('the permissions that a token has where they are too few', () => {
    const narrow = who({ grants: [granted('org', 'acme', 'repo.content.read'), granted('org', 'beta', 'repo.write')] })
    expect(messageOf(factsOf(narrow, STORED))).toContain(
      'Seen: a token with `repo.content.read` in acme, without `repo.write`',
    )
    expect(messageOf(factsOf(who({ grants: [] }), STORED))).toContain('Seen: a token with no permissions in acme')
  })
})

describe('a minted token', () => {
  test('has nothing but the requested permissions', () => {
    expect(codesOf(factsOf(who(), MINTED))).toEqual([])
    const more = who({ grants: [granted('org', 'acme', 'repo.content.read', 'repo.write', 'discussion.write')] })
    expect(codesOf(factsOf(more, STORED))).toEqual([])
    expect(codesOf(factsOf(more, MINTED))).toEqual(['token-over-scoped'])
    expect(messageOf(factsOf(more, MINTED))).toContain('- discussion.write (not requested)')
  })

  test('is never replaced by hand', () => {
    const message = messageOf(factsOf(who({ global: ['post.write'] }), MINTED))
    expect(message).toContain('Leave the secret with the admin token as it is.')
  })
})

test.each<[string, Evidence]>([
  ['stored', STORED],
  ['minted', MINTED],
])('rights that the Hub does not list are surplus: a %s token without a role', (_kind, evidence) => {
  expect(codesOf(factsOf(issued(), evidence))).toEqual(['token-over-scoped'])
  expect(messageOf(factsOf(issued(), evidence))).toContain('- unknown rights')
})

describe('a token of a trusted publisher', () => {
  test.each(['acme/model', 'models/acme/model'])('bound to %s is the requested one', (resource) => {
    expect(codesOf(factsOf(issued({ resource }), BOUND))).toEqual([])
  })

  test.each(['rivals/model', 'acme/model2', 'datasets/acme/model'])('bound to %s is refused', (resource) => {
    expect(codesOf(factsOf(issued({ resource }), BOUND))).toEqual(['token-wrong-org'])
  })

  test('needs no membership, but the restrictions of the organization count', () => {
    expect(codesOf(factsOf(issued({ resource: 'acme/model', orgs: [] }), BOUND))).toEqual([])
    const orgs = [acme({ securityRestrictions: ['token-revoked'] })]
    expect(codesOf(factsOf(issued({ resource: 'acme/model', orgs }), BOUND))).toEqual(['token-revoked-by-org'])
  })

  test('with a role is another kind of token', () => {
    const found = problems(factsOf(who({ role: 'write', resource: 'acme/model' }), BOUND))
    expect(found.map(({ code }) => code)).toEqual(['token-over-scoped'])
    expect(found[0]?.message).toContain('a user access token with the role "write"')
  })
})

describe('an OAuth token', () => {
  const oauth = (rest: Partial<typeof OAUTH>) => factsOf(issued(), { ...OAUTH, ...rest })

  test('has exactly the requested scopes', () => {
    expect(codesOf(oauth({}))).toEqual([])
    expect(codesOf(oauth({ granted: [] }))).toEqual(['token-under-scoped'])
    expect(codesOf(oauth({ granted: ['write-repos', 'jobs'] }))).toEqual(['token-over-scoped'])
    expect(codesOf(oauth({ granted: ['jobs'] }))).toEqual(['token-under-scoped', 'token-over-scoped'])
  })

  test('may have a scope that comes with what was requested, and scopes that only say who somebody is', () => {
    expect(codesOf(oauth({ granted: ['write-repos', 'read-repos', 'openid', 'profile', 'email'] }))).toEqual([])
    expect(codesOf(oauth({ granted: ['write-repos', 'gated-repos'] }))).toEqual(['token-over-scoped'])
    expect(codesOf(oauth({ granted: ['write-repos', 'time-travel'] }))).toEqual(['token-over-scoped'])
    expect(codesOf(oauth({ granted: ['write-repos', 'manage-repos'] }))).toEqual(['token-over-scoped'])
    expect(codesOf(oauth({ granted: ['write-repos', 'jobs'] }), { allow: ['jobs'] })).toEqual([])
    expect(codesOf(oauth({ granted: ['write-repos', 'jobs'] }), { allow: ['job.write'] })).toEqual([
      'token-over-scoped',
    ])
  })

  test('names what is missing and what is surplus', () => {
    expect(messageOf(oauth({ granted: [] }))).toContain('Expected: an OAuth token that also has `write-repos`')
    expect(messageOf(oauth({ granted: ['write-repos', 'jobs'] }))).toContain('- jobs')
  })

  test('with a role is another kind of token', () => {
    expect(codesOf(factsOf(who({ role: 'read' }), OAUTH))).toEqual(['token-over-scoped'])
  })

  test('belongs to a member of the organization, unless the Hub lists no memberships', () => {
    expect(codesOf(factsOf(issued({ orgs: [] }), OAUTH))).toEqual([])
    expect(codesOf(factsOf(issued({ orgs: [acme({ name: 'beta' })] }), OAUTH))).toEqual(['token-wrong-org'])
  })

  test('belongs to the member who was named, if the Hub says to whom', () => {
    expect(codesOf(factsOf(issued({ email: 'Rosa@acme.example' }), OAUTH))).toEqual([])
    expect(codesOf(factsOf(issued({ email: 'eve@acme.example' }), OAUTH))).toEqual(['token-wrong-org'])
  })
})

describe('when a token expires', () => {
  const at = (seconds: number | undefined) => (seconds === undefined ? undefined : NOW + seconds * 1000)

  test.each<[number | undefined, number | undefined, string[]]>([
    [undefined, undefined, []],
    [600, undefined, []],
    [undefined, 600, []],
    [599, undefined, ['token-expiring']],
    [undefined, 599, ['token-expiring']],
    [7200, 599, ['token-expiring']],
    [599, 7200, ['token-expiring']],
    [0, 7200, ['token-expired']],
    [7200, 0, ['token-expired']],
    [undefined, -1, ['token-expired']],
  ])('by whoami-v2 in %p s, by the exchange in %p s: the earlier one counts', (hub, exchange, expected) => {
    const facts = factsOf(issued({ resource: 'acme/model', expiresAt: at(hub) }), { ...BOUND, expiresAt: at(exchange) })
    expect(codesOf(facts)).toEqual(expected)
  })

  test('the gravest problem comes first', () => {
    const facts = factsOf(
      who({ expiresAt: NOW + 1000, global: ['post.write'], orgs: [acme({ securityRestrictions: ['sso'] })] }),
      STORED,
    )
    expect(codesOf(facts)).toEqual(['org-restricted', 'token-over-scoped', 'token-expiring'])
  })
})

describe('a bound token that should only read', () => {
  const bound = (read: number, write: number) => {
    const access = (status: number) =>
      status === 200 ? { granted: true as const } : { granted: false as const, status, seen: `HTTP ${status}` }
    const facts = factsOf(issued({ resource: 'acme/model' }), BOUND)
    return { ...facts, boundTo: { repository: repository('acme/model'), read: access(read), write: access(write) } }
  }

  test('passes when the Hub grants reading and itself forbids writing', () => {
    expect(codesOf(bound(200, 403), { scope: 'read' })).toEqual([])
  })

  test.each([
    [200, 200],
    [403, 200],
    [200, 401],
    [200, 404],
    [401, 401],
    [401, 403],
  ])('HTTP %s for reading and %s for writing does not show that it cannot write', (read, write) => {
    expect(codesOf(bound(read, write), { scope: 'read' })).toEqual(['token-over-scoped'])
    expect(messageOf(bound(read, write), { scope: 'read' })).toContain('- write access to acme/model')
    expect(messageOf(bound(read, write), { scope: 'read' })).toContain('allow: repo.write')
  })

  test.each([
    [403, 403],
    [404, 403],
    [404, 404],
  ])('HTTP %s for reading and %s for writing is no access at all', (read, write) => {
    expect(codesOf(bound(read, write), { scope: 'read' })).toEqual(['token-under-scoped'])
  })
})

describe('the repositories that a job needs', () => {
  const labels = ['acme/model', 'datasets/acme/data', 'rivals/model'].map(repository)
  const refused = { granted: false as const, status: 404, seen: 'HTTP 404' }
  const [model, data, foreign] = labels.map((one) => ({ repository: one, access: refused }))

  test('pass when each is granted', () => {
    const repositories = labels.map((one) => ({ repository: one, access: { granted: true as const } }))
    expect(codesOf({ ...factsOf(who(), STORED), repositories }, { repositories: labels })).toEqual([])
  })

  test('are listed when they are refused, with the answer to each', () => {
    const repositories = [model, data].flatMap((one) => one ?? [])
    const facts = { ...factsOf(who(), STORED, 'the secret x'), repositories }
    const message = messageOf(facts, { repositories: labels.slice(0, 2) })
    expect(message).toContain(
      'The token "ci" (stored in the secret x) cannot write to 2 repositories that this job needs.',
    )
    expect(message).toContain('  - acme/model: HTTP 404\n  - datasets/acme/data: HTTP 404')
    expect(message).toContain('the token "ci" (stored in the secret x)')
    expect(message).not.toContain('outside acme')
  })

  test('outside the organization are named as such', () => {
    const repositories = foreign ? [foreign] : []
    const message = messageOf({ ...factsOf(who(), STORED), repositories }, { repositories: labels, scope: 'write' })
    expect(message).toContain('rivals/model is outside acme')
  })
})
