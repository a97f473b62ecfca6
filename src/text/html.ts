/** Pieces of HTML for job summaries, in which text from outside stays text. */
import { verbatim } from './printable.ts'

/** Names on the left, values (HTML) on the right. */
export function table(rows: readonly (readonly [string, string])[]): string {
  return `<table>\n${rows.map(([name, value]) => `<tr><td><b>${escapeHtml(name)}</b></td><td>${value}</td></tr>`).join('\n')}\n</table>`
}

/** Text in code type. */
export function code(value: unknown): string {
  return `<code>${escapeHtml(value)}</code>`
}

/** Several lines (a policy, a list) keep their form; every line is made printable on its own. */
export function block(text: string): string {
  const lines = text.split('\n')
  if (lines.length === 1) return escapeHtml(text)
  return `<pre>${lines.map((line) => escapeHtml(line)).join('\n')}</pre>`
}

/** Text that GitHub renders as itself: no HTML, no Markdown, no mention, no link. */
export function escapeHtml(value: unknown): string {
  return verbatim(value, 1000).replace(/[&<>"'`*_~|[\]\\@#]|:\/\//g, (match) =>
    Array.from(match, (character) => `&#${character.codePointAt(0)};`).join(''),
  )
}
