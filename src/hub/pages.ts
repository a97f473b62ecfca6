/** Where people find the Hub's pages: the one place for their addresses. */
import { isLoopback } from '../net/endpoint.ts'
import { printable } from '../text/printable.ts'
import type { AskedRights } from './asked-rights.ts'
import { presetFor } from './preset.ts'

/** The Hub when nobody says otherwise. */
export const DEFAULT_HUB = 'https://huggingface.co'

/** Where Hugging Face reports incidents. */
export const STATUS_PAGE = 'https://status.huggingface.co'

/** Addresses of pages; `org`: an organization's slug. */
export interface HubPages {
  /** The Hub itself, which is also the audience of ID tokens for it. */
  hub: string
  /** An account's tokens. */
  tokens: string
  /** Creates a fine-grained token: the form for these rights, with the organization filled in. */
  newToken(org: string, asked: Pick<AskedRights, 'scopes' | 'permissions'>): string
  /** An account's logins and its CI/CD access. */
  authentication: string
  /** `resource`: as the Hub names it, `acme/model` or `datasets/acme/data`. */
  repositorySettings(resource: string): string
  /** Its OAuth apps, among others. */
  orgSettings(org: string): string
  orgTokens(org: string): string
  orgMembers(org: string): string
  serviceAccounts(org: string): string
}

/** The pages of the Hub at `endpoint`. A stand-in on loopback has none: then they are those of the public Hub. */
export function hubPages(endpoint: string): HubPages {
  const hub = isLoopback(new URL(endpoint).hostname) ? DEFAULT_HUB : printable(endpoint, 200)
  const orgSettings = (org: string) => `${hub}/organizations/${org}/settings`
  return {
    hub,
    tokens: `${hub}/settings/tokens`,
    newToken: (org, asked) => {
      const preset = presetFor(asked)
      return `${hub}/settings/tokens/new?${preset === undefined ? 'tokenType=fineGrained' : `preset=${preset}`}&orgs=${org}`
    },
    authentication: `${hub}/settings/authentication`,
    repositorySettings: (resource) => `${hub}/${resource}/settings`,
    orgSettings,
    orgTokens: (org) => `${orgSettings(org)}/tokens`,
    orgMembers: (org) => `${orgSettings(org)}/members`,
    serviceAccounts: (org) => `${orgSettings(org)}/service-accounts`,
  }
}

/** A page of the Hub's documentation, which the public Hub alone has. */
export function hubDocs(page: string): string {
  return `${DEFAULT_HUB}/docs/hub/${page}`
}
