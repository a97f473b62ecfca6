/** How wide the Hub's permissions and scopes are, and how repositories are written. */
import { describe, expect, test } from '@jest/globals'
import { parseRepository } from '../../src/hub/repository.ts'
import {
  CONTRIBUTE,
  canonical,
  covers,
  LEAST_OAUTH_SCOPES,
  LEAST_PERMISSIONS,
  OAUTH_SCOPES,
  permissionsOf,
  RIGHT_SETS,
  SCOPES,
  widthOf,
} from '../../src/hub/scopes.ts'

test.each([
  ['repo.content.read', 'read'],
  ['org.read', 'read'],
  ['quantum.read', 'read'],
  ['repo.write', 'write'],
  ['quantum.teleport', 'write'],
  ['org.write', 'admin'],
  ['org.serviceAccounts.write', 'admin'],
  ['resourceGroup.write', 'admin'],
  ['organ.write', 'write'],
])('%s needs an account that can %s', (permission, width) => expect(widthOf(permission)).toBe(width))

describe('one permission includes another', () => {
  test.each([
    ['repo.write', 'repo.content.read', true],
    ['repo.content.write', 'repo.write', true],
    ['repo.content.write', 'repo.content.read', true],
    ['repo.write', CONTRIBUTE, true],
    ['repo.content.read', 'repo.write', false],
    [CONTRIBUTE, 'repo.write', false],
    ['org.write', 'repo.write', false],
    ['org.write', 'repo.content.read', false],
    ['discussion.write', 'repo.write', false],
  ])('%s, %s: %p', (held, wanted, expected) => expect(covers(held, wanted)).toBe(expected))
})

test.each([
  'repo.contribute',
  'repo.contributor.write',
  'repos.contribute',
  'repo.content.contribute',
  'contribute-repos',
])('%s would be the contributor permission', (name) => expect(canonical(name)).toBe(CONTRIBUTE))

test.each(['org.contributors.write', 'contribute', 'repo.contents.write', 'user.contribute'])('%s would not', (name) =>
  expect(canonical(name)).toBe(name),
)

test.each(SCOPES)('the least that %s requires meets its needs and lies within it', (scope) => {
  const { needs, may } = RIGHT_SETS[scope]
  const least = LEAST_PERMISSIONS[scope]
  expect(needs.filter((anyOf) => !least.some((permission) => anyOf.includes(permission)))).toEqual([])
  const within = (permission: string) =>
    may === 'organization' || may.includes(permission) || needs.flat().includes(permission)
  expect(least.filter((permission) => !within(permission))).toEqual([])
  for (const name of LEAST_OAUTH_SCOPES[scope]) {
    expect(OAUTH_SCOPES[name]?.within ?? [scope]).toContain(scope)
  }
})

test('an OAuth scope stands for permissions, and a permission for itself', () => {
  expect(permissionsOf('write-repos')).toEqual(['repo.content.read', 'repo.write'])
  expect(permissionsOf('repo.content.write')).toEqual(['repo.write'])
  expect(permissionsOf('gated-repos')).toEqual([])
  expect(permissionsOf('time-travel')).toBeUndefined()
  expect(permissionsOf('constructor')).toBeUndefined()
})

describe('a repository', () => {
  test.each([
    ['acme/model', 'models', 'acme/model'],
    ['models/acme/model', 'models', 'acme/model'],
    ['datasets/acme/data', 'datasets', 'datasets/acme/data'],
    ['spaces/acme/app', 'spaces', 'spaces/acme/app'],
  ])('%s is one', (text, kind, label) => expect(parseRepository(text)).toMatchObject({ kind, label }))

  test.each([
    'acme',
    'acme/',
    '/model',
    'acme/model/x',
    'datasets/acme',
    'kernels/acme/x',
    '../acme/model',
    'acme/..',
    'acme/a b',
    'acme/a?b',
    'acme/%2e%2e',
    `acme/${'a'.repeat(97)}`,
  ])('%s is not: it would become part of a path', (text) => {
    expect(parseRepository(text)).toBeUndefined()
  })
})
