/** A job summary as GitHub shows it: GitHub Flavored Markdown, sanitized, in GitHub's own style sheet. */
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fromHtml } from 'hast-util-from-html'
import { defaultSchema, type Schema, sanitize } from 'hast-util-sanitize'
import { toHtml } from 'hast-util-to-html'
import { micromark } from 'micromark'
import { gfm, gfmHtml } from 'micromark-extension-gfm'

/** The width of the page that the text may fill, in CSS pixels. */
export const WIDTH = 900

/**
 * GitHub's list of allowed elements has grown since the one that comes with the sanitizer. Source: `ALLOWLIST` of the
 * Ruby library html-pipeline 2.14, which GitHub wrote.
 */
const GITHUB: Schema = {
  ...defaultSchema,
  tagNames: [
    ...(defaultSchema.tagNames ?? []),
    ...['abbr', 'bdo', 'caption', 'cite', 'dfn', 'figcaption', 'figure', 'mark', 'small', 'time', 'wbr'],
  ],
}

const css = readFileSync(
  createRequire(import.meta.url).resolve('github-markdown-css/github-markdown-light.css'),
  'utf8',
)

/** The HTML of the summary alone. */
export function rendered(markdown: string): string {
  const html = micromark(markdown, {
    extensions: [gfm()],
    htmlExtensions: [gfmHtml()],
    allowDangerousHtml: true,
    allowDangerousProtocol: true,
  })
  return toHtml(sanitize(fromHtml(html, { fragment: true }), GITHUB))
}

/** A whole page with the summary on it. */
export function page(markdown: string): string {
  return `<!doctype html>
<meta charset="utf-8">
<style>
${css}
body { margin: 0; background: #fff; }
article { width: ${WIDTH}px; padding: 0; }
</style>
<article class="markdown-body">${rendered(markdown)}</article>`
}
