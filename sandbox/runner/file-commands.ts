/** The files that a step writes for the runner: `name=value` and `name<<DELIMITER` blocks. */

/**
 * The pairs in the file, in order.
 * Throws the runner's own message if the text has another form.
 */
export function parsePairs(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = []
  const lines = text.split(/\r?\n/)
  for (let at = 0; at < lines.length; ) {
    const { pair, next } = parsePair(lines, at)
    if (pair) pairs.push(pair)
    at = next
  }
  return pairs
}

/** What begins at this line, and the line after it. */
function parsePair(lines: readonly string[], at: number): { pair?: [name: string, value: string]; next: number } {
  const line = lines[at] ?? ''
  if (line === '') return { next: at + 1 }
  const equals = line.indexOf('=')
  const heredoc = line.indexOf('<<')
  if (heredoc >= 0 && (equals < 0 || heredoc < equals)) {
    const name = line.slice(0, heredoc)
    const delimiter = line.slice(heredoc + 2)
    const end = lines.indexOf(delimiter, at + 1)
    if (name === '' || delimiter === '')
      throw new Error(`Invalid format '${line}'. Name and delimiter must not be empty`)
    if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
    return { pair: [name, lines.slice(at + 1, end).join('\n')], next: end + 1 }
  }
  if (equals > 0) return { pair: [line.slice(0, equals), line.slice(equals + 1)], next: at + 1 }
  throw new Error(`Invalid format '${line}'`)
}
