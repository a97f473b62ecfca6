/** An error as HTML for the job summary. Pure. */
import { codeHtml, details, escapeHtml, messageHtml, table } from '../text/html.ts'
import { link, prose } from '../text/message.ts'
import { type ActionError, sections } from './action-error.ts'

/**
 * What failed, why, and under a heading what to do; the heading above it is the caller's. The claims are left to the
 * caller too. `page`: the page that explains all codes, when it is known where the action came from.
 */
export function explanationHtml({ code, explanation }: ActionError, page: string | undefined): string {
  return [
    messageHtml(explanation.failed),
    ...sections(explanation).flatMap(([title, wording]) =>
      wording === explanation.fix
        ? [`<h4>${escapeHtml(title)}</h4>`, messageHtml(wording)]
        : [messageHtml(wording, title)],
    ),
    ...(page === undefined ? [] : [messageHtml(prose`More about this error: ${link(`${page}#${code}`, code)}`)]),
  ].join('\n')
}

/** Claims of a job, folded. */
export function claimsHtml(claims: readonly (readonly [name: string, value: unknown])[]): string {
  return details('Verified claims of this job', table(claims.map(([name, value]) => [name, codeHtml(value)] as const)))
}
