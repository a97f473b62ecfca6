/** The Hub's `/oauth/token`: trades an ID token (Trusted Publishers) or an OAuth app's secret (an organization) for a token. */

import { ActionError, type Explanation } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import type { Http, HttpResponse } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import { isRecord, parseJson } from '../text/json.ts'
import type { Log, Mask } from '../text/log.ts'
import { callHub, hubFailed, said } from './call.ts'
import type { MemberExchange } from './exchange.ts'
import type { MintingLedger } from './ledger.ts'

/** What an exchange gave. */
export interface Granted {
  /** The secret, masked and in the ledger. */
  token: string
  scopes: readonly string[]
  /** Milliseconds since the epoch; undefined when the Hub does not say. */
  expiresAt: number | undefined
}

/** What an exchange is made with. */
export interface ExchangeContext {
  request: { org: string; hubEndpoint: string }
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  ledger: MintingLedger
}

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'

/**
 * A token for one repository or user, for the verified identity.
 *
 * @throws `ActionError` `exchange-rejected` with what to enter on the settings page, `hub-rate-limited`, `hub-failed`,
 * `network-unreachable`, `deadline-exceeded`.
 * Source: RFC 8693; huggingface.co/docs/hub/trusted-publishers.
 */
export async function exchangeIdToken(
  identity: Identity,
  resource: string,
  context: ExchangeContext,
): Promise<Granted> {
  const body = JSON.stringify({
    grant_type: GRANT,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: identity.idToken,
    resource,
  })
  context.ledger.begin(`for ${resource}, by /oauth/token; it ends by itself`)
  const answer = await post({ 'content-type': 'application/json' }, body, context)
  return await granted(answer, [], context, async () => {
    const { trustedPublisherAdvice } = await import('./explain-exchange.ts')
    return trustedPublisherAdvice(identity, resource, context.request.hubEndpoint)
  })
}

/**
 * A token of one member, with these scopes at most.
 *
 * @throws `ActionError` `exchange-rejected`, `hub-rate-limited`, `hub-failed`, `network-unreachable`,
 * `deadline-exceeded`.
 * Source: RFC 8693 and RFC 6749 section 2.3.1; the Hub's pages on organization token exchange.
 */
export async function exchangeForMember(app: MemberExchange, context: ExchangeContext): Promise<Granted> {
  const form = new URLSearchParams({
    grant_type: GRANT,
    subject_token: app.member,
    subject_token_type: 'urn:huggingface:token-type:user-email',
    scope: app.scopes.join(' '),
  })
  const credentials = Buffer.from(`${encode(app.clientId)}:${encode(app.clientSecret)}`).toString('base64')
  context.mask(credentials)
  const headers = {
    authorization: `Basic ${credentials}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  context.ledger.begin('for a member, by /oauth/token; it ends by itself')
  const answer = await post(headers, form.toString(), context)
  return await granted(answer, app.scopes, context, async (error) => {
    const { memberExchangeAdvice } = await import('./explain-exchange.ts')
    return memberExchangeAdvice(error, app, context.request)
  })
}

function post(
  headers: Record<string, string>,
  body: string,
  { request, http, policy, log }: ExchangeContext,
): Promise<HttpResponse> {
  return callHub(
    { endpoint: request.hubEndpoint, http, policy },
    {
      method: 'POST',
      path: '/oauth/token',
      headers,
      body,
      what: 'the Hub’s /oauth/token',
      onLost: () => log.warning(LOST),
    },
  )
}

const LOST =
  'An answer of the Hub’s /oauth/token was lost. If it held a token, nobody has it and nobody can revoke it; it ends by itself.'

async function granted(
  answer: HttpResponse,
  asked: readonly string[],
  { request, mask, ledger, log }: ExchangeContext,
  advise: (error: string) => Promise<Omit<Explanation, 'failed' | 'seen'>>,
): Promise<Granted> {
  const json = parseJson(answer.body.toString('utf8'))
  const fields = isRecord(json) ? json : {}
  if (answer.status < 200 || answer.status > 299) {
    if (answer.status !== 409) ledger.refused()
    const [error = '', description = ''] = [fields.error, fields.error_description].map((value) =>
      typeof value === 'string' ? value : '',
    )
    throw new ActionError('exchange-rejected', {
      failed: 'The Hub did not trade what this job has for a token.',
      seen: said(answer, [error, description].filter(Boolean).join(': ') || undefined),
      ...(await advise(error)),
    })
  }
  const token = typeof fields.access_token === 'string' ? fields.access_token.trim() : ''
  if (token.length < SHORTEST) {
    log.warning(LOST)
    throw hubFailed('/oauth/token', answer, request.hubEndpoint)
  }
  mask(token)
  // From here on the token exists for us: whatever else is wrong with the answer, post sees to it.
  const seconds = Number(fields.expires_in)
  const expiresAt = seconds > 0 && seconds < 1e9 ? Date.now() + seconds * 1000 : undefined
  ledger.made({ value: token, endpoint: request.hubEndpoint, expiresAt })
  const { scope } = fields
  if (scope !== undefined && typeof scope !== 'string') throw hubFailed('/oauth/token', answer, request.hubEndpoint)
  // RFC 6749, section 5.1: an absent scope is the one asked for.
  return { token, scopes: scope === undefined ? asked : scope.split(' ').filter(Boolean), expiresAt }
}

/** Anything shorter is no token; masked, it would only make the log unreadable. */
const SHORTEST = 8

/** RFC 6749, section 2.3.1. A lone surrogate cannot be encoded. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
