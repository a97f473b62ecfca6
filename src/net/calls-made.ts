/** How many calls were made: counted by route, so that loops within loops stay within ten, and told in every message. */
import { ActionError } from '../errors/action-error.ts'
import { formatDuration } from '../text/duration.ts'
import { partsOf, type Wording } from '../text/message.ts'
import { MOST_CALLS } from './backoff.ts'

/** Counts the calls of one path, by route. */
export class CallCount {
  readonly #made = new Map<string, number>()
  readonly #failures = new Map<string, Error>()

  /** Whether another call may be made. */
  allows(route: string): boolean {
    return (this.#made.get(route) ?? 0) < MOST_CALLS
  }

  add(route: string): void {
    this.#made.set(route, (this.#made.get(route) ?? 0) + 1)
  }

  /** Keeps what to throw when a call is not made any more. */
  failed(route: string, failure: Error): void {
    this.#failures.set(route, failure)
  }

  /** The last failure of the route. */
  failure(route: string): Error {
    return this.#failures.get(route) ?? new Error(`${MOST_CALLS} calls were made to one route`)
  }
}

/** `after 7 attempts in 30 s`. */
export function afterAttempts(made: number, elapsedMs: number): string {
  const attempts = made === 1 ? 'one attempt' : `${made} attempts`
  if (elapsedMs < 1_000) return made === 1 ? `after ${attempts}` : `after ${attempts} in less than 1 s`
  const seconds = Math.round(elapsedMs / 1_000)
  return `after ${attempts} in ${seconds < 120 ? `${seconds} s` : formatDuration(seconds)}`
}

/** The failures that state how many calls were made: of two loops, one within the other, the inner one knows. */
const TOLD = new WeakSet<Error>()

/** The failure, with the number of calls at the end of what was seen. */
export function withCalls(failure: Error, made: number, elapsedMs: number): Error {
  if (!(failure instanceof ActionError) || TOLD.has(failure)) return failure
  const { code, explanation, cause } = failure
  const seen = ended(explanation.seen, afterAttempts(made, elapsedMs))
  const told = new ActionError(code, { ...explanation, seen }, cause)
  TOLD.add(told)
  return told
}

/** How many calls an answer took: it may turn out to be a refusal only later. */
const CALLS = new WeakMap<object, string>()

/** Remembers that an answer took more than one attempt. */
export function tellCalls(answer: unknown, made: number, elapsedMs: number): void {
  if (typeof answer === 'object' && answer !== null && made > 1) CALLS.set(answer, afterAttempts(made, elapsedMs))
}

/** `after 2 attempts in 3 s`; undefined for an answer that came at once. */
export const callsFor = (answer: object): string | undefined => CALLS.get(answer)

/** The first sentence of what was seen, with `text` at its end. */
function ended(seen: Wording | undefined, text: string): Wording {
  const [first, ...rest] = seen === undefined ? [] : partsOf(seen)
  if (first?.kind !== 'prose') return [`${text[0]?.toUpperCase()}${text.slice(1)}`, ...(first ? [first] : []), ...rest]
  return [{ kind: 'prose', inlines: [...first.inlines, `, ${text}`] }, ...rest]
}
