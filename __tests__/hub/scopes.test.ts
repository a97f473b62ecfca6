/** How wide the Hub's permissions and scopes are, and how repositories are written. */
import { describe, expect, test } from '@jest/globals'
import { parseRepository } from '../../src/hub/repository.ts'
import {
  includes,
  LEAST_OAUTH_SCOPES,
  LEAST_PERMISSIONS,
  OAUTH_SCOPES,
  permits,
  SCOPES,
  scopeOf,
} from '../../src/hub/scopes.ts'

describe('a permission', () => {
  test.each([
    ['repo.content.read', 'read'],
    ['org.read', 'read'],
    ['quantum.read', 'read'],
    ['repo.write', 'write'],
    ['discussion.write', 'write'],
    ['quantum.teleport', 'write'],
    ['org.write', 'admin'],
    ['org.serviceAccounts.write', 'admin'],
    ['resourceGroup.write', 'admin'],
    ['organ.write', 'write'],
  ])('%s needs the scope %s', (permission, scope) => expect(scopeOf(permission)).toBe(scope))

  test('to write is enough to read, and to administer is not enough to write', () => {
    expect(permits('repo.write', 'read')).toBe(true)
    expect(permits('repo.content.read', 'write')).toBe(false)
    expect(permits('org.write', 'write')).toBe(false)
    expect(permits('org.write', 'read')).toBe(false)
    expect(permits('discussion.write', 'write')).toBe(false)
  })
})

test.each(SCOPES)('the least that %s requires lies within it', (scope) => {
  expect(LEAST_PERMISSIONS[scope].filter((permission) => !includes(scope, scopeOf(permission)))).toEqual([])
  expect(LEAST_PERMISSIONS[scope].some((permission) => permits(permission, scope))).toBe(true)
  expect(LEAST_OAUTH_SCOPES[scope].map((name) => OAUTH_SCOPES[name])).toEqual([scope])
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
