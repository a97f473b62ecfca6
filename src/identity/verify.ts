/** IdToken → Identity: signature, issuer, time and audience. Nothing is sent to AWS or the Hub before this. */
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JSONWebKeySet, jwtVerify } from 'jose'
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { printable, quoted } from '../text/printable.ts'
import type { Identity } from './identity.ts'

/** How far the runner's clock may be off, in seconds. */
export const CLOCK_TOLERANCE_SECONDS = 30

// Node loads its WebCrypto with the first use: let that be now, while the ID token is being waited for.
void globalThis.crypto.subtle.digest('SHA-256', new Uint8Array())

/** The last second that a date can name. */
const LATEST = 8.64e12

export interface VerifyOptions {
  issuer: string
  audience: string
  /** Fetches the issuer's keys; called a second time when the signing key is not in the first answer. */
  keys: () => Promise<JSONWebKeySet>
  /** An issuer other than GitHub's: ES256 is accepted where its keys are such. GitHub signs with RS256 alone. */
  foreign?: boolean
  now?: Date
}

/**
 * The verified identity. RS256 only (for a foreign issuer also ES256); `iss`, `aud`, `sub`, `exp` and `iat` must be there; `nbf` is honoured.
 *
 * @throws `ActionError` `id-token-invalid` or `audience-mismatch`, and what `keys` throws.
 * Source: RFC 7519, RFC 8725, OpenID Connect Core 1.0 section 3.1.3.7.
 */
export async function verifyIdToken(idToken: string, options: VerifyOptions): Promise<Identity> {
  attempt(idToken, options, () => refuseForeignIssuer(idToken, options.issuer))
  const keys = await options.keys()
  try {
    return await verifyWith(keys, idToken, options)
  } catch (error) {
    // The issuer may have rotated its keys between our two requests.
    if (!(error instanceof errors.JWKSNoMatchingKey)) throw explain(error, idToken, options)
  }
  const newKeys = await options.keys()
  try {
    return await verifyWith(newKeys, idToken, options)
  } catch (error) {
    throw explain(error, idToken, options)
  }
}

function attempt(idToken: string, options: VerifyOptions, check: () => void): void {
  try {
    check()
  } catch (error) {
    throw explain(error, idToken, options)
  }
}

/** A foreign token is refused by its own word, before keys that could not verify it anyway are waited for. */
function refuseForeignIssuer(idToken: string, issuer: string): void {
  const payload = decodeJwt(idToken)
  if (payload.iss === issuer) return
  throw new errors.JWTClaimValidationFailed('unexpected "iss" claim value', payload, 'iss', 'check_failed')
}

async function verifyWith(keys: JSONWebKeySet, idToken: string, options: VerifyOptions): Promise<Identity> {
  const { payload, protectedHeader } = await jwtVerify(idToken, createLocalJWKSet(keys), {
    algorithms: algorithms(options),
    issuer: options.issuer,
    audience: options.audience,
    requiredClaims: ['iss', 'aud', 'sub', 'exp', 'iat'],
    clockTolerance: CLOCK_TOLERANCE_SECONDS,
    ...(options.now ? { currentDate: options.now } : {}),
  })
  const { iss, sub, exp, iat, aud } = payload
  if (typeof iss !== 'string' || typeof sub !== 'string' || sub === '') throw new errors.JWTInvalid('"sub" is empty')
  if (typeof exp !== 'number' || exp > LATEST) throw new errors.JWTInvalid('"exp" is no time')
  const now = (options.now ?? new Date()).getTime() / 1000
  if (typeof iat !== 'number' || iat > now + CLOCK_TOLERANCE_SECONDS) {
    throw new errors.JWTClaimValidationFailed(
      '"iat" claim timestamp check failed (it lies ahead)',
      payload,
      'iat',
      'check_failed',
    )
  }
  // One request to GitHub gives one audience; another one beside it would be somebody else's.
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

function algorithms({ foreign }: VerifyOptions): string[] {
  return foreign ? ['RS256', 'ES256'] : ['RS256']
}

function explain(error: unknown, idToken: string, options: VerifyOptions): ActionError {
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return new ActionError('audience-mismatch', {
      failed: options.foreign
        ? 'The ID token is not for the audience that names the organization.'
        : 'The ID token is for another audience than the one that was asked for.',
      seen: `aud = ${[error.payload.aud]
        .flat()
        .map((aud) => quoted(aud, 200))
        .join(', ')}`,
      expected: `aud = ${quoted(options.audience)}`,
      cause: options.foreign
        ? 'the token in `id-token-from` was made for another audience.'
        : 'something between this runner and GitHub answered with another token.',
      fix: options.foreign
        ? `Have your issuer make the token for the audience ${printable(options.audience, 120)}, letter by letter.`
        : 'Do not use this runner until you know why: its ACTIONS_ID_TOKEN_REQUEST_URL does not answer as GitHub does.',
    })
  }
  if (error instanceof errors.JOSEError) return invalid(explainJose(error, idToken, options))
  // WebCrypto's own errors: keys of the issuer that are none, or too small.
  return invalid({
    seen: `${printable(error instanceof Error ? error.message : error, 120)}`,
    expected: `an RSA key of at least 2048 bits that ${printable(options.issuer, 120)} publishes`,
    cause: 'the issuer publishes a key that cannot be used, or something else answers in its place.',
    fix: 'Check `oidc-issuer`; do not use this runner until you know where the keys came from.',
  })
}

function explainJose(error: errors.JOSEError, idToken: string, options: VerifyOptions): Omit<Explanation, 'failed'> {
  const seen = unverified(idToken)
  const another = options.foreign
    ? 'a wrong `oidc-issuer`, or a token that this issuer did not make.'
    : 'the token was not made by this GitHub: a wrong `oidc-issuer`, or something in between that answers in GitHub’s place.'
  const fixIssuer = options.foreign
    ? 'Compare `oidc-issuer` with `iss` in the token, letter by letter, and make sure that the issuer is yours.'
    : `If your enterprise uses its own issuer, set \`oidc-issuer: ${seen.issuer}\` after making sure that it is yours; otherwise do not use this runner until you know where the token came from.`
  if (
    error instanceof errors.JWTExpired ||
    (error instanceof errors.JWTClaimValidationFailed && ['nbf', 'iat', 'exp'].includes(error.claim))
  ) {
    const now = (options.now ?? new Date()).toISOString()
    return {
      seen: `${printable(error.message, 120)}; valid from ${seen.notBefore} to ${seen.expires}; this runner's clock says ${now}`,
      expected: `a time within that span (${CLOCK_TOLERANCE_SECONDS} s of tolerance)`,
      cause: options.foreign
        ? 'the token has ended since the platform gave it to the job, or the clock of the runner is wrong.'
        : 'the clock of the runner is wrong (self-hosted runners), or an old token was answered.',
      fix: options.foreign
        ? 'Have the platform make the token shortly before this step, or with a longer life; synchronize the runner’s clock (NTP).'
        : 'Synchronize the runner’s clock (NTP) and re-run the job.',
    }
  }
  if (error instanceof errors.JWTClaimValidationFailed) {
    return {
      seen: error.claim === 'iss' ? `iss = ${seen.issuer}` : printable(error.message, 120),
      expected: error.claim === 'iss' ? `iss = ${quoted(options.issuer)}` : 'the claims iss, aud, sub, exp and iat',
      cause:
        error.claim === 'iss' && !options.foreign
          ? 'your enterprise has an issuer of its own, or the token was made by somebody else.'
          : another,
      fix: fixIssuer,
    }
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return {
      seen: `alg = ${seen.algorithm}`,
      expected: algorithms(options)
        .map((algorithm) => `alg = "${algorithm}"`)
        .join(' or '),
      cause: another,
      fix: fixIssuer,
    }
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return {
      seen: `a signature by the key ${seen.keyId}, issuer ${seen.issuer}`,
      expected: `a key that ${printable(options.issuer, 120)} publishes`,
      cause: another,
      fix: fixIssuer,
    }
  }
  return {
    seen: `${printable(error.message, 120)} (key ${seen.keyId}, issuer ${seen.issuer})`,
    expected: `a JWT with a valid signature by ${printable(options.issuer, 120)}`,
    cause: another,
    fix: fixIssuer,
  }
}

function invalid(explanation: Omit<Explanation, 'failed'>): ActionError {
  return new ActionError('id-token-invalid', {
    failed: 'The ID token is not a valid proof of identity; nothing was sent to AWS or the Hub.',
    ...explanation,
  })
}

/** What a refused token says of itself: for messages only. */
function unverified(idToken: string): Record<'issuer' | 'algorithm' | 'keyId' | 'notBefore' | 'expires', string> {
  let header: Record<string, unknown> = {}
  let claims: Record<string, unknown> = {}
  try {
    header = decodeProtectedHeader(idToken)
    claims = decodeJwt(idToken)
  } catch {
    // Not even a JWT: everything stays unknown.
  }
  const time = (value: unknown) => {
    const date = new Date(typeof value === 'number' ? value * 1000 : Number.NaN)
    return Number.isNaN(date.getTime()) ? '(none)' : date.toISOString()
  }
  return {
    issuer: claims.iss === undefined ? '(none)' : quoted(claims.iss, 120),
    algorithm: header.alg === undefined ? '(none)' : quoted(header.alg, 40),
    keyId: header.kid === undefined ? '(none)' : quoted(header.kid, 80),
    notBefore: time(claims.nbf ?? claims.iat),
    expires: time(claims.exp),
  }
}
