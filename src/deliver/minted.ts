/** Edge: saves a minted token for post, which revokes it. The one secret in saved state: revoking needs nothing else. */
import { saveState } from '@actions/core'
import type { MintedToken } from '../sources/token-source.ts'

/** Name of the state entry. */
export const MINTED_STATE = 'minted'

/** Must be called as soon as the token is masked: a run that is killed later still has it revoked. */
export function saveMinted(token: MintedToken): void {
  // Without this file `@actions/core` would print the token in an old workflow command.
  if (process.env.GITHUB_STATE) saveState(MINTED_STATE, token)
}
