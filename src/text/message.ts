/**
 * Messages built from typed parts, so that each reader gets them in a form that suits: plain text for a log or an
 * annotation (below), HTML for a job summary (`html.ts`). Text from outside must be `printable` before it becomes a part.
 */

/** A name, a value or a setting, as it is written in a file or a shell. */
export interface Code {
  readonly kind: 'code'
  readonly text: string
}

/** A page that the reader can open: one of ours, of the Hub's, of GitHub's or of AWS's. Never a URL from outside. */
export interface Link {
  readonly kind: 'link'
  readonly url: string
  readonly label: string
}

export type Inline = string | Code | Link

/** Prose: it may wrap anywhere. */
export interface Prose {
  readonly kind: 'prose'
  readonly inlines: readonly Inline[]
}

/** A command, a policy, a piece of YAML: every line stays as it is, to be copied. */
export interface Block {
  readonly kind: 'block'
  readonly text: string
}

export interface List {
  readonly kind: 'list'
  readonly items: readonly Prose[]
}

export type Part = Prose | Block | List

/** What a message can be written as: a sentence without code or links may be a plain string. */
export type Wording = string | Part | readonly (string | Part)[]

/** `text` as code. */
export const code = (text: string): Code => ({ kind: 'code', text })

/** A link; without a label, its URL is shown. */
export const link = (url: string, label: string = url): Link => ({ kind: 'link', url, label })

/** A block of lines to copy. */
export const block = (text: string): Block => ({ kind: 'block', text })

/** A list of short items. */
export const list = (items: readonly (string | Prose)[]): List => ({ kind: 'list', items: items.map(asProse) })

/** A list, or only the item when there is just one. At least one item is needed. */
export function oneOrList(items: readonly (string | Prose)[]): Prose | List {
  const [only] = items
  return only !== undefined && items.length === 1 ? asProse(only) : list(items)
}

/**
 * A tagged template for a sentence: ``prose`Set ${code('scope')} to ${code('read')}.` ``. Strings and numbers that are
 * put in stay plain text; prose that is put in brings its code and links along.
 */
export function prose(
  strings: TemplateStringsArray,
  ...values: readonly (string | number | Code | Link | Prose)[]
): Prose {
  const inlines = strings.flatMap((text, index) => {
    const value = values[index]
    return [text, ...(value === undefined ? [] : inlinesOf(value))]
  })
  return { kind: 'prose', inlines: inlines.filter((inline) => inline !== '') }
}

/** Several pieces as one sentence, with `separator` between them. */
export function joined(pieces: readonly (string | Code | Link | Prose)[], separator: string): Prose {
  const inlines = pieces.flatMap((piece, index) => [...(index === 0 ? [] : [separator]), ...inlinesOf(piece)])
  return { kind: 'prose', inlines }
}

/** Names for a sentence, each as code: `a`, `b` and `c`. */
export function codes(names: readonly string[]): Prose {
  const last = names.slice(-1).map(code)
  const others = joined(names.slice(0, -1).map(code), ', ')
  return others.inlines.length === 0 ? joined(last, '') : joined([others, ...last], ' and ')
}

/** The message with `text` in front of its first sentence. */
export function prefixed(text: string, wording: Wording): Part[] {
  const [first, ...rest] = partsOf(wording)
  if (first?.kind !== 'prose') return [asProse(text), ...partsOf(wording)]
  return [{ kind: 'prose', inlines: [text, ...first.inlines] }, ...rest]
}

/** The message with `text` behind its last sentence. */
export function suffixed(wording: Wording, text: string): Part[] {
  const parts = partsOf(wording)
  const last = parts.at(-1)
  if (last?.kind !== 'prose') return [...parts, asProse(text)]
  return [...parts.slice(0, -1), { kind: 'prose', inlines: [...last.inlines, text] }]
}

/** The parts of a message, in order. */
export function partsOf(wording: Wording): Part[] {
  const pieces = typeof wording === 'string' || 'kind' in wording ? [wording] : wording
  return pieces.map((piece) => (typeof piece === 'string' ? asProse(piece) : piece))
}

/** The message as plain text: code in backticks, each item of a list and each part on a line of its own. */
export function plain(wording: Wording): string {
  return partsOf(wording).map(plainPart).join('\n')
}

function plainPart(part: Part): string {
  switch (part.kind) {
    case 'prose':
      return part.inlines.map(plainInline).join('')
    case 'block':
      return part.text
    case 'list':
      return part.items.map((item) => `- ${plainPart(item)}`).join('\n')
  }
}

function plainInline(inline: Inline): string {
  if (typeof inline === 'string') return inline
  if (inline.kind === 'code') return `\`${inline.text}\``
  return inline.label === inline.url ? inline.url : `${inline.label} (${inline.url})`
}

function inlinesOf(value: string | number | Code | Link | Prose): readonly Inline[] {
  if (typeof value === 'string' || typeof value === 'number') return [String(value)]
  return value.kind === 'prose' ? value.inlines : [value]
}

function asProse(text: string | Prose): Prose {
  return typeof text === 'string' ? { kind: 'prose', inlines: [text] } : text
}
