/** Reads JSON that nobody trusts. Each reader returns a value of the shape that it names, or gives up on the answer. */
import { isRecord } from '../text/json.ts'

class Misshapen extends Error {}

/** Gives up: inside {@link readShape}, the answer does not have the documented shape. */
export function misshapen(): never {
  throw new Misshapen()
}

/** What `read` returns; undefined when one of the readers below gave up. */
export function readShape<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (error instanceof Misshapen) return undefined
    throw error
  }
}

/** The items that `read` can read: one odd item must not hide the others. */
export function readItems<T extends object>(items: readonly unknown[], read: (item: unknown) => T): T[] {
  return items.flatMap((item) => readShape(() => read(item)) ?? [])
}

/** An object. */
export function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : misshapen()
}

/** An array. */
export function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : misshapen()
}

/** A string. */
export function text(value: unknown): string {
  return typeof value === 'string' ? value : misshapen()
}

/** What `read` returns; undefined when the value is absent or null. */
export function optional<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined || value === null ? undefined : read(value)
}

/** A time in milliseconds since the epoch, from an RFC 3339 date and time with its zone. */
export function time(value: unknown): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text(value))
    ? Date.parse(text(value))
    : Number.NaN
  return Number.isNaN(at) ? misshapen() : at
}
