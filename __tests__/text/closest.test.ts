import { describe, expect, test } from '@jest/globals'
import { closest } from '../../src/text/closest.ts'

const INPUTS = ['hf-org', 'aws-region', 'scope', 'role-to-assume', 'role-duration-seconds']

describe('the name that was probably meant', () => {
  test.each([
    ['hf-ogr', 'hf-org'],
    ['aws_region', 'aws-region'],
    ['aws-regoin', 'aws-region'],
    ['scop', 'scope'],
    ['scopes', 'scope'],
    ['role-to-asume', 'role-to-assume'],
    ['hf-org', 'hf-org'],
  ])('by %s is %s', (word, meant) => expect(closest(word, INPUTS)).toBe(meant))

  test.each(['audience', 'hf', 'sc', '', 'x'.repeat(100_000)])('by "%.20s" is none of them', (word) =>
    expect(closest(word, INPUTS)).toBeUndefined(),
  )

  test('differs in a third of its letters at most', () => {
    expect(closest('sxxpe', ['scope'])).toBeUndefined()
    expect(closest('axs-rexiox', ['aws-region'])).toBe('aws-region')
    expect(closest('axs-rexxox', ['aws-region'])).toBeUndefined()
  })

  test('may be a long one, when a short one that is as far away is too far', () => {
    expect(closest('secret-id', ['secrets', 'secret-key'])).toBe('secret-key')
  })

  test('is the longer one that all words of a compound begin or end', () => {
    expect(closest('session-name', ['session-tags', 'role-session-name'])).toBe('role-session-name')
    expect(closest('id-token', ['id-tokens', 'id-token-from'])).toBe('id-token-from')
    expect(closest('name', ['role-session-name'])).toBeUndefined()
    expect(closest('session_name', ['session-tags', 'role-session-name'])).toBe('session-tags')
  })

  test('is the closest of several that are near', () => {
    expect(closest('max-attempt', ['max-attemps-x', 'max-attempts'])).toBe('max-attempts')
  })

  test('may differ in one letter when it is short', () => expect(closest('ax', ['ab'])).toBe('ab'))

  test('is nothing when there are no names', () => expect(closest('scope', [])).toBeUndefined())
})
