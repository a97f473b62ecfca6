/** What a token must be, to be confirmed. */
import type { HubRepository } from './repository.ts'
import type { Scope } from './scopes.ts'

export const VERIFY_MODES = ['strict', 'warn', 'off'] as const

export type VerifyMode = (typeof VERIFY_MODES)[number]

/** What a token must be, to be confirmed. */
export interface Requirement {
  /** The organization's slug on the Hub. */
  org: string
  scope: Scope
  repositories: readonly HubRepository[]
  verify: VerifyMode
  minLifetimeSeconds: number
  /** The Hub, without a trailing slash. */
  hubEndpoint: string
}

/**
 * True when checks of the `repositories` may replace whoami-v2 while it is rate limited. Under `strict` nothing may: whether
 * the token can do more than was requested would stay unknown.
 */
export function mayStandIn({ verify, repositories }: Pick<Requirement, 'verify' | 'repositories'>): boolean {
  return verify === 'warn' && repositories.length > 0
}
