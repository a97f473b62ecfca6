/** Which tokens of the service account a run removes, and which it must not touch. */
import { describe, expect, test } from '@jest/globals'
import type { AccountToken } from '../../src/hub/service-accounts.ts'
import { orphansAmong, warnOfShortAge } from '../../src/sources/orphans.ts'
import { isSameRun, madeAt, tokenName } from '../../src/sources/token-name.ts'

const NOW = Date.parse('2026-11-22T18:15:30Z')
const HOUR = 3_600_000
const run = (runId: string, runAttempt = '1') => ({ repository: 'octo/repo', runId, runAttempt }) as never
const named = (runId: string, ago: number, attempt?: string) => tokenName(run(runId, attempt), NOW - ago)

let count = 0
const token = (displayName: string, createdAt?: number): AccountToken => {
  count += 1
  return { id: `id${count}`, displayName, createdAt }
}
const own = named('7', 0)
const sweep = (tokens: AccountToken[], { used = false, ageSeconds = 7200, name = own } = {}) =>
  orphansAmong(tokens, { own: name, job: { ownVariables: new Set(used ? ['HF_TOKEN'] : []) }, ageSeconds }, NOW).map(
    ({ displayName }) => displayName,
  )

describe('an orphan', () => {
  const old = named('6', 3 * HOUR)
  const young = named('6', HOUR)

  test('is old by its name and by the Hub’s own record', () => {
    expect(sweep([token(old, NOW - 3 * HOUR)])).toEqual([old])
    expect(sweep([token(old)])).toEqual([old])
    expect(sweep([token(old, NOW - HOUR)])).toEqual([])
    expect(sweep([token(young, NOW - 3 * HOUR)])).toEqual([])
  })

  test('is exactly as old as `orphan-age`, or older', () => {
    const edge = named('6', 2 * HOUR)
    expect(sweep([token(edge, NOW - 2 * HOUR)])).toEqual([edge])
    expect(sweep([token(edge, NOW - 2 * HOUR + 1)])).toEqual([])
    expect(sweep([token(named('6', 2 * HOUR - 1000))])).toEqual([])
  })

  test('is one of the first five', () => {
    const names = Array.from({ length: 7 }, () => named('6', 3 * HOUR))
    expect(sweep(names.map((name) => token(name)))).toEqual(names.slice(0, 5))
  })

  test.each([
    'ci',
    'hf-oidc-action',
    'hf-oidc-action octo/repo 6.1 20261122T151530Z',
    'my hf-oidc-action octo/repo 6.1 20261122T151530Z 00000000',
    'hf-oidc-action octo/repo 6.1 20261122T151530Z 00000000 keep',
    'hf-oidc-action octo/repo 6.1 20261122T151530Z 0000000G',
  ])('is not anybody else’s token: %s', (name) => expect(sweep([token(name, 0)])).toEqual([]))

  test('is never the token of this run', () => {
    expect(sweep([token(own, 0)], { ageSeconds: 0 })).toEqual([])
  })

  test('is not the token of an earlier use of the action in this job', () => {
    const earlier = named('7', 3 * HOUR)
    expect(sweep([token(earlier)], { used: true })).toEqual([])
    expect(sweep([token(named('7', 3 * HOUR, '2'))], { used: true })).toHaveLength(1)
    expect(sweep([token(old)], { used: true })).toEqual([old])
  })

  test('may have the number of this run, because some runners give every run the same', () => {
    const alike = named('7', 3 * HOUR)
    expect(sweep([token(alike)])).toEqual([alike])
  })
})

test.each([
  [0, true],
  [3599, true],
  [3600, false],
])('an `orphan-age` of %s s gets a warning: %s', (seconds, isWarned) => {
  const warnings: string[] = []
  warnOfShortAge(seconds, { info() {}, debug() {}, warning: (text) => void warnings.push(text) })
  expect(warnings).toHaveLength(isWarned ? 1 : 0)
})

describe('the name of a minted token', () => {
  test('tells the run and the second', () => {
    expect(tokenName(run('17'), NOW)).toMatch(/^hf-oidc-action octo\/repo 17\.1 20261122T181530Z [0-9a-f]{8}$/)
    expect(madeAt(tokenName(run('17'), NOW))).toBe(NOW)
  })

  test('is never the same twice', () => {
    expect(tokenName(run('17'), NOW)).not.toBe(tokenName(run('17'), NOW))
  })

  test.each([
    ['odd characters', { repository: 'a b\n/"ü', runId: 'abc', runAttempt: '' }],
    ['long texts', { repository: 'x'.repeat(200), runId: '9'.repeat(99), runAttempt: '1'.repeat(99) }],
    ['nothing', { repository: '', runId: '', runAttempt: '' }],
  ])('is readable by a later run when the runner says %s', (_what, job) => {
    const name = tokenName(job as never, NOW)
    expect(name.length).toBeLessThanOrEqual(100)
    expect(madeAt(name)).toBe(NOW)
  })

  test('shows a repository that fits, and the end of any other after a hash of the whole', () => {
    const of = (repository: string) => tokenName({ repository, runId: '17', runAttempt: '1' } as never, NOW)
    expect(of(`octo/${'r'.repeat(49)}`)).toContain(` octo/${'r'.repeat(49)} 17.1 `)
    expect(of(`octo/${'r'.repeat(99)}`)).toMatch(/^hf-oidc-action [0-9a-f]{8}-r{45} 17\.1 /)
    expect(of('octo/répo')).toMatch(/^hf-oidc-action [0-9a-f]{8}-octo\/r-po 17\.1 /)
  })

  test.each([
    ['a long name', `${'a'.repeat(60)}/x${'r'.repeat(60)}`, `${'a'.repeat(60)}/y${'r'.repeat(60)}`],
    ['a name of other characters', 'группа/модель', 'группа/другое'],
  ])('is not of the same run as one of another repository with %s', (_what, one, other) => {
    const of = (repository: string) => tokenName({ repository, runId: '7', runAttempt: '1' } as never, NOW)
    expect(isSameRun(of(one), of(one))).toBe(true)
    expect(isSameRun(of(one), of(other))).toBe(false)
  })

  test('of an earlier version of this action is recognized', () => {
    expect(madeAt(`hf-oidc-action ${'x'.repeat(80)} 17.1 20261122T181530Z 00000000`)).toBe(NOW)
  })

  test('is of the same run as another one only with the same repository, run and attempt', () => {
    const [one, other] = [named('7', 0), named('7', HOUR)]
    expect(isSameRun(one, other)).toBe(true)
    expect(isSameRun(one, named('8', 0))).toBe(false)
    expect(isSameRun(one, named('7', 0, '2'))).toBe(false)
    expect(isSameRun(one, one.replace('octo/repo', 'octo/other'))).toBe(false)
  })
})
