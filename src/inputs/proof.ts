/** The inputs about what the job must prove: issuer, audience, claims. */
import { ActionError } from '../errors/action-error.ts'
import { DEFAULT_HUB } from '../hub/pages.ts'
import { issuerOf } from '../identity/issuer.ts'
import type { ClaimRule, IdTokenFrom } from '../identity/request.ts'
import { isAllowedUrl } from '../net/endpoint.ts'
import { printable, quoted } from '../text/printable.ts'
import { checkUrl, lines } from './fields.ts'
import type { Problems } from './problems.ts'

/** `github`, `env:NAME` or `file:PATH`. */
export function parseIdTokenFrom(text: string, problems: Problems): IdTokenFrom {
  if (text === 'github') return { kind: 'github' }
  const env = /^env:([A-Za-z_]\w*)$/.exec(text)?.[1]
  if (env) return { kind: 'env', name: env }
  const path = /^file:(.+)$/.exec(text)?.[1]
  if (path) return { kind: 'file', path }
  problems.add('id-token-from', `is ${quoted(text, 100)}; it is github, env:NAME or file:PATH`)
  return { kind: 'github' }
}

/** The issuer given, or the one of this GitHub. */
export function parseIssuer(text: string, serverUrl: string, from: IdTokenFrom, problems: Problems): string {
  if (text !== '') {
    checkUrl('oidc-issuer', text, problems)
    return text
  }
  if (from.kind !== 'github') {
    problems.add('oidc-issuer', 'is required with `id-token-from`: the issuer whose ID tokens are accepted')
    return ''
  }
  if (!URL.canParse(serverUrl) || !isAllowedUrl(new URL(serverUrl))) {
    problems.add(
      'oidc-issuer',
      `cannot be derived: GITHUB_SERVER_URL is ${serverUrl.includes('@') ? 'not usable' : quoted(serverUrl, 100)}; give the issuer`,
    )
    return ''
  }
  return issuerOf(serverUrl)
}

/** The audiences that name the organization: its slug, or its page on the Hub. */
export function acceptedAudiences(org: string, hubEndpoint: string): string[] {
  return [...new Set([org, `${DEFAULT_HUB}/${org}`, `${hubEndpoint}/${org}`])]
}

/**
 * What is asked of GitHub, and compared by AWS, must name the organization.
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
    failed: 'The audience to ask for does not name the Hugging Face organization.',
    seen: `audience ${quoted(audience)}, organization ${quoted(org)}`,
    expected: `exactly ${accepted.map((candidate) => quoted(candidate)).join(' or ')}`,
    cause: cased
      ? 'upper and lower case differ; AWS compares audiences letter by letter.'
      : 'the `audience` input was copied from another workflow (`sts.amazonaws.com` is the usual one elsewhere), or `hf-org` is another organization.',
    fix: `Remove the \`audience\` input (its default is the slug), or set \`audience: ${printable(org)}\`; the same text must be in the client id list of the IAM OIDC provider and in the role's trust policy.`,
  })
}

/** Lines `claim=pattern`. */
export function parseClaimRules(text: string, problems: Problems): ClaimRule[] {
  return lines(text).flatMap((line) => {
    const at = line.indexOf('=')
    const claim = line.slice(0, at).trim()
    const pattern = line.slice(at + 1).trim()
    if (at > 0 && /^[A-Za-z_][\w.:/-]*$/.test(claim) && pattern !== '') return [{ claim, pattern }]
    problems.add(
      'required-claims',
      `has the line ${quoted(line, 120)}; each line is claim=pattern, and neither side is empty`,
    )
    return []
  })
}
