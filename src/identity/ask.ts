/** Requests the job's ID token from GitHub. */
import type { ActionError } from '../errors/action-error.ts'
import type { Http, HttpResponse } from '../net/http.ts'
import { isTransient, type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { isRecord, parseJson } from '../text/json.ts'
import type { Mask } from '../text/log.ts'

export interface AskOptions {
  request: { url: string; token: string }
  audience: string
  http: Http
  mask: Mask
  policy: RetryPolicy
}

/**
 * The ID token (a JWT, not yet verified), already masked.
 *
 * @throws `ActionError` `oidc-request-failed`, `network-unreachable`, `deadline-exceeded`.
 * Source: docs.github.com, "OpenID Connect reference", "Methods for requesting the OIDC token".
 */
export async function askForIdToken({ request, audience, http, mask, policy }: AskOptions): Promise<string> {
  // Node's HTTP client would throw errors of its own for these.
  if (!URL.canParse(request.url) || !/^[\x21-\x7e]+$/.test(request.token)) {
    const { requestVariablesUnusable } = await import('./explain-request.ts')
    throw requestVariablesUnusable(policy.platform)
  }
  const url = new URL(request.url)
  url.searchParams.append('audience', audience)
  const what = 'the ID token from GitHub'
  return await retry(what, policy, async () => {
    const received = await http.send({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${request.token}` },
      what,
    })
    const { status, headers, body } = received
    if (status !== 200) {
      const failure = await failed(url, received, policy)
      if (isTransient(status)) throw new TryAgain(failure, retryAfterMs(headers, Date.now()))
      throw failure
    }
    const answer = parseJson(body.toString('utf8'))
    const value = isRecord(answer) ? answer.value : undefined
    if (typeof value !== 'string' || value === '') throw await failed(url, received, policy)
    mask(value)
    return value
  })
}

async function failed(url: URL, answer: HttpResponse, { platform }: RetryPolicy): Promise<ActionError> {
  const { idTokenRequestFailed } = await import('./explain-request.ts')
  return idTokenRequestFailed({ url, answer }, platform)
}
