import { describe, expect, test } from '@jest/globals'
import { redact, remember } from '../../src/text/redact.ts'

// In bytes, no multiple of three: its base64 ends in a character of its own.
const SECRET = 'IQoJ/with+odd=characters "and" ~quotes~ ÿ.'
remember(SECRET)

const bytes = Buffer.from(SECRET)
const lowerEscapes = (text: string) => text.replace(/%../g, (written) => written.toLowerCase())

describe('a secret of this run is not shown', () => {
  test.each([
    ['as it is', SECRET],
    ['in a URL', encodeURIComponent(SECRET)],
    ['in a URL with small escapes', lowerEscapes(encodeURIComponent(SECRET))],
    ['in a form', encodeURIComponent(SECRET).replaceAll('%20', '+')],
    ['in JSON', JSON.stringify(SECRET).slice(1, -1)],
    ['in base64', bytes.toString('base64')],
    ['in base64 without padding', bytes.toString('base64').replace(/=+$/, '')],
    ['in base64 in a URL', encodeURIComponent(bytes.toString('base64')).replace(/(?:%3D)+$/, '')],
    ['in base64url', bytes.toString('base64url')],
    ['in hexadecimal', bytes.toString('hex')],
    ['in hexadecimal with capitals', bytes.toString('hex').toUpperCase()],
  ])('%s', (_form, text) => {
    const shown = redact(`you sent ${text}!`)
    expect(shown).toMatch(/^you sent \*\*\*=*!$/)
  })

  test('however often it occurs', () => expect(redact(`${SECRET} ${SECRET}`)).toBe('*** ***'))

  test('without the white space around it', () => {
    remember('  padded-secret\n')
    expect(redact('x padded-secret y')).toBe('x *** y')
    remember('\n1\n2-of-several-lines\n3\n')
    expect(redact('x 1\n2-of-several-lines\n3 y')).toBe('x *** y')
  })

  test('whole, when another secret is its beginning', () => {
    remember('client-identifier-one')
    remember('client-identifier-one-and-secret')
    expect(redact('x client-identifier-one-and-secret y')).toBe('x *** y')
  })

  test('nor is what begins within one and ends after it', () => {
    remember('overlapping-left-middle')
    remember('middle-right-overlapping')
    remember('right-overlapping-the-end')
    expect(redact('x overlapping-left-middle-right-overlapping-the-end y')).toBe('x *** y')
    expect(redact('overlapping-left-middleoverlapping-left-middle')).toBe('******')
  })

  test('nor is one of its lines, unless it is short', () => {
    remember('{\r\n  "first": "the-first-line",\n  "b": 1,\n}')
    expect(redact('x "first": "the-first-line", y { } "b": 1,')).toBe('x *** y { } "b": 1,')
  })

  test('when it has a lone surrogate, which no URL can have', () => {
    remember('surrogate-\ud800-secret')
    expect(redact('x surrogate-\ud800-secret y')).toBe('x *** y')
  })
})

describe.each(['base64', 'base64url'] as const)('a secret inside of a longer text in %s', (encoding) => {
  // Every remainder of three at either end, and characters that make `+` and `/`.
  const secrets = ['hf_AbCdEfGhIjKlMnOpQrStUv', 'hf_AbCdEfGhIjKlMnOpQrStU', 'hf_AbCdEfGhIjKlMnOpQrSt', '~~~???>>>ÿÿÿÿ']
  for (const secret of secrets) remember(secret)
  const frames = secrets.flatMap((secret) =>
    ['', 'a', 'ab', 'abc', 'user:', '{"token":"'].flatMap((before) =>
      ['', 'z', '"}', '\n\n\n'].map((after) => [secret, before, after] as const),
    ),
  )

  test.each(frames)('%j between %j and %j is not shown', (secret, before, after) => {
    const text = Buffer.from(before + secret + after).toString(encoding)
    const shown = redact(`authorization: Basic ${text}`)
    expect(shown).toContain('***')
    // What is left of the text holds its neighbors, and at most a few bits of the secret.
    const most = Math.ceil(((before.length + after.length) * 4) / 3) + 8
    expect(shown.replace('authorization: Basic ', '').replace('***', '').length).toBeLessThanOrEqual(most)
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

test('a megabyte of text that is full of secrets, and one that is nearly a secret, are read once for each form', () => {
  remember('aaaaaaaaaaaaaaab')
  for (let n = 0; n < 50; n += 1) remember(`one-of-many-secrets-${n}-${'x'.repeat(n)}`)
  const many = `${SECRET}hf_AbCdEfGhIjKlMnOpQrStUv`.repeat(15_000)
  expect(redact(many)).toBe('***'.repeat(30_000))
  const near = 'a'.repeat(1_000_000)
  expect(redact(near)).toBe(near)
})
