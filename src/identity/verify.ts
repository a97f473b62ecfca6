/** IdToken → Identity: signature, issuer, time and audience. Nothing is sent to AWS or the Hub before this. */
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, type JWTPayload, jwtVerify } from 'jose'
import { CLOCK_TOLERANCE_SECONDS, correctionMs } from './clock.ts'
import { acceptedAlgorithms, type Expectation, judgedBy, REQUIRED_CLAIMS } from './expectation.ts'
import { explainInvalidIdToken } from './explain-invalid-id-token.ts'
import type { Identity } from './identity.ts'

// Node loads its WebCrypto on first use: let that happen now, while the ID token is on its way.
void globalThis.crypto.subtle.digest('SHA-256', new Uint8Array())

/** The last second that a `Date` can represent. */
const LATEST = 8.64e12

export interface VerifyOptions extends Omit<Expectation, 'driftMs'> {
  /** Fetches the issuer's keys; called again when the signing key is not in the first answer. */
  keys: () => Promise<JSONWebKeySet>
  /** What is known of this machine's clock once the keys are here. Default: nothing. */
  measuredDriftMs?: () => number | undefined
}

/**
 * The verified identity. The signature must be RS256 (for a foreign issuer, ES256 is accepted too); `iss`, `aud`, `sub`,
 * `exp` and `iat` are required, and `nbf` is honored. `nbf` and `exp` decide about the time; an `iat` in the future
 * refuses nothing by itself.
 *
 * @throws `ActionError` `id-token-invalid` or `audience-mismatch`, and what `keys` throws.
 * Source: RFC 7519, RFC 8725, OpenID Connect Core 1.0 section 3.1.3.7.
 */
export async function verifyIdToken(idToken: string, options: VerifyOptions): Promise<Identity> {
  // The keys may take minutes, in which a token can expire.
  const expected = (): Expectation => ({
    ...options,
    now: options.now ?? new Date(),
    driftMs: options.measuredDriftMs?.(),
  })
  const explained = (error: unknown) => explainInvalidIdToken(error, idToken, expected())
  try {
    refuseDifferentIssuer(idToken, options.issuer)
  } catch (error) {
    throw explained(error)
  }
  const keys = await options.keys()
  try {
    return await verifyWith(keys, idToken, expected())
  } catch (error) {
    // The issuer may have rotated its keys between our two requests.
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw explained(error)
  }
  const newKeys = await options.keys()
  try {
    return await verifyWith(newKeys, idToken, expected())
  } catch (error) {
    throw explained(error)
  }
}

/** Refuses a token that names a different issuer itself, without waiting for keys that could not verify it anyway. */
function refuseDifferentIssuer(idToken: string, issuer: string): void {
  const payload = decodeJwt(idToken)
  if (payload.iss === issuer) return
  throw new errors.JWTClaimValidationFailed('unexpected "iss" claim value', payload, 'iss', 'check_failed')
}

async function verifyWith(keys: JSONWebKeySet, idToken: string, expected: Expectation): Promise<Identity> {
  const judged = judgedBy(expected)
  const { payload, protectedHeader } = await jwtVerify(idToken, createLocalJWKSet(keys), {
    algorithms: acceptedAlgorithms(expected),
    issuer: expected.issuer,
    audience: expected.audience,
    requiredClaims: [...REQUIRED_CLAIMS],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    currentDate: new Date(judged.nbf),
  })
  const { iss, sub, exp, iat, aud } = payload
  if (typeof iss !== 'string' || typeof sub !== 'string' || sub === '') throw new errors.JWTInvalid('"sub" is empty')
  if (!isTime(exp)) throw malformed('exp', payload)
  if (!isTime(iat)) throw malformed('iat', payload)
  if (exp <= judged.exp / 1000 - CLOCK_TOLERANCE_SECONDS) {
    throw new errors.JWTExpired('"exp" claim timestamp check failed', payload, 'exp', 'check_failed')
  }
  // One request to GitHub yields one audience: a second one would be somebody else's.
  if (!expected.foreign && Array.isArray(aud) && aud.length !== 1) {
    throw new errors.JWTClaimValidationFailed('unexpected "aud" claim value', payload, 'aud', 'check_failed')
  }
  return {
    idToken,
    issuer: iss,
    audience: expected.audience,
    subject: sub,
    claims: payload,
    expiresAt: exp,
    clockOffsetMs: correctionMs(expected.driftMs),
    keyId: protectedHeader.kid ?? '',
  } as Identity
}

/** A time since 1970 that a `Date` can represent. */
function isTime(seconds: unknown): seconds is number {
  return typeof seconds === 'number' && seconds >= 0 && seconds <= LATEST
}

function malformed(claim: string, payload: JWTPayload): Error {
  return new errors.JWTClaimValidationFailed(`"${claim}" is not a valid time`, payload, claim, 'invalid')
}
