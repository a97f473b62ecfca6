/** The string and template literals of TypeScript: what a user may come to read. Comments and names are left out. */
import { stripTypeScriptTypes } from 'node:module'
import { type Node, parse, type TemplateLiteral } from 'acorn'
import { full } from 'acorn-walk'

export interface Literal {
  /** What it stands for; `…` for each `${…}`, a space for each escaped line break. */
  text: string
  /** Where it begins, counted from 1. */
  line: number
}

/**
 * Every literal, in order.
 *
 * @throws `SyntaxError` when the source cannot be read to its end: then a part of it would be unseen.
 */
export function literals(source: string): Literal[] {
  // Types become blanks, so that every line stays where it is.
  const program = parse(stripTypeScriptTypes(source), {
    ecmaVersion: 'latest',
    sourceType: 'module',
    locations: true,
  })
  const found: { at: number; literal: Literal }[] = []
  full(program, (node) => {
    const text = textOf(node)
    if (text === undefined) return
    found.push({ at: node.start, literal: { text, line: node.loc?.start.line ?? 0 } })
  })
  return found.sort((a, b) => a.at - b.at).map(({ literal }) => literal)
}

function textOf(node: Node): string | undefined {
  if (node.type === 'TemplateLiteral') {
    const { quasis } = node as TemplateLiteral
    return quasis
      .map(({ value }) => value.raw.replace(/\\([\s\S])/g, (_, escaped: string) => unescaped(escaped)))
      .join('…')
  }
  const value = node.type === 'Literal' ? (node as Node & { value?: unknown }).value : undefined
  return typeof value === 'string' ? value.replace(/\s/g, ' ') : undefined
}

function unescaped(character: string): string {
  return /[nrt\s]/.test(character) ? ' ' : character
}
