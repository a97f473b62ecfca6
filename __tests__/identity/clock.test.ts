/** Clocks that are off: what the issuer's answers say about them, and what is accepted then. */
import { afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { KeyRing } from '../../sandbox/github/keys.ts'
import {
  ClockMeasurement,
  clockWarning,
  correctionMs,
  isBeyondCorrection,
  MAX_DRIFT_SECONDS,
  type TimedAnswer,
} from '../../src/identity/clock.ts'
import type { Job } from '../../src/identity/job.ts'
import { type ProofContext, prove } from '../../src/identity/prove.ts'
import { verifyIdToken } from '../../src/identity/verify.ts'
import { claimsOfNow, fakeHttp, hurried, ISSUER, NOW } from './identity-for-tests.ts'

const now = NOW.getTime()
const DATE = NOW.toUTCString()
/** `performance.now()`, at {@link NOW}. */
const STEADY = 5_000

/** An answer that was on its way for no time. */
const answer = (change: Partial<TimedAnswer> = {}): TimedAnswer => ({
  url: new URL(ISSUER),
  headers: { date: DATE },
  sentAt: STEADY,
  receivedAt: STEADY,
  ...change,
})

/** What a clock shows, and `performance.now()`: both stand still. */
function show(time: number, steady = STEADY): void {
  jest.spyOn(Date, 'now').mockReturnValue(time)
  jest.spyOn(performance, 'now').mockReturnValue(steady)
}

function measured(...answers: Partial<TimedAnswer>[]): number | undefined {
  show(now)
  const clock = new ClockMeasurement()
  for (const change of answers) clock.measure(answer(change))
  return clock.driftMs
}

/** The time of an answer, so many seconds after now. */
const at = (seconds: number) => ({ headers: { date: new Date(now + seconds * 1000).toUTCString() } })

describe('the drift', () => {
  test('is the difference to `Date`, which is half a second behind on average', () => {
    expect(measured({})).toBe(500)
    expect(measured(at(31))).toBe(31_500)
    expect(measured(at(-31))).toBe(-30_500)
  })

  test('is seen from the middle of the round trip', () => {
    expect(measured({ sentAt: STEADY - 4000 })).toBe(2500)
  })

  test.each([
    ['comes without TLS', { url: new URL('http://127.0.0.1:8080/jwks') }],
    ['comes from a cache', { headers: { date: DATE, age: '0' } }],
    ['has no `Date`', { headers: {} }],
    ['has another kind of date', { headers: { date: NOW.toISOString() } }],
    ['has a date that does not exist', { headers: { date: 'Sun, 31 Feb 2026 12:00:00 GMT' } }],
    ['has a `Date` with more behind it', { headers: { date: `${DATE} ` } }],
    ['took too long', { sentAt: STEADY - 30_001 }],
  ])('is not measured from an answer that %s', (_what, change) => {
    expect(measured(change)).toBeUndefined()
    expect(measured(change, at(40))).toBe(40_500)
  })

  test.each([
    [[40, 300], 300_500],
    [[300, 40], 300_500],
    [[-40, -300], -39_500],
    [[-40, 40], 40_500],
    // An old answer from a cache, and a clock that is far off.
    [[300, -3600], 300_500],
    [[-300, 3600], -299_500],
    [[700, 900], 900_500],
    [[-700, -900], -699_500],
  ])('is by the latest time that several answers show and that can be corrected: %j', (seconds, drift) => {
    expect(measured(...seconds.map(at))).toBe(drift)
  })

  test('is that of the moment in which it is asked for, even if someone sets the clock meanwhile', () => {
    show(now - 300_000)
    const clock = new ClockMeasurement()
    clock.measure(answer())
    expect(clock.driftMs).toBe(300_500)
    show(now + 60_000 - 300_000, STEADY + 60_000)
    expect(clock.driftMs).toBe(300_500)
    show(now + 60_000, STEADY + 60_000)
    expect(clock.driftMs).toBe(500)
  })

  test('is corrected up to ten minutes, and not at all beyond', () => {
    const limit = MAX_DRIFT_SECONDS * 1000
    expect(limit).toBe(600_000)
    for (const sign of [1, -1]) {
      expect(correctionMs(sign * limit)).toBe(sign * limit)
      expect(isBeyondCorrection(sign * limit)).toBe(false)
      expect(correctionMs(sign * (limit + 1))).toBe(0)
      expect(isBeyondCorrection(sign * (limit + 1))).toBe(true)
    }
    expect([correctionMs(undefined), isBeyondCorrection(undefined)]).toEqual([0, false])
  })
})

describe('the warning', () => {
  test('is for more than the tolerance', () => {
    expect(clockWarning(undefined, true)).toBeUndefined()
    expect(clockWarning(30_000, true)).toBeUndefined()
    expect(clockWarning(-30_000, true)).toBeUndefined()
    expect(clockWarning(30_501, true)).toMatch(/^This runner’s clock is 31 s slow, compared with the time/)
    expect(clockWarning(-30_501, true)).toMatch(/^This runner’s clock is 31 s fast, compared with the time/)
  })

  test('says what was done', () => {
    expect(clockWarning(40_000, true)).toContain('The action used the issuer’s time instead.')
    expect(clockWarning(40_000, false)).toContain('it checks this ID token by the runner’s clock')
    expect(clockWarning(660_000, true)).toContain('corrects 600 s at most, so it did not correct this')
  })
})

// ---

let keys: KeyRing
beforeAll(async () => {
  keys = await KeyRing.create()
})
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask'] })
})
afterEach(() => {
  jest.restoreAllMocks()
  jest.useRealTimers()
})

const REQUEST_URL = 'https://pipelines.actions.githubusercontent.com/x/idtoken?api-version=2.0'
const ASKED = `${REQUEST_URL}&audience=acme`
const JWKS = `${ISSUER}/.well-known/jwks`
const DISCOVERY = `${ISSUER}/.well-known/openid-configuration`

interface Situation {
  /** Seconds by which the runner's clock is fast. */
  fast: number
  from?: 'github' | 'file' | 'env'
  /** Headers of the issuer's answers. */
  token?: Record<string, string>
  published?: Record<string, string>
  claims?: Record<string, unknown>
  context?: Partial<ProofContext>
}

const DATED = { date: DATE }

/** Proves a job whose token was issued at {@link NOW}, by a clock that is off. */
async function proveAt({ fast, from = 'github', token = {}, published = {}, claims = {}, context }: Situation) {
  jest.setSystemTime(now + fast * 1000)
  const idToken = await keys.current.sign(claimsOfNow(claims))
  const body = keys.jwks
  const { http } = fakeHttp({
    [ASKED]: { headers: token, body: { value: idToken } },
    [JWKS]: { headers: published, body },
    [DISCOVERY]: { headers: published, body: { issuer: ISSUER, jwks_uri: JWKS } },
  })
  const warnings: string[] = []
  const idTokenFrom = {
    github: { kind: 'github' },
    file: { kind: 'file', path: '/x' },
    env: { kind: 'env', name: 'X' },
  }
  const result = await prove({
    request: {
      audience: 'acme',
      issuer: ISSUER,
      claimRules: [],
      idTokenFrom: idTokenFrom[from] as ProofContext['request']['idTokenFrom'],
    },
    job: { idTokenRequest: { url: REQUEST_URL, token: 'x' } } as Job,
    http,
    policy: hurried(),
    mask: () => {},
    log: { info() {}, debug() {}, warning: (text) => void warnings.push(text) },
    givenIdToken: () => idToken,
    onIdentity: () => {},
    ...context,
  }).then(
    ({ clockOffsetMs }) => ({ offset: clockOffsetMs, message: '' }),
    (error: Error) => ({ offset: undefined, message: error.message }),
  )
  return { ...result, warnings }
}

/** Seconds by which a clock is fast. */
const CLOCKS = [-900, -601, -599, -331, -300, -120, -31, -29, 0, 30, 31, 120, 299, 300, 329, 330, 599, 601, 900]

interface Source {
  situation: Omit<Situation, 'fast'>
  /** Whether the token, valid for five minutes before and after its issue, passes by a clock that is so fast. */
  passes: (fast: number) => boolean
  /** Whether AWS requests are signed with the issuer's time. */
  corrects: (fast: number) => boolean
}

const isWithin = (limit: number) => (fast: number) => Math.abs(fast) <= limit
const byOwnClock = (fast: number) => fast >= -330 && fast < 330
const never = () => false

const SOURCES: Record<string, Source> = {
  'GitHub, all answers dated': {
    situation: { token: DATED, published: DATED },
    passes: isWithin(600),
    corrects: isWithin(600),
  },
  'GitHub, the token’s answer dated': { situation: { token: DATED }, passes: isWithin(600), corrects: isWithin(600) },
  'GitHub, the keys’ answer dated': { situation: { published: DATED }, passes: isWithin(600), corrects: isWithin(600) },
  'GitHub, no answer dated': { situation: {}, passes: byOwnClock, corrects: never },
  'GitHub, answers from a cache': {
    situation: { token: { ...DATED, age: '1' }, published: { ...DATED, age: '7' } },
    passes: byOwnClock,
    corrects: never,
  },
  'GitHub, no later check': {
    situation: { token: DATED, published: DATED, context: { isCheckedLater: false } },
    passes: byOwnClock,
    corrects: isWithin(600),
  },
  'a file': { situation: { from: 'file', published: DATED }, passes: byOwnClock, corrects: isWithin(600) },
  'a variable': { situation: { from: 'env', published: DATED }, passes: byOwnClock, corrects: isWithin(600) },
  'a file, no answer dated': { situation: { from: 'file' }, passes: byOwnClock, corrects: never },
}

describe.each(Object.entries(SOURCES))('a token from %s', (_name, { situation, passes, corrects }) => {
  test.each(CLOCKS)('by a clock that is %i s fast', async (fast) => {
    const { offset, message, warnings } = await proveAt({ fast, ...situation })
    expect([fast, message === '']).toEqual([fast, passes(fast)])
    if (message !== '') {
      expect(message).toMatch(/^\[id-token-invalid\]/)
      expect(message).toContain(
        fast > 0
          ? '`exp = 2026-11-22T12:05:00.000Z`: the token expired'
          : '`nbf = 2026-11-22T11:55:00.000Z`: the token is not valid for another',
      )
      expect(warnings).toEqual([])
      return
    }
    const isMeasured = 'token' in situation || 'published' in situation
    expect(Math.abs((offset ?? Number.NaN) + (corrects(fast) ? fast * 1000 : 0))).toBeLessThan(1_000)
    const isWarned = isMeasured && Math.abs(fast) > 30 && situation.token?.age === undefined
    expect(warnings.length).toBe(isWarned ? 1 : 0)
  })
})

describe('a token that expired a minute ago', () => {
  const claims = { exp: now / 1000 - 60 }

  test.each(CLOCKS)('does not pass from a file, by a clock that is %i s fast', async (fast) => {
    for (const from of ['file', 'env'] as const) {
      const { message } = await proveAt({ fast, from, published: DATED, claims })
      expect(message).toMatch(/^\[id-token-invalid\]/)
    }
  })

  test.each(CLOCKS)('does not pass from GitHub either, by a clock that is %i s fast', async (fast) => {
    expect((await proveAt({ fast, token: DATED, published: DATED, claims })).message).toMatch(/^\[id-token-invalid\]/)
  })

  test('from a file does not pass either when the keys took so long to come', async () => {
    jest.setSystemTime(now)
    const idToken = await keys.current.sign(claimsOfNow({ exp: now / 1000 + 20 }))
    const late = async () => {
      jest.setSystemTime(now + 80_000)
      return keys.jwks
    }
    const verified = verifyIdToken(idToken, { issuer: ISSUER, audience: 'acme', foreign: true, keys: late })
    await expect(verified).rejects.toThrow('the token expired 1m ago')
  })

  test('is not brought back by a `Date` of before that', async () => {
    const past = { date: new Date(now - 120_000).toUTCString() }
    for (const situation of [
      { from: 'file' as const, published: past },
      { token: past, published: past, context: { isCheckedLater: false } },
      // One answer of now is enough.
      { token: past, published: DATED },
      { token: DATED, published: past },
    ]) {
      expect((await proveAt({ fast: 0, claims, ...situation })).message).toContain('`exp = 2026-11-22T11:59:00.000Z`')
    }
  })
})

describe('a `Date` that is wrong', () => {
  test.each(['Thu, 01 Jan 1970 00:00:00 GMT', 'Fri, 31 Dec 9999 23:59:59 GMT'])(
    'by more than ten minutes (%s) refuses nothing that the runner’s clock accepts',
    async (date) => {
      const { offset, message, warnings } = await proveAt({ fast: 0, token: { date }, published: { date } })
      expect([offset, message]).toEqual([0, ''])
      expect(warnings).toEqual([expect.stringContaining('so it did not correct this')])
    },
  )

  test('on an error page moves no clock', async () => {
    const page = { status: 503, headers: { date: new Date(now + 300_000).toUTCString() }, body: '<html>' }
    const { http } = fakeHttp({})
    const idToken = await keys.current.sign(claimsOfNow())
    const answers = fakeHttp({
      [ASKED]: [page, { body: { value: idToken } }],
      [JWKS]: [page, { body: keys.jwks }],
    }).http
    expect(http).toBeDefined()
    expect((await proveAt({ fast: 0, context: { http: answers } })).offset).toBe(0)
  })
})

describe('the message about a clock', () => {
  test('says how wrong it is when it is too wrong to be corrected', async () => {
    const { message } = await proveAt({ fast: -660, token: DATED, published: DATED })
    expect(message).toContain(
      '  - the issuer’s time: that clock is 661 s slow, more than the 600 s that the action corrects\n',
    )
    expect(message).toContain('Likely cause: The runner’s clock is 661 s slow.\n')
    expect(message).toContain('What to do: Synchronize the runner’s clock (NTP), and re-run the job.')
    expect(message).toContain('\nWho can do it: The people who operate this runner.')
  })

  test('blames the clock when a token from a file would pass by the issuer’s', async () => {
    const { message } = await proveAt({ fast: 400, from: 'file', published: DATED })
    expect(message).toContain('Likely cause: The runner’s clock is 400 s fast.\n')
  })

  test('does not blame a clock that is right', async () => {
    const claims = { exp: now / 1000 - 60 }
    const file = await proveAt({ fast: 0, from: 'file', published: DATED, claims })
    expect(file.message).toContain('the issuer’s time, which agrees with that clock')
    expect(file.message).toContain('Likely cause: The token has expired since the platform gave it to the job.\n')
    const github = await proveAt({ fast: 100, token: DATED, published: DATED, claims })
    expect(github.message).toContain('the issuer’s time: that clock is 100 s fast, which was taken into account')
    expect(github.message).toContain('Likely cause: A proxy or another intermediary returned an expired token.\n')
  })

  test('blames nobody for sure when nothing was measured', async () => {
    const claims = { nbf: now / 1000 + 600 }
    const { message } = await proveAt({ fast: 0, claims })
    expect(message).toContain('no time from the issuer to check the runner’s clock against')
    expect(message).toContain(
      'The runner’s clock is wrong (self-hosted runners), or a token that is not valid yet was returned.',
    )
    const file = await proveAt({ fast: 0, from: 'file', claims })
    expect(file.message).toContain('The platform issued the token for a later time, or the runner’s clock is wrong.')
  })

  test('is not repeated when the job proves itself again', async () => {
    expect((await proveAt({ fast: 60, token: DATED })).warnings.length).toBe(1)
    expect((await proveAt({ fast: 60, token: DATED, context: { isRenewal: true } })).warnings).toEqual([])
  })
})
