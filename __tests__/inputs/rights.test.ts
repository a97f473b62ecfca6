/** Which rights a workflow may ask for. */
import { describe, expect, test } from '@jest/globals'
import { Problems } from '../../src/inputs/problems.ts'
import { isPermissionName, parseRights, permissionsToMint } from '../../src/inputs/rights.ts'

interface Given {
  scope?: string
  permissions?: string[]
  allow?: string[]
  isScopeGiven?: boolean
}

const parse = ({ scope = 'write', permissions = [], allow = [], isScopeGiven = true }: Given) => {
  const problems = new Problems()
  const settingFor = (name: string) => `scope: ${name}`
  const asked = parseRights({ scope, permissions, allow, settingFor, isScopeGiven }, problems)
  const own = problems.lines
  const minting = new Problems()
  return { asked, minted: permissionsToMint(asked, minting), problems: own, minting: minting.lines }
}

describe('scope', () => {
  test.each([
    ['read', 'read'],
    ['infer+read', 'read+infer'],
    ['admin, write contribute  infer,read;identity'.replace(';', ' '), 'identity+read+write+contribute+infer+admin'],
    ['read+read', 'read'],
  ])('%s is %s', (scope, expected) =>
    expect(parse({ scope })).toMatchObject({ asked: { scope: expected }, problems: [] }),
  )

  test.each([
    ['wirte', '(got "wirte")'],
    ['read+wirte', '(got "wirte")'],
    ['', '(got "")'],
    ['+', '(got "+")'],
    ['Read', '(got "Read"); did you mean `read`?'],
  ])('%j is a problem', (scope, shown) => {
    const { problems } = parse({ scope })
    expect(problems).toEqual([
      `\`scope\` must be one of identity, read, write, contribute, infer, admin, or several joined by "+" ${shown}`,
    ])
  })
})

describe('what a minted token gets without permissions', () => {
  test.each([
    ['identity', []],
    ['read', ['repo.content.read']],
    ['write', ['repo.content.read', 'repo.write']],
    ['read+infer', ['repo.content.read', 'inference.serverless.write', 'inference.endpoints.infer.write']],
    ['read+write', ['repo.content.read', 'repo.write']],
  ])('is the least that %s requires', (scope, minted) =>
    expect(parse({ scope })).toMatchObject({ minted, problems: [] }),
  )
})

describe('permissions', () => {
  test('are taken exactly, each once', () => {
    const permissions = ['repo.write', 'repo.write', 'job.write']
    expect(parse({ permissions })).toMatchObject({ minted: ['repo.write', 'job.write'], problems: [] })
  })

  test('may be ones that nobody knows yet', () => {
    const permissions = ['repo.write', 'quantum.teleport', 'org.billing.write']
    expect(parse({ permissions, scope: 'read', isScopeGiven: false })).toMatchObject({
      minted: permissions,
      problems: [],
    })
  })

  test('must meet a scope that was given', () => {
    expect(parse({ permissions: ['discussion.write'] }).problems).toEqual([
      '`permissions` must include `repo.write`, which `scope: write` requires',
    ])
    expect(parse({ scope: 'infer', permissions: ['repo.content.read'] }).problems).toEqual([
      '`permissions` must include `inference.serverless.write` or `inference.endpoints.infer.write`, which `scope: infer` requires',
    ])
    expect(parse({ scope: 'read', permissions: ['job.write'], isScopeGiven: false }).problems).toEqual([])
  })

  test('must not go beyond a scope that was given, but for what `allow` lists', () => {
    const beyond = (scope: string, name: string, allow: string[] = []) =>
      parse({
        scope,
        permissions: [
          'repo.content.read',
          'repo.write',
          ...(scope === 'infer' ? ['inference.serverless.write'] : []),
          name,
        ],
        allow,
      }).problems
    expect(beyond('write', 'org.write')).toEqual(['`permissions` must not go beyond `scope: write` (got "org.write")'])
    expect(beyond('write', 'org.write', ['org.write'])).toEqual([])
    expect(beyond('write', 'job.write')).toEqual([])
    expect(beyond('infer', 'collection.read')).toEqual([
      '`permissions` must not go beyond `scope: infer` (got "repo.write")',
    ])
    expect(beyond('write+admin', 'org.write')).toEqual(expect.not.arrayContaining([expect.stringContaining('beyond')]))
  })

  test.each([
    ['write', ''],
    ['repo.wirte', '; did you mean `repo.write`?'],
    ['repo.writee', '; did you mean `repo.write`?'],
    ['', ''],
  ])('%j is a problem', (name, guess) => {
    expect(parse({ permissions: ['repo.write', name] }).problems).toEqual([
      `\`permissions\` must list permissions such as \`repo.write\` (got "${name}")${guess}`,
    ])
  })
})

test('a minted token gets nothing that the Hub does not grant', () => {
  expect(parse({ permissions: ['repo.write', 'sql-console.embed.write'] }).minting).toEqual([
    expect.stringMatching(
      /^`permissions` must list permissions that the Hub grants .* \(got "sql-console.embed.write"\).*; these are repo.content.read, /,
    ),
  ])
  expect(parse({ permissions: ['repo.write', 'job.write'] }).minting).toEqual([])
})

describe('allow', () => {
  test.each([
    'job.write',
    'quantum.teleport',
    'jobs',
    'canReadGatedRepos',
    'repo.write@user:rosa',
    'repo.write@model:rosa/x',
    'auth.accessToken.newRight',
  ])('takes %s', (item) => expect(parse({ allow: [item] })).toMatchObject({ asked: { allow: [item] }, problems: [] }))

  test.each(['job', 'everything', '*', 'job.write@', 'job.write@rosa', '.write', 'job.write\nx'])(
    'refuses %j',
    (item) => {
      expect(parse({ allow: [item] }).problems).toEqual([
        expect.stringContaining('`allow` must list permissions such as `job.write`, as a message prints them'),
      ])
    },
  )
})

test.each(['', 'repo', '.write', 'repo.', 'repo..write', 'repo.write ', 'repo.write\n', 'répo.write'])(
  '%j is not the name of a permission',
  (text) => expect(isPermissionName(text)).toBe(false),
)
