import { describe, expect, test } from '@jest/globals'
import { block, code, joined, link, list, oneOrList, plain, prefixed, prose } from '../../src/text/message.ts'

describe('a message as plain text', () => {
  test('shows code in backticks, and links with their address', () => {
    const page = link('https://example.com/a', 'the page')
    expect(plain(prose`Set ${code('scope')} to ${2}; see ${page} or ${link('https://example.com')}.`)).toBe(
      'Set `scope` to 2; see the page (https://example.com/a) or https://example.com.',
    )
  })

  test('has each part and each item on a line of its own', () => {
    expect(plain(['Do this:', block('a:\n  b'), list(['one', prose`${code('two')}`])])).toBe(
      'Do this:\na:\n  b\n- one\n- `two`',
    )
  })

  test('lets prose bring its code along', () => {
    expect(plain(prose`If ${joined([code('a'), 'b', prose`${code('c')}!`], ' or ')}.`)).toBe('If `a` or b or `c`!.')
  })

  test('shows a single item without a dash', () => {
    expect([plain(oneOrList(['a'])), plain(oneOrList(['a', 'b']))]).toEqual(['a', '- a\n- b'])
  })

  test('takes a prefix into its first sentence', () => {
    expect(plain(prefixed('In short: ', [prose`${code('a')}.`, 'b']))).toBe('In short: `a`.\nb')
    expect(plain(prefixed('In short:', block('a')))).toBe('In short:\na')
  })
})
