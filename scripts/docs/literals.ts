/** The string and template literals of TypeScript: what a user may come to read. Comments and names are left out. */

export interface Literal {
  /** What it stands for; `…` for each `${…}`, a space for each escaped line break. */
  text: string
  /** Where it begins, counted from 1. */
  line: number
}

/** After one of these, `/` begins a regular expression. */
const BEFORE_REGEX =
  /(?:^|[([{,;:=!&|?+\-*%<>~^}]|\b(?:return|typeof|case|in|of|delete|void|throw|new|else|do|await|yield))$/

/**
 * Every literal, in order.
 *
 * @throws when the source cannot be read to its end: then a part of it would be unseen.
 */
export function literals(source: string): Literal[] {
  const found: Literal[] = []
  let at = 0
  let line = 1
  const take = (count = 1): string => {
    const taken = source.slice(at, at + count)
    at += count
    line += taken.split('\n').length - 1
    return taken
  }
  const takeMatch = (pattern: RegExp): string => take(pattern.exec(source.slice(at))?.[0].length ?? 1)
  const escaped = (): string => {
    take()
    const character = take()
    return character === 'n' || character === 'r' || character === 't' || character === '\n' ? ' ' : character
  }

  const quotedText = (): void => {
    const literal: Literal = { text: '', line }
    const quote = take()
    while (at < source.length && source[at] !== quote) literal.text += source[at] === '\\' ? escaped() : take()
    take()
    found.push(literal)
  }

  const template = (): void => {
    const literal: Literal = { text: '', line }
    found.push(literal)
    take()
    while (at < source.length && source[at] !== '`') {
      if (source[at] === '\\') literal.text += escaped()
      else if (source.startsWith('${', at)) {
        take(2)
        code()
        take()
        literal.text += '…'
      } else literal.text += take()
    }
    take()
  }

  /** Up to the `}` that has no `{`, or to the end. */
  const code = (): void => {
    let before = ''
    for (let depth = 0; at < source.length; ) {
      const character = source[at] ?? ''
      if (/\s/.test(character)) take()
      else if (source.startsWith('//', at)) takeMatch(/^.*/)
      else if (source.startsWith('/*', at)) takeMatch(/^[\s\S]*?\*\//)
      else if (character === "'" || character === '"' || character === '`') {
        if (character === '`') template()
        else quotedText()
        before = 'literal'
      } else if (character === '/' && BEFORE_REGEX.test(before)) {
        takeMatch(/^\/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\[])+\/\w*/)
        before = 'literal'
      } else {
        if (character === '}' && depth === 0) return
        depth += character === '{' ? 1 : character === '}' ? -1 : 0
        before = takeMatch(/^(?:[\w$]+|[\s\S])/)
      }
    }
  }

  code()
  if (at < source.length) throw new Error(`the literals after line ${line} cannot be told from the code`)
  return found
}
