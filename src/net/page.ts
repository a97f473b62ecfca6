/** What came as an answer: its size, and whether it is a page for people, which no service that the action calls sends. */
import { printable } from '../text/printable.ts'
import type { HttpResponse } from './http.ts'

/** How HTML begins; XML of a service (`<ErrorResponse`) does not. */
const HTML = /^<(?:!doctype\s+html|html|head|body|title|meta|center|h1|div|p|script)[\s>/]/i

/** What may be in front of that: each with its end. */
const PREAMBLE = [
  ['<!--', '-->'],
  ['<?xml', '>'],
] as const

/** How much of an answer is looked at, in characters. */
const BEGINNING = 4096

/** True for HTML, whatever its status and its content type are. */
export function isPage({ body }: Pick<HttpResponse, 'body'>): boolean {
  return HTML.test(withoutPreamble(beginningOf(body)))
}

/** The title of a page, or else its first heading. */
export function titleOf({ body }: Pick<HttpResponse, 'body'>): string | undefined {
  const text = beginningOf(body)
  const [, title] = /<title[^>]*>([^<]*)/i.exec(text) ?? /<h1[^>]*>([^<]*)/i.exec(text) ?? []
  const words = title?.replace(/\s+/g, ' ').trim()
  return words ? words : undefined
}

/** `1532 bytes (text/html)`. */
export function sizeOf({ body, headers }: Pick<HttpResponse, 'body' | 'headers'>): string {
  if (body.length === 0) return 'an empty body'
  const type = headers['content-type']
  const shown = type === undefined ? 'no content type' : printable(String(type).split(';')[0], 60)
  return `${body.length} bytes (${shown})`
}

/** Step by step: an expression for it would take for ever on a page of a thousand comments. */
function withoutPreamble(text: string): string {
  let rest = text.replace(/^\ufeff/, '').trimStart()
  for (;;) {
    const found = PREAMBLE.find(([begin]) => rest.startsWith(begin))
    if (found === undefined) return rest
    const end = rest.indexOf(found[1], found[0].length)
    rest = end < 0 ? '' : rest.slice(end + found[1].length).trimStart()
  }
}

function beginningOf(body: Buffer): string {
  return body.subarray(0, BEGINNING).toString('utf8')
}
