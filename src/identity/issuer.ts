/** Which OIDC issuer signs the ID tokens of this GitHub. */

/**
 * The issuer for a `GITHUB_SERVER_URL`: github.com, GHE.com (data residency) or a GitHub Enterprise Server.
 * Source: docs.github.com, "OpenID Connect reference". An enterprise's own issuer cannot be derived: `oidc-issuer`.
 */
export function issuerOf(serverUrl: string): string {
  const url = new URL(serverUrl)
  const host = url.hostname
  if (host === 'github.com') return 'https://token.actions.githubusercontent.com'
  if (host.endsWith('.ghe.com')) return `https://token.actions.${host}`
  return `${url.origin}/_services/token`
}
