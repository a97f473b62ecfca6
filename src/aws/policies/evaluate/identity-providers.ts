/** What STS knows about the issuers of ID tokens: the claims that it evaluates, and which it insists on. */

import type { Policy, Statement } from './policy.ts'
import { PolicyError } from './policy-error.ts'
import { isOnlyWildcards, parseTemplate } from './template.ts'

/**
 * The claims of GitHub's that STS evaluates in a trust policy, and no others (`repository_owner`, `event_name`,
 * `runner_environment` and `repo_property_…` are not among them). A key that is never set never matches in an Allow.
 * Source: IAM user guide, "IAM and AWS STS condition context keys", "OIDC federation", since January 2026.
 */
export const GITHUB_CLAIMS = [
  'aud',
  'sub',
  'amr',
  'actor',
  'actor_id',
  'enterprise_id',
  'environment',
  'job_workflow_ref',
  'ref',
  'repository',
  'repository_id',
  'repository_owner_id',
  'workflow',
] as const

/** The claims that STS evaluates for any other issuer. Source: the same page. */
export const OTHER_CLAIMS = ['aud', 'sub', 'amr'] as const

/** GitHub.com, an enterprise's own issuer on it, and an enterprise with data residency. */
const GITHUB = /^token\.actions\.(?:githubusercontent\.com(?:\/.+)?|[\w-]+\.ghe\.com)$/

/** True for the host and path of an issuer of GitHub's (without `https://`). */
export function isGitHub(issuer: string): boolean {
  return GITHUB.test(issuer)
}

/**
 * Issuers that everybody shares, and the claims one of which a trust policy must narrow.
 * Source: IAM user guide, "Identity-provider controls for shared OIDC providers".
 */
const SHARED: ReadonlyMap<string, readonly string[]> = new Map([
  ['gitlab.com', ['sub']],
  ['app.terraform.io', ['sub']],
  ['agent.buildkite.com', ['sub']],
])
const GITHUB_NARROWS = ['sub', 'job_workflow_ref'] as const

const NARROWING = ['StringEquals', 'StringLike', 'StringEqualsIgnoreCase'] as const

/**
 * Since June 2025, AWS does not take a trust policy that lets in everyone of a shared issuer. Which patterns it counts
 * as "scoped to all" is not documented: here, those with nothing but wildcards after `repo:`.
 *
 * @param isGitHubs Which issuers (host and path) are GitHub's.
 * @throws PolicyError `MalformedPolicyDocument`, as CreateRole and UpdateAssumeRolePolicy answer.
 */
export function checkSharedIssuers(policy: Policy, isGitHubs: (issuer: string) => boolean = isGitHub): void {
  for (const statement of policy) {
    for (const provider of federatedProviders(statement)) {
      const issuer = provider.replace(/^arn:[^/]*:oidc-provider\//, '')
      const claims = isGitHubs(issuer) ? GITHUB_NARROWS : SHARED.get(issuer)
      if (!claims || claims.some((claim) => isNarrowed(statement, `${issuer}:${claim}`))) continue
      const keys = claims.map((claim) => `${issuer}:${claim}`).join(' or ')
      throw new PolicyError(
        'MalformedPolicyDocument',
        `Trust policy with trusted principal ${provider} must evaluate, using StringEquals, StringLike or StringEqualsIgnoreCase, ${keys} which is not scoped to all.`,
      )
    }
  }
}

function federatedProviders({ effect, principals }: Statement): string[] {
  if (effect === 'Deny') return []
  return (principals?.list ?? []).flatMap((one) => (one.kind === 'Federated' ? [one.value] : []))
}

function isNarrowed({ conditions }: Statement, key: string): boolean {
  return conditions.some(
    (condition) =>
      condition.key === key.toLowerCase() &&
      NARROWING.some((operator) => operator === condition.operator) &&
      condition.values.every((value) => !isScopedToAll(value)),
  )
}

function isScopedToAll(value: string): boolean {
  const rest = value.replace(/^repo:/, '').replaceAll(/[/:]/g, '')
  return rest === '' || isOnlyWildcards(parseTemplate(rest, { wildcards: true, variables: false }))
}
