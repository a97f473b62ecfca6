/** `{owner}` and `{repo}`: inserted unchanged, or not at all. */
import { describe, expect, test } from '@jest/globals'
import type { Identity } from '../../src/identity/identity.ts'
import { Problems } from '../../src/inputs/problems.ts'
import { checkTemplate, isTemplate, repositoryOf, withNames } from '../../src/token/inputs/claim-placeholders.ts'

const names = (claims: Record<string, unknown>) => repositoryOf({ claims } as unknown as Identity)

describe('the repository of the claims', () => {
  test.each([
    ['octo-org/octo-repo', { owner: 'octo-org', repo: 'octo-repo' }],
    ['Octo-Org/Octo.Repo_1', { owner: 'Octo-Org', repo: 'Octo.Repo_1' }],
    ['octo_corp/.github', { owner: 'octo_corp', repo: '.github' }],
    ['o/...', { owner: 'o', repo: '...' }],
  ])('%s is inserted unchanged', (repository, expected) => {
    expect(names({ repository })).toEqual(expected)
    expect(names({ repository, repository_owner: expected.owner })).toEqual(expected)
  })

  test.each<[string, Record<string, unknown>]>([
    ['no claim', {}],
    ['a list', { repository: ['octo-org/octo-repo'] }],
    ['no owner', { repository: 'octo-repo' }],
    ['an empty owner', { repository: '/octo-repo' }],
    ['an empty name', { repository: 'octo-org/' }],
    ['a subgroup', { repository: 'group/sub/project' }],
    ['two dots', { repository: 'octo-org/..' }],
    ['a dot', { repository: 'octo-org/.' }],
    ['a dot in the owner', { repository: 'octo.org/octo-repo' }],
    ['a wildcard', { repository: 'octo-org/*' }],
    ['a colon', { repository: 'octo-org/a:b' }],
    ['a space', { repository: 'octo-org/a b' }],
    ['a line break', { repository: 'octo-org/a\n' }],
    ['a letter beyond ASCII', { repository: 'octo-org/ａ' }],
    ['a placeholder', { repository: 'octo-org/{owner}' }],
    ['a name of a megabyte', { repository: `octo-org/${'a'.repeat(1_000_000)}` }],
    ['another owner', { repository: 'octo-org/octo-repo', repository_owner: 'rivals' }],
    ['another case of the owner', { repository: 'octo-org/octo-repo', repository_owner: 'Octo-Org' }],
  ])('with %s is refused', (_what, claims) => {
    expect(() => names(claims)).toThrow(/^\[claim-rejected\] The claims of this job cannot be filled in/)
  })
})

describe('a template', () => {
  const problemsOf = (text: string) => {
    const problems = new Problems()
    checkTemplate('secret-id', text, problems)
    return problems.lines
  }

  test.each(['{owner}/{repo}', 'x/{owner}.{repo}', '{repo}.{owner}', '{repo}', 'hf-{owner}-x', '{repo}-{repo}', 'a=b'])(
    '%s gives each repository a name of its own',
    (text) => expect(problemsOf(text)).toEqual([]),
  )

  test.each(['{owner}{repo}', '{owner}-{repo}', '{repo}-{owner}', '{owner}--x_{repo}', '{owner}/{repo}-{owner}'])(
    '%s would give two repositories one name',
    (text) => {
      expect(problemsOf(text)).toEqual([expect.stringContaining('must separate `{owner}` and `{repo}`')])
    },
  )

  test('is filled in once: what was inserted is no template', () => {
    expect(withNames('{owner}/{repo}', { owner: '{repo}', repo: '$&' })).toBe('{repo}/$&')
    expect([isTemplate('x/{owner}'), isTemplate('x/{org}')]).toEqual([true, false])
  })
})
