/** The token in a secret is replaced, and nothing else. */
import { describe, expect, test } from '@jest/globals'
import { sameButToken, tokenInSecret } from '../../src/rotation/secret/value.ts'

const OLD = 'hf_oldoldoldold'
const NEW = 'hf_newnewnewnew'
const secret = { id: 'x', key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' }
const read = (text: string, key = 'token') => tokenInSecret(text, { ...secret, key }, 'x')

describe('replacing the token', () => {
  test.each([
    ['an object', `{"token":"${OLD}"}`],
    ['white space', `\n{ "a" : 1 ,\t"token" :\r\n "${OLD}" }\n`],
    ['a byte order mark', `\uFEFF{"token":"${OLD}"}`],
    ['large numbers and their form', `{"n":12345678901234567890,"m":1.0,"e":1E5,"token":"${OLD}","z":-0}`],
    ['the order of keys that look like numbers', `{"2":"b","10":"a","token":"${OLD}","1":"c"}`],
    ['the same key deeper down, after it', `{"token":"${OLD}","a":{"token":"inner"}}`],
    ['the same key deeper down', `{"a":{"token":"inner"},"b":[{"token":"${NEW}x"},"token"],"token":"${OLD}"}`],
    ['quotes, braces and backslashes in strings', `{"q":"\\"},{\\\\","token":"${OLD}","}":"\\\\"}`],
    ['a value that is the key', `{"a":"token","token":"${OLD}","b":"token"}`],
    ['a key that is escaped', `{"tok\\u0065n":"${OLD}","é":"ü"}`],
    ['a key named __proto__', `{"__proto__":{"token":"inner"},"token":"${OLD}"}`],
    ['a token between spaces', `{"token":"${OLD}"  }`],
    ['a plain string', OLD],
    ['a plain string in white space', ` ${OLD}\n`],
  ])('keeps %s', (_what, text) => {
    const value = read(text)
    expect(value.token).toBe(OLD)
    expect(value.with(NEW)).toBe(text.replace(OLD, NEW))
  })

  test('replaces the last of a key that stands there twice, for that is the one that is read', () => {
    expect(read(`{"token":"first","token":"${OLD}"}`).with(NEW)).toBe(`{"token":"first","token":"${NEW}"}`)
  })

  test('takes another key', () => {
    expect(read(`{"token":"no","hub token":"${OLD}"}`, 'hub token').with(NEW)).toBe(
      `{"token":"no","hub token":"${NEW}"}`,
    )
  })

  test('knows the other keys', () => {
    expect(read(`{"a":1,"token":"${OLD}","b":2}`).otherKeys).toEqual(['a', 'b'])
    expect(read(OLD).otherKeys).toEqual([])
  })

  test('tells whether two values differ in more than the token', () => {
    expect(sameButToken(read(`{"a":1,"token":"${OLD}"}`), read(`{"a":1,"token":"${NEW}"}`))).toBe(true)
    expect(sameButToken(read(`{"a":1,"token":"${OLD}"}`), read(`{"a":2,"token":"${NEW}"}`))).toBe(false)
  })
})

describe('replacing a token inside an object', () => {
  test.each([
    ['the only key', `{"hf":{"token":"${OLD}"}}`],
    [
      'white space and other keys',
      `\n{ "a" : 1e5 ,\t"hf" :\r\n { "n":12345678901234567890, "token" : "${OLD}" , "b":[1.0] } , "z":-0 }\n`,
    ],
    ['the same path in a list', `{"x":[{"hf":{"token":"${NEW}x"}},{"token":"no"}],"hf":{"token":"${OLD}"}}`],
    [
      'the same key at other depths',
      `{"token":"no","hf":{"hf":{"token":"no"},"token":"${OLD}"},"y":{"hf":{"token":"no"}}}`,
    ],
    ['another object with the same key', `{"a":{"token":"no"},"hf":{"token":"${OLD}"},"b":{"token":"no"}}`],
    ['keys of objects as names', `{"__proto__":{"token":"no"},"hf":{"constructor":1,"token":"${OLD}"}}`],
    ['escaped keys', `{"h\\u0066":{"t\\u006fken":"${OLD}"}}`],
  ])('keeps %s', (_what, text) => {
    const value = read(text, 'hf.token')
    expect(value.token).toBe(OLD)
    expect(value.with(NEW)).toBe(text.replace(OLD, NEW))
  })

  test('replaces the last of an object that stands there twice, for that is the one that is read', () => {
    const value = read(`{"hf":{"token":"first"},"hf":{"token":"${OLD}"}}`, 'hf.token')
    expect(value.with(NEW)).toBe(`{"hf":{"token":"first"},"hf":{"token":"${NEW}"}}`)
  })

  test('a top-level key that is spelled like the whole setting keeps its meaning', () => {
    const text = `{"hf":{"token":"no"},"hf.token":"${OLD}"}`
    expect(read(text, 'hf.token').with(NEW)).toBe(text.replace(OLD, NEW))
  })

  test('a dot in a key is written with a backslash', () => {
    const text = `{"hf":{"my.token":"${OLD}"}}`
    expect(read(text, 'hf.my\\.token').with(NEW)).toBe(text.replace(OLD, NEW))
  })

  test('the proof is next to the token, and replaced with it', () => {
    const proof = (n: number) => JSON.stringify({ form: 'hf-oidc-proof/1', n })
    const value = read(`{"a":1,"hf":{"token":"${OLD}","b":2}}`, 'hf.token')
    const once = value.with(NEW, proof(1))
    expect(JSON.parse(once)).toEqual({ a: 1, hf: { token: NEW, token_proof: proof(1), b: 2 } })
    const again = read(once, 'hf.token')
    expect(JSON.parse(again.with(OLD, proof(2)))).toEqual({ a: 1, hf: { token: OLD, token_proof: proof(2), b: 2 } })
    expect(again.otherKeys).toEqual(['a', 'hf.b'])
    expect(sameButToken(value, again)).toBe(true)
  })

  test('a key of another path with the name of the proof stays', () => {
    const proof = JSON.stringify({ form: 'hf-oidc-proof/1' })
    const text = `{"token_proof":"mine","hf":{"token":"${OLD}"}}`
    expect(read(text, 'hf.token').with(NEW, proof)).toContain('{"token_proof":"mine","hf":{')
  })

  test('a megabyte next to it stays', () => {
    const text = `{"big":${JSON.stringify('"{[\\'.repeat(250_000))},"hf":{"token":"${OLD}"}}`
    expect(read(text, 'hf.token').with(NEW)).toBe(text.replace(OLD, NEW))
  })

  test.each([
    [
      'the outer key is missing',
      `{"hg":{"token":"${OLD}"}}`,
      /without the key "hf" \(it has 1 key, one of them "hg"\)/,
    ],
    [
      'the inner key is missing',
      `{"hf":{"tokn":"${OLD}"}}`,
      /whose "hf" is an object without the key "token" \(it has 1 key, one of them "tokn"\)/,
    ],
    ['the outer value is a string', `{"hf":"${OLD}"}`, /whose "hf" is not an object/],
    ['the outer value is JSON in a string', `{"hf":"{\\"token\\":1}"}`, /whose "hf" is not an object/],
    ['the outer value is a list', `{"hf":[{"token":"${OLD}"}]}`, /whose "hf" is not an object/],
    ['the inner value is an object', '{"hf":{"token":{}}}', /does not hold a string/],
  ])('is refused when %s', (_what, text, says) => {
    expect(() => read(text, 'hf.token')).toThrow(says)
    expect(() => read(text, 'hf.token')).not.toThrow(OLD)
  })
})

describe('what is no token is not replaced', () => {
  test.each([
    ['a password', 'correct horse battery staple', /token-malformed/],
    ['a JSON string', `"${OLD}"`, /secret-malformed/],
    ['a JSON array', `["${OLD}"]`, /secret-malformed/],
    ['broken JSON', `{"token":"${OLD}"`, /secret-malformed/],
    ['another key', `{"tokn":"${OLD}"}`, /secret-malformed.*one of them "tokn"/s],
    ['a number', '{"token":12345678}', /secret-malformed.*does not hold a string/s],
    ['an object', `{"token":{"value":"${OLD}"}}`, /secret-malformed/],
    ['a password at the key', '{"token":"hunter2hunter2"}', /token-malformed/],
    ['nothing', '', /token-malformed/],
  ])('%s', (_what, text, error) => {
    expect(() => read(text)).toThrow(error)
    try {
      read(text)
    } catch (thrown) {
      expect(String(thrown)).not.toContain(OLD)
      expect(String(thrown)).not.toContain('horse')
      expect(String(thrown)).not.toContain('hunter2')
    }
  })
})

test('a key that every JavaScript object has is looked for in the secret only', () => {
  expect(() => read('{"token":"x"}', 'constructor')).toThrow('without the key "constructor"')
})

describe('a proof next to the token', () => {
  const PROOF = JSON.stringify({ form: 'hf-oidc-proof/1', sha256: 'a"}{,\\' })
  const OTHER = JSON.stringify({ form: 'hf-oidc-proof/1', sha256: 'b' })
  const quoted = JSON.stringify(PROOF)

  test.each([
    ['{"token":"TOKEN"}', '{"token":"TOKEN","token_proof":PROOF}'],
    ['{ "a": 1, "token" : "TOKEN" , "b": 2 }', '{ "a": 1, "token" : "TOKEN","token_proof":PROOF , "b": 2 }'],
    [`{"token_proof":${JSON.stringify(OTHER)},"token":"TOKEN"}`, '{"token_proof":PROOF,"token":"TOKEN"}'],
    ['{"token":"TOKEN","token_proof":"a key of ours"}', '{"token":"TOKEN","token_proof":"a key of ours"}'],
    ['{"token":"TOKEN","token_proof":7}', '{"token":"TOKEN","token_proof":7}'],
  ])('%s becomes %s', (before, after) => {
    const value = read(before.replace('TOKEN', OLD))
    const expected = after.replace('TOKEN', NEW).replace('PROOF', () => quoted)
    expect(value.with(NEW, PROOF)).toBe(expected)
    expect(JSON.parse(expected)).toMatchObject({ token: NEW })
  })

  test('is not stored in a plain string', () => expect(read(OLD).with(NEW, PROOF)).toBe(NEW))

  test.each([
    '{"token":"TOKEN"}',
    '{ "a": 1, "token" : "TOKEN" , "b": 2 }',
    '{"token":"TOKEN","z":{"token_proof":"x"}}',
  ])('is left out when versions are compared: %s', (text) => {
    const [plain, current] = [read(text.replace('TOKEN', OLD)), read(text.replace('TOKEN', NEW))]
    const proven = read(current.with(NEW, PROOF))
    expect(sameButToken(plain, proven)).toBe(true)
    expect(sameButToken(read(plain.with(OLD, OTHER)), proven)).toBe(true)
    expect(proven.otherKeys).toEqual(current.otherKeys)
    expect(read(`{"token_proof":${quoted}, "token":"${NEW}"}`).rest).toBe('{"token":""}')
  })

  test('that is not ours is compared', () => {
    const ours = read(`{"token":"${OLD}","token_proof":"a key of ours"}`)
    expect(ours.otherKeys).toEqual(['token_proof'])
    expect(sameButToken(ours, read(`{"token":"${NEW}"}`))).toBe(false)
  })
})
