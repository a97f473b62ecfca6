import { describe, expect, test } from '@jest/globals'
import { redact, remember } from '../../src/text/redact.ts'

const SECRET = 'IQoJ/with+odd=characters "and" ~quotes~ ÿ'
remember(SECRET)

const bytes = Buffer.from(SECRET)

describe('a secret of this run is not shown', () => {
  test.each([
    ['as it is', SECRET],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in base64', bytes.toString('base64')],
    ['in base64 without padding', bytes.toString('base64').replace(/=+$/, '')],
    ['in base64url', bytes.toString('base64url')],
    ['in hexadecimal', bytes.toString('hex')],
  ])('%s', (_form, text) => {
    const shown = redact(`you sent ${text}!`)
    expect(shown).toMatch(/^you sent \*\*\*=*!$/)
  })

  test('however often it occurs', () => expect(redact(`${SECRET} ${SECRET}`)).toBe('*** ***'))

  test('without the white space around it', () => {
    remember('  padded-secret\n')
    expect(redact('x padded-secret y')).toBe('x *** y')
  })

  test('whole, when another secret is its beginning', () => {
    remember('client-identifier-one')
    remember('client-identifier-one-and-secret')
    expect(redact('x client-identifier-one-and-secret y')).toBe('x *** y')
  })

  test('when it has a lone surrogate, which no URL can have', () => {
    remember('surrogate-\ud800-secret')
    expect(redact('x surrogate-\ud800-secret y')).toBe('x *** y')
  })
})

describe('a JWT of this run', () => {
  const [header, claims, signature] = ['eyJhbGciOiJSUzI1NiJ9', 'c'.repeat(60), 's'.repeat(80)]
  remember(`${header}.${claims}.${signature}`)

  test('is not shown, nor its claims or its signature alone', () => {
    expect(redact(`${header}.${claims}.${signature}`)).toBe('***')
    expect([redact(`x ${claims}`), redact(`x ${signature}`)]).toEqual(['x ***', 'x ***'])
  })

  test('does not hide its header, which many tokens share', () => expect(redact(header)).toBe(header))
})

test('what is too short to be a secret is not hidden everywhere', () => {
  remember('main')
  remember('1234567')
  remember('')
  expect(redact('refs/heads/main 1234567')).toBe('refs/heads/main 1234567')
})
