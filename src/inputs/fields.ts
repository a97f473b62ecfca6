/** Kinds of values that several inputs share; each function adds to the problems what it finds. */
import { isAllowedUrl, isPlainUrl, normalForm } from '../net/endpoint.ts'
import { formatDuration, parseDuration } from '../text/duration.ts'
import { code, codes, prose } from '../text/message.ts'
import { printable, quoted } from '../text/printable.ts'
import { didYouMean, got, type Problem, type Problems } from './problems.ts'

/** The inputs as text, by name. */
export type Values<Name extends string> = Readonly<Record<Name, string>>

/** The smallest and the largest value that an input may have. */
export interface Bounds {
  min: number
  max: number
}

/** One of a few words; the first of them when it is none. */
export function oneOf<T extends string>(name: string, text: string, choices: readonly T[], problems: Problems): T {
  const found = choices.find((choice) => choice === text)
  if (!found) {
    problems.add(name, prose`must be one of ${choices.join(', ')} ${got(text)}${didYouMean(text, choices)}`)
  }
  return found ?? (choices[0] as T)
}

/** A boolean of YAML 1.2's core schema, like the runner’s own inputs. */
export function flag<Name extends string>(name: Name, values: Values<Name>, problems: Problems): boolean {
  const text = values[name]
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (!/^(?:false|False|FALSE)$/.test(text)) problems.add(name, `must be true or false ${got(text)}`)
  return false
}

/** Seconds, within these bounds (in seconds). */
export function duration<Name extends string>(
  name: Name,
  values: Values<Name>,
  { min, max }: Bounds,
  problems: Problems,
): number {
  const seconds = parseDuration(values[name])
  if (seconds === undefined) {
    problems.add(name, `must be a whole number and a unit, such as 60s, 15m, 2h or 7d ${got(values[name])}`)
  } else if (seconds < min || seconds > max) {
    problems.add(name, `must be from ${formatDuration(min)} to ${formatDuration(max)} ${got(values[name])}`)
  }
  return seconds ?? 0
}

/** A whole number within these bounds. */
export function wholeNumber<Name extends string>(
  name: Name,
  values: Values<Name>,
  { min, max }: Bounds,
  problems: Problems,
): number {
  const number = /^\d{1,9}$/.test(values[name]) ? Number(values[name]) : Number.NaN
  if (!(number >= min && number <= max)) {
    problems.add(name, `must be a whole number from ${min} to ${max} ${got(values[name])}`)
  }
  return number
}

/** The same; undefined when it is not given. */
export function givenNumber<Name extends string>(
  name: Name,
  values: Values<Name>,
  bounds: Bounds,
  problems: Problems,
): number | undefined {
  return values[name] === '' ? undefined : wholeNumber(name, values, bounds, problems)
}

/** The lines that are not empty, trimmed. */
export function lines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean)
}

/** The words of a list that is separated by commas, spaces or line breaks; each once. */
export function words(text: string): string[] {
  return [...new Set(text.split(/[\s,]+/).filter(Boolean))]
}

/** An absolute `https:` URL (or `http:` on loopback) and nothing but scheme, host and path. */
export function checkUrl(name: string, text: string, problems: Problems): void {
  const given = gotUrl(text)
  if (!URL.canParse(text)) {
    problems.add(name, `must be an absolute URL ${given}`)
  } else if (!isAllowedUrl(new URL(text))) {
    problems.add(
      name,
      prose`must begin with ${code('https://')} ${given}; ${code('http://')} is accepted for loopback addresses only`,
    )
  } else if (!isPlainUrl(text)) {
    problems.add(name, prose`${notPlain(text)} ${given}`)
  }
}

/** What is wrong with a URL that can be parsed; its normal form shows which host would have been called. */
function notPlain(text: string): Problem {
  const normal = normalForm(text)
  const hasMore = /[^\w:/.~%[\]-]/.test(text) || normal === undefined
  return hasMore
    ? 'must consist of scheme, host and path: no credentials, query, fragment or special characters, no dot at the end of the host, and no // in the path'
    : prose`must be in normal form, which is ${code(printable(normal, 120))}`
}

/** {@link got} for a URL. Anything with an @ may contain a password, even when it is malformed. */
export function gotUrl(text: string): string {
  return text.includes('@') ? '(value not shown: it may contain a password)' : `(got ${quoted(text, 120)})`
}

/** The text with `{org}` and the other keys of `values` filled in. */
export function fill(name: string, text: string, values: Readonly<Record<string, string>>, problems: Problems): string {
  return text.replace(/\{([^{}]*)\}/g, (whole, key: string) => {
    if (Object.hasOwn(values, key)) return values[key] ?? ''
    const known = codes(Object.keys(values).map((one) => `{${one}}`))
    problems.add(name, prose`must have no placeholder other than ${known} ${got(whole)}`)
    return ''
  })
}
