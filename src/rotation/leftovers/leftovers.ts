/** What rotations have left behind in one secret, and whether it is time to remove some of it. */
import { PREVIOUS, type SecretDescription } from '../../aws/secret-versions.ts'
import type { RotatedToken } from '../account/minter.ts'
import type { SecretContext } from '../context.ts'
import { isThatFar } from '../names.ts'
import { hasMoved, type Outcome } from '../outcome.ts'
import { type RetiredVersion, retiredVersions, type SecretState } from '../secret/look.ts'
import type { Settling } from '../settling.ts'

/** How many secrets or tokens are dealt with at a time. */
export const AT_ONCE = 4

/** How old the look at a secret may be when a token is revoked that it did not show in use, in milliseconds. */
export const DELETE_WITHIN_MS = 3_000

/** What is known of a secret whose leftovers are to be removed. */
export interface Leftovers extends SecretContext {
  settling: Settling
  /** What was done so far. */
  outcome: Outcome
  /** The first look at the secret, and the latest. */
  first: SecretState | undefined
  state: SecretState | undefined
}

/**
 * True when a previous token of the secret may have outlived its grace, or a token was never stored: then all secrets
 * must be surveyed.
 */
export function hasLeftovers(turn: Leftovers): boolean {
  const { state, request, outcome, now } = turn
  if (!state) return false
  const graceMs = request.graceSeconds * 1000
  const isOver = (since = now()) => now() >= since + graceMs
  // What this run has just replaced is not in the state that was seen before.
  const atOnce = hasMoved(outcome) && request.graceSeconds === 0
  return atOnce || unconfirmed(state).some(({ since }) => isOver(since)) || unheldTokens(turn).length > 0
}

/** The versions whose tokens were replaced, without those whose tokens are known to be revoked. */
export function unconfirmed(state: Pick<SecretState, 'description' | 'current'>): RetiredVersion[] {
  return retiredVersions(state).filter((version) => !isDone(version) && !isThatFar(version, 'revoked'))
}

/** True when only labels are left on it that say how far the revocation was: a run was killed while it removed them. */
export function isDone({ labels, since }: RetiredVersion): boolean {
  return since === undefined && !labels.includes(PREVIOUS)
}

/** Tokens for this secret that existed when the run began, and that perhaps no version holds. */
export function unheldTokens({ minter, first }: Pick<Leftovers, 'minter' | 'first'>): RotatedToken[] {
  if (!minter || !first) return []
  const tokens = minter.firstTokensFor(first.arn)
  const count = (id: string) => tokens.filter(({ versionId }) => versionId === id).length
  // Of two tokens for one version, at least one was never stored.
  return tokens.filter(({ versionId }) => !isLabelled(first.description, versionId) || count(versionId) > 1)
}

/** True when the version has a staging label: versions without one are deprecated, and nobody reads them. */
export function isLabelled({ stages }: Pick<SecretDescription, 'stages'>, versionId: string): boolean {
  return (stages.get(versionId)?.length ?? 0) > 0
}
