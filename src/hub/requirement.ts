/** What a token must be, to be confirmed. */
import type { AskedRights } from './asked-rights.ts'
import type { HubRepository } from './repository.ts'

export const VERIFY_MODES = ['strict', 'warn', 'off'] as const

export type VerifyMode = (typeof VERIFY_MODES)[number]

/** What a token must be, to be confirmed. */
export interface Requirement extends AskedRights {
  /** The organization's slug on the Hub. */
  org: string
  /** What the token must reach. */
  repositories: readonly HubRepository[]
  /** Whether `repositories` are also all that it may reach. */
  repositoriesOnly: boolean
  verify: VerifyMode
  /** How old a recorded proof may be that replaces whoami-v2, in seconds; 0: none is accepted. */
  proofMaxAgeSeconds: number
  minLifetimeSeconds: number
  /** The Hub, without a trailing slash. */
  hubEndpoint: string
  /** How the reader writes a setting: as an input of a step, or in the line of a secret. */
  notation: 'input' | 'line'
}

/**
 * True when checks of the `repositories` may replace whoami-v2 while it is rate limited. Under `strict` nothing may: whether
 * the token can do more than was requested would stay unknown.
 */
export function mayStandIn({ verify, repositories }: Pick<Requirement, 'verify' | 'repositories'>): boolean {
  return verify === 'warn' && repositories.length > 0
}
