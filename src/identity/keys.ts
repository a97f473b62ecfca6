/** Fetches the issuer's published keys. */
import type { JSONWebKeySet } from 'jose'
import { ActionError } from '../errors/action-error.ts'
import { cureOf } from '../net/cures.ts'
import { isAllowedUrl, isLoopback } from '../net/endpoint.ts'
import type { Received } from '../net/explain-answer.ts'
import type { Http } from '../net/http.ts'
import { isPage } from '../net/page.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { code, type Prose, prose, type Wording } from '../text/message.ts'
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
  const get = (url: string, content?: Content) => getJson(new URL(url), context, content)
  const base = issuer.replace(/\/+$/, '')
  if (!foreign) {
    const direct = await get(`${base}/.well-known/jwks`)
    if (isKeySet(direct.json)) {
      clock.measure(direct)
      return direct.json
    }
  }
  const discovery = await get(`${base}/.well-known/openid-configuration`, PLACE)
  const uri = keysUri(discovery, issuer, foreign)
  clock.measure(discovery)
  const published = await get(uri, KEY_SET)
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

/** What an answer must hold. */
interface Content {
  is: (json: unknown) => boolean
  name: string | Prose
}

const KEY_SET: Content = { is: isKeySet, name: 'a key set' }
const PLACE: Content = { is: namesPlace, name: prose`a ${code('jwks_uri')}` }

/** `content`: where it is not given, there is another place to look. */
async function getJson(url: URL, context: KeysContext, content: Content | undefined): Promise<JsonAnswer> {
  const { http, policy } = context
  const what = `the keys of the issuer at ${url.host}`
  return await retry({ what, route: url.href }, policy, async ({ withinMs }) => {
    const sentAt = performance.now()
    const answer = await http.send({ method: 'GET', url, what, withinMs })
    const receivedAt = performance.now()
    const { status, headers, body } = answer
    const json = status === 200 ? parseJson(body.toString('utf8')) : undefined
    await checkJson({ url, answer }, json, { ...context, content })
    return { status, json, url, headers, sentAt, receivedAt }
  })
}

/** Throws for what is not the issuer's own answer, and for one that another attempt may cure. */
async function checkJson(
  received: Received,
  json: unknown,
  context: KeysContext & { content: Content | undefined },
): Promise<void> {
  const { url, answer } = received
  const { issuer, foreign, content } = context
  const { status, headers } = answer
  // A 404 is no fault: there is another place to look.
  const isAPage = isPage(answer) && status !== 404
  const isUnusable = status === 200 && (isAPage || content?.is(json) === false)
  const isCurable = cureOf({ from: 'issuer', status, isUnusable }) === 'retry'
  if (!isAPage && !isCurable) return
  const failure = isAPage
    ? await pageInstead(received, context)
    : noKeys(issuer, foreign, lacking(url, status, isUnusable ? content : undefined))
  throw isCurable ? new TryAgain(failure, retryAfterMs(headers, Date.now())) : failure
}

async function pageInstead(received: Received, { issuer, foreign, policy }: KeysContext): Promise<ActionError> {
  const { withAnswer } = await import('../net/explain-answer.ts')
  return withAnswer(noKeys(issuer, foreign, 'a page'), received, policy.platform)
}

function lacking(url: URL, status: number, content: Content | undefined): Prose {
  const without = content === undefined ? '' : prose` without ${content.name}`
  return prose`HTTP ${status}${without} from ${code(printable(url.href, 200))}`
}

function namesPlace(json: unknown): boolean {
  return isRecord(json) && typeof json.jwks_uri === 'string' && URL.canParse(json.jwks_uri)
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
    forward: foreign
      ? prose`Anyone who can change this workflow. If the issuer does not answer, the people who operate the issuer.`
      : 'Anyone who can change this workflow. The administrators of your enterprise know its issuer.',
  })
}
