/** Keeps count of the tokens that a run mints. */

/** A token that exists because of this run, and must not outlive it by more than an hour. */
export interface MintedToken {
  value: string
  /** The Hub that minted it. */
  endpoint: string
  /** Milliseconds since the epoch; undefined if it does not expire, or the Hub did not say. */
  expiresAt: number | undefined
  /** How it can be deleted by its ID, silently; undefined for a token that has none. */
  entry?: TokenEntry | undefined
}

/** A service account's token in the Hub's list: no secret. */
export interface TokenEntry {
  accountId: string
  tokenId: string
  displayName: string
}

/** Keeps count of minted tokens, so that none is left behind unnoticed. Each call may throw `delivery-failed`. */
export interface MintingLedger {
  /** Right before a token may be minted. `what` is shown if the job ends before anything else is known. */
  begin(what: string): void
  /** As soon as the token is masked, before anything else. */
  made(token: MintedToken): void
  /** It is certain that no token was minted. */
  refused(): void
}
