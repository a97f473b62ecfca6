/** Why an ID token is refused for its time: which claim failed, by which clock, and what is wrong with that clock. */
import type { Explanation } from '../errors/action-error.ts'
import { formatDuration } from '../text/duration.ts'
import { code, list, prose } from '../text/message.ts'
import { CLOCK_TOLERANCE_SECONDS, correctionMs, driftInWords, isBeyondCorrection, MAX_DRIFT_SECONDS } from './clock.ts'
import { type Expectation, judgedBy } from './expectation.ts'

/** A claim that decides about time. */
export type TimeClaim = 'nbf' | 'exp'

/** What the token says, not yet checked. */
export type TokenTimes = Readonly<Record<TimeClaim, unknown>>

type Why = Omit<Explanation, 'failed'>

/** The refusal of a token whose `claim` is not met. */
export function explainTime(claim: TimeClaim, times: TokenTimes, expected: Expectation): Why {
  const { now = new Date() } = expected
  const judgedAt = judgedBy(expected)[claim]
  const value = typeof times[claim] === 'number' ? times[claim] * 1000 : Number.NaN
  const other = claim === 'exp' ? 'nbf' : 'exp'
  return {
    seen: list([
      prose`${code(`${claim} = ${time(times[claim])}`)}: ${distance(claim, value - judgedAt)}`,
      ...(times[other] === undefined ? [] : [prose`${code(`${other} = ${time(times[other])}`)}`]),
      `a runner whose clock shows ${now.toISOString()}`,
      measured(expected),
    ]),
    expected:
      claim === 'exp'
        ? prose`${code('exp')} in the future, with a tolerance of ${CLOCK_TOLERANCE_SECONDS} s`
        : prose`${code('nbf')} in the past, with a tolerance of ${CLOCK_TOLERANCE_SECONDS} s`,
    ...causeAndFix(claim, value, expected),
  }
}

function distance(claim: TimeClaim, ms: number): string {
  if (Number.isNaN(ms)) return 'not a time'
  const apart = formatDuration(Math.abs(ms) / 1000)
  return claim === 'exp' ? `the token expired ${apart} ago` : `the token is not valid for another ${apart}`
}

/** What the issuer's answers say about the clock. */
function measured({ driftMs, correctsTime }: Expectation): string {
  if (driftMs === undefined) return 'no time from the issuer to check the runner’s clock against'
  if (Math.abs(driftMs) <= CLOCK_TOLERANCE_SECONDS * 1000) return 'the issuer’s time, which agrees with that clock'
  const drift = `the issuer’s time: that clock is ${driftInWords(driftMs)}`
  if (isBeyondCorrection(driftMs)) return `${drift}, more than the ${MAX_DRIFT_SECONDS} s that the action corrects`
  return correctsTime ? `${drift}, which was taken into account` : drift
}

/** Who can set the clock. */
const CLOCK_KEEPERS = 'The people who operate this runner.'

function causeAndFix(claim: TimeClaim, value: number, expected: Expectation): Pick<Why, 'cause' | 'fix' | 'forward'> {
  const { foreign, driftMs } = expected
  if (driftMs !== undefined && isClockToBlame(claim, value, expected)) {
    return {
      cause: `The runner’s clock is ${driftInWords(driftMs)}.`,
      fix: `Synchronize the runner’s clock (NTP)${foreign ? '' : ', and re-run the job'}.`,
      forward: CLOCK_KEEPERS,
    }
  }
  const isClockKnown = driftMs !== undefined && !isBeyondCorrection(driftMs)
  return foreign ? ofAGivenToken(claim, isClockKnown) : ofGitHub(claim, isClockKnown)
}

/** Whether the token would be accepted by the time that the issuer's answers show. */
function isClockToBlame(claim: TimeClaim, value: number, { now = new Date(), driftMs = 0 }: Expectation): boolean {
  if (isBeyondCorrection(driftMs)) return true
  const atIssuer = now.getTime() + correctionMs(driftMs)
  const toleranceMs = CLOCK_TOLERANCE_SECONDS * 1000
  return claim === 'exp' ? value > atIssuer - toleranceMs : value <= atIssuer + toleranceMs
}

function ofAGivenToken(claim: TimeClaim, isClockKnown: boolean): Pick<Why, 'cause' | 'fix'> {
  const clock = isClockKnown ? '' : ', or the runner’s clock is wrong'
  const synchronize = isClockKnown ? '' : ' Synchronize the runner’s clock (NTP).'
  return claim === 'exp'
    ? {
        cause: `The token has expired since the platform gave it to the job${clock}.`,
        fix: `Have the platform issue the token shortly before this step, or with a longer lifetime.${synchronize}`,
      }
    : {
        cause: `The platform issued the token for a later time${clock}.`,
        fix: `Have the platform issue a token that is valid at once.${synchronize}`,
      }
}

function ofGitHub(claim: TimeClaim, isClockKnown: boolean): Pick<Why, 'cause' | 'fix' | 'forward'> {
  const token = claim === 'exp' ? 'an expired token' : 'a token that is not valid yet'
  if (isClockKnown) {
    return {
      cause: `A proxy or another intermediary returned ${token}.`,
      fix: prose`Re-run the job. If the problem persists, find out what responds at ${code('ACTIONS_ID_TOKEN_REQUEST_URL')} instead of GitHub.`,
    }
  }
  return {
    cause: `The runner’s clock is wrong (self-hosted runners), or ${token} was returned.`,
    fix: 'Synchronize the runner’s clock (NTP), and re-run the job.',
    forward: CLOCK_KEEPERS,
  }
}

function time(seconds: unknown): string {
  const date = new Date(typeof seconds === 'number' ? seconds * 1000 : Number.NaN)
  return Number.isNaN(date.getTime()) ? '(not a time)' : date.toISOString()
}
