/** OAuth apps of organizations: who holds a client's secret may have tokens of the organization's members. */
import { createHash } from 'node:crypto'
import { letters } from './accounts.ts'

/** Every scope that the Hub knows. */
export const SCOPES: readonly string[] =
  'openid profile email read-billing read-memberships read-repos gated-repos contribute-repos write-repos manage-repos read-collections write-collections inference-api read-endpoints write-endpoints jobs webhooks write-discussions'.split(
    ' ',
  )

export interface NewOAuthApp {
  org: string
  clientId?: string
  clientSecret?: string
  /** What its tokens may have. Default: every scope. */
  scopes?: readonly string[]
}

export type OAuthApp = Required<NewOAuthApp>

export class OAuthApps {
  readonly #apps: OAuthApp[] = []

  /** Both credentials depend on the organization and the app's number alone, unless they are given. */
  add({ org, scopes = SCOPES, ...given }: NewOAuthApp): OAuthApp {
    const seed = `oauth app ${this.#apps.length + 1} ${org}`
    const app: OAuthApp = {
      org,
      scopes,
      clientId: given.clientId ?? uuid(seed),
      clientSecret: given.clientSecret ?? `oauth_app_secret_${letters(seed, 34)}`,
    }
    this.#apps.push(app)
    return app
  }

  /** The app that these credentials are of. */
  authenticate(clientId: string, clientSecret: string): OAuthApp | undefined {
    return this.#apps.find((app) => app.clientId === clientId && app.clientSecret === clientSecret)
  }
}

function uuid(seed: string): string {
  const hex = createHash('sha256').update(seed).digest('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
