import { describe, expect, test } from '@jest/globals'
import { formatDuration, parseDuration, validFor } from '../../src/text/duration.ts'

describe('durations', () => {
  test.each([
    ['60s', 60],
    ['15m', 900],
    ['2h', 7200],
    ['7d', 604_800],
    ['0s', 0],
  ])('%s is %i seconds', (text, seconds) => expect(parseDuration(text)).toBe(seconds))

  test.each(['', '60', '1.5h', '-1s', '1 h', '10 minutes', '1w', '9999999999s', 'h'])(
    '"%s" is not a duration',
    (text) => expect(parseDuration(text)).toBeUndefined(),
  )

  test('are shown in two units at most', () => {
    expect([0, 59, 90, 3600, 90_061, 604_800].map(formatDuration)).toEqual(['0s', '59s', '1m 30s', '1h', '1d 1h', '7d'])
  })
})

describe('how long something is valid', () => {
  test('is told when it is known', () => {
    expect(validFor(Date.now() + 3_600_500)).toBe(', valid for 1h')
    expect(validFor(Date.now() - 1000)).toBe(', valid for 0s')
  })

  test('is left out when it is not', () => expect(validFor(undefined)).toBe(''))
})
