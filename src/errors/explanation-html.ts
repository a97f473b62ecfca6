/** An error as HTML for the job summary. Pure. */
import { escapeHtml, messageHtml } from '../text/html.ts'
import { link, prose } from '../text/message.ts'
import { type ActionError, sections } from './action-error.ts'

/**
 * What failed, and each part of the explanation under its title; the heading is the caller's. `page`: the page that
 * explains all codes, when it is known where the action came from.
 */
export function explanationHtml({ code, explanation }: ActionError, page: string | undefined): string {
  return [
    messageHtml(explanation.failed),
    ...sections(explanation).flatMap(([title, wording]) => [`<h4>${escapeHtml(title)}</h4>`, messageHtml(wording)]),
    ...(page === undefined ? [] : [messageHtml(prose`More about this error: ${link(`${page}#${code}`, code)}`)]),
  ].join('\n')
}
