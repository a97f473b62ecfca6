/** What a token can do that the one in its place could not. */
import { describe, expect, test } from '@jest/globals'
import { describeToken } from '../../src/hub/facts/describe.ts'
import { asMinted, lostRights, onWholeOrg, type Successor } from '../../src/hub/facts/lost-rights.ts'
import { REPOSITORY_BY_ID } from '../../src/hub/facts/rights.ts'
import type { WhoAmI } from '../../src/hub/facts/whoami.ts'
import { parseListedRepository } from '../../src/hub/repository.ts'
import { acme, on, who as token } from './tokens.ts'

const minted = (...permissions: string[]): Successor => onWholeOrg(acme(), permissions)
const lost = (current: WhoAmI, next: Successor, org = acme()) => lostRights(current, next, org)

describe('nothing is lost', () => {
  test.each<[string, WhoAmI, Successor]>([
    ['with the same permissions', token(), minted('repo.content.read', 'repo.write')],
    ['with more', token(), minted('repo.content.read', 'repo.write', 'discussion.write')],
    [
      'when whoever may write may read',
      token({ grants: [on('org', 'acme', 'repo.content.read')] }),
      minted('repo.write'),
    ],
    [
      'by the whole organization in the place of parts of it',
      token({
        grants: [
          on('model', 'acme/x', 'repo.write'),
          on('dataset', 'acme/y', 'repo.content.read'),
          on('resource-group', 'g', 'repo.write'),
        ],
        orgs: [acme({ resourceGroups: [{ id: 'id-of-g', role: 'write' }] })],
      }),
      minted('repo.write'),
    ],
    [
      'with the same repositories',
      token({ grants: [on('model', 'acme/x', 'repo.write')] }),
      token({ grants: [on('model', 'acme/x', 'repo.write')] }),
    ],
    ['of an entity without any right', token({ grants: [on('user', 'rosa')] }), minted('repo.content.read')],
    [
      'with the same rights everywhere',
      token({ global: ['post.write'], canReadGatedRepos: true }),
      token({ global: ['post.write'], canReadGatedRepos: true }),
    ],
    [
      'outside the organization that both have',
      token({ grants: [on('org', 'beta', 'repo.write')] }),
      token({ grants: [on('org', 'beta', 'repo.write')] }),
    ],
  ])('%s', (_what, current, next) => {
    const org = current.orgs[0] ?? acme()
    expect(lostRights(current, next, org)).toEqual([])
  })

  test('in an organization that has cut the current token off', () => {
    expect(lost(token(), minted('repo.content.read'), acme({ securityRestrictions: ['token-revoked'] }))).toEqual([])
  })
})

describe('lost is', () => {
  test.each<[string, WhoAmI, Successor, string[]]>([
    ['a permission', token(), minted('repo.content.read'), ['repo.write on org acme']],
    [
      'reading for one that reads something else',
      token({ grants: [on('org', 'acme', 'collection.read')] }),
      minted('repo.write'),
      ['collection.read on org acme'],
    ],
    [
      'the rest of the organization',
      token(),
      token({ grants: [on('model', 'acme/x', 'repo.content.read', 'repo.write')] }),
      ['repo.content.read on org acme', 'repo.write on org acme'],
    ],
    [
      'another repository',
      token({ grants: [on('model', 'acme/x', 'repo.write')] }),
      token({ grants: [on('model', 'acme/y', 'repo.write')] }),
      ['repo.write on model acme/x'],
    ],
    [
      'a repository of another kind, whatever its name',
      token({ grants: [on('model', 'acme/x', 'repo.write')] }),
      token({ grants: [{ ...on('dataset', 'acme/x', 'repo.write') }] }),
      ['repo.write on model acme/x'],
    ],
    [
      'a repository that was deleted and made again',
      token({ grants: [on('model', 'acme/x', 'repo.write')] }),
      token({ grants: [{ entity: { type: 'model', name: 'acme/x', id: 'another' }, permissions: ['repo.write'] }] }),
      ['repo.write on model acme/x'],
    ],
    [
      'another organization, and the user’s own repositories',
      token({
        grants: [
          on('org', 'acme', 'repo.write'),
          on('org', 'beta', 'repo.write'),
          on('user', 'rosa', 'repo.content.read'),
        ],
      }),
      minted('repo.write'),
      ['repo.write on org beta (outside acme)', 'repo.content.read on user rosa (outside acme)'],
    ],
    [
      'a repository of an organization whose name begins alike',
      token({ grants: [on('model', 'acme2/x', 'repo.write')] }),
      minted('repo.write'),
      ['repo.write on model acme2/x (outside acme)'],
    ],
    [
      'what holds everywhere',
      token({ global: ['post.write'], canReadGatedRepos: true }),
      minted('repo.content.read', 'repo.write'),
      ['post.write everywhere on the Hub (outside acme)', 'canReadGatedRepos: reads gated repositories outside acme'],
    ],
  ])('%s', (_what, current, next, expected) => expect(lost(current, next)).toEqual(expected))

  test('what only a classic token reaches, whatever takes its place', () => {
    const classic = token({ role: 'write', grants: [], orgs: [acme(), acme({ id: 'id-of-beta', name: 'beta' })] })
    expect(lost(classic, minted('repo.content.read', 'repo.write'))).toEqual([
      'reads and writes everything that rosa can reach, in acme and outside',
      'reads and writes the repositories of rosa (outside acme)',
      'reads and writes the organization beta (outside acme)',
    ])
    expect(lost(classic, minted('repo.content.read'))).toContain('repo.write on org acme')
    expect(lost({ ...classic, role: 'read' }, minted('repo.content.read'))).toEqual([
      'reads everything that rosa can reach, in acme and outside',
      'reads the repositories of rosa (outside acme)',
      'reads the organization beta (outside acme)',
    ])
    expect(lost({ ...classic, role: 'god' }, minted('repo.content.read', 'repo.write'))).toHaveLength(3)
    // Two of them cannot be compared.
    expect(lost(classic, classic)).not.toEqual([])
  })

  test('what the Hub does not list', () => {
    const oauth = token({ role: undefined, authType: 'oauth', grants: [] })
    expect(lost(oauth, minted('repo.write'))).toEqual([expect.stringContaining('unknown rights')])
  })

  test('nothing in an organization that has cut the token off, and everything outside', () => {
    const org = acme({ securityRestrictions: ['token-revoked'] })
    const current = token({ grants: [on('org', 'acme', 'repo.write'), on('org', 'beta', 'repo.write')] })
    expect(lost(current, minted('repo.content.read'), org)).toEqual(['repo.write on org beta (outside acme)'])
  })
})

describe('the role of the new token’s account', () => {
  const withRole = (roleInOrg: string | undefined, ...permissions: string[]) =>
    token({ grants: [on('org', 'acme', ...permissions)], orgs: [acme({ roleInOrg })] })

  test.each<[string, string | undefined, string | undefined, boolean]>([
    ['repo.write', 'write', 'write', false],
    ['repo.write', 'admin', 'write', false],
    ['repo.write', 'write', 'contributor', true],
    ['repo.write', 'contributor', 'contributor', false],
    ['repo.write', 'contributor', 'read', true],
    ['repo.write', 'read', 'read', false],
    ['org.write', 'admin', 'write', true],
    ['org.write', 'write', 'write', false],
    ['repo.content.read', 'write', 'read', false],
    ['repo.content.read', 'read', 'no_access', true],
    // The name of a role of their own says nothing.
    ['repo.write', 'Release crew', 'contributor', true],
    ['repo.write', 'admin', 'Release crew', false],
    ['repo.write', undefined, undefined, false],
  ])('%s of a member with the role %s, by one with %s', (permission, before, after, isLost) => {
    const found = lost(withRole(before, permission), withRole(after, permission))
    expect(found).toEqual(
      isLost ? [`${permission} on org acme (the new token’s account has only the role ${after} there)`] : [],
    )
  })

  test('counts for nothing where a resource group may give more', () => {
    const next = withRole('read', 'repo.write')
    const orgs = [acme({ roleInOrg: 'read', resourceGroups: [{ id: 'g', role: 'write' }] })]
    expect(lost(withRole('write', 'repo.write'), { ...next, orgs })).toEqual([])
  })

  test('is not known before the token is minted', () => {
    expect(lost(withRole('admin', 'org.write'), minted('org.write'))).toEqual([])
  })
})

describe('a token that is minted for single repositories', () => {
  const ID = '0'.repeat(24)
  const next = (listed: string[], ...permissions: string[]) =>
    asMinted(acme(), { permissions, repositories: listed.flatMap((text) => parseListedRepository(text) ?? []) })
  const onRepo = (type: string, id: string, name: string | undefined, ...permissions: string[]) =>
    token({ grants: [{ entity: { type, id, name }, permissions }] })

  test('loses what a token of the whole organization has elsewhere', () => {
    expect(lost(token(), next(['acme/x'], 'repo.content.read', 'repo.write'))).toEqual([
      'repo.content.read on org acme',
      'repo.write on org acme',
    ])
  })

  test('loses nothing of a token for the same repositories, by id where both are known and else by name', () => {
    const write = next(['acme/x', 'datasets/acme/y'], 'repo.write')
    const current = token({
      grants: [on('model', 'acme/x', 'repo.write'), on('dataset', 'acme/y', 'repo.content.read')],
    })
    expect(lost(current, write)).toEqual([])
    expect(lost(onRepo('model', ID, 'acme/renamed', 'repo.write'), next([`acme/x#${ID}`], 'repo.write'))).toEqual([])
    expect(
      lost(onRepo('model', '1'.repeat(24), 'acme/x', 'repo.write'), next([`acme/x#${ID}`], 'repo.write')),
    ).toHaveLength(1)
  })

  test.each([
    ['another repository', 'model', 'acme/z'],
    ['a repository of another type', 'dataset', 'acme/x'],
    ['a repository in other letters', 'model', 'acme/X'],
  ])('loses the right on %s', (_what, type, name) => {
    expect(lost(token({ grants: [on(type, name, 'repo.write')] }), next(['acme/x'], 'repo.write'))).toHaveLength(1)
  })

  test('has no rights on the repositories of others', () => {
    expect(next(['rivals/x'], 'repo.write').grants).toEqual([])
  })

  test('keeps on the whole organization what repositories cannot limit', () => {
    const current = token({ grants: [on('org', 'acme', 'org.read')] })
    expect(lost(current, next(['acme/x'], 'repo.write', 'org.read'))).toEqual([])
  })
})

describe('a token in one line', () => {
  test.each<[WhoAmI, string]>([
    [token(), 'fine-grained token "ci" of rosa (member of acme): repo.content.read and repo.write on org acme'],
    [
      token({ role: 'write', grants: [] }),
      'classic write token "ci" of rosa (member of acme): reads and writes everything that its owner can reach',
    ],
    [
      token({ role: 'read', grants: [], displayName: undefined, orgs: [] }),
      'classic read token of rosa: reads everything that its owner can reach',
    ],
    [
      token({ grants: [on('user', 'rosa')] }),
      'fine-grained token "ci" of rosa (member of acme): no rights that the Hub lists',
    ],
    [
      token({ grants: [on('model', 'acme/x', 'repo.write')], global: ['post.write'], canReadGatedRepos: true }),
      'fine-grained token "ci" of rosa (member of acme): repo.write on model acme/x, post.write everywhere on the Hub and reads gated repositories',
    ],
    [
      token({ displayName: 'x\n::error::hf_abcdefghijklmnop' }),
      'fine-grained token "x\\u{a}::error::hf_***" of rosa (member of acme): repo.content.read and repo.write on org acme',
    ],
  ])('%#', (who, text) => expect(describeToken(who)).toBe(text))
})

describe('a right for some endpoints only', () => {
  const INFER = 'inference.endpoints.infer.write'
  const limited = (...patterns: string[]) => token({ grants: [{ ...on('org', 'acme', INFER), patterns }] })
  const anywhere = token({ grants: [on('org', 'acme', INFER)] })

  test.each<[string, WhoAmI, WhoAmI, boolean]>([
    ['is lost by fewer endpoints', limited('acme/a', 'acme/b'), limited('acme/a'), true],
    ['is lost by others', limited('acme/a'), limited('acme/b'), true],
    ['is lost by any limit where there was none', anywhere, limited('acme/a'), true],
    ['is kept by the same', limited('acme/a'), limited('acme/a'), false],
    ['is kept by more', limited('acme/a'), limited('acme/b', 'acme/a'), false],
    ['is kept by all of them', limited('acme/a'), anywhere, false],
  ])('%s', (_what, current, next, isLost) => {
    expect(lost(current, next)).toEqual(
      isLost ? [`${INFER} on org acme (the new token has it for fewer endpoints)`] : [],
    )
  })
})

describe('a repository of which only the ID is known', () => {
  const ID = '65de7f2a0c1b2d3e4f5a6b7c'
  const byId = token({
    grants: [{ entity: { type: REPOSITORY_BY_ID, id: ID, name: undefined }, permissions: ['repo.write'] }],
  })
  const model = (id: string) =>
    token({ grants: [{ entity: { type: 'model', id, name: 'acme/x' }, permissions: ['repo.write'] }] })

  test('is the one with that ID, whatever its type', () => {
    expect(lost(byId, model(ID))).toEqual([])
    expect(lost(byId, model('0'.repeat(24)))).toEqual([`repo.write on repository with the ID ${ID}`])
  })

  test('is within the organization', () => {
    expect(lost(byId, minted('repo.write'))).toEqual([])
    expect(lost(byId, minted('repo.content.read'))).toEqual([`repo.write on repository with the ID ${ID}`])
  })
})

test('the role of an account that its list does not say is that of all its tokens', () => {
  const listed = token({ name: 'ci', orgs: [acme({ roleInOrg: undefined })] })
  const role = (name: string) => token({ name, orgs: [acme({ roleInOrg: 'read' })] })
  expect(lost(listed, role('ci'))).toEqual([])
  expect(lost(listed, role('rosa'))).toEqual([
    'repo.write on org acme (the new token’s account has only the role read there)',
  ])
})
