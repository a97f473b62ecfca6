/** Edge: what post must know of a token that is made in this run, saved before and after it is made. */
import { saveState } from '@actions/core'
import type { MintedToken, MintingLedger } from '../hub/ledger.ts'
import { printable } from '../text/printable.ts'
import type { RevokeMode } from '../token/request.ts'
import { deliveryFailed } from './delivery-failed.ts'

/**
 * Names of the state entries: a token that post may have to revoke, with its value; one that post leaves alone, without
 * its value; and one that was about to be made.
 */
export const MINTED_STATE = 'minted'
export const LEFT_STATE = 'left'
export const MINTING_STATE = 'minting'

/** A token, and what the workflow wants to become of it. */
export interface RevocableToken extends MintedToken {
  revoke: RevokeMode
}

/** A ledger in the runner's saved state; it remembers a token that could not be saved. */
export class SavedLedger implements MintingLedger {
  /** Exists, and post does not know of it: main must see to it itself. */
  unsaved: RevocableToken | undefined
  readonly #revoke: RevokeMode

  /** `revoke`: which tokens post shall revoke. The value of any other token is not saved. */
  constructor(revoke: RevokeMode) {
    this.#revoke = revoke
  }

  begin(what: string): void {
    if (this.#revoke !== 'false') save(MINTING_STATE, what, 'no token was made')
  }

  made(token: MintedToken): void {
    const revoke = this.#revoke
    const { expiresAt } = token
    this.unsaved = { ...token, revoke }
    const nobodyHasIt = 'the token was handed to nobody'
    if (mustRevoke(this.unsaved, Date.now())) save(MINTED_STATE, this.unsaved, nobodyHasIt)
    else save(LEFT_STATE, { expiresAt, revoke }, nobodyHasIt)
    this.unsaved = undefined
  }

  refused(): void {
    if (this.#revoke !== 'false') save(MINTING_STATE, '', 'no token was made')
  }
}

type Fate = Pick<RevocableToken, 'expiresAt' | 'revoke'>

/** A token that expires this soon is left to do so, in milliseconds: the Hub e-mails the owner of each that is revoked. */
const SOON_MS = 3_600_000

/** Whether the token is to be revoked, at the time `now` in milliseconds. One whose expiry is not known never expires. */
export function mustRevoke({ revoke, expiresAt }: Fate, now: number): boolean {
  if (revoke === 'auto') return !expiresSoon(expiresAt, now)
  return revoke === 'true'
}

/** What to tell of a token that is not revoked; `warn` when it outlives the next hour. */
export function tellLeft({ revoke, expiresAt }: Fate, now: number): { text: string; warn: boolean } {
  const warn = !expiresSoon(expiresAt, now)
  if (expiresAt !== undefined && expiresAt <= now) return { text: `The token expired at ${iso(expiresAt)}.`, warn }
  const why =
    revoke === 'false'
      ? 'it was not revoked, because this step has `revoke: false`.'
      : 'it was not reported to the Hub’s leak endpoint, because that e-mails its owner each time.'
  return { text: `${tellExpiry(expiresAt, 'The token')}; ${why}`, warn }
}

/** `It expires at 2026-11-22T19:46:24.870Z`, or that it does not. */
export function tellExpiry(expiresAt: number | undefined, subject = 'It'): string {
  return expiresAt === undefined ? `${subject} has no known expiry` : `${subject} expires at ${iso(expiresAt)}`
}

function expiresSoon(expiresAt: number | undefined, now: number): boolean {
  return expiresAt !== undefined && expiresAt - now <= SOON_MS
}

function iso(time: number): string {
  return new Date(time).toISOString()
}

/** `so`: what that means for the token. */
function save(name: string, value: unknown, so: string): void {
  try {
    // Without this file `@actions/core` would print the token in an old workflow command.
    if (!process.env.GITHUB_STATE) throw new Error('GITHUB_STATE is not set')
    saveState(name, value)
  } catch (error) {
    throw deliveryFailed(
      `The runner does not let the action save what post must clean up; ${so}.`,
      printable((error as NodeJS.ErrnoException).code ?? 'GITHUB_STATE cannot be used', 60),
    )
  }
}
