/** Edge: what post must know about a token that this run mints, saved before and after it is minted. */
import { saveState } from '@actions/core'
import type { MintedToken, MintingLedger, TokenEntry } from '../hub/ledger.ts'
import type { ProofRequest } from '../identity/request.ts'
import type { ObtainRequest } from '../sources/request.ts'
import type { RevokeMode } from '../token/request.ts'
import { type DecidingVariables, decidingVariables } from './deciding-variables.ts'
import { deliveryFailed, notSet, writeFailure } from './delivery-failed.ts'
import { runnerLog } from './log.ts'

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

/** As it is in the state, for post to report. */
export interface SavedToken extends Omit<RevocableToken, 'entry'> {
  variables: DecidingVariables
}

/** What post needs to delete a service account's token by its ID: no secret. */
export interface SavedDeletion extends TokenEntry {
  kind: 'entry'
  request: DeletionRequest
  variables: DecidingVariables
}

/** What main was asked for, as far as post asks for it again. */
export type DeletionRequest = ProofRequest & ObtainRequest

/** A ledger in the runner's saved state; it remembers a token that could not be saved. */
export class SavedLedger implements MintingLedger {
  /** A token that exists although post does not know about it: main must revoke it itself. */
  unsaved: RevocableToken | undefined
  readonly #current: () => DeletionRequest & { revoke: RevokeMode }
  readonly #env: NodeJS.ProcessEnv

  /** `request`: what main is asked for, as it is by then; which tokens post must revoke is part of it. */
  constructor(request: () => DeletionRequest & { revoke: RevokeMode }, env: NodeJS.ProcessEnv) {
    this.#current = request
    this.#env = env
  }

  get #request(): DeletionRequest & { revoke: RevokeMode } {
    return this.#current()
  }

  begin(what: string): void {
    if (this.#request.revoke !== 'false') save(MINTING_STATE, what, 'no token was minted')
  }

  made(token: MintedToken): void {
    const { revoke } = this.#request
    const { expiresAt, entry } = token
    const consequence = 'the token was not delivered'
    if (entry && revoke !== 'false') {
      save(MINTED_STATE, this.#deletionOf(entry), consequence)
      return
    }
    this.unsaved = { ...token, revoke }
    if (mustReport(this.unsaved)) {
      save(MINTED_STATE, { ...this.unsaved, variables: decidingVariables(this.#env) }, consequence)
    } else {
      save(LEFT_STATE, { expiresAt, revoke }, consequence)
      warnOfLife({ expiresAt, revoke })
    }
    this.unsaved = undefined
  }

  refused(): void {
    if (this.#request.revoke !== 'false') save(MINTING_STATE, '', 'no token was minted')
  }

  #deletionOf(entry: TokenEntry): SavedDeletion {
    const { audience, issuer, claimRules, idTokenFrom, org, hubEndpoint, source, aws, repositories } = this.#request
    const request = { audience, issuer, claimRules, idTokenFrom, org, hubEndpoint, source, aws, repositories }
    return { kind: 'entry', ...entry, request, variables: decidingVariables(this.#env) }
  }
}

/** What decides whether a token is revoked. */
export type Fate = Pick<RevocableToken, 'expiresAt' | 'revoke'>

/** Warns in main already of a token that nobody revokes, and that outlives the next hour. */
function warnOfLife({ expiresAt, revoke }: Fate): void {
  if (revoke !== 'auto' || expiresAt === undefined || expiresSoon(expiresAt, Date.now())) return
  runnerLog.warning(
    `${tellExpiry(expiresAt, 'The token that was issued for this job')}. The post step does not revoke it, because the Hub sends the owner of a revoked token an email.${HOW_TO_SHORTEN}`,
  )
}

const HOW_TO_SHORTEN =
  ' Shorten the token duration on the page of the OAuth app (in the settings of the organization), or set `revoke: true`.'

/** How long a token may outlive its job without a warning, in milliseconds. */
const SOON_MS = 3_600_000

/** Whether post reports the token as leaked, which e-mails its owner: only if the workflow says so. */
export function mustReport({ revoke }: Pick<RevocableToken, 'revoke'>): boolean {
  return revoke === 'true'
}

/** What to say about a token that is not revoked; `warn` when it outlives the next hour. */
export function tellLeft({ revoke, expiresAt }: Fate, now: number): { text: string; warn: boolean } {
  const warn = !expiresSoon(expiresAt, now)
  if (expiresAt !== undefined && expiresAt <= now) return { text: `The token expired at ${iso(expiresAt)}.`, warn }
  const why =
    revoke === 'false' ? 'this step sets `revoke: false`.' : 'the Hub sends the owner of a revoked token an email.'
  const how = warn && revoke === 'auto' && expiresAt !== undefined ? HOW_TO_SHORTEN : ''
  return { text: `${tellExpiry(expiresAt, 'The token')}. It was not revoked, because ${why}${how}`, warn }
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
    const failed = `The runner could not save what the post step must clean up, so ${consequence}.`
    throw process.env.GITHUB_STATE ? writeFailure(failed, error) : deliveryFailed(failed, notSet(['GITHUB_STATE']))
  }
}
