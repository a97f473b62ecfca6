/** The inputs about what the job must prove: issuer, audience, claims. */
import { ActionError } from '../errors/action-error.ts'
import { DEFAULT_HUB } from '../hub/pages.ts'
import { issuerOf } from '../identity/issuer.ts'
import type { ClaimRule, IdTokenFrom } from '../identity/request.ts'
import { isAllowedUrl, isPlainUrl } from '../net/endpoint.ts'
import type { Forge } from '../platform/forge.ts'
import { block, code, prose } from '../text/message.ts'
import { quoted, verbatim } from '../text/printable.ts'
import { checkUrl, gotUrl, lines } from './fields.ts'
import { got, type Problems } from './problems.ts'

/** `github`, `env:NAME` or `file:PATH`. */
export function parseIdTokenFrom(text: string, problems: Problems): IdTokenFrom {
  if (text === 'github') return { kind: 'github' }
  const env = /^env:([A-Za-z_]\w*)$/.exec(text)?.[1]
  if (env) return { kind: 'env', name: env }
  const path = /^file:(.+)$/.exec(text)?.[1]
  if (path) return { kind: 'file', path }
  problems.add('id-token-from', `must be github, env:NAME or file:PATH ${got(text, 100)}`)
  return { kind: 'github' }
}

/** The issuer that was given, or the one of the forge that runs this job. */
export function parseIssuer(
  text: string,
  { serverUrl, platform }: { serverUrl: string; platform?: { forge: Forge } },
  from: IdTokenFrom,
  problems: Problems,
): string {
  if (text !== '') {
    checkUrl('oidc-issuer', text, problems)
    return text
  }
  if (from.kind !== 'github') {
    problems.add('oidc-issuer', prose`is required with ${code('id-token-from')}: the issuer whose ID tokens you accept`)
    return ''
  }
  if (!isPlainUrl(serverUrl) || !isAllowedUrl(new URL(serverUrl))) {
    problems.add(
      'oidc-issuer',
      prose`is required, because ${code('GITHUB_SERVER_URL')} is not an ${code('https://')} URL in normal form ${gotUrl(serverUrl)}`,
    )
    return ''
  }
  return issuerOf(serverUrl, platform?.forge)
}

/** The audiences that name the organization: its slug, or the URL of its page on the Hub. */
export function acceptedAudiences(org: string, hubEndpoint: string): string[] {
  return [...new Set([org, `${DEFAULT_HUB}/${org}`, `${hubEndpoint}/${org}`])]
}

/**
 * Checks that the audience, which GitHub is asked for and AWS compares, names the organization.
 *
 * @throws `ActionError` `audience-mismatch`.
 */
export function checkAudience({
  audience,
  org,
  hubEndpoint,
}: {
  audience: string
  org: string
  hubEndpoint: string
}): void {
  const accepted = acceptedAudiences(org, hubEndpoint)
  if (accepted.includes(audience)) return
  const cased = accepted.find((candidate) => candidate.toLowerCase() === audience.toLowerCase())
  throw new ActionError('audience-mismatch', {
    failed: 'The audience does not name the Hugging Face organization.',
    seen: `the audience ${quoted(audience)} for the organization ${quoted(org)}`,
    expected: `the audience ${accepted.map((candidate) => `"${verbatim(candidate)}"`).join(' or ')}`,
    cause: cased
      ? 'Upper and lower case differ. Audiences must match exactly (case-sensitive).'
      : prose`The ${code('audience')} input was copied from a workflow that does not use this action (where ${code('sts.amazonaws.com')} is common), or ${code('hf-org')} names a different organization.`,
    fix: [
      prose`Remove the ${code('audience')} input (it defaults to the organization's slug), or set it to:`,
      block(`audience: ${verbatim(org)}`),
      'The client ID list of the IAM OIDC provider and the trust policy of the role must contain the same audience.',
    ],
  })
}

/** The rules in lines of the form `claim=pattern`. */
export function parseClaimRules(text: string, problems: Problems): ClaimRule[] {
  return lines(text).flatMap((line) => {
    const at = line.indexOf('=')
    const claim = line.slice(0, at).trim()
    const pattern = line.slice(at + 1).trim()
    if (at > 0 && /^[A-Za-z_][\w.:/-]*$/.test(claim) && pattern !== '') return [{ claim, pattern }]
    problems.add(
      'required-claims',
      `must have lines of the form claim=pattern, with neither side empty ${got(line, 120)}`,
    )
    return []
  })
}
