/** Which answers of whoami-v2 are relied on. */
import { describe, expect, test } from '@jest/globals'
import { type Part, readWhoAmI } from '../../src/hub/facts/whoami.ts'

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
    principal: 'user',
    id: ID,
    name: 'rosa',
    role: 'fineGrained',
    authType: 'access_token',
    displayName: 'ci',
    createdAt: Date.parse('2026-01-01T00:00:00Z'),
    grants: [{ entity: { id: ID, type: 'org', name: 'acme' }, permissions: ['repo.write'] }],
    global: [],
    canReadGatedRepos: false,
    expiresAt: undefined,
    appScope: undefined,
    resource: undefined,
    orgs: [{ id: ID, name: 'acme', roleInOrg: 'write', securityRestrictions: [], resourceGroups: [] }],
    orgsAreListed: true,
    unreadable: [],
    email: undefined,
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

test.each([true, 'yes', 1, null])('canReadGatedRepos: %p is a right', (canReadGatedRepos) => {
  expect(readWhoAmI(answer({ fine: { canReadGatedRepos } }))?.canReadGatedRepos).toBe(true)
})

test.each(['2026-11-22T13:00:00Z', '2026-11-22T13:00:00.123Z', '2026-11-22T14:00:00+01:00'])(
  'the expiry %s is read',
  (expiresAt) => expect(readWhoAmI(answer({ auth: { expiresAt } }))?.expiresAt).toBe(Date.parse(expiresAt)),
)

test('an app is read, although it has no organizations', () => {
  const scope = { role: 'write', entities: [{ type: 'org', name: 'acme' }, { type: 'model' }] }
  expect(readWhoAmI({ id: ID, type: 'app', name: '[OIDC]', scope, auth: { type: 'app_token' } })).toMatchObject({
    principal: 'app',
    name: '[OIDC]',
    authType: 'app_token',
    role: undefined,
    grants: [],
    appScope: scope,
    orgs: [],
    orgsAreListed: false,
    unreadable: [],
  })
})

test('an app that the Hub says nothing else of is read', () => {
  expect(readWhoAmI({ type: 'app', auth: { type: 'app_token' } })).toMatchObject({
    name: '',
    appScope: undefined,
    unreadable: [],
  })
})

test('a user that is in no organization is not one whose organizations are not listed', () => {
  expect(readWhoAmI(answer({ orgs: [] }))).toMatchObject({ orgs: [], orgsAreListed: true, unreadable: [] })
})

test('an entity needs no name', () => {
  const scoped = [{ entity: { _id: ID, type: 'model' }, permissions: ['repo.write'] }]
  expect(readWhoAmI(answer({ fine: { scoped } }))).toMatchObject({
    grants: [{ entity: { id: ID, type: 'model', name: undefined }, permissions: ['repo.write'] }],
    unreadable: [],
  })
})

test.each(['[OIDC]', 'a b', 'a\n::error::b', 'a'.repeat(500), ''])('the name %j is taken as it is', (name) => {
  expect(readWhoAmI(answer({ name }))).toMatchObject({ name, unreadable: [] })
})

test.each<[string, unknown, object]>([
  ['a name', answer({ name: 7 }), { name: '' }],
  ['a display name', answer({ token: { displayName: 7 } }), { displayName: undefined }],
  ['a time', answer({ token: { createdAt: 'yesterday' } }), { createdAt: undefined }],
  ['a kind of principal', answer({ type: 'robot' }), { principal: 'unknown' }],
])('%s that is missing or odd makes nothing else unreadable', (_what, json, expected) => {
  expect(readWhoAmI(json)).toMatchObject({ ...expected, role: 'fineGrained', unreadable: [] })
})

test('nothing is read from what is no object', () => {
  for (const json of [[], 'x', null, undefined]) expect(readWhoAmI(json)).toBeUndefined()
})

describe('of an answer, nothing is relied on but the rest', () => {
  const entity = { _id: ID, type: 'org', name: 'acme' }
  test.each<[string, unknown, Part]>([
    ['without auth', { type: 'user', name: 'x', orgs: [] }, 'token'],
    ['with auth that is no object', { auth: 7, orgs: [] }, 'token'],
    ['with a type that is no text', answer({ auth: { type: 7 } }), 'token'],
    ['with a role that is no text', answer({ token: { role: 7 } }), 'token'],
    ['with a token that is a list', answer({ auth: { accessToken: [] } }), 'token'],
    ['of a user without orgs', { type: 'user', name: 'x', auth: { type: 'y' } }, 'orgs'],
    ['with one organization twice', answer({ orgs: [org('acme'), org('acme', { roleInOrg: 'admin' })] }), 'orgs'],
    ['with an organization without a name', answer({ orgs: [org('acme', { name: undefined })] }), 'orgs'],
    ['with global rights that are no list', answer({ fine: { global: 'post.write' } }), 'rights'],
    ['with permissions that are no list', answer({ fine: { scoped: [{ entity, permissions: 'all' }] } }), 'rights'],
    ['that is fine-grained without rights', answer({ token: { fineGrained: undefined } }), 'rights'],
    ['of an app with an odd scope', { type: 'app', auth: { type: 'y' }, scope: { entities: 'all' } }, 'rights'],
    ['with an expiry without a zone', answer({ auth: { expiresAt: '2026-11-22T13:00:00' } }), 'expiry'],
    ['with an expiry that is no date', answer({ auth: { expiresAt: '2026-13-45T13:00:00Z' } }), 'expiry'],
    ['with an expiry in words', answer({ auth: { expiresAt: 'Nov 22, 2099' } }), 'expiry'],
    ['with a resource without a subject', answer({ auth: { resource: {} } }), 'resource'],
  ])('%s', (_what, json, part) => expect(readWhoAmI(json)?.unreadable).toEqual([part]))
})

describe('a member that the Hub’s description does not have', () => {
  test.each<[string, unknown, string, boolean]>([
    ['true', answer({ token: { admin: true } }), 'auth.accessToken.admin', true],
    ['a list', answer({ fine: { jobs: ['acme'] } }), 'auth.accessToken.fineGrained.jobs', true],
    ['an object', answer({ auth: { powers: { any: 1 } } }), 'auth.powers', true],
    ['next to an organization', answer({ orgs: [org('acme', { superuser: true })] }), 'orgs.superuser', true],
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
    const item = (x: unknown[]) => ({ entity: { _id: ID, type: 'org' }, permissions: [], x })
    expect(readWhoAmI(answer({ fine: { scoped: [item([]), item([1])] } }))?.unknown).toEqual([
      { path: 'auth.accessToken.fineGrained.scoped.x', couldBeRight: true },
    ])
  })

  test('is not `patterns`, which narrow a token', () => {
    const scoped = [{ entity: { _id: ID, type: 'org' }, permissions: [], patterns: ['acme-*'] }]
    expect(readWhoAmI(answer({ fine: { scoped } }))?.unknown).toEqual([])
  })
})
