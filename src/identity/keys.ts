/** Fetches the issuer's published keys. */
import type { JSONWebKeySet } from 'jose'
import { ActionError } from '../errors/action-error.ts'
import { isAllowedUrl, isLoopback } from '../net/endpoint.ts'
import type { Http } from '../net/http.ts'
import { isTransient, type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { printable } from '../text/printable.ts'

/**
 * The issuer's JSON Web Key Set. Every GitHub issuer publishes it at `<issuer>/.well-known/jwks`, so one request is
 * enough; for a foreign issuer, and where nothing is there, the discovery document tells (OpenID Connect Discovery 1.0,
 * section 4).
 *
 * @throws `ActionError` `id-token-invalid` when the keys cannot be had, `network-unreachable`, `deadline-exceeded`.
 */
export async function fetchKeys(
  issuer: string,
  foreign: boolean,
  http: Http,
  policy: RetryPolicy,
): Promise<JSONWebKeySet> {
  const base = issuer.replace(/\/+$/, '')
  if (!foreign) {
    const direct = await get(new URL(`${base}/.well-known/jwks`), http, policy)
    if (isKeySet(direct.json)) return direct.json
  }
  const discovery = await get(new URL(`${base}/.well-known/openid-configuration`), http, policy)
  const uri = isRecord(discovery.json) ? discovery.json.jwks_uri : undefined
  if (!isRecord(discovery.json) || typeof uri !== 'string' || !URL.canParse(uri)) {
    throw noKeys(
      issuer,
      `HTTP ${discovery.status} without a jwks_uri from ${printable(`${base}/.well-known/openid-configuration`)}`,
    )
  }
  if (discovery.json.issuer !== issuer) {
    throw noKeys(issuer, `a discovery document for the issuer ${printable(discovery.json.issuer, 120)}`)
  }
  const loopback = isLoopback(new URL(issuer).hostname)
  if (!isAllowedUrl(new URL(uri)) || (!loopback && isLoopback(new URL(uri).hostname)))
    throw noKeys(issuer, `the keys at ${printable(uri, 120)}, which is not an https: address of others to reach`)
  const published = await get(new URL(uri), http, policy)
  if (isKeySet(published.json)) return published.json
  throw noKeys(issuer, `HTTP ${published.status} without a key set from ${printable(uri, 120)}`)
}

async function get(url: URL, http: Http, policy: RetryPolicy): Promise<{ status: number; json: unknown }> {
  const what = `the keys of the issuer at ${url.host}`
  return await retry(what, policy, async () => {
    const { status, headers, body } = await http.send({ method: 'GET', url, what })
    if (isTransient(status)) {
      throw new TryAgain(noKeys(url.origin, `HTTP ${status} from ${url.href}`), retryAfterMs(headers, Date.now()))
    }
    return { status, json: status === 200 ? parseJson(body.toString('utf8')) : undefined }
  })
}

function isKeySet(value: unknown): value is JSONWebKeySet {
  return isRecord(value) && Array.isArray(value.keys) && value.keys.every(isRecord)
}

function noKeys(issuer: string, seen: string): ActionError {
  return new ActionError('id-token-invalid', {
    failed: `The ID token cannot be verified: the keys of ${printable(issuer, 120)} could not be fetched.`,
    seen,
    expected: `a JSON Web Key Set, found through ${printable(issuer, 120)}/.well-known/openid-configuration`,
    cause: 'the issuer is not the one of this GitHub (an enterprise can have its own), or it is not available now.',
    fix: 'If your enterprise uses its own issuer, set `oidc-issuer` to it (as `iss` in the token says); otherwise try again.',
  })
}
