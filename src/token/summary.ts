/** The job summary: who got which token, or what was refused and why. Pure: data in, HTML out. */
import type { ActionError } from '../errors/action-error.ts'
import { claimsHtml, explanationHtml } from '../errors/explanation-html.ts'
import { isOnlyForItsOwn, mintedFor } from '../hub/mint-rights.ts'
import { tellingClaims } from '../identity/telling-claims.ts'
import { codeHtml, details, escapeHtml, inlineHtml, table, textHtml } from '../text/html.ts'
import { chainHtml } from './chain.ts'
import type { Done, Progress } from './progress.ts'

/** Summary of a run that delivered a token. */
export function successSummary(progress: Done): string {
  const { request, token } = progress
  return [
    `<h3>Hugging Face token for ${codeHtml(request.org)}</h3>`,
    chainHtml(progress),
    table([
      ['Scope', codeHtml(request.scope)],
      ...mintedRow(request),
      ...(isOnlyForItsOwn(token.evidence) ? [['Writes only to', ITS_OWN] as [string, string]] : []),
      ['Rights', token.rights.length > 0 ? token.rights.slice(0, 8).map(textHtml).join('<br>') : 'not checked'],
      ['Expires', textHtml(expiry(token.expiresAt, token.confirmedBy))],
      ['Confirmed by', textHtml(token.confirmedBy)],
    ]),
  ].join('\n')
}

/** What the contributor permission means for a token that is issued for one job. */
export const ITS_OWN = 'repositories that it creates itself: the token of the next job cannot write to them'

/** What a token was minted for, if it was minted. */
function mintedRow({ org, source, repositories }: Done['request']): [string, string][] {
  if (source.kind !== 'service-account') return []
  const labels = repositories.map(({ label }) => label)
  return [['Minted for', inlineHtml(mintedFor(org, source.permissions, labels))]]
}

/** Summary of a run that failed. `errorsPage`: the page that explains all codes, if it is known. */
export function failureSummary(error: ActionError, progress: Progress, errorsPage: string | undefined): string {
  const { request, identity, origin } = progress
  return [
    `<h3>No Hugging Face token: <code>${escapeHtml(error.code)}</code></h3>`,
    explanationHtml(error, errorsPage),
    ...(request ? [details('What was requested', table(requested(request, origin?.label)))] : []),
    ...chainOf(progress),
    identity
      ? claimsHtml(tellingClaims(identity.claims))
      : '<p>There are no verified claims: the action did not get an ID token, or did not accept it.</p>',
  ].join('\n')
}

/** Nothing where no link is known: an empty line would end the HTML. */
function chainOf(progress: Progress): string[] {
  const html = chainHtml(progress)
  return html === '' ? [] : [html]
}

function requested(request: NonNullable<Progress['request']>, read: string | undefined): [string, string][] {
  return [
    ['Organization, scope', `${codeHtml(request.org)}, ${codeHtml(request.scope)}`],
    ['Source', textHtml(read ?? request.source.kind)],
    ...(request.aws
      ? [
          ['Role', codeHtml(request.aws.role.arn)] as [string, string],
          ['Secret', `${codeHtml(request.aws.secret.id)} in ${codeHtml(request.aws.secret.region)}`] as [
            string,
            string,
          ],
        ]
      : []),
  ]
}

function expiry(expiresAt: number | undefined, confirmedBy: string): string {
  if (expiresAt !== undefined) return new Date(expiresAt).toISOString().replace(/\.\d+/, '')
  return confirmedBy === 'whoami-v2' ? 'never' : 'unknown'
}
