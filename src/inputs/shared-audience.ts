/** Audiences that other services use too: an ID token for one of them is good at both. */
import { DEFAULT_HUB } from '../hub/pages.ts'
import { verbatim } from '../text/printable.ts'

/**
 * Which service's workflows request ID tokens for an audience. An organization may have the same name as one of them.
 * Audiences must match exactly, so another case is another audience.
 *
 * Sources: what the documentation of each service says about OpenID Connect in CI.
 */
const ELSEWHERE: readonly (readonly [RegExp, string])[] = [
  [/^(?:https:\/\/)?sts(?:-fips)?\.(?:[a-z0-9-]+\.)?amazonaws\.(?:com|com\.cn|eu)\/?$/, 'AWS'],
  [/^api:\/\//, 'Microsoft Entra ID'],
  [/^(?:https:)?\/\/iam\.googleapis\.com\//, 'Google Cloud'],
  [/^sigstore$/, 'Sigstore'],
  [/^(?:test)?pypi$/, 'PyPI'],
  [/^npm:/, 'npm'],
  [/^crates\.io$/, 'crates.io'],
  [/^rubygems\.org$/, 'RubyGems'],
  [/^https:\/\/www\.nuget\.org$/, 'NuGet'],
  [/^https:\/\/pub\.dev$/, 'pub.dev'],
  [/^prefix\.dev$/, 'prefix.dev'],
  [/^vault$|\.workload\.identity$/, 'HashiCorp’s products'],
  [/^(?:https:\/\/)?kubernetes(?:\.default\.svc.*)?$/, 'Kubernetes'],
  [/^jfrog-github$/, 'JFrog'],
  [/^octo-sts\.dev$/, 'Octo STS'],
  [/^https:\/\/codecov\.io$/, 'Codecov'],
  [/^urn:pulumi:/, 'Pulumi'],
  [/^api\.tailscale\.com(?:\/|$)/, 'Tailscale'],
  [/^snowflakecomputing\.com$/, 'Snowflake'],
  [/^https:\/\/github\.com\//, 'GitHub’s own default'],
]

/** A warning that the audience is not the organization's alone, or undefined. */
export function sharedAudienceWarning({ audience, org }: { audience: string; org: string }): string | undefined {
  const user = ELSEWHERE.find(([form]) => form.test(audience))?.[1]
  if (user === undefined) return undefined
  return `The audience \`${verbatim(audience, 200)}\` is not yours alone: workflows also request ID tokens with it for ${user}, and your OIDC provider in AWS would accept those too. Use the URL form, which nobody else uses. Add \`${DEFAULT_HUB}/${verbatim(org, 100)}\` to the client ID list of the IAM OIDC provider and to the trust policy of the role, and then set \`audience: ${DEFAULT_HUB}/${verbatim(org, 100)}\` in this step.`
}
