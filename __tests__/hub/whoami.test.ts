/** Which answers of whoami-v2 are relied on. */
import { describe, expect, test } from '@jest/globals'
import { readWhoAmI } from '../../src/hub/facts/whoami.ts'

const ID = '0123456789abcdef01234567'

const org = (name: string, rest: object = {}) => ({ type: 'org', id: ID, name, roleInOrg: 'write', ...rest })

/** An answer about a fine-grained token of rosa. */
function answer({ token = {}, fine = {}, auth = {}, ...rest }: Record<string, object | unknown> = {}): unknown {
  const scoped = [{ entity: { _id: ID, type: 'org', name: 'acme' }, permissions: ['repo.write'] }]
  const accessToken = {
    displayName: 'ci',
    role: 'fineGrained',
    createdAt: '2026-01-01T00:00:00Z',
    fineGrained: { scoped, ...(fine as object) },
    ...(token as object),
  }
  return {
    type: 'user',
    id: ID,
    name: 'rosa',
    orgs: [org('acme')],
    auth: { type: 'access_token', accessToken, ...(auth as object) },
    ...rest,
  }
}

test('an answer in the documented shape is read', () => {
  expect(readWhoAmI(answer())).toEqual({
    name: 'rosa',
    principal: 'user',
    email: undefined,
    role: 'fineGrained',
    authType: 'access_token',
    displayName: 'ci',
    createdAt: Date.parse('2026-01-01T00:00:00Z'),
    grants: [{ entity: { id: ID, type: 'org', name: 'acme' }, permissions: ['repo.write'] }],
    global: [],
    canReadGatedRepos: false,
    expiresAt: undefined,
    resource: undefined,
    orgs: [{ id: ID, name: 'acme', roleInOrg: 'write', securityRestrictions: [], resourceGroups: [] }],
    appEntities: undefined,
    unknown: [],
  })
})

test('a token without a role is read, with what it is bound to', () => {
  const auth = { accessToken: undefined, type: 'oauth', resource: { sub: 'acme/model' } }
  expect(readWhoAmI(answer({ auth }))).toMatchObject({ role: undefined, grants: [], resource: 'acme/model' })
})

test('members that the Hub leaves out or sets to null are not rights', () => {
  const orgs = [org('acme', { roleInOrg: null, securityRestrictions: null, resourceGroups: null })]
  const auth = { expiresAt: null, resource: null }
  expect(readWhoAmI(answer({ orgs, auth }))).toMatchObject({
    expiresAt: undefined,
    resource: undefined,
    orgs: [{ roleInOrg: undefined, securityRestrictions: [], resourceGroups: [] }],
  })
})

describe('what only describes the account may be missing or odd', () => {
  test.each<[string, unknown, object]>([
    ['no orgs', { name: 'x', auth: { type: 'y' } }, { orgs: [] }],
    ['[OIDC]', answer({ name: '[OIDC]' }), { name: '[OIDC]' }],
    ['a name that is no slug', answer({ name: 'a b' }), { name: 'a b' }],
    ['no name', answer({ name: undefined }), { name: '' }],
    ['no token', answer({ auth: { accessToken: null } }), { role: undefined, grants: [] }],
    ['a time that is no time', answer({ token: { createdAt: 'yesterday' } }), { createdAt: undefined }],
    ['no display name', answer({ token: { displayName: undefined } }), { displayName: undefined }],
    [
      'an entity without a name',
      answer({ fine: { scoped: [{ entity: { _id: ID, type: 'org' }, permissions: [] }] } }),
      { grants: [{ entity: { id: ID, type: 'org', name: undefined }, permissions: [] }] },
    ],
    ['no type', answer({ type: undefined }), { principal: 'user' }],
    ['an e-mail address of null', answer({ email: null }), { email: undefined }],
  ])('%s', (_what, json, expected) => expect(readWhoAmI(json)).toMatchObject(expected))
})

test('an app has a list of what it is limited to', () => {
  const json = {
    id: ID,
    type: 'app',
    name: 'ci',
    scope: { role: 'write', entities: [{ type: 'model', name: 'acme/model' }] },
    auth: { type: 'app_token' },
  }
  expect(readWhoAmI(json)).toMatchObject({
    principal: 'app',
    role: undefined,
    appEntities: [{ type: 'model', name: 'acme/model', id: undefined }],
    orgs: [],
    unknown: [],
  })
})

describe('a member that the Hub’s description does not have', () => {
  test.each<[string, unknown, string, boolean]>([
    ['true', answer({ token: { admin: true } }), 'auth.accessToken.admin', true],
    ['a list', answer({ fine: { jobs: ['acme'] } }), 'auth.accessToken.fineGrained.jobs', true],
    ['an object', answer({ auth: { powers: { any: 1 } } }), 'auth.powers', true],
    ['beside an organization', answer({ orgs: [org('acme', { superuser: true })] }), 'orgs.superuser', true],
    ['at the top', answer({ impersonates: ['rosa'] }), 'impersonates', true],
    ['text', answer({ token: { note: 'x' } }), 'auth.accessToken.note', false],
    ['a number', answer({ token: { note: 7 } }), 'auth.accessToken.note', false],
    ['false', answer({ token: { note: false } }), 'auth.accessToken.note', false],
    ['null', answer({ token: { note: null } }), 'auth.accessToken.note', false],
    ['an empty list', answer({ token: { note: [] } }), 'auth.accessToken.note', false],
    ['an empty object', answer({ token: { note: {} } }), 'auth.accessToken.note', false],
    ['named like one of an object', answer({ token: { constructor: true } }), 'auth.accessToken.constructor', true],
  ])('%s', (_what, json, path, couldBeRight) => {
    expect(readWhoAmI(json)?.unknown).toEqual([{ path, couldBeRight }])
  })

  test('may be several, and counts once for each path', () => {
    const scoped = [
      { entity: { _id: ID, type: 'org' }, permissions: [], x: [] },
      { entity: { _id: ID, type: 'org' }, permissions: [], x: [1] },
    ]
    expect(readWhoAmI(answer({ fine: { scoped } }))?.unknown).toEqual([
      { path: 'auth.accessToken.fineGrained.scoped.x', couldBeRight: true },
    ])
  })

  test('is not `patterns`, which narrow a token', () => {
    const scoped = [{ entity: { _id: ID, type: 'org' }, permissions: [], patterns: ['acme-*'] }]
    expect(readWhoAmI(answer({ fine: { scoped } }))?.unknown).toEqual([])
  })
})

test.each([true, 'yes', 1, null])('canReadGatedRepos: %p is a right', (canReadGatedRepos) => {
  expect(readWhoAmI(answer({ fine: { canReadGatedRepos } }))?.canReadGatedRepos).toBe(true)
})

test.each(['2026-11-22T13:00:00Z', '2026-11-22T13:00:00.123Z', '2026-11-22T14:00:00+01:00'])(
  'the expiry %s is read',
  (expiresAt) => expect(readWhoAmI(answer({ auth: { expiresAt } }))?.expiresAt).toBe(Date.parse(expiresAt)),
)

describe('nothing is taken from an answer', () => {
  test.each<[string, unknown]>([
    ['no object', []],
    ['no auth', { name: 'x', orgs: [] }],
    ['one organization twice', answer({ orgs: [org('acme'), org('acme', { roleInOrg: 'admin' })] })],
    ['an organization without a name', answer({ orgs: [org('acme', { name: undefined })] })],
    ['a role that is no text', answer({ token: { role: 7 } })],
    ['global rights that are no list', answer({ fine: { global: 'post.write' } })],
    ['an expiry without a zone', answer({ auth: { expiresAt: '2026-11-22T13:00:00' } })],
    ['an expiry that is no date', answer({ auth: { expiresAt: '2026-13-45T13:00:00Z' } })],
    ['an expiry in words', answer({ auth: { expiresAt: 'Nov 22, 2099' } })],
    ['a resource without a subject', answer({ auth: { resource: {} } })],
    [
      'permissions that are no list',
      answer({ fine: { scoped: [{ entity: { _id: ID, type: 'org', name: 'acme' }, permissions: 'all' }] } }),
    ],
    ['fine-grained without rights', answer({ token: { fineGrained: undefined } })],
  ])('%s', (_what, json) => expect(readWhoAmI(json)).toBeUndefined())
})
