/** Whether an answer is a page for people: no service that the action calls sends any. */
import type { HttpResponse } from './http.ts'

/** How HTML begins, after a byte order mark and comments; XML of a service (`<ErrorResponse`) does not. */
const HTML =
  /^\ufeff?(?:\s|<!--[\s\S]*?-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html|head|body|title|meta|center|h1|div|p|script)[\s>/]/i

/** How much of an answer is looked at, in characters. */
const BEGINNING = 4096

/** True for HTML, whatever its status and its content type are. */
export function isPage({ body }: Pick<HttpResponse, 'body'>): boolean {
  return HTML.test(beginningOf(body))
}

/** The title of a page, or else its first heading. */
export function titleOf({ body }: Pick<HttpResponse, 'body'>): string | undefined {
  const text = beginningOf(body)
  const [, title] = /<title[^>]*>([^<]*)/i.exec(text) ?? /<h1[^>]*>([^<]*)/i.exec(text) ?? []
  const words = title?.replace(/\s+/g, ' ').trim()
  return words ? words : undefined
}

function beginningOf(body: Buffer): string {
  return body.subarray(0, BEGINNING).toString('utf8')
}
