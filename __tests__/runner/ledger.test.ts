import { describe, expect, test } from '@jest/globals'
import { mustReport, tellExpiry, tellLeft } from '../../src/runner/ledger.ts'

const NOW = Date.parse('2026-11-22T18:00:00Z')
const HOUR = 3_600_000

test('post reports a token as leaked only when the workflow says so', () => {
  expect([mustReport({ revoke: 'auto' }), mustReport({ revoke: 'false' }), mustReport({ revoke: 'true' })]).toEqual([
    false,
    false,
    true,
  ])
})

describe('about a token that is not revoked, a user reads', () => {
  test('when it expires, and why it was not revoked', () => {
    expect(tellLeft({ revoke: 'auto', expiresAt: NOW + HOUR }, NOW)).toEqual({
      text: 'The token expires at 2026-11-22T19:00:00.000Z. It was not revoked, because the Hub sends the owner of a revoked token an email.',
      warn: false,
    })
  })

  test('that it has expired', () => {
    const expired = { text: 'The token expired at 2026-11-22T18:00:00.000Z.', warn: false }
    for (const revoke of ['auto', 'false'] as const) expect(tellLeft({ revoke, expiresAt: NOW }, NOW)).toEqual(expired)
  })

  test('a warning when it outlives the hour because the workflow wants it to', () => {
    const why = 'It was not revoked, because this step sets `revoke: false`.'
    expect(tellLeft({ revoke: 'false', expiresAt: NOW + 8 * HOUR }, NOW)).toEqual({
      text: `The token expires at 2026-11-23T02:00:00.000Z. ${why}`,
      warn: true,
    })
    const unknown = { text: `The token has no known expiry. ${why}`, warn: true }
    expect(tellLeft({ revoke: 'false', expiresAt: undefined }, NOW)).toEqual(unknown)
  })

  test('the same expiry when it could not be revoked', () => {
    expect(tellExpiry(NOW)).toBe('It expires at 2026-11-22T18:00:00.000Z')
    expect(tellExpiry(undefined)).toBe('It has no known expiry')
  })
})

test('a token of which nobody shortens the life gets a warning that says how', () => {
  expect(tellLeft({ revoke: 'auto', expiresAt: NOW + 8 * HOUR }, NOW)).toEqual({
    text: 'The token expires at 2026-11-23T02:00:00.000Z. It was not revoked, because the Hub sends the owner of a revoked token an email. Shorten the token duration on the page of the OAuth app (in the settings of the organization), or set `revoke: true`.',
    warn: true,
  })
})
