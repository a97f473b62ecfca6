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
  /** The Hub, without a slash at the end. */
  hubEndpoint: string
}
