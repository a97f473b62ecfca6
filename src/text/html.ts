/**
 * Pieces of HTML for job summaries, in which text from outside stays text. GitHub reads a summary as Markdown: a line
 * that begins with one of these tags begins a block of HTML, which lasts until a blank line, so none of these pieces has
 * one. Source: GitHub Flavored Markdown, section 4.6; GitHub's list of allowed tags.
 */
import { type Inline, type Part, partsOf, type Wording } from './message.ts'
import { verbatim } from './printable.ts'

/** Names on the left, values (HTML) on the right. */
export function table(rows: readonly (readonly [string, string])[]): string {
  return `<table>\n${rows.map(([name, value]) => `<tr><td><b>${escapeHtml(name)}</b></td><td>${value}</td></tr>`).join('\n')}\n</table>`
}

/** Text as it is; a long word may wrap. */
export function textHtml(value: unknown): string {
  return breakable(verbatim(value, 1000))
}

/** Text in code type; a long one may wrap. */
export function codeHtml(value: unknown): string {
  return `<code>${textHtml(value)}</code>`
}

/** Something that is shown when its title is clicked. `content` is HTML. */
export function details(title: string, content: string): string {
  return `<details>\n<summary>${escapeHtml(title)}</summary>\n${content}\n</details>`
}

/** A message as HTML: prose in paragraphs, each block as it is, lists as lists; `label` begins it. */
export function messageHtml(wording: Wording, label?: string): string {
  const parts = partsOf(wording)
  const [first, ...rest] = parts
  if (label === undefined) return parts.map(partHtml).join('\n')
  const title = `<b>${escapeHtml(label)}:</b>`
  // A block or a list cannot stand in a paragraph.
  if (first?.kind !== 'prose') return [`<p>${title}</p>`, ...parts.map(partHtml)].join('\n')
  return [`<p>${title} ${inlinesHtml(first)}</p>`, ...rest.map(partHtml)].join('\n')
}

/** A message without paragraphs and blocks, for a cell of a table. */
export function inlineHtml(wording: Wording): string {
  return partsOf(wording)
    .map((part) => {
      if (part.kind === 'block') return codeHtml(part.text)
      return part.kind === 'list' ? part.items.map(inlinesHtml).join('<br>') : inlinesHtml(part)
    })
    .join('<br>')
}

function partHtml(part: Part): string {
  switch (part.kind) {
    case 'prose':
      return `<p>${inlinesHtml(part)}</p>`
    case 'list':
      return `<ul>\n${part.items.map((item) => `<li>${inlinesHtml(item)}</li>`).join('\n')}\n</ul>`
    case 'block': {
      // A blank line would end the HTML, and what follows would be Markdown.
      const lines = part.text.split('\n').map((line) => escapeHtml(line, 4000) || '&#8203;')
      return `<pre><code>${lines.join('\n')}</code></pre>`
    }
  }
}

function inlinesHtml({ inlines }: { inlines: readonly Inline[] }): string {
  return inlines.map(inlineOf).join('')
}

function inlineOf(inline: Inline): string {
  if (typeof inline === 'string') return breakable(verbatim(inline, 4000))
  if (inline.kind === 'code') return codeHtml(inline.text)
  return isOpenable(inline.url)
    ? `<a href="${escapeHtml(inline.url)}">${textHtml(inline.label)}</a>`
    : textHtml(inline.label)
}

/** A link of ours that was built on something odd is shown as text. A Hub on loopback is a test's. */
function isOpenable(url: string): boolean {
  return /^(?:https:\/\/[\w.-]+|http:\/\/(?:127\.0\.0\.1|localhost))(?::\d+)?(?:\/[\w./~%@:=&?#+-]*)?$/.test(url)
}

/** The longest run of characters without a place to wrap. */
const UNBROKEN = 24

/** Escaped text in which a long word may wrap: after punctuation, or else anywhere. */
function breakable(text: string): string {
  return (
    text
      .split(/(\s+)/)
      .map((word) => (word.length > UNBROKEN ? pieces(word).map(escapeText).join('<wbr>') : escapeText(word)))
      .join('')
      // In two pieces, nothing takes a URL from outside for a link, nor a name for a mention or the number of an issue.
      .replaceAll('://', ':<wbr>//')
      .replace(/(?<=&#(?:64|35);)(?!<wbr>)/g, '<wbr>')
  )
}

function pieces(word: string): string[] {
  return [...word.matchAll(new RegExp(`[^/:._,;=&@?-]{1,${UNBROKEN}}[/:._,;=&@?-]*|[/:._,;=&@?-]+`, 'gu'))].map(
    ([piece]) => piece,
  )
}

/** Text that GitHub renders as itself: no HTML, no Markdown, no mention. */
export function escapeHtml(value: unknown, max = 1000): string {
  return escapeText(verbatim(value, max))
}

function escapeText(text: string): string {
  return text.replace(/[&<>"'`*_~|[\]\\@#]/g, (character) => `&#${character.codePointAt(0)};`)
}
