import { expect, test } from '@jest/globals'
import { isRecord, parseJson } from '../../src/text/json.ts'

test('text that is not JSON is undefined, without a message that quotes it', () => {
  expect([parseJson('{'), parseJson('hf_x'), parseJson('{"a":1}')]).toEqual([undefined, undefined, { a: 1 }])
})

test.each([
  [{}, true],
  [Object.create(null), true],
  [[], false],
  [null, false],
  ['x', false],
  [undefined, false],
])('%j is a record: %s', (value, record) => expect(isRecord(value)).toBe(record))
