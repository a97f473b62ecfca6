/** What an ID token must satisfy: read by the verification and by the explanation of a refusal. */
import { correctionMs } from './clock.ts'

/** The claims without which a token proves nothing. */
export const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'exp', 'iat'] as const

export interface Expectation {
  issuer: string
  audience: string
  /** An issuer other than GitHub's: ES256 is accepted too, and a token may have several audiences. */
  foreign?: boolean
  /** This machine's time. */
  now?: Date
  /** Milliseconds by which this machine's clock is slow (negative: fast), as the issuer's answers show; see `clock.ts`. */
  driftMs?: number | undefined
  /**
   * Whether the corrected time decides. Only for a token that the issuer gave out just now, and that AWS or the Hub
   * checks again: otherwise whoever answers for the issuer could bring an expired token back. Where it is not set,
   * a measured drift can only refuse a token, not accept one.
   */
  correctsTime?: boolean
}

/** The times by which `nbf` and `exp` are judged, in milliseconds since the epoch. */
export function judgedBy({
  now = new Date(),
  driftMs,
  correctsTime = false,
}: Expectation): Record<'nbf' | 'exp', number> {
  const own = now.getTime()
  const corrected = own + correctionMs(driftMs)
  return correctsTime ? { nbf: corrected, exp: corrected } : { nbf: own, exp: Math.max(own, corrected) }
}

/** The signature algorithms that are accepted: GitHub signs with RS256 only. */
export function acceptedAlgorithms({ foreign }: Expectation): string[] {
  return foreign ? ['RS256', 'ES256'] : ['RS256']
}
