/** Edge: what post must know of a token that is made in this run, saved before and after it is made. */
import { saveState } from '@actions/core'
import { ActionError } from '../errors/action-error.ts'
import type { MintedToken, MintingLedger } from '../sources/token-source.ts'
import { printable } from '../text/printable.ts'

/** Names of the state entries: a token that exists, and one that was about to be made. */
export const MINTED_STATE = 'minted'
export const MINTING_STATE = 'minting'

/** A ledger in the runner's saved state; it remembers a token that could not be saved. */
export class SavedLedger implements MintingLedger {
  /** Exists, and post does not know of it: main must revoke it itself. */
  unsaved: MintedToken | undefined
  readonly #revoke: boolean

  /** `revoke`: whether post shall revoke at all; if not, nothing is saved. */
  constructor(revoke: boolean) {
    this.#revoke = revoke
  }

  begin(what: string): void {
    if (this.#revoke) save(MINTING_STATE, what)
  }

  made(token: MintedToken): void {
    if (!this.#revoke) return
    this.unsaved = token
    save(MINTED_STATE, token)
    this.unsaved = undefined
  }

  refused(): void {
    if (this.#revoke) save(MINTING_STATE, '')
  }
}

function save(name: string, value: unknown): void {
  try {
    // Without this file `@actions/core` would print the token in an old workflow command.
    if (!process.env.GITHUB_STATE) throw new Error('GITHUB_STATE is not set')
    saveState(name, value)
  } catch (error) {
    throw new ActionError('delivery-failed', {
      failed: 'The runner does not let the action save what post must undo; no token is left behind.',
      seen: printable((error as NodeJS.ErrnoException).code ?? 'GITHUB_STATE cannot be used', 60),
      expected: 'a file at GITHUB_STATE that can be written',
      cause: 'the runner’s disk is full or read-only, or the action was started by something that is not a runner.',
      fix: 'Free space on the runner and re-run the job; update a self-hosted runner that is older than 2.327.',
    })
  }
}
