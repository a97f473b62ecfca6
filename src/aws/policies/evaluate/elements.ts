/** Reads the parts of a policy's JSON. What is not as AWS defines it is an error, so that nothing means less here. */
import { malformed } from './policy-error.ts'

/** @throws PolicyError if it is not an object. */
export function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${what} must be an object`)
  return { ...value }
}

/** One text or a list of them, none empty. */
export function strings(value: unknown, what: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw malformed(`${what} must not be empty`)
  return list.map((item) => {
    if (typeof item !== 'string' || item === '') throw malformed(`${what} must be a string or a list of strings`)
    return item
  })
}

/** The same for a condition's values, which may also be empty, numbers, `true` and `false`. */
export function values(value: unknown, what: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw malformed(`${what} must not be empty`)
  return list.map((item) => {
    if (typeof item === 'number' || typeof item === 'boolean') return String(item)
    if (typeof item !== 'string') throw malformed(`${what} must be a string or a list of strings`)
    return item
  })
}

/** @throws PolicyError that names what AWS does not know there. */
export function onlyKeys(value: Record<string, unknown>, allowed: readonly string[], where: string): void {
  const unknown = Object.keys(value).filter((key) => !allowed.includes(key))
  if (unknown.length > 0) throw malformed(`Unknown element in ${where}: ${unknown.join(', ').slice(0, 200)}`)
}

/** Exactly one of an element and its negation, such as `Action` and `NotAction`. */
export function either(
  statement: Record<string, unknown>,
  name: string,
  negation = `Not${name}`,
): { negated: boolean; value: unknown } {
  const [is, isNot] = [name in statement, negation in statement]
  if (is && isNot) throw malformed(`A statement must not have both ${name} and ${negation}`)
  if (!is && !isNot) throw malformed(`Missing required field ${name}`)
  return { negated: isNot, value: statement[is ? name : negation] }
}
