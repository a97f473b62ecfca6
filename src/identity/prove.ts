/** Job → Identity: obtains the ID token and the keys that verify it, and lets the claim rules decide. */
import type { JSONWebKeySet } from 'jose'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import type { Log, Mask } from '../text/log.ts'
import { askForIdToken, explainMissingIdToken } from './ask.ts'
import { checkClaims } from './claims.ts'
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
  /** Told as soon as the ID token is verified, before the claim rules decide. */
  onIdentity: (identity: Identity) => void
}

/**
 * Everything that must hold of an ID token before it is used, the first one and a renewed one alike.
 *
 * @throws `ActionError` `oidc-permission-missing`, `oidc-unavailable-for-fork`, `oidc-request-failed`,
 * `id-token-invalid`, `audience-mismatch`, `claim-rejected`, `network-unreachable`, `deadline-exceeded`.
 */
export async function prove(context: ProofContext): Promise<Identity> {
  const { request, log, onIdentity } = context
  const identity = await identify(context)
  onIdentity(identity)
  const rules = request.claimRules
  log.info(`ID token verified: ${identity.subject}`)
  log.debug(
    `issuer ${identity.issuer}, key ${identity.keyId}, ends ${new Date(identity.expiresAt * 1000).toISOString()}`,
  )
  checkClaims(identity, rules)
  if (rules.length > 0) log.info(`Claims: ${rules.length} of ${rules.length} rules match`)
  return identity
}

/** Obtains the ID token and, at the same time, the keys that verify it. */
async function identify(context: ProofContext): Promise<Identity> {
  const { audience, issuer, idTokenFrom } = context.request
  const asked = obtainIdToken(context)
  const fetched = keysOf(context)
  // Whichever fails first is thrown below; the other must not count as unhandled meanwhile.
  asked.catch(() => {})
  fetched.catch(() => {})
  const idToken = await asked
  const { verifyIdToken } = await import('./verify.ts')

  let first: typeof fetched | undefined = fetched
  const keys = () => {
    const answer = first ?? keysOf(context)
    first = undefined
    return answer
  }
  return await verifyIdToken(idToken, { issuer, audience, keys, foreign: idTokenFrom.kind !== 'github' })
}

async function obtainIdToken({ request, job, http, policy, mask, log, givenIdToken }: ProofContext): Promise<string> {
  const { audience, idTokenFrom } = request
  if (idTokenFrom.kind !== 'github') {
    const place = idTokenFrom.kind === 'env' ? `the variable ${idTokenFrom.name}` : 'the file given'
    log.info(`Taking the ID token from ${place}`)
    return givenIdToken()
  }
  if (!job.idTokenRequest) throw await explainMissingIdToken(job)
  log.info(`Asking GitHub for an ID token with the audience ${audience}`)
  return await askForIdToken({ request: job.idTokenRequest, audience, http, mask, policy })
}

async function keysOf({ request, job, http, policy }: ProofContext): Promise<JSONWebKeySet> {
  const foreign = request.idTokenFrom.kind !== 'github'
  // Nothing is asked of anybody for a job that has no ID token.
  if (!foreign && !job.idTokenRequest) return { keys: [] }
  return await fetchKeys(request.issuer, foreign, http, policy)
}
