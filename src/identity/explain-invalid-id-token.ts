/** Why an ID token was refused: one explanation for each cause. */
import { decodeJwt, decodeProtectedHeader, errors } from 'jose'
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { code, joined, type Prose, prose } from '../text/message.ts'
import { printable, quoted } from '../text/printable.ts'
import { acceptedAlgorithms, type Expectation, REQUIRED_CLAIMS } from './expectation.ts'
import { explainTime, type TimeClaim, type TokenTimes } from './explain-time.ts'

type Why = Omit<Explanation, 'failed'>

/**
 * The refusal as an `ActionError`: `audience-mismatch`, or else `id-token-invalid`. `error` is what the verification
 * threw.
 */
export function explainInvalidIdToken(error: unknown, idToken: string, expected: Expectation): ActionError {
  if (error instanceof errors.JWTClaimValidationFailed && error.claim === 'aud') {
    return new ActionError('audience-mismatch', differentAudience(error.payload.aud, expected))
  }
  return new ActionError('id-token-invalid', {
    failed: 'The ID token is not a valid proof of identity, so nothing was sent to AWS or the Hub.',
    ...whyInvalid(error, unverified(idToken), expected),
  })
}

function whyInvalid(error: unknown, token: Unverified, expected: Expectation): Why {
  if (!(error instanceof errors.JOSEError)) return unusableKey(error, expected)
  const claim = failedTime(error)
  if (claim !== undefined) return explainTime(claim, token.times, expected)
  if (error instanceof errors.JWTClaimValidationFailed) {
    return error.claim === 'iss' ? differentIssuer(token, expected) : unusableClaim(error, token, expected)
  }
  if (error instanceof errors.JOSEAlgNotAllowed || error instanceof errors.JOSENotSupported) {
    return wrongAlgorithm(token, expected)
  }
  if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) {
    return unknownKey(token, expected)
  }
  return badSignature(error, token, expected)
}

/** The claim about time that failed; undefined when something else is wrong, also when such a claim is malformed. */
function failedTime(error: errors.JOSEError): TimeClaim | undefined {
  if (error instanceof errors.JWTExpired) return 'exp'
  const isTooEarly = error instanceof errors.JWTClaimValidationFailed && error.reason === 'check_failed'
  return isTooEarly && error.claim === 'nbf' ? 'nbf' : undefined
}

function differentAudience(seen: unknown, { audience, foreign }: Expectation): Explanation {
  const audiences = [seen].flat().map((one) => quoted(one, 200))
  const observed = {
    seen: prose`${code(`aud = ${audiences.join(', ')}`)}`,
    expected: prose`${code(`aud = ${quoted(audience)}`)}`,
  }
  if (foreign) {
    return {
      failed: 'The ID token was issued for the wrong audience.',
      ...observed,
      cause: prose`The token in ${code('id-token-from')} was issued for a different audience.`,
      fix: prose`Configure your issuer to issue the token for the audience ${code(printable(audience, 120))}. It must match exactly (case-sensitive).`,
    }
  }
  return {
    failed: 'The ID token is for a different audience than the one requested.',
    ...observed,
    cause: 'A proxy or another intermediary between this runner and GitHub returned a different token.',
    fix: prose`Do not use this runner until you know why: its ${code('ACTIONS_ID_TOKEN_REQUEST_URL')} does not respond like GitHub.`,
  }
}

function differentIssuer(token: Unverified, expected: Expectation): Why {
  return {
    seen: prose`${code(`iss = ${token.issuer}`)}`,
    expected: prose`${code(`iss = ${quoted(expected.issuer)}`)}`,
    cause: expected.foreign
      ? notIssuedByIt(token, expected)
      : 'Your enterprise has its own issuer, or the token came from somewhere else.',
    fix: compareIssuers(token, expected),
  }
}

/** A required claim is missing or malformed. */
function unusableClaim(error: errors.JOSEError, token: Unverified, expected: Expectation): Why {
  return {
    seen: printable(error.message, 120),
    expected: prose`the claims ${joined(REQUIRED_CLAIMS.map(code), ', ')}`,
    cause: notIssuedByIt(token, expected),
    fix: compareIssuers(token, expected),
  }
}

function wrongAlgorithm(token: Unverified, expected: Expectation): Why {
  const accepted = acceptedAlgorithms(expected).map((algorithm) => code(`alg = "${algorithm}"`))
  return {
    seen: prose`${code(`alg = ${token.algorithm}`)}`,
    expected: joined(accepted, ' or '),
    cause: notIssuedByIt(token, expected),
    fix: compareIssuers(token, expected),
  }
}

function unknownKey(token: Unverified, expected: Expectation): Why {
  return {
    seen: `a signature by the key ${token.keyId}, issuer ${token.issuer}`,
    expected: prose`a key that ${code(printable(expected.issuer, 120))} publishes`,
    cause: notIssuedByIt(token, expected),
    fix: compareIssuers(token, expected),
  }
}

function badSignature(error: errors.JOSEError, token: Unverified, expected: Expectation): Why {
  return {
    seen: `${printable(error.message, 120)} (key ${token.keyId}, issuer ${token.issuer})`,
    expected: prose`a JWT with a valid signature by ${code(printable(expected.issuer, 120))}`,
    cause: notIssuedByIt(token, expected),
    fix: compareIssuers(token, expected),
  }
}

/** WebCrypto's own errors: a key of the issuer that is malformed or too small. */
function unusableKey(error: unknown, { issuer }: Expectation): Why {
  return {
    seen: printable(error instanceof Error ? error.message : error, 120),
    expected: prose`an RSA key of at least 2048 bits that ${code(printable(issuer, 120))} publishes`,
    cause: 'The issuer publishes a key that cannot be used, or a proxy or another intermediary answers in its place.',
    fix: prose`Check ${code('oidc-issuer')}. Do not use this runner until you know where the keys came from.`,
  }
}

function notIssuedByIt(token: Unverified, expected: Expectation): Prose {
  if (expected.foreign) return prose`${code('oidc-issuer')} is wrong, or this issuer did not issue the token.`
  return namesNoOther(token, expected)
    ? prose`This GitHub did not issue the token: a proxy or another intermediary responded instead of GitHub.`
    : prose`This GitHub did not issue the token: ${code('oidc-issuer')} is wrong, or a proxy or another intermediary responded instead of GitHub.`
}

function compareIssuers(token: Unverified, expected: Expectation): Prose {
  if (expected.foreign) {
    return prose`Compare ${code('oidc-issuer')} with ${code('iss')} in the token: they must match exactly (case-sensitive). Make sure that the issuer is yours.`
  }
  return namesNoOther(token, expected)
    ? prose`Do not use this runner until you know where the token came from.`
    : prose`If ${token.issuer} is your enterprise’s own issuer, set ${code(`oidc-issuer: ${token.issuer}`)}. Otherwise, do not use this runner until you know where the token came from.`
}

/** True when the token names the expected issuer or none, so that a different `oidc-issuer` cannot help. */
function namesNoOther({ issuer }: Unverified, expected: Expectation): boolean {
  return issuer === NONE || issuer === quoted(expected.issuer, 120)
}

const NONE = '(none)'

/** What a refused token says about itself, ready to print: for messages only. */
interface Unverified {
  issuer: string
  algorithm: string
  keyId: string
  times: TokenTimes
}

function unverified(idToken: string): Unverified {
  const { header, claims } = decoded(idToken)
  return {
    issuer: claims.iss === undefined ? NONE : quoted(claims.iss, 120),
    algorithm: header.alg === undefined ? NONE : quoted(header.alg, 40),
    keyId: header.kid === undefined ? NONE : quoted(header.kid, 80),
    times: { nbf: claims.nbf, exp: claims.exp },
  }
}

function decoded(idToken: string): Record<'header' | 'claims', Record<string, unknown>> {
  try {
    return { header: decodeProtectedHeader(idToken), claims: decodeJwt(idToken) }
  } catch {
    // Not even a JWT: everything stays unknown.
    return { header: {}, claims: {} }
  }
}
