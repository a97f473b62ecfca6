/** IdToken → Identity: signature, issuer, time and audience. Nothing is sent to AWS or the Hub before this. */
import { createLocalJWKSet, decodeJwt, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import { acceptedAlgorithms, CLOCK_TOLERANCE_SECONDS, type Expectation, REQUIRED_CLAIMS } from './expectation.ts'
import { explainInvalidIdToken } from './explain-invalid-id-token.ts'
import type { Identity } from './identity.ts'

// Node loads its WebCrypto on first use: let that happen now, while the ID token is on its way.
void globalThis.crypto.subtle.digest('SHA-256', new Uint8Array())

/** The last second that a `Date` can represent. */
const LATEST = 8.64e12

export interface VerifyOptions extends Expectation {
  /** Fetches the issuer's keys; called again when the signing key is not in the first answer. */
  keys: () => Promise<JSONWebKeySet>
}

/**
 * The verified identity. The signature must be RS256 (for a foreign issuer, ES256 is accepted too); `iss`, `aud`, `sub`,
 * `exp` and `iat` are required, and `nbf` is honored.
 *
 * @throws `ActionError` `id-token-invalid` or `audience-mismatch`, and what `keys` throws.
 * Source: RFC 7519, RFC 8725, OpenID Connect Core 1.0 section 3.1.3.7.
 */
export async function verifyIdToken(idToken: string, options: VerifyOptions): Promise<Identity> {
  const explained = (error: unknown) => explainInvalidIdToken(error, idToken, options)
  try {
    refuseDifferentIssuer(idToken, options.issuer)
  } catch (error) {
    throw explained(error)
  }
  const keys = await options.keys()
  try {
    return await verifyWith(keys, idToken, options)
  } catch (error) {
    // The issuer may have rotated its keys between our two requests.
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw explained(error)
  }
  const newKeys = await options.keys()
  try {
    return await verifyWith(newKeys, idToken, options)
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

async function verifyWith(keys: JSONWebKeySet, idToken: string, options: VerifyOptions): Promise<Identity> {
  const { payload, protectedHeader } = await jwtVerify(idToken, createLocalJWKSet(keys), {
    algorithms: acceptedAlgorithms(options),
    issuer: options.issuer,
    audience: options.audience,
    requiredClaims: [...REQUIRED_CLAIMS],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(options.now ? { currentDate: options.now } : {}),
  })
  const { iss, sub, exp, iat, aud } = payload
  if (typeof iss !== 'string' || typeof sub !== 'string' || sub === '') throw new errors.JWTInvalid('"sub" is empty')
  if (typeof exp !== 'number' || exp > LATEST) throw new errors.JWTInvalid('"exp" is not a valid time')
  const now = (options.now ?? new Date()).getTime() / 1000
  if (typeof iat !== 'number' || iat > now + CLOCK_TOLERANCE_SECONDS) {
    throw new errors.JWTClaimValidationFailed(
      '"iat" claim timestamp check failed (it is in the future)',
      payload,
      'iat',
      'check_failed',
    )
  }
  // One request to GitHub yields one audience: a second one would be somebody else's.
  if (!options.foreign && Array.isArray(aud) && aud.length !== 1) {
    throw new errors.JWTClaimValidationFailed('unexpected "aud" claim value', payload, 'aud', 'check_failed')
  }
  return {
    idToken,
    issuer: iss,
    audience: options.audience,
    subject: sub,
    claims: payload,
    expiresAt: exp,
    keyId: protectedHeader.kid ?? '',
  } as Identity
}
