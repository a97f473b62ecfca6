/** Puts a table between the markers `<!-- bench:NAME -->` and `<!-- /bench -->` of a page, docs/performance.md by default. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../sandbox/root.ts'

export function record(name: string, table: string, page = 'performance.md'): void {
  const path = join(projectRoot, 'docs', page)
  const text = readFileSync(path, 'utf8')
  const markers = new RegExp(`(<!-- bench:${name} -->)[\\s\\S]*?(<!-- /bench -->)`)
  if (!markers.test(text)) throw new Error(`docs/${page} has no place for bench:${name}`)
  writeFileSync(path, text.replace(markers, `$1\n${table}\n$2`))
  console.log(`\nUpdated docs/${page}.`)
}

/** The middle value, or the mean of the two in the middle; 0 for none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? (sorted[middle] ?? 0) : ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2
}
