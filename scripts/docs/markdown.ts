/** Markdown as the jobs need it: what is prose, what is code, and where. */
import type { Page } from './project.ts'

/** A piece of code in a line of prose. */
export interface CodeSpan {
  code: string
  /** Where its first backtick is, and where the last one ends. */
  from: number
  to: number
}

const FENCE = /^( *)(`{3,}).*\n[\s\S]*?^ *\2`* *$/gm

/** The same text with spaces in the place of fenced code: every other character stays where it is. */
export function withoutFences(text: string): string {
  return text.replace(FENCE, blank)
}

/** The same text with spaces in the place of fenced code and of code spans. */
export function withoutCode(text: string): string {
  const prose = withoutFences(text)
  return codeSpans(text).reduce(
    (rest, { from, to }) => rest.slice(0, from) + blank(rest.slice(from, to)) + rest.slice(to),
    prose,
  )
}

/** The code spans outside of fenced code, in order. */
export function codeSpans(text: string): CodeSpan[] {
  return [...withoutFences(text).matchAll(/(?<!`)(`+)(?!`)((?:[^\n]|\n(?!\n))*?[^`])\1(?!`)/g)].map((match) => ({
    code: (match[2] ?? '').replace(/^ (.*`.*) $/, '$1'),
    from: match.index,
    to: match.index + match[0].length,
  }))
}

/** The text of a page; of a changelog only what is not released yet: the rest is history. */
export function unreleased({ path, text }: Page): string {
  if (path !== 'CHANGELOG.md') return text
  const [, next] = [...text.matchAll(/^## \[/gm)]
  return text.slice(0, next?.index)
}

/** A row of a table, or its head. */
export function tableRow(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.trim().replaceAll('|', '\\|')).join(' | ')} |`
}

/** A table. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [tableRow(head), tableRow(head.map(() => '---')), ...rows.map(tableRow)].join('\n')
}

/** Fenced code; the fence is longer than any in the text. */
export function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  const fence = '`'.repeat(longest + 1)
  return `${fence}${language}\n${text}\n${fence}`
}

function blank(text: string): string {
  return text.replace(/[^\n]/g, ' ')
}
