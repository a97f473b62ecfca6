/** The job summary: a compact table of who got what, or of what was refused and why. Pure: text in, HTML out. */
import type { ActionError } from '../errors/action-error.ts'
import { tellingClaims } from '../identity/telling-claims.ts'
import { block, code, escapeHtml, table } from '../text/html.ts'
import type { Progress } from './progress.ts'

/** Summary of a run that delivered a token. */
export function successSummary({ request, identity, token }: Required<Progress>): string {
  const { origin } = token
  return [
    `<h3>Hugging Face token for <code>${escapeHtml(request.org)}</code></h3>`,
    table([
      ['Job', code(identity.subject)],
      ...(origin.aws ? [['Role', code(origin.aws.assumedRoleArn)] as [string, string]] : []),
      [origin.aws?.holdsToken ? 'Secret' : 'Source', code(origin.label)],
      ['Hub identity', token.identity ? `${code(token.identity)} (${escapeHtml(token.kind)})` : 'not asked'],
      ['Scope', code(request.scope)],
      ['Rights', token.rights.length > 0 ? token.rights.slice(0, 8).map(code).join('<br>') : 'not asked'],
      ['Valid until', escapeHtml(until(token.expiresAt, token.confirmedBy))],
      ['Confirmed by', escapeHtml(token.confirmedBy)],
    ]),
  ].join('\n')
}

/** Summary of a run that was refused: the claims, what was refused and the fix. */
export function failureSummary(error: ActionError, { request, identity, origin }: Progress): string {
  const { failed, seen, expected, cause, fix } = error.explanation
  const rows: [string, string][] = [
    ...(seen === undefined ? [] : [['Seen', block(seen)] as [string, string]]),
    ...(expected === undefined ? [] : [['Expected', block(expected)] as [string, string]]),
    ...(cause === undefined ? [] : [['Likely cause', block(cause)] as [string, string]]),
    ['What to do', block(fix)],
  ]
  return [
    `<h3>No Hugging Face token: <code>${escapeHtml(error.code)}</code></h3>`,
    `<p>${escapeHtml(failed)}</p>`,
    table(rows),
    ...(request ? ['<h4>Asked for</h4>', table(asked(request, origin?.label))] : []),
    ...(identity
      ? [
          '<h4>Verified claims of this job</h4>',
          table(tellingClaims(identity.claims).map(([name, value]) => [name, code(value)] as const)),
        ]
      : ['<p>No verified claims: the job’s ID token was not obtained or not accepted.</p>']),
  ].join('\n')
}

function asked(request: NonNullable<Progress['request']>, read: string | undefined): [string, string][] {
  return [
    ['Organization, scope', `${code(request.org)}, ${code(request.scope)}`],
    ['Source', code(read ?? request.source.kind)],
    ...(request.aws
      ? [
          ['Role', code(request.aws.role.arn)] as [string, string],
          ['Secret', `${code(request.aws.secret.id)} in ${code(request.aws.secret.region)}`] as [string, string],
        ]
      : []),
  ]
}

function until(expiresAt: number | undefined, confirmedBy: string): string {
  if (expiresAt !== undefined) return new Date(expiresAt).toISOString()
  return confirmedBy === 'whoami-v2' ? 'no end date' : 'unknown'
}
