/** Fetches the issuer's published keys. */
import type { JSONWebKeySet } from 'jose'
import { ActionError } from '../errors/action-error.ts'
import { isAllowedUrl, isLoopback } from '../net/endpoint.ts'
import type { Http } from '../net/http.ts'
import { isTransient, type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { code, prose, type Wording } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import type { ClockMeasurement, TimedAnswer } from './clock.ts'

export interface KeysContext {
  issuer: string
  foreign: boolean
  http: Http
  policy: RetryPolicy
  /** Learns from the issuer's own answers. */
  clock: ClockMeasurement
}

/**
 * The issuer's JSON Web Key Set. Every GitHub issuer publishes it at `<issuer>/.well-known/jwks`, so that one request is
 * enough. For a foreign issuer, and where nothing is found there, the discovery document names the place (OpenID
 * Connect Discovery 1.0, section 4).
 *
 * @throws `ActionError` `id-token-invalid` when the keys cannot be fetched, `network-unreachable`, `deadline-exceeded`.
 */
export async function fetchKeys(context: KeysContext): Promise<JSONWebKeySet> {
  const { issuer, foreign, clock } = context
  const get = (url: string) => getJson(new URL(url), context)
  const base = issuer.replace(/\/+$/, '')
  if (!foreign) {
    const direct = await get(`${base}/.well-known/jwks`)
    if (isKeySet(direct.json)) {
      clock.measure(direct)
      return direct.json
    }
  }
  const discovery = await get(`${base}/.well-known/openid-configuration`)
  const uri = keysUri(discovery, issuer, foreign)
  clock.measure(discovery)
  const published = await get(uri)
  if (isKeySet(published.json)) return published.json
  throw noKeys(issuer, foreign, prose`HTTP ${published.status} without a key set from ${code(printable(uri, 120))}`)
}

/** Where the discovery document says that the keys are. */
function keysUri({ status, json }: JsonAnswer, issuer: string, foreign: boolean): string {
  const document = isRecord(json) ? json : {}
  const uri = document.jwks_uri
  if (typeof uri !== 'string' || !URL.canParse(uri)) {
    throw noKeys(
      issuer,
      foreign,
      prose`HTTP ${status} without a ${code('jwks_uri')} from ${code(discoveryUrl(issuer))}`,
    )
  }
  if (document.issuer !== issuer) {
    throw noKeys(issuer, foreign, prose`a discovery document for the issuer ${code(printable(document.issuer, 120))}`)
  }
  if (!isAllowedUrl(new URL(uri))) {
    throw noKeys(issuer, foreign, prose`keys at ${code(printable(uri, 120))}, which is not an ${code('https:')} URL`)
  }
  if (isLoopback(new URL(uri).hostname) && !isLoopback(new URL(issuer).hostname)) {
    throw noKeys(issuer, foreign, prose`keys at ${code(printable(uri, 120))}, an address of this machine only`)
  }
  return uri
}

interface JsonAnswer extends TimedAnswer {
  status: number
  /** Undefined unless the answer is HTTP 200 with JSON. */
  json: unknown
}

async function getJson(url: URL, { issuer, foreign, http, policy }: KeysContext): Promise<JsonAnswer> {
  const what = `the keys of the issuer at ${url.host}`
  return await retry(what, policy, async () => {
    const sentAt = Date.now()
    const { status, headers, body } = await http.send({ method: 'GET', url, what })
    const receivedAt = Date.now()
    if (isTransient(status)) {
      const failure = noKeys(issuer, foreign, prose`HTTP ${status} from ${code(printable(url.href, 200))}`)
      throw new TryAgain(failure, retryAfterMs(headers, Date.now()))
    }
    const json = status === 200 ? parseJson(body.toString('utf8')) : undefined
    return { status, json, url, headers, sentAt, receivedAt }
  })
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return isRecord(value) && Array.isArray(value.keys) && value.keys.every(isRecord)
}

function discoveryUrl(issuer: string): string {
  return `${printable(issuer.replace(/\/+$/, ''), 120)}/.well-known/openid-configuration`
}

function noKeys(issuer: string, foreign: boolean, seen: Wording): ActionError {
  return new ActionError('id-token-invalid', {
    failed: prose`The ID token cannot be verified, because the keys of ${code(printable(issuer, 120))} could not be fetched.`,
    seen,
    expected: prose`a JSON Web Key Set, found through ${code(discoveryUrl(issuer))}`,
    cause: foreign
      ? prose`${code('oidc-issuer')} is wrong, or the issuer is temporarily unavailable.`
      : 'The issuer is not the one of this GitHub (an enterprise can have its own), or it is temporarily unavailable.',
    fix: foreign
      ? prose`Compare ${code('oidc-issuer')} with ${code('iss')} in the token: they must match exactly (case-sensitive). If they do, try again.`
      : prose`If your enterprise uses its own issuer, set ${code('oidc-issuer')} to it (the value of ${code('iss')} in the token). Otherwise, try again.`,
  })
}
