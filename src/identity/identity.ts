/** The verified identity of the job. */
import type { JWTPayload } from 'jose'

declare const verified: unique symbol

/** A job whose ID token has been verified. Only `verifyIdToken` makes one, so a function that takes one need not check again. */
export interface Identity {
  readonly [verified]: true
  /** The ID token itself: a secret, for the one service that its audience names. */
  readonly idToken: string
  readonly issuer: string
  readonly audience: string
  readonly subject: string
  readonly claims: Readonly<JWTPayload>
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** Milliseconds to add to this machine's time to get the issuer's; 0 where nothing was measured. */
  readonly clockOffsetMs: number
  /** The id of the key that signed it. */
  readonly keyId: string
}
