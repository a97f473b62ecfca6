/** The contributor permission: whether a token writes only to what it created itself. */
import { expect, test } from '@jest/globals'
import { writesEverywhere, writesItsOwn } from '../../src/hub/facts/own-repositories.ts'
import type { Grant } from '../../src/hub/facts/whoami.ts'
import { acme, on, who } from './tokens.ts'

const CONTRIBUTES = on('org', 'acme', 'repo.content.read', 'repo.contribute')

test.each<[string, Grant[], boolean]>([
  ['with the contributor permission', [CONTRIBUTES], true],
  ['under another name that it may have', [on('org', 'acme', 'repos.contributor.write')], true],
  ['next to a right to write to one repository', [CONTRIBUTES, on('model', 'acme/x', 'repo.write')], true],
  ['next to a right to write everywhere in the organization', [CONTRIBUTES, on('org', 'acme', 'repo.write')], false],
  ['next to a right to write everywhere in another organization', [CONTRIBUTES, on('org', 'beta', 'repo.write')], true],
  ['on a repository that it may write to', [on('model', 'acme/x', 'repo.contribute', 'repo.write')], false],
  [
    'on one repository, next to a right to write everywhere in the organization',
    [on('model', 'acme/x', 'repo.contribute'), on('org', 'acme', 'repo.write')],
    false,
  ],
  ['in another organization', [on('org', 'beta', 'repo.contribute')], false],
  ['without it', [on('org', 'acme', 'repo.content.read')], false],
])('a token %s', (_what, grants, expected) => {
  expect(writesItsOwn(who({ grants }), acme())).toBe(expected)
})

test('only a right on the whole organization covers what another token created', () => {
  const covers = (grant: Grant) => writesEverywhere(who({ grants: [grant] }), acme())
  expect(covers(on('org', 'acme', 'repo.write'))).toBe(true)
  expect(covers(on('model', 'acme/x', 'repo.write'))).toBe(false)
  expect(covers(on('org', 'beta', 'repo.write'))).toBe(false)
  expect(covers(CONTRIBUTES)).toBe(false)
})
