import { describe, expect, test } from '@jest/globals'
import { findLeaks } from '../../sandbox/leaks.ts'

const token = { name: 'token', value: 'hf_9kQz+/ab"cd~ÿefGH12' }

function formsIn(text: string): string[] {
  return findLeaks([{ where: 'log', text }], [token]).map(({ form }) => form)
}

describe('a secret is found', () => {
  test('as it is', () => {
    expect(findLeaks([{ where: 'log', text: `x ${token.value}` }], [token])).toEqual([
      { name: 'token', where: 'log', form: 'plain', offset: 2 },
    ])
  })

  test('in a URL, as a path and as a form', () => {
    expect(formsIn(`https://example.com/?t=${encodeURIComponent(token.value)}`)).toEqual(['url-encoded'])
    expect(formsIn(new URLSearchParams({ t: token.value }).toString())).toEqual(['url-encoded'])
  })

  test('in JSON', () => {
    expect(formsIn(JSON.stringify({ t: token.value }))).toEqual(['json-escaped'])
  })

  test('in hexadecimal, of either case', () => {
    const hex = Buffer.from(token.value).toString('hex')
    expect(formsIn(hex)).toEqual(['hex'])
    expect(formsIn(hex.toUpperCase())).toEqual(['hex'])
  })

  test.each([0, 1, 2, 3, 4, 5])('in base64 with %i bytes before it, whatever follows', (before) => {
    for (const after of ['', 'z', 'zz', 'zzz']) {
      const bytes = Buffer.from(`${'u'.repeat(before)}${token.value}${after}`)
      expect(formsIn(bytes.toString('base64'))).toContain('base64')
      expect(formsIn(bytes.toString('base64url')).some((form) => form.startsWith('base64'))).toBe(true)
    }
  })
})

test('a text without the secret has no leak', () => {
  expect(formsIn('hf_9kQz and nothing more')).toEqual([])
})

test('each secret is reported by its name, with every place', () => {
  const secrets = [
    { name: 'one', value: 'abcdef' },
    { name: 'two', value: 'uvwxyz' },
  ]
  const bytes = [
    { where: 'stdout', text: 'abcdef uvwxyz' },
    { where: 'stderr', text: 'uvwxyz' },
  ]
  expect(findLeaks(bytes, secrets).map(({ name, where }) => `${name} ${where}`)).toEqual([
    'one stdout',
    'two stdout',
    'two stderr',
  ])
})

test('a secret too short to mean anything is refused', () => {
  expect(() => findLeaks([], [{ name: 'x', value: 'abc' }])).toThrow('too short')
})
