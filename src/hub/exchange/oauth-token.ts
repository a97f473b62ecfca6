/** The Hub's `/oauth/token`: what its two token exchanges have in common. */
import { ActionError, type Explanation } from '../../errors/action-error.ts'
import type { Http, HttpResponse } from '../../net/http.ts'
import type { RetryPolicy } from '../../net/retry.ts'
import { isRecord, parseJson } from '../../text/json.ts'
import type { Log, Mask } from '../../text/log.ts'
import { callHub, hubFailed, said } from '../call.ts'
import type { MintingLedger } from '../ledger.ts'

/** What an exchange gave. */
export interface Granted {
  /** The secret, masked and in the ledger. */
  token: string
  scopes: readonly string[]
  /** The scopes that the answer names; undefined when it names none. */
  stated: readonly string[] | undefined
  /** Milliseconds since the epoch; undefined when the Hub does not say. */
  expiresAt: number | undefined
}

/** What an exchange needs. */
export interface ExchangeContext {
  request: { org: string; hubEndpoint: string }
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  ledger: MintingLedger
}

/** One exchange, as it is sent. */
export interface Exchange {
  headers: Record<string, string>
  body: string
  /** What the token is for, in words for the ledger. */
  purpose: string
  /** The scopes that are requested. */
  asked: readonly string[]
  /** What to tell a user whom the Hub refuses. `error`: the OAuth error code (RFC 6749, section 5.2), or empty. */
  advise: (error: string) => Promise<Advice>
}

/** An explanation without what is the same for every refusal. */
export type Advice = Omit<Explanation, 'failed' | 'seen'>

/** `grant_type` of both exchanges. Source: RFC 8693, section 2.1. */
export const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const WHAT = 'the Hub’s /oauth/token'
const LOST =
  'A response from the Hub’s /oauth/token was lost. If it contained a token, nobody has that token, so nobody can revoke it; it expires on its own.'
/** Nothing shorter is a token; masked, it would only make the log unreadable. */
const SHORTEST = 8

/**
 * Exchanges what the job has for a token, which is masked and in the ledger before anything else happens to it.
 *
 * @throws `ActionError` `exchange-rejected`, `hub-rate-limited`, `hub-failed`, `network-unreachable`,
 * `deadline-exceeded`; `delivery-failed` of the ledger.
 * Source: RFC 8693.
 */
export async function exchange(
  { headers, body, purpose, asked, advise }: Exchange,
  context: ExchangeContext,
): Promise<Granted> {
  const { request, http, policy, log, ledger } = context
  ledger.begin(`${purpose}, from /oauth/token; it expires on its own`)
  const answer = await callHub(
    { endpoint: request.hubEndpoint, http, policy },
    { method: 'POST', path: '/oauth/token', headers, body, what: WHAT, onLost: () => log.warning(LOST) },
  )
  const json = parseJson(answer.body.toString('utf8'))
  const fields = isRecord(json) ? json : {}
  if (answer.status >= 200 && answer.status <= 299) return granted(fields, answer, asked, context)
  // 409: an earlier attempt may have been carried out.
  if (answer.status !== 409) ledger.refused()
  throw await refused(fields, answer, advise)
}

function granted(
  fields: Record<string, unknown>,
  answer: HttpResponse,
  asked: readonly string[],
  { request, mask, log, ledger }: ExchangeContext,
): Granted {
  const token = typeof fields.access_token === 'string' ? fields.access_token.trim() : ''
  if (token.length < SHORTEST) {
    log.warning(LOST)
    throw hubFailed(WHAT, answer, request.hubEndpoint)
  }
  mask(token)
  // From here on the token exists for us: whatever else is wrong with the answer, post takes care of it.
  const expiresAt = expiryOf(fields.expires_in)
  ledger.made({ value: token, endpoint: request.hubEndpoint, expiresAt })
  const { scope } = fields
  if (scope !== undefined && typeof scope !== 'string') throw hubFailed(WHAT, answer, request.hubEndpoint)
  // RFC 6749, section 5.1: an absent scope is the requested one.
  const stated = scope?.split(/\s+/).filter(Boolean)
  return { token, scopes: stated ?? asked, stated: stated?.length === 0 ? undefined : stated, expiresAt }
}

/** `expires_in` (seconds) as a time; undefined for anything but a plausible lifetime (up to some thirty years). */
function expiryOf(expiresIn: unknown): number | undefined {
  const seconds = Number(expiresIn)
  return seconds > 0 && seconds < 1e9 ? Date.now() + seconds * 1000 : undefined
}

async function refused(
  { error, error_description: description }: Record<string, unknown>,
  answer: HttpResponse,
  advise: Exchange['advise'],
): Promise<ActionError> {
  const words = [error, description].map((value) => (typeof value === 'string' ? value : ''))
  return new ActionError('exchange-rejected', {
    failed: 'The Hub refused the token exchange.',
    seen: said(answer, words.filter(Boolean).join(': ') || undefined),
    ...(await advise(words[0] ?? '')),
  })
}
