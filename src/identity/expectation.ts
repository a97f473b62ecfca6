/** What an ID token must satisfy: read by the verification and by the explanation of a refusal. */

/** How far the runner's clock may be off, in seconds. */
export const CLOCK_TOLERANCE_SECONDS = 30

/** The claims without which a token proves nothing. */
export const REQUIRED_CLAIMS = ['iss', 'aud', 'sub', 'exp', 'iat'] as const

export interface Expectation {
  issuer: string
  audience: string
  /** An issuer other than GitHub's: ES256 is accepted too, and a token may have several audiences. */
  foreign?: boolean
  now?: Date
}

/** The signature algorithms that are accepted: GitHub signs with RS256 only. */
export function acceptedAlgorithms({ foreign }: Expectation): string[] {
  return foreign ? ['RS256', 'ES256'] : ['RS256']
}
