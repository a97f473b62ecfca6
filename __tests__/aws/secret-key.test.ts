/** A key of a JSON secret, or a path to one. */
import { describe, expect, test } from '@jest/globals'
import {
  formatPath,
  isPlainKey,
  nextTo,
  objectWith,
  otherKeys,
  parsePath,
  pathIn,
  valueAt,
} from '../../src/aws/secret-key.ts'

describe('a setting as a path', () => {
  test.each<[string, string[]]>([
    ['token', ['token']],
    ['huggingface.token', ['huggingface', 'token']],
    ['a.b.c', ['a', 'b', 'c']],
    ['a\\.b', ['a.b']],
    ['a\\.b.c', ['a.b', 'c']],
    ['a\\\\.b', ['a\\', 'b']],
    ['a\\\\\\.b', ['a\\.b']],
    ['a\\b', ['a\\b']],
    ['a\\', ['a\\']],
    ['', ['']],
    ['a..b', ['a', '', 'b']],
    ['.', ['', '']],
    ['😀.ü', ['😀', 'ü']],
    ['a\nb.c', ['a\nb', 'c']],
  ])('%j', (text, path) => {
    expect(parsePath(text)).toEqual(path)
    expect(parsePath(formatPath(path))).toEqual(path)
  })

  test('of a megabyte is taken apart without recursion', () => {
    expect(parsePath('a.'.repeat(500_000))).toHaveLength(500_001)
  })

  test.each(['token', 'hub token', '__proto__'])('is a plain key: %s', (key) => {
    expect(isPlainKey(parsePath(key))).toBe(true)
  })

  test.each(['a.b', 'a\\.b', 'a\\b'])('is more than a plain key: %s', (key) => {
    expect(isPlainKey(parsePath(key))).toBe(false)
  })
})

describe('in an object', () => {
  test('a key that is spelled like the whole setting comes first, as it did before there were paths', () => {
    expect(pathIn({ 'a.b': 1, a: { b: 2 } }, 'a.b')).toEqual(['a.b'])
    expect(pathIn({ a: { b: 2 } }, 'a.b')).toEqual(['a', 'b'])
    expect(pathIn({ 'a\\.b': 1 }, 'a\\.b')).toEqual(['a\\.b'])
    expect(pathIn({ a: { 'b.c': 2 } }, 'a.b\\.c')).toEqual(['a', 'b.c'])
  })

  test('a key that every object inherits is not in it', () => {
    for (const key of ['constructor', 'toString', '__proto__', 'hasOwnProperty']) {
      expect(pathIn({}, key)).toEqual([key])
      expect(valueAt({}, [key])).toBeUndefined()
      expect(valueAt({ a: {} }, ['a', key, 'name'])).toBeUndefined()
    }
    const parsed: unknown = JSON.parse('{"__proto__":{"constructor":"x"}}')
    expect(valueAt(parsed, ['__proto__', 'constructor'])).toBe('x')
  })

  test.each<[string, unknown]>([
    ['a list', ['x']],
    ['a text that is JSON', '{"b":"x"}'],
    ['null', null],
    ['a number', 1],
  ])('%s has no keys', (_what, a) => {
    expect(valueAt({ a }, ['a', 'b'])).toBeUndefined()
    expect(valueAt({ a }, ['a', '0'])).toBeUndefined()
    expect(valueAt({ a }, ['a', 'length'])).toBeUndefined()
  })

  test('other keys are those of every object along the path', () => {
    const object = { x: 1, a: { token: 't', y: { token: 1 }, 'z.z': 1 }, b: { token: 2 } }
    expect(otherKeys(object, [['a', 'token']])).toEqual(['x', 'b', 'a.y', 'a.z\\.z'])
    expect(otherKeys({ a: { token: 't' } }, [['a', 'token']])).toEqual([])
    expect(otherKeys({ id: 1, secret: 2 }, [['id'], ['secret']])).toEqual([])
  })
})

test('a new object has the value at the path, and what is next to it', () => {
  expect(objectWith(['token'], 't')).toEqual({ token: 't' })
  expect(objectWith(['a', 'b.c'], 't', { proof: 'p' })).toEqual({ a: { 'b.c': 't', proof: 'p' } })
  expect(JSON.stringify(objectWith(['__proto__', 'x'], 't'))).toBe('{"__proto__":{"x":"t"}}')
  expect(nextTo(['a', 'token'], (key) => `${key}_proof`)).toEqual(['a', 'token_proof'])
})
