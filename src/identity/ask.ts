/** Requests the job's ID token from GitHub. */
import { ActionError } from '../errors/action-error.ts'
import { cureOf } from '../net/cures.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
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
  // Node's HTTP client would throw errors of its own for these.
  if (!URL.canParse(request.url) || !/^[\x21-\x7e]+$/.test(request.token)) {
    const names = [code('ACTIONS_ID_TOKEN_REQUEST_URL'), code('ACTIONS_ID_TOKEN_REQUEST_TOKEN')]
    throw requestFailed(prose`a value in ${joined(names, ' or ')} that cannot be used`)
  }
  const url = new URL(request.url)
  url.searchParams.append('audience', audience)
  const what = 'the ID token from GitHub'
  return await retry({ what, route: url.href }, policy, async ({ withinMs }) => {
    const { status, headers, body } = await http.send({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${request.token}` },
      what,
      withinMs,
    })
    const text = body.toString('utf8')
    const answer = status === 200 ? parseJson(text) : undefined
    const value = isRecord(answer) ? answer.value : undefined
    if (typeof value === 'string' && value !== '') {
      mask(value)
      return value
    }
    const isUnusable = status === 200
    const failure = requestFailed(isUnusable ? 'HTTP 200 without a token' : statusAndBody(status, text))
    const isCurable = cureOf({ from: 'GitHub', status, text, isUnusable }) === 'retry'
    throw isCurable ? new TryAgain(failure, retryAfterMs(headers, Date.now())) : failure
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
