/**
 * The parts of a document that are written from the code: `<!-- kind:name option=value -->` … `<!-- /kind -->`, around a
 * block of lines or in the middle of a sentence.
 */
import { withoutCode } from './markdown.ts'
import { lineAt, type Page, type Problem } from './project.ts'

export interface Marker {
  kind: string
  name: string
  options: Readonly<Record<string, string>>
  /** Where what is between the two comments begins and ends. */
  from: number
  to: number
  line: number
  /** The blanks in front of the first comment when nothing else is: each line of a block gets them. */
  indent: string
  /** False in the middle of a sentence. */
  isBlock: boolean
}

/** What stands between the comments of a marker of one kind. */
export interface Filler {
  kind: string
  /**
   * The text: lines for a block, a few words for a place in a sentence.
   *
   * @throws `MarkerError` when it does not exist.
   */
  content(marker: Marker, page: Page): string
}

/** Why a marker cannot be filled in. */
export class MarkerError extends Error {}

/** A document as it should be. */
export interface Filled {
  text: string
  /** Markers whose content is another one. */
  stale: Problem[]
  problems: Problem[]
}

const COMMENT =
  /<!-- (?:\/(?<end>[a-z]+)|(?<kind>[a-z]+):(?<name>[\w./-]+)(?<options>(?: [a-z]+=(?:"[^"]*"|[^\s"]+))*)) -->/g

/** The markers of a page in order; comments in code are none. */
export function markersOf(page: Page, kinds: readonly string[]): { markers: Marker[]; problems: Problem[] } {
  const markers: Marker[] = []
  const problems: Problem[] = []
  let open: Marker | undefined
  for (const match of withoutCode(page.text).matchAll(COMMENT)) {
    const { index, 0: comment, groups = {} } = match
    const problem = (says: string) => problems.push({ path: page.path, line: lineAt(page.text, index), says })
    const kind = groups.kind ?? groups.end ?? ''
    if (!kinds.includes(kind))
      problem(`${comment}: there are no markers of this kind; the kinds are ${kinds.join(', ')}`)
    else if (groups.end !== undefined) {
      const closed = ended(open, kind, index)
      markers.push(...closed)
      if (closed.length === 0) problem(`${comment} ends a marker that was not started`)
      open = undefined
    } else {
      const next = begun(page, match)
      for (const says of problemsAt(page, match, open, next)) problem(says)
      open = next
    }
  }
  if (open) {
    const says = `<!-- ${open.kind}:${open.name} --> is never closed`
    problems.push({ path: page.path, line: open.line, says })
  }
  return { markers, problems }
}

function begun({ text }: Page, { index, 0: comment, groups = {} }: RegExpExecArray): Marker {
  const from = index + comment.length
  const before = beforeIt(text, index)
  return {
    kind: groups.kind ?? '',
    name: groups.name ?? '',
    options: optionsOf(groups.options ?? ''),
    from,
    to: from,
    line: lineAt(text, index),
    indent: before.trim() === '' ? before : '',
    isBlock: text[from] === '\n',
  }
}

function ended(open: Marker | undefined, kind: string, index: number): Marker[] {
  return open?.kind === kind ? [{ ...open, to: index }] : []
}

/** What is wrong where a marker begins. */
function problemsAt(
  { text }: Page,
  { index, 0: comment }: RegExpExecArray,
  open: Marker | undefined,
  next: Marker,
): string[] {
  const isHtml = !next.isBlock && /^[\s>*+\d.-]*$/.test(beforeIt(text, index))
  return [
    ...(open ? [`<!-- ${open.kind}:${open.name} --> has no <!-- /${open.kind} --> before ${comment}`] : []),
    ...(isHtml
      ? [`${comment} must not start a line: Markdown would treat the line as HTML; start it with a word`]
      : []),
  ]
}

/** What is in the same line before the marker. */
function beforeIt(text: string, index: number): string {
  return text.slice(text.lastIndexOf('\n', index) + 1, index)
}

/** Writes what the markers of a page stand for. */
export function fillMarkers(page: Page, fillers: readonly Filler[], ignored: readonly string[] = []): Filled {
  const kinds = fillers.map(({ kind }) => kind)
  const { markers, problems } = markersOf(page, [...kinds, ...ignored])
  const stale: Problem[] = []
  let { text } = page
  for (const marker of markers.toReversed()) {
    const filler = fillers.find(({ kind }) => kind === marker.kind)
    if (!filler) continue
    const label = `${marker.kind}:${marker.name}`
    try {
      const content = filler.content(marker, page)
      const wanted = marker.isBlock ? `\n${indented(content, marker.indent)}\n${marker.indent}` : content
      if (page.text.slice(marker.from, marker.to) === wanted) continue
      stale.unshift({ path: page.path, line: marker.line, says: `${label} is out of date` })
      text = text.slice(0, marker.from) + wanted + text.slice(marker.to)
    } catch (error) {
      if (!(error instanceof MarkerError)) throw error
      problems.push({ path: page.path, line: marker.line, says: `${label}: ${error.message}` })
    }
  }
  return { text, stale, problems }
}

/** The same text with spaces in the place of what is written from the code. */
export function withoutGenerated({ path, text }: Page, kinds: readonly string[]): string {
  const { markers } = markersOf({ path, text }, kinds)
  return markers
    .filter(({ isBlock }) => isBlock)
    .reduce(
      (rest, { from, to }) => rest.slice(0, from) + rest.slice(from, to).replace(/[^\n]/g, ' ') + rest.slice(to),
      text,
    )
}

function optionsOf(text: string): Record<string, string> {
  const pairs = [...text.matchAll(/([a-z]+)=(?:"([^"]*)"|(\S+))/g)]
  return Object.fromEntries(pairs.map(([, name = '', quoted, plain = '']) => [name, quoted ?? plain]))
}

function indented(text: string, indent: string): string {
  return text.replace(/^(?=.)/gm, indent)
}
