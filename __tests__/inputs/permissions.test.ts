/** Which permissions may be listed for a scope. */
import { describe, expect, test } from '@jest/globals'
import { isPermissionName, parsePermissions } from '../../src/inputs/permissions.ts'
import { Problems } from '../../src/inputs/problems.ts'

const parse = (given: string[], scope: 'read' | 'write' | 'admin' = 'write') => {
  const problems = new Problems()
  const permissions = parsePermissions(given, scope, `scope: ${scope}`, problems)
  return { permissions, problems: problems.lines }
}

test('without any, a token gets the least that its scope requires', () => {
  expect(parse([])).toEqual({ permissions: ['repo.content.read', 'repo.write'], problems: [] })
})

test('each counts once', () => {
  expect(parse(['repo.write', 'repo.write', 'collection.read'])).toEqual({
    permissions: ['repo.write', 'collection.read'],
    problems: [],
  })
})

describe('a problem is', () => {
  test.each<[string, string[], string]>([
    [
      'no name of a permission',
      ['repo.write', 'write'],
      '`permissions` must list permissions such as `repo.write` (got "write")',
    ],
    [
      'one beyond the scope',
      ['repo.write', 'org.write'],
      '`permissions` must not go beyond `scope: write` (got "org.write")',
    ],
    ['too little', ['collection.write'], '`permissions` must include `repo.write`, which `scope: write` requires'],
  ])('%s', (_what, given, problem) => expect(parse(given).problems).toEqual([problem]))

  test('not a permission to write for a job that reads, except as one beyond the scope', () => {
    expect(parse(['repo.write'], 'read').problems).toEqual([
      '`permissions` must not go beyond `scope: read` (got "repo.write")',
    ])
  })
})

test.each(['', 'repo', '.write', 'repo.', 'repo..write', 'repo.write ', 'repo.write\n', 'répo.write'])(
  '%j is not the name of a permission',
  (text) => expect(isPermissionName(text)).toBe(false),
)

describe('a permission that the Hub does not grant to service accounts', () => {
  test('is a problem before any call, with what can be granted', () => {
    const [problem, ...others] = parse(['repo.write', 'discussion.write']).problems
    expect(others).toEqual([])
    expect(problem).toMatch(/must list permissions that the Hub grants to service accounts \(got "discussion.write"\)/)
    expect(problem).toContain('these are repo.content.read, repo.write, inference.serverless.write')
    expect(problem).toContain('If the Hub grants more by now, update this action')
  })

  test('names the nearest one', () => {
    expect(parse(['repo.write', 'repo.content.reed']).problems).toEqual([
      expect.stringContaining('did you mean `repo.content.read`?'),
    ])
  })
})
