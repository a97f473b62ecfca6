/** Job → Identity: obtains the ID token and the keys that verify it, and applies the claim rules. */
import type { JSONWebKeySet } from 'jose'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import type { Log, Mask } from '../text/log.ts'
import { askForIdToken } from './ask.ts'
import { checkClaims } from './claims.ts'
import { ClockMeasurement, clockWarning } from './clock.ts'
import type { Identity } from './identity.ts'
import type { Job } from './job.ts'
import { fetchKeys } from './keys.ts'
import type { ProofRequest } from './request.ts'

/** What a proof needs. */
export interface ProofContext {
  request: ProofRequest
  job: Job
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  /** The ID token, when `id-token-from` names a variable or a file. */
  givenIdToken: () => string
  /** Called as soon as the ID token is verified, before the claim rules are checked. */
  onIdentity: (identity: Identity) => void
  /** Whether the same job proves itself again: what was said about its clock is not said again. */
  isRenewal?: boolean
  /**
   * False when neither AWS nor the Hub gets to check the ID token after this. The time that the issuer's answers show then
   * accepts nothing that this machine's clock refuses.
   */
  isCheckedLater?: boolean
}

/**
 * Checks everything that must be true of an ID token before it is used, whether it is the first or a renewed one.
 *
 * @throws `ActionError` `oidc-permission-missing`, `oidc-unavailable-for-fork`, `oidc-request-failed`,
 * `id-token-invalid`, `audience-mismatch`, `claim-rejected`, `network-unreachable`, `deadline-exceeded`.
 */
export async function prove(context: ProofContext): Promise<Identity> {
  const { request, log, onIdentity, isRenewal = false } = context
  const clock = new ClockMeasurement()
  const identity = await identify(context, clock)
  onIdentity(identity)
  const rules = request.claimRules
  log.info(`ID token verified: ${identity.subject}`)
  const warning = clockWarning(clock.driftMs, correctsTime(context))
  if (warning !== undefined && !isRenewal) log.warning(warning)
  log.debug(
    `issuer ${identity.issuer}, key ${identity.keyId}, expires ${new Date(identity.expiresAt * 1000).toISOString()}`,
  )
  checkClaims(identity, rules)
  if (rules.length > 0) log.info(`Claims: ${rules.length} of ${rules.length} rules match`)
  return identity
}

/** Obtains the ID token and, at the same time, the keys that verify it. */
async function identify(context: ProofContext, clock: ClockMeasurement): Promise<Identity> {
  const { audience, issuer, idTokenFrom } = context.request
  const asked = obtainIdToken(context, clock)
  const fetched = keysOf(context, clock)
  // Whichever fails first is thrown below; the other must not become an unhandled rejection meanwhile.
  asked.catch(() => {})
  fetched.catch(() => {})
  const idToken = await asked
  const { verifyIdToken } = await import('./verify.ts')

  let first: typeof fetched | undefined = fetched
  const keys = () => {
    const answer = first ?? keysOf(context, clock)
    first = undefined
    return answer
  }
  return await verifyIdToken(idToken, {
    issuer,
    audience,
    keys,
    foreign: idTokenFrom.kind !== 'github',
    measuredDriftMs: () => clock.driftMs,
    correctsTime: correctsTime(context),
  })
}

/** A token from a file or a variable may be of any age: only one that was just issued can be judged by its issuer's time. */
function correctsTime({ request, isCheckedLater = true }: ProofContext): boolean {
  return isCheckedLater && request.idTokenFrom.kind === 'github'
}

async function obtainIdToken(context: ProofContext, clock: ClockMeasurement): Promise<string> {
  const { request, job, http, policy, mask, log, givenIdToken } = context
  const { audience, idTokenFrom } = request
  if (idTokenFrom.kind !== 'github') {
    const place = idTokenFrom.kind === 'env' ? `the variable ${idTokenFrom.name}` : 'the given file'
    log.info(`Reading the ID token from ${place}`)
    return givenIdToken()
  }
  if (!job.idTokenRequest) {
    const { explainMissingIdToken } = await import('./explain-missing-id-token.ts')
    throw await explainMissingIdToken(job)
  }
  log.info(`Requesting an ID token from GitHub for the audience ${audience}`)
  return await askForIdToken({ request: job.idTokenRequest, audience, http, mask, policy, clock })
}

async function keysOf({ request, job, http, policy }: ProofContext, clock: ClockMeasurement): Promise<JSONWebKeySet> {
  const foreign = request.idTokenFrom.kind !== 'github'
  // A job that gets no ID token makes no calls.
  if (!foreign && !job.idTokenRequest) return { keys: [] }
  return await fetchKeys({ issuer: request.issuer, foreign, http, policy, clock })
}
