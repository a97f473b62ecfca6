/** Edge: what post must know about a token that this run mints, saved before and after it is minted. */
import { saveState } from '@actions/core'
import type { MintedToken, MintingLedger } from '../hub/ledger.ts'
import type { RevokeMode } from '../token/request.ts'
import { deliveryFailed, notSet, writeFailed } from './delivery-failed.ts'

/**
 * Names of the state entries: a token that post may have to revoke, with its value; one that post does not revoke,
 * without its value; and one that was about to be minted.
 */
export const MINTED_STATE = 'minted'
export const LEFT_STATE = 'left'
export const MINTING_STATE = 'minting'

/** A token, and whether the workflow wants it revoked. */
export interface RevocableToken extends MintedToken {
  revoke: RevokeMode
}

/** A ledger in the runner's saved state; it remembers a token that could not be saved. */
export class SavedLedger implements MintingLedger {
  /** A token that exists although post does not know about it: main must revoke it itself. */
  unsaved: RevocableToken | undefined
  readonly #revoke: RevokeMode

  /** `revoke`: which tokens post must revoke. The value of any other token is not saved. */
  constructor(revoke: RevokeMode) {
    this.#revoke = revoke
  }

  begin(what: string): void {
    if (this.#revoke !== 'false') save(MINTING_STATE, what, 'no token was minted')
  }

  made(token: MintedToken): void {
    const revoke = this.#revoke
    const { expiresAt } = token
    this.unsaved = { ...token, revoke }
    const consequence = 'the token was not delivered'
    if (mustRevoke(this.unsaved, Date.now())) save(MINTED_STATE, this.unsaved, consequence)
    else save(LEFT_STATE, { expiresAt, revoke }, consequence)
    this.unsaved = undefined
  }

  refused(): void {
    if (this.#revoke !== 'false') save(MINTING_STATE, '', 'no token was minted')
  }
}

/** What decides whether a token is revoked. */
export type Fate = Pick<RevocableToken, 'expiresAt' | 'revoke'>

/** A token that expires this soon is not revoked, in milliseconds: the Hub sends the owner of a revoked token an email. */
const SOON_MS = 3_600_000

/** Whether to revoke the token, at the time `now` in milliseconds. Without a known expiry, it counts as one that never expires. */
export function mustRevoke({ revoke, expiresAt }: Fate, now: number): boolean {
  if (revoke === 'auto') return !expiresSoon(expiresAt, now)
  return revoke === 'true'
}

/** What to say about a token that is not revoked; `warn` when it outlives the next hour. */
export function tellLeft({ revoke, expiresAt }: Fate, now: number): { text: string; warn: boolean } {
  const warn = !expiresSoon(expiresAt, now)
  if (expiresAt !== undefined && expiresAt <= now) return { text: `The token expired at ${iso(expiresAt)}.`, warn }
  const why =
    revoke === 'false' ? 'this step sets `revoke: false`.' : 'the Hub sends the owner of a revoked token an email.'
  return { text: `${tellExpiry(expiresAt, 'The token')}. It was not revoked, because ${why}`, warn }
}

/** `It expires at 2026-11-22T19:46:24.870Z`, or that its expiry is not known. */
export function tellExpiry(expiresAt: number | undefined, subject = 'It'): string {
  return expiresAt === undefined ? `${subject} has no known expiry` : `${subject} expires at ${iso(expiresAt)}`
}

function expiresSoon(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt - now <= SOON_MS
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

/** `consequence`: what a failure means for the token. */
function save(name: string, value: unknown, consequence: string): void {
  try {
    // Without this file, `@actions/core` would print the token in an old workflow command.
    if (!process.env.GITHUB_STATE) throw new Error('no file')
    saveState(name, value)
  } catch (error) {
    throw deliveryFailed(
      `The runner could not save what the post step must clean up, so ${consequence}.`,
      process.env.GITHUB_STATE ? writeFailed(error) : notSet(['GITHUB_STATE']),
    )
  }
}
