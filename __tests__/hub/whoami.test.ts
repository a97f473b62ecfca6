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

describe('nothing is taken from an answer', () => {
  test.each<[string, unknown]>([
    ['no object', []],
    ['no auth', { name: 'x', orgs: [] }],
    ['no orgs', { name: 'x', auth: { type: 'y' } }],
    ['a name that is no name', { name: 'a b', auth: { type: 'y' }, orgs: [] }],
    ['a name that begins a workflow command', answer({ name: 'a\n::error::b' })],
    ['a name that is too long', answer({ name: 'a'.repeat(97) })],
    ['one organization twice', answer({ orgs: [org('acme'), org('acme', { roleInOrg: 'admin' })] })],
    ['an organization without a name', answer({ orgs: [org('acme', { name: undefined })] })],
    ['a role that is no text', answer({ token: { role: 7 } })],
    ['a token that is null', answer({ auth: { accessToken: null } })],
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
