/** How many calls were made: counted by route, so that loops within loops stay within ten, and told in every message. */
import { ActionError } from '../errors/action-error.ts'
import { formatDuration } from '../text/duration.ts'
import { partsOf, type Wording } from '../text/message.ts'
import { MOST_CALLS } from './backoff.ts'

/**
 * Which calls to a route count: all; those that failed, where every success asks about a new state (a secret's labels); or
 * those since the last success, where something is asked about until it has happened (a deployment).
 */
export type Counted = 'all' | 'failures' | 'since-success'

/** Counts the calls of one path, by route. */
export class CallCount {
  /** How many, and how much time was left when the first one was made, in milliseconds. */
  readonly #made = new Map<string, { made: number; sinceMs: number }>()
  readonly #failures = new Map<string, Error>()
  readonly #counted: Counted

  /** `counted`: for calls that do not say it themselves. */
  constructor(counted: Counted = 'all') {
    this.#counted = counted
  }

  /** How many more calls may be made. */
  left(route: string): number {
    return MOST_CALLS - (this.#made.get(route)?.made ?? 0)
  }

  /** Takes note of a success, after which some calls do not count any more. */
  succeeded(route: string, counted = this.#counted): void {
    const calls = this.#made.get(route)
    if (counted === 'since-success') this.#made.delete(route)
    if (counted === 'failures' && calls) this.#made.set(route, { ...calls, made: calls.made - 1 })
  }

  add(route: string, remainingMs: number): void {
    const { made, sinceMs } = this.#made.get(route) ?? { made: 0, sinceMs: remainingMs }
    this.#made.set(route, { made: made + 1, sinceMs })
  }

  /** Keeps what to throw when a call is not made any more. */
  failed(route: string, failure: Error): void {
    this.#failures.set(route, failure)
  }

  /** The last failure of a route that gets no more calls, even if a call after it succeeded. */
  usedUp(route: string): { failure: Error; made: number; sinceMs: number } {
    const failure = this.#failures.get(route) ?? new Error(`${MOST_CALLS} calls were made to one route`)
    return { failure, ...(this.#made.get(route) ?? { made: 0, sinceMs: 0 }) }
  }
}

/** `after 7 attempts in 30 s`. */
export function afterAttempts(made: number, elapsedMs: number): string {
  const attempts = made === 1 ? 'one attempt' : `${made} attempts`
  if (elapsedMs < 1_000) return made === 1 ? `after ${attempts}` : `after ${attempts} in less than 1 s`
  const seconds = Math.round(elapsedMs / 1_000)
  return `after ${attempts} in ${seconds < 120 ? `${seconds} s` : formatDuration(seconds)}`
}

/** Calls, and how long they took together, in milliseconds. */
interface Calls {
  made: number
  elapsedMs: number
}

/** A failure that states how many calls were made. */
interface Told extends Calls {
  text: string
  /** The wait that the service asked for, if there was no time for it. */
  askedMs: number | undefined
  /** The same failure before it stated them. */
  bare: ActionError
}

/** The failures that state how many calls were made: of two loops, one within the other, the inner one knows. */
const TOLD = new WeakMap<Error, Told>()

/** How many calls an answer took: it may turn out to be a refusal only later. */
const CALLS = new WeakMap<object, Calls>()

/**
 * The failure, with the number of calls at the end of what was seen. `askedMs`: the wait that the service asked for, if
 * there was no time for it.
 */
export function withCalls(failure: Error, made: number, elapsedMs: number, askedMs?: number): Error {
  if (!(failure instanceof ActionError) || TOLD.has(failure)) return failure
  return stating(failure, { made, elapsedMs }, askedMs)
}

function stating(failure: ActionError, { made, elapsedMs }: Calls, askedMs: number | undefined): ActionError {
  const { code, explanation, cause } = failure
  // The message about a rate limit of the Hub names the wait itself.
  const isNamed = askedMs === undefined || code === 'hub-rate-limited'
  const calls = `${afterAttempts(made, elapsedMs)}${isNamed ? '' : tooLong(askedMs)}`
  const seen = ended(explanation.seen, calls)
  const told = new ActionError(code, { ...explanation, seen }, cause)
  TOLD.set(told, { made, elapsedMs, text: calls, askedMs, bare: failure })
  return told
}

/**
 * The failure, stating the calls of `earlier` too: an answer or a failure of the same route, after which it was called
 * again. `elapsedMs`: from the first to the last.
 */
export function withEarlierCalls<Failure extends Error>(
  failure: Failure,
  earlier: object,
  elapsedMs: number,
): Failure | ActionError {
  const told = TOLD.get(failure)
  return told ? stating(told.bare, { made: told.made + madeFor(earlier), elapsedMs }, told.askedMs) : failure
}

/** The same for an answer. */
export function addEarlierCalls(answer: object, earlier: object, elapsedMs: number): void {
  tellCalls(answer, madeFor(answer) + madeFor(earlier), elapsedMs)
}

function madeFor(outcome: object): number {
  const told = outcome instanceof Error ? TOLD.get(outcome) : undefined
  return (told ?? CALLS.get(outcome))?.made ?? 0
}

/** A day, in milliseconds: whoever asks for more than that means something else. */
const DAY_MS = 86_400_000

function tooLong(askedMs: number): string {
  const wait = askedMs > DAY_MS ? 'more than a day' : formatDuration(Math.ceil(askedMs / 1000))
  return ` (it asks clients to wait ${wait}, for which there is no time)`
}

/** A failure in one line, for a warning: what failed, and how many calls were made. */
export function inOneLine(error: unknown): string {
  if (!(error instanceof Error)) return 'an error'
  const [line = ''] = error.message.split('\n')
  const told = TOLD.get(error)
  return told === undefined ? line : `${line} (${told.text})`
}

/** Remembers how many attempts an answer took. */
export function tellCalls(answer: unknown, made: number, elapsedMs: number): void {
  if (typeof answer === 'object' && answer !== null) CALLS.set(answer, { made, elapsedMs })
}

/** `after 2 attempts in 3 s`; undefined for an answer that was not waited for with retries. */
export function callsFor(answer: object): string | undefined {
  const calls = CALLS.get(answer)
  return calls && afterAttempts(calls.made, calls.elapsedMs)
}

/** The first sentence of what was seen, with `text` at its end. */
function ended(seen: Wording | undefined, text: string): Wording {
  const [first, ...rest] = seen === undefined ? [] : partsOf(seen)
  if (first?.kind !== 'prose') return [`${text[0]?.toUpperCase()}${text.slice(1)}`, ...(first ? [first] : []), ...rest]
  return [{ kind: 'prose', inlines: [...first.inlines, `, ${text}`] }, ...rest]
}
