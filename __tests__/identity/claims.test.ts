import { describe, expect, test } from '@jest/globals'
import { checkClaims, matches } from '../../src/identity/claims.ts'
import type { Identity } from '../../src/identity/identity.ts'

const identity = (claims: Record<string, unknown>) => ({ claims }) as unknown as Identity
const check = (claims: Record<string, unknown>, claim: string, pattern: string) => () =>
  checkClaims(identity(claims), [{ claim, pattern }])

describe('a pattern', () => {
  test.each([
    ['main', 'main', true],
    ['main', 'Main', false],
    ['main', 'mai', false],
    ['main', 'mainx', false],
    ['refs/heads/x', 'refs/heads/*', true],
    ['refs/heads/', 'refs/heads/*', true],
    ['refs/tags/v1', 'refs/heads/*', false],
    ['abcabc', '*abc', true],
    ['abcabd', '*abc', false],
    ['a.b', 'a?b', false],
    ['axb', 'a.b', false],
    ['', '*', true],
    ['x', '**', true],
    ['repo:o/r:ref:refs/heads/main', 'repo:o/*:ref:*/main', true],
    ['aXbXc', 'a*b*c', true],
    ['acb', 'a*b*c', false],
  ])('%s matches %s: %s', (text, pattern, expected) => expect(matches(text, pattern)).toBe(expected))
})

describe('a claim', () => {
  test('that is missing does not match even a star', () =>
    expect(check({}, 'environment', '*')).toThrow(/claim-rejected/))

  test('is the token’s own, not something that every object has', () => {
    expect(check({}, 'constructor', '*')).toThrow(/not in the token/)
    expect(check({}, '__proto__', '*')).toThrow(/not in the token/)
    expect(check(Object.create({ ref: 'main' }), 'ref', 'main')).toThrow(/`ref` is not in the token/)
  })

  test('with several values matches when one does', () => {
    expect(check({ aud: ['a', 'acme'] }, 'aud', 'acme')).not.toThrow()
    expect(check({ aud: ['a', 'b'] }, 'aud', 'acme')).toThrow(/aud = "a", "b"/)
  })

  test('may be a number or a boolean, but no object', () => {
    expect(check({ run: 7, protected: true }, 'run', '7')).not.toThrow()
    expect(check({ run: { a: 7 } }, 'run', '*')).toThrow(/claim-rejected/)
  })
})

test('all rules must match, and every one that does not is told', () => {
  const rules = [
    { claim: 'ref', pattern: 'a' },
    { claim: 'actor', pattern: 'octocat' },
    { claim: 'environment', pattern: 'prod' },
  ]
  const claims = { ref: 'b', actor: 'octocat' }
  expect(() => checkClaims(identity(claims), rules)).toThrow(/ref = "b"[\s\S]*`environment` is not in the token/)
})
