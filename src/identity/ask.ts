/** Requests the job's ID token from GitHub. */
import type { ActionError } from '../errors/action-error.ts'
import { cureOf } from '../net/cures.ts'
import { isNormalOrigin } from '../net/endpoint.ts'
import type { Http, HttpResponse } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { isRecord, parseJson } from '../text/json.ts'
import type { Mask } from '../text/log.ts'
import type { ClockMeasurement } from './clock.ts'

export interface AskOptions {
  request: { url: string; token: string }
  audience: string
  http: Http
  mask: Mask
  policy: RetryPolicy
  /** Learns from the answer that holds the token. */
  clock: ClockMeasurement
}

/**
 * The ID token (a JWT, not yet verified), already masked.
 *
 * @throws `ActionError` `oidc-request-failed`, `network-unreachable`, `deadline-exceeded`.
 * Source: docs.github.com, "OpenID Connect reference", "Methods for requesting the OIDC token".
 */
export async function askForIdToken({ request, audience, http, mask, policy, clock }: AskOptions): Promise<string> {
  // Node's HTTP client would throw errors of its own for these, or call another host than the one that is written there.
  if (!isNormalOrigin(request.url) || !/^[\x21-\x7e]+$/.test(request.token)) {
    const { requestVariablesUnusable } = await import('./explain-request.ts')
    throw requestVariablesUnusable(policy.platform)
  }
  const url = new URL(request.url)
  url.searchParams.append('audience', audience)
  const what = 'the ID token from GitHub'
  return await retry({ what, route: url.href }, policy, async ({ withinMs }) => {
    const sentAt = performance.now()
    const received = await http.send({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${request.token}` },
      what,
      withinMs,
    })
    const receivedAt = performance.now()
    const { status, headers, body } = received
    const text = body.toString('utf8')
    const answer = status === 200 ? parseJson(text) : undefined
    const value = isRecord(answer) ? answer.value : undefined
    if (typeof value === 'string' && value !== '') {
      mask(value)
      clock.measure({ url, headers, sentAt, receivedAt })
      return value
    }
    const failure = await failed(url, received, policy)
    const isCurable = cureOf({ from: 'GitHub', status, text, isUnusable: status === 200 }) === 'retry'
    throw isCurable ? new TryAgain(failure, retryAfterMs(headers, Date.now())) : failure
  })
}

async function failed(url: URL, answer: HttpResponse, { platform }: RetryPolicy): Promise<ActionError> {
  const { idTokenRequestFailed } = await import('./explain-request.ts')
  return idTokenRequestFailed({ url, answer }, platform)
}
