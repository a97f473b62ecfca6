/** Requests the job's ID token from GitHub. */
import { ActionError } from '../errors/action-error.ts'
import { isNormalOrigin } from '../net/endpoint.ts'
import type { Http } from '../net/http.ts'
import { isTransient, type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { isRecord, parseJson } from '../text/json.ts'
import type { Mask } from '../text/log.ts'
import { code, joined, link, prose, type Wording } from '../text/message.ts'
import { quoted } from '../text/printable.ts'

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
  // Node's HTTP client would throw errors of its own for these, or call another host than the one that is written there.
  if (!isNormalOrigin(request.url) || !/^[\x21-\x7e]+$/.test(request.token)) {
    const names = [code('ACTIONS_ID_TOKEN_REQUEST_URL'), code('ACTIONS_ID_TOKEN_REQUEST_TOKEN')]
    throw requestFailed(prose`a value in ${joined(names, ' or ')} that cannot be used`)
  }
  const url = new URL(request.url)
  url.searchParams.append('audience', audience)
  const what = 'the ID token from GitHub'
  return await retry(what, policy, async () => {
    const { status, headers, body } = await http.send({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${request.token}` },
      what,
    })
    if (status !== 200) {
      const failure = requestFailed(statusAndBody(status, body.toString('utf8')))
      if (isTransient(status)) throw new TryAgain(failure, retryAfterMs(headers, Date.now()))
      throw failure
    }
    const answer = parseJson(body.toString('utf8'))
    const value = isRecord(answer) ? answer.value : undefined
    if (typeof value !== 'string' || value === '') throw requestFailed('HTTP 200 without a token')
    mask(value)
    return value
  })
}

function requestFailed(seen: Wording): ActionError {
  return new ActionError('oidc-request-failed', {
    failed: 'GitHub’s ID token endpoint did not return a token.',
    seen,
    expected: prose`HTTP 200 with ${code('{"value": "<the ID token>"}')}`,
    cause:
      'GitHub Actions is having an incident, or the request token of this job is no longer valid (it expires with the job).',
    fix: prose`Re-run the job. If the problem persists, check ${link('https://www.githubstatus.com')}.`,
  })
}

function statusAndBody(status: number, body: string): string {
  return body.trim() === '' ? `HTTP ${status}` : `HTTP ${status}: ${quoted(body.trim(), 200)}`
}
