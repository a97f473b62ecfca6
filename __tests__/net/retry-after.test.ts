import { expect, test } from '@jest/globals'
import { hasLongWindow, retryAfterMs } from '../../src/net/retry-after.ts'

const now = Date.parse('2026-11-22T12:00:00Z')

test.each([
  [{ 'retry-after': '7' }, 7000],
  [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30_000],
  [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
  // A clock that is five minutes fast, and one that is five minutes slow.
  [{ 'retry-after': 'Sun, 22 Nov 2026 11:55:30 GMT', date: 'Sun, 22 Nov 2026 11:55:00 GMT' }, 30_000],
  [{ 'retry-after': 'Sun, 22 Nov 2026 12:05:30 GMT', date: 'Sun, 22 Nov 2026 12:05:00 GMT' }, 30_000],
  [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT', date: 'soon' }, 30_000],
  [{ 'retry-after': '2026-11-22T12:00:30Z' }, undefined],
  [{ ratelimit: '"api";r=0;t=55' }, 55_000],
  [{ ratelimit: '"api";r=0; t=5', 'retry-after': '2' }, 2000],
  [{ 'retry-after': '10000000' }, 10_000_000_000],
  [{ 'retry-after': '10.5' }, 10_500],
  [{ ratelimit: '"api";r=499;t=300' }, undefined],
  [{ ratelimit: '"api";r=499;t=300, "whoami";r=0;t=20' }, 20_000],
  [{ ratelimit: ['"a";r=0;t=5', '"b";r=0;t=50'] as never }, 50_000],
  [{ 'retry-after': 'soon' }, undefined],
  [{ 'retry-after': '30s' }, undefined],
  [{ 'retry-after': '-5' }, undefined],
  [{}, undefined],
])('%j asks to wait %s ms', (headers, ms) => expect(retryAfterMs(headers, now)).toBe(ms))

test.each([
  ['"fixed window";"api";q=10;w=60', true],
  ['"fixed window";"api";q=10;w=30', true],
  ['"fixed window";"api";q=10;w=29', false],
  ['"burst";q=5;w=1, "fixed window";"api";q=10; w=60', true],
  ['"fixed window"', false],
  [undefined, false],
])('the policy %s has a long window: %s', (policy, expected) =>
  expect(hasLongWindow(policy === undefined ? {} : { 'ratelimit-policy': policy })).toBe(expected),
)
