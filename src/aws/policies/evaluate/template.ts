/** Text of a policy with wildcards and variables, and what it matches. */
import { type Context, singleValue } from './context.ts'
import { malformed } from './policy-error.ts'

const ANY = Symbol('*')
/** `*` that does not run across a colon. */
const ANY_IN_SEGMENT = Symbol('* without a colon')
const ONE = Symbol('?')

/** A character that must be there, or a wildcard. */
type Token = string | typeof ANY | typeof ANY_IN_SEGMENT | typeof ONE

/** `${key}` or `${key, 'default'}`. */
interface Variable {
  key: string
  otherwise: string | undefined
}

export type Template = readonly (Token | Variable)[]

/** What is special in the text. */
export interface Syntax {
  /** `*` and `?`. */
  wildcards: boolean
  /** `${…}`: in policies of version 2012-10-17 only. */
  variables: boolean
}

const VARIABLE = /^\$\{\s*(?:([*?$])|([^\s{}',]+:[^{}',]*[^\s{}',])\s*(?:,\s*'([^'}]*)'\s*)?)\s*\}$/

/**
 * Source: IAM user guide, "IAM policy elements: Variables and tags".
 *
 * @throws PolicyError for a `${` that begins no variable.
 */
export function parseTemplate(text: string, syntax: Syntax): Template {
  if (!syntax.variables) return Array.from(text, (character) => tokenOf(character, syntax))
  return text.split(/(\$\{[^}]*\}?)/).flatMap((part): (Token | Variable)[] => {
    if (part.startsWith('${')) return [parseVariable(part)]
    return Array.from(part, (character) => tokenOf(character, syntax))
  })
}

function tokenOf(character: string, { wildcards }: Syntax): Token {
  if (!wildcards) return character
  return character === '*' ? ANY : character === '?' ? ONE : character
}

/** `${*}`, `${?}` and `${$}` are these characters. */
function parseVariable(text: string): Token | Variable {
  const found = VARIABLE.exec(text)
  if (!found) throw malformed(`Invalid policy variable: ${text.slice(0, 200)}`)
  const [, literal, key = '', otherwise] = found
  return literal ?? { key: key.toLowerCase(), otherwise }
}

/** The text of a template without wildcards and variables; undefined for any other. */
export function constant(template: Template): string | undefined {
  return template.every((token) => typeof token === 'string') ? template.join('') : undefined
}

/** True when nothing but wildcards is in it, so that it matches (almost) everything. */
export function isOnlyWildcards(template: Template): boolean {
  return template.length > 0 && template.every((token) => typeof token === 'symbol')
}

/**
 * The template with its variables replaced. What a variable stands for is taken literally, wildcards included.
 * Undefined when the request has no single value for one of them: then it matches nothing.
 */
function resolve(template: Template, context: Context): Token[] | undefined {
  const tokens: Token[] = []
  for (const token of template) {
    if (typeof token !== 'object') {
      tokens.push(token)
      continue
    }
    const value = singleValue(context, token.key) ?? token.otherwise
    if (value === undefined) return undefined
    tokens.push(...value)
  }
  return tokens
}

/** The template's text for this request, for values that have no wildcards. */
export function textOf(template: Template, context: Context): string | undefined {
  return resolve(template, context)?.join('')
}

/** True when the template matches the whole text. */
export function matchesText(template: Template, text: string, context: Context, ignoreCase = false): boolean {
  const tokens = resolve(template, context)
  if (!tokens) return false
  if (!ignoreCase) return run(tokens, text)
  const lower = tokens.map((token) => (typeof token === 'string' ? token.toLowerCase() : token))
  return run(lower, text.toLowerCase())
}

/**
 * True when the template matches a resource's ARN. `*` runs across a colon only at the end of a segment or in the last
 * one; a pattern with fewer segments than an ARN matches every one that begins like it.
 * Source: IAM user guide, "IAM JSON policy elements: Resource".
 */
export function matchesResource(template: Template, arn: string, context: Context): boolean {
  const tokens = resolve(template, context)
  if (!tokens) return false
  if (isOnlyWildcards(tokens)) return run(tokens, arn)
  const segments = split(tokens)
  const bound = segments.flatMap((segment, index): Token[] => {
    const inner = index === SEGMENTS - 1 ? segment : segment.map(withinSegment)
    return index === 0 ? inner : [':', ...inner]
  })
  const missing = Array.from({ length: SEGMENTS - segments.length }, (): Token[] => [':', ANY]).flat()
  return run(bound, arn) || (missing.length > 0 && run([...bound, ...missing], arn))
}

/** True when each of the six segments matches its counterpart. Source: the same guide, "ARN condition operators". */
export function matchesArn(template: Template, arn: string, context: Context): boolean {
  const tokens = resolve(template, context)
  if (!tokens) return false
  const segments = split(tokens)
  const actual = arn.split(':')
  if (segments.length !== SEGMENTS || actual.length < SEGMENTS || actual[0] !== 'arn') return false
  return segments.every((segment, index) =>
    run(segment, index === SEGMENTS - 1 ? actual.slice(index).join(':') : (actual[index] ?? '')),
  )
}

function withinSegment(token: Token, index: number, segment: readonly Token[]): Token {
  return token === ANY && index < segment.length - 1 ? ANY_IN_SEGMENT : token
}

/** `arn:partition:service:region:account:resource`. */
const SEGMENTS = 6

function split(tokens: readonly Token[]): Token[][] {
  const segments: Token[][] = [[]]
  for (const token of tokens) {
    if (token === ':' && segments.length < SEGMENTS) segments.push([])
    else segments.at(-1)?.push(token)
  }
  return segments
}

/** Follows all ways through the pattern at once, so that no pattern takes long. */
function run(tokens: readonly Token[], text: string): boolean {
  let reached = closure(tokens, new Set([0]))
  for (const character of text) {
    const next = new Set<number>()
    for (const at of reached) {
      const token = tokens[at]
      if (token === ANY || (token === ANY_IN_SEGMENT && character !== ':')) next.add(at)
      if (token === ONE || token === character) next.add(at + 1)
    }
    if (next.size === 0) return false
    reached = closure(tokens, next)
  }
  return reached.has(tokens.length)
}

/** A `*` may stand for nothing. */
function closure(tokens: readonly Token[], states: Set<number>): Set<number> {
  for (const at of states) if (tokens[at] === ANY || tokens[at] === ANY_IN_SEGMENT) states.add(at + 1)
  return states
}
