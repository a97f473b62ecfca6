/** What is taken for a Hub token, and what is taken for one that was badly stored. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import { checkIssuedToken, checkTokenShape, resemblesToken } from '../../src/hub/token-shape.ts'

const failure = (act: () => unknown): ActionError => {
  try {
    act()
  } catch (error) {
    if (error instanceof ActionError) return error
  }
  throw new Error('no failure')
}

describe('the shape of a token', () => {
  const check = (value: string) => checkTokenShape(value, 'It', 'Mend it.')
  test.each([
    'hf_AbCdEfGhIjKlMnOpQrStUvWxYz12345678',
    ' hf_abcdefgh\n',
    'hf_jwt_eyJhbGciOiJSUzI1NiJ9.eyJ4Ijox.c2ln-_',
    'hf_oauth_abcdef0123',
  ])('%j is one', (value) => expect(check(value)).toBe(value.trim()))
  test.each([
    '',
    'hf_',
    'hf_short',
    'HF_abcdefghij',
    'xhf_abcdefghij',
    'hf_abc defghij',
    'hf_abcdefghij\u200b',
    'hf_äöüäöüäöü',
    `hf_${'a'.repeat(9000)}`,
  ])('%j is not one', (value) => expect(() => check(value)).toThrow(/token-malformed/))

  test('has no fewer than 8 and no more than 8,191 characters after its prefix', () => {
    expect(() => check(`hf_${'a'.repeat(7)}`)).toThrow(/token-malformed/)
    expect(check(`hf_${'a'.repeat(8)}`)).toHaveLength(11)
    expect(check(`hf_${'a'.repeat(8191)}`)).toHaveLength(8194)
    expect(() => check(`hf_${'a'.repeat(8192)}`)).toThrow(/token-malformed/)
  })

  test('that is wrong is described, and never shown', () => {
    const secret = 'correct-horse-battery'
    for (const value of [secret, `"${secret}"`, `HF=${secret}`, `${secret} hf_`, `hf_${secret} \n x`]) {
      const { message } = failure(() => check(value))
      expect(message).not.toContain(secret)
      expect(message).toMatch(/Seen: \d+ characters/)
    }
  })

  test.each([
    ['Bearer hf_abcdefgh', '"Bearer" in front'],
    ['AKIAIOSFODNN7EXAMPLE', 'AWS access key ID'],
    ['ghp_0123456789abcdef', 'GitHub token'],
    ['hf_a b', 'white space inside'],
    ['', 'an empty value'],
  ])('%j is told by its traits', (value, trait) => expect(failure(() => check(value)).message).toContain(trait))

  test('that the Hub has just issued is not for the user to mend', () => {
    const { message } = failure(() => checkIssuedToken('<html>', 'The answer'))
    expect(message).toContain('Check that `hf-endpoint` points to the Hub')
  })
})

describe('only a token that was badly stored is taken for one', () => {
  test.each([
    '',
    ' \n',
    '"hf_abcdefghij"',
    'HF_TOKEN=hf_abcdefghij',
    "export HF_TOKEN='hf_abcdefghij';",
    'Bearer hf_abcdefghij',
    'Authorization: Bearer hf_abcdefghij\n',
    'hf_short',
  ])('%j', (value) => expect(resemblesToken(value)).toBe(true))

  test.each([
    'correct horse battery staple',
    'hunter2hf_hunter2',
    'HF_TOKEN=hf_abcdefghij\nDB_PASSWORD=hunter2',
    'HF_TOKEN=hf_abcdefghij,DB_PASSWORD=hunter2',
    'https://user:hf_abcdefghij@huggingface.co',
    'hf_abcdefghij hf_klmnopqrst',
    '[hub]\ntoken = hf_abcdefghij',
  ])('not %j', (value) => expect(resemblesToken(value)).toBe(false))
})
