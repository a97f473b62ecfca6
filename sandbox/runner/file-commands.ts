/** The files that a step writes for the runner: `name=value` and `name<<DELIMITER` blocks. */

/**
 * The pairs in the file, in order.
 * Throws the runner's own message if the text has another form.
 */
export function parsePairs(text: string): [name: string, value: string][] {
  const pairs: [string, string][] = []
  const lines = text.split(/\r?\n/)
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i] ?? ''
    if (line === '') continue
    const equals = line.indexOf('=')
    const heredoc = line.indexOf('<<')
    if (heredoc >= 0 && (equals < 0 || heredoc < equals)) {
      const name = line.slice(0, heredoc)
      const delimiter = line.slice(heredoc + 2)
      const end = lines.indexOf(delimiter, i + 1)
      if (name === '' || delimiter === '')
        throw new Error(`Invalid format '${line}'. Name and delimiter must not be empty`)
      if (end < 0) throw new Error(`Invalid value. Matching delimiter not found '${delimiter}'`)
      pairs.push([name, lines.slice(i + 1, end).join('\n')])
      i = end
    } else if (equals > 0) {
      pairs.push([line.slice(0, equals), line.slice(equals + 1)])
    } else {
      throw new Error(`Invalid format '${line}'`)
    }
  }
  return pairs
}
