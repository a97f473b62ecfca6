/** Kinds of values that several inputs share; each function adds to the problems what it finds. */
import { isAllowedUrl } from '../net/endpoint.ts'
import { parseDuration } from '../text/duration.ts'
import { listed, quoted } from '../text/printable.ts'
import type { Problems } from './problems.ts'

/** The inputs as text, by name. */
export type Values<Name extends string> = Readonly<Record<Name, string>>

/** One of a few words; the first of them when it is none. */
export function oneOf<T extends string>(name: string, text: string, choices: readonly T[], problems: Problems): T {
  const found = choices.find((choice) => choice === text)
  if (!found) problems.add(name, `is ${quoted(text, 60)}; it is one of ${listed(choices)}`)
  return found ?? (choices[0] as T)
}

/** YAML 1.2 core schema, as the runner’s own inputs. */
export function flag<Name extends string>(name: Name, values: Values<Name>, problems: Problems): boolean {
  const text = values[name]
  if (/^(?:true|True|TRUE)$/.test(text)) return true
  if (!/^(?:false|False|FALSE)$/.test(text)) problems.add(name, `is ${quoted(text, 60)}; it is true or false`)
  return false
}

/** Seconds, within these bounds. */
export function duration<Name extends string>(
  name: Name,
  values: Values<Name>,
  min: number,
  max: number,
  problems: Problems,
): number {
  const seconds = parseDuration(values[name])
  if (seconds === undefined) {
    problems.add(name, `is ${quoted(values[name], 60)}; write a whole number and a unit: 60s, 15m, 2h, 7d`)
  } else if (seconds < min || seconds > max) {
    problems.add(name, `is ${values[name]}; it must be from ${min}s to ${max}s`)
  }
  return seconds ?? 0
}

/** A whole number within these bounds. */
export function wholeNumber<Name extends string>(
  name: Name,
  values: Values<Name>,
  min: number,
  max: number,
  problems: Problems,
): number {
  const number = /^\d{1,9}$/.test(values[name]) ? Number(values[name]) : Number.NaN
  if (!(number >= min && number <= max)) {
    problems.add(name, `is ${quoted(values[name], 60)}; it must be a whole number from ${min} to ${max}`)
  }
  return number
}

/** The lines that are not empty, trimmed. */
export function lines(text: string): string[] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter(Boolean)
}

/** What a URL may consist of here: no quotes, blanks or controls, which would mean something in other places. */
const URL_TEXT = /^[\w:/.~%[\]-]+$/

/** An absolute `https:` URL (or `http:` on loopback) and nothing but scheme, host and path. */
export function checkUrl(name: string, text: string, problems: Problems): void {
  // Anything with an @ may hold a password, also when it is malformed.
  const shown = text.includes('@') ? '(not shown, for it may hold a password)' : quoted(text, 120)
  if (!URL.canParse(text)) {
    problems.add(name, `is ${shown}, which is not an absolute URL`)
  } else if (!isAllowedUrl(new URL(text))) {
    problems.add(name, `is ${shown}; it must be https: (http: is accepted for loopback addresses only)`)
  } else if (!URL_TEXT.test(text)) {
    problems.add(
      name,
      `is ${shown}; give scheme, host and path only: no credentials, query, fragment or other characters`,
    )
  }
}

/** Fills in `{org}` and what else may stand in braces. */
export function fill(name: string, text: string, values: Readonly<Record<string, string>>, problems: Problems): string {
  return text.replace(/\{([^{}]*)\}/g, (whole, key: string) => {
    if (Object.hasOwn(values, key)) return values[key] ?? ''
    const known = Object.keys(values).map((one) => `{${one}}`)
    problems.add(name, `has the placeholder ${quoted(whole, 60)}; only ${listed(known)} are filled in`)
    return ''
  })
}
