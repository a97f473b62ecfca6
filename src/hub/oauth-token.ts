/** The Hub's `/oauth/token`: trades an ID token (Trusted Publishers) or an OAuth app's secret (an organization) for a token. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import type { Request } from '../inputs/request.ts'
import type { Http, HttpResponse } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import type { Log, Mask } from '../report/log.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { callHub, hubFailed, said } from './call.ts'

/** What an exchange gave. */
export interface Granted {
  /** The secret: the caller masks it first of all. */
  token: string
  scopes: readonly string[]
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** What an exchange is made with. */
export interface ExchangeWorld {
  request: Request
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
}

export interface MemberExchange {
  clientId: string
  clientSecret: string
  /** The member's e-mail. */
  member: string
  scopes: readonly string[]
  /** Where the app's secret was read, in words. */
  secret: string
}

const GRANT = 'urn:ietf:params:oauth:grant-type:token-exchange'

/**
 * A token for one repository or user, for the verified identity.
 *
 * @throws `ActionError` `exchange-rejected` with what to enter on the settings page, `hub-rate-limited`, `hub-failed`,
 * `network-unreachable`, `deadline-exceeded`.
 * Source: RFC 8693; huggingface.co/docs/hub/trusted-publishers.
 */
export async function exchangeIdToken(identity: Identity, resource: string, world: ExchangeWorld): Promise<Granted> {
  const body = JSON.stringify({
    grant_type: GRANT,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: identity.idToken,
    resource,
  })
  const answer = await post({ 'content-type': 'application/json' }, body, world)
  return await granted(answer, [], world, async () => {
    const { trustedPublisherAdvice } = await import('./explain-exchange.ts')
    return trustedPublisherAdvice(identity, resource, world.request.hubEndpoint)
  })
}

/**
 * A token of one member, with these scopes at most.
 *
 * @throws `ActionError` `exchange-rejected`, `hub-rate-limited`, `hub-failed`, `network-unreachable`,
 * `deadline-exceeded`.
 * Source: RFC 8693 and RFC 6749 section 2.3.1; the Hub's pages on organization token exchange.
 */
export async function exchangeForMember(app: MemberExchange, world: ExchangeWorld): Promise<Granted> {
  const form = new URLSearchParams({
    grant_type: GRANT,
    subject_token: app.member,
    subject_token_type: 'urn:huggingface:token-type:user-email',
    scope: app.scopes.join(' '),
  })
  const credentials = Buffer.from(
    `${encodeURIComponent(app.clientId)}:${encodeURIComponent(app.clientSecret)}`,
  ).toString('base64')
  world.mask(credentials)
  const headers = {
    authorization: `Basic ${credentials}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const answer = await post(headers, form.toString(), world)
  return await granted(answer, app.scopes, world, async (error) => {
    const { memberExchangeAdvice } = await import('./explain-exchange.ts')
    return memberExchangeAdvice(error, app, world.request.org)
  })
}

function post(
  headers: Record<string, string>,
  body: string,
  { request, http, policy, log }: ExchangeWorld,
): Promise<HttpResponse> {
  return callHub(
    { endpoint: request.hubEndpoint, http, policy },
    {
      method: 'POST',
      path: '/oauth/token',
      headers,
      body,
      what: 'the Hub’s /oauth/token',
      onLost: () =>
        log.warning(
          'An answer of the Hub’s /oauth/token was lost. If it held a token, nobody has it and nobody can revoke it; it ends by itself.',
        ),
    },
  )
}

async function granted(
  answer: HttpResponse,
  asked: readonly string[],
  { request }: ExchangeWorld,
  advise: (error: string) => Promise<Omit<Explanation, 'failed' | 'seen'>>,
): Promise<Granted> {
  const json = parseJson(answer.body.toString('utf8'))
  if (answer.status !== 200) {
    const error = isRecord(json) && typeof json.error === 'string' ? json.error : ''
    const description = isRecord(json) && typeof json.error_description === 'string' ? json.error_description : ''
    throw new ActionError('exchange-rejected', {
      failed: 'The Hub did not trade what this job has for a token.',
      seen: said(answer, [error, description].filter(Boolean).join(': ') || undefined),
      ...(await advise(error)),
    })
  }
  const { access_token: token, expires_in: seconds, scope } = isRecord(json) ? json : {}
  if (typeof token !== 'string' || typeof seconds !== 'number' || !(seconds > 0 && seconds < 1e9)) {
    throw hubFailed('/oauth/token', answer, request.hubEndpoint)
  }
  if (scope !== undefined && typeof scope !== 'string') throw hubFailed('/oauth/token', answer, request.hubEndpoint)
  return {
    token,
    // RFC 6749, section 5.1: an absent scope is the one asked for.
    scopes: scope === undefined ? asked : scope.split(' ').filter(Boolean),
    expiresAt: Date.now() + seconds * 1000,
  }
}
