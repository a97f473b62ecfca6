/** Makes text from outside (claims, answers, inputs) safe to show in a log, an error or a summary. */

/**
 * Control characters, line and paragraph separators, direction overrides, zero-width characters: what could start a
 * workflow command on a new line, or make a line read other than it is. Lone surrogates cannot be written as UTF-8.
 */
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu

/** Things that look like a secret although nobody said so: Hub tokens, JWTs, AWS secret-bearing key ids, URL passwords. */
const SECRET_SHAPES: readonly [RegExp, string][] = [
  [/hf_[\w.~-]{8,}/g, 'hf_***'],
  [/eyJ[\w-]{8,}\.[\w-]*(?:\.[\w-]*)?/g, 'eyJ***'],
  [/\b(?:AKIA|ASIA)[A-Z0-9]{12,}\b/g, 'A***'],
  [/(\/\/)[^/\s@]+@/g, '$1***@'],
]

/**
 * One line of text without invisible characters (shown as `\u{…}`), without things that look like secrets, and without
 * the old in-line form of workflow commands; cut to `max` characters.
 */
export function printable(value: unknown, max = 300): string {
  let text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value))
  // Cut first, with a margin: a megabyte of hostile text must not cost more than a line of it.
  const whole = text.length
  if (whole > max * 4) text = text.slice(0, max * 4)
  for (const [shape, replacement] of SECRET_SHAPES) text = text.replace(shape, replacement)
  text = text.replace(INVISIBLE, (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`)
  text = text.replace(/##\[/g, '## [')
  if (text.startsWith('::')) text = ` ${text}`
  return text.length > max || whole > max * 4 ? `${text.slice(0, max)}… (${whole} characters)` : text
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
