/** Makes text from outside (claims, answers, inputs) safe to show in a log, an error or a summary. */
import { redact } from './redact.ts'

/**
 * Control characters, line and paragraph separators, direction overrides, zero-width characters: what could start a
 * workflow command on a new line, or make a line look different from what it is. Lone surrogates have no UTF-8.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Text that looks like a secret, although nobody registered it: Hub tokens, JWTs, AWS access key ids, passwords in URLs. */
const SECRET_SHAPES: readonly [RegExp, string][] = [
  [/hf_[\w.~+/=-]{8,}/g, 'hf_***'],
  [/eyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*)?/g, 'eyJ***'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, 'A***'],
  [/(\/\/)[^/\s]+@/g, '$1***@'],
  [/(authorization["']?\s*[:=,]\s*["']?(?:basic|bearer)\s+)[^\s"',]+/gi, '$1***'],
  [/(\bpassword["']?\s*[:=]\s*["'])[^"']+/gi, '$1***'],
]

/** How many characters after `max` are searched too: a secret that begins before the cut must be recognized whole. */
const MARGIN = 20_000

/**
 * One line of text without this run's secrets, without what looks like a secret, without invisible characters (shown as
 * `\u{…}`) and without workflow commands; cut to `max` characters.
 */
export function printable(value: unknown, max = 300): string {
  const text = asText(value)
  let shown = redact(text.slice(0, max * 4 + MARGIN))
  for (const [shape, replacement] of SECRET_SHAPES) shown = shown.replace(shape, replacement)
  return cut(visible(shown), max, text.length)
}

/**
 * Like {@link printable}, for values that somebody will use (an ARN, a subject in a policy): what only looks like a
 * secret is kept, because a name may look like one. Never for text that came with an error.
 */
export function verbatim(value: unknown, max = 2048): string {
  const text = asText(value)
  return cut(visible(redact(text.slice(0, max * 4 + MARGIN))), max, text.length)
}

/** {@link printable}, in double quotes. */
export function quoted(value: unknown, max?: number): string {
  return `"${printable(value, max)}"`
}

/** A list for a sentence: `a, b and c`; `nothing` when it is empty. */
export function listed(items: readonly string[], max = 12): string {
  if (items.length === 0) return 'nothing'
  const shown = items.length > max ? [...items.slice(0, max), `${items.length - max} more`] : items
  if (shown.length === 1) return shown[0] ?? ''
  return `${shown.slice(0, -1).join(', ')} and ${shown.at(-1)}`
}

function asText(value: unknown): string {
  if (typeof value === 'string') return value
  try {
    return JSON.stringify(value) ?? String(value)
  } catch {
    return '(not printable)'
  }
}

function visible(text: string): string {
  const line = text.replace(INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
  return line.replace(/##\[/g, '## [').replace(/^(\s*)::/, '$1 : :')
}

function cut(text: string, max: number, whole: number): string {
  return text.length > max ? `${text.slice(0, max)}… (${whole} characters)` : text
}
