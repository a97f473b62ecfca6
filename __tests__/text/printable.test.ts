import { describe, expect, test } from '@jest/globals'
import { listed, printable, quoted, verbatim } from '../../src/text/printable.ts'
import { remember } from '../../src/text/redact.ts'

describe('text from outside', () => {
  test('keeps what is harmless as it is', () => {
    for (const text of ['refs/heads/main', 'arn:aws:iam::1:role/x', 'é漢字😀', 'a "quoted" word', '1:::2']) {
      expect(printable(text)).toBe(text)
    }
  })

  test('shows what is invisible', () => {
    expect(printable('a\nb\r\u2028\u2029\u202e\u0000\u200b')).toBe(
      'a\\u{a}b\\u{d}\\u{2028}\\u{2029}\\u{202e}\\u{0}\\u{200b}',
    )
    expect(printable('\ud800')).toBe('\\u{d800}')
  })

  test('begins no workflow command', () => {
    expect(printable('::error::x')).toBe(' : :error::x')
    // The runner skips white space in front of it.
    for (const space of [' ', '  ', '\u00a0', '\u3000']) {
      expect(printable(`${space}::error::x`)).toBe(`${space} : :error::x`)
    }
    expect(printable('x ##[error]y')).toBe('x ## [error]y')
  })

  test('is cut, and says how long it was', () => {
    expect(printable('x'.repeat(1000), 10)).toBe('xxxxxxxxxx… (1000 characters)')
    expect(printable('x'.repeat(30), 10)).toBe('xxxxxxxxxx… (30 characters)')
  })

  test.each([
    ['a Hub token', 'see hf_AbCdEfGhIjKlMnOp here', 'see hf_*** here'],
    ['a JWT', 'eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0.c2ln', 'eyJ***'],
    ['an AWS key id', 'ASIAABCDEFGHIJKLMNOP', 'A***'],
    ['a password in a URL', 'https://me:secret@host/x', 'https://***@host/x'],
    ['a password of one letter in a URL', 'http://me:x@proxy:3128', 'http://***@proxy:3128'],
    ['a password with an @ in a URL', 'http://me:p@ss@proxy:3128', 'http://***@proxy:3128'],
    ['credentials in a header', 'Proxy-Authorization: Basic bWU6eA==', 'Proxy-Authorization: Basic ***'],
    ['credentials in an object', "{ authorization: 'Bearer x', a: 1 }", "{ authorization: 'Bearer ***', a: 1 }"],
    ['a password in an object', "URL { username: 'me', password: 'x' }", "URL { username: 'me', password: '***' }"],
  ])('does not show %s', (_what, text, shown) => expect(printable(text)).toBe(shown))

  test('never shows a secret of this run, in no usual form, not even cut', () => {
    const secret = 'IQoJ/with+odd=characters "and" quotes'
    remember(secret)
    const jwt = `eyJhbGciOiJSUzI1NiJ9.${'c'.repeat(60)}.${'s'.repeat(80)}`
    remember(jwt)
    const forms = [
      secret,
      encodeURIComponent(secret),
      JSON.stringify(secret),
      Buffer.from(secret).toString('base64'),
      Buffer.from(secret).toString('hex'),
      jwt,
      's'.repeat(80),
    ]
    for (const form of forms) {
      for (const shown of [printable(`you sent ${form}!`, 20), verbatim(`${'x'.repeat(15)}${form}`, 20)]) {
        expect(shown).not.toContain(form.slice(0, 12))
        expect(shown).toContain('***')
      }
    }
  })

  test('hides a secret whole when another one is its beginning', () => {
    remember('client-identifier')
    remember('client-identifier-and-secret')
    expect(printable('x client-identifier-and-secret y')).toBe('x *** y')
  })

  test('keeps a name that looks like a secret where it will be used', () => {
    expect(verbatim('repo:octo-org/hf_finetune-prod:ref:x')).toBe('repo:octo-org/hf_finetune-prod:ref:x')
    expect(printable('hf_finetune-prod')).toBe('hf_***')
  })

  test('survives what cannot be written', () => {
    const deep = JSON.parse('['.repeat(9000) + ']'.repeat(9000))
    expect(printable(deep).length).toBeLessThan(400)
  })

  test('shows other values as JSON', () => {
    expect([printable(1), printable(['a', 'b']), printable(undefined), quoted('x')]).toEqual([
      '1',
      '["a","b"]',
      'undefined',
      '"x"',
    ])
  })
})

test('lists read like a sentence', () => {
  expect([listed([]), listed(['a']), listed(['a', 'b', 'c']), listed(['a', 'b', 'c', 'd'], 2)]).toEqual([
    'nothing',
    'a',
    'a, b and c',
    'a, b and 2 more',
  ])
})
