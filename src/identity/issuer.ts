/** Which OIDC issuer signs the ID tokens of this forge. */
import type { Forge } from '../platform/forge.ts'

/**
 * The issuer for a `GITHUB_SERVER_URL`: github.com, GHE.com (data residency), a GitHub Enterprise Server, or Forgejo.
 * Source: docs.github.com, "OpenID Connect reference"; forgejo.org, "Security OpenID Connect". An enterprise's own issuer
 * cannot be derived: `oidc-issuer`.
 */
export function issuerOf(serverUrl: string, forge?: Forge): string {
  const url = new URL(serverUrl)
  // Forgejo may be served below a path.
  if (forge === 'forgejo') return `${url.origin}${url.pathname.replace(/\/+$/, '')}/api/actions`
  const host = url.hostname
  if (host === 'github.com') return 'https://token.actions.githubusercontent.com'
  if (host.endsWith('.ghe.com')) return `https://token.actions.${host}`
  return `${url.origin}/_services/token`
}
