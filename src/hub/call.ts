/** One call of the Hub: sent with the common retry policy, its refusals in the Hub's own words. */
import { ActionError } from '../errors/action-error.ts'
import { type Http, type HttpResponse, NetworkError } from '../net/http.ts'
import { isTransient, type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { formatDuration } from '../text/duration.ts'
import { printable, quoted } from '../text/printable.ts'
import { STATUS_PAGE } from './pages.ts'

/** What is needed to reach a Hub. */
export interface HubAccess {
  /** Without a slash at the end. */
  endpoint: string
  http: Http
  policy: RetryPolicy
}

export interface HubCall {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  headers?: Record<string, string>
  body?: string
  /** What is being waited for, for messages. */
  what: string
  /** Called when the call may have been carried out although no usable answer came. */
  onLost?: () => void | Promise<void>
}

/** `Authorization` for a bearer token. */
export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

/**
 * Sends until there is an answer that is neither 429 nor 5xx, as often as the policy lets.
 *
 * @throws `ActionError` `hub-rate-limited`, `hub-failed`, `network-unreachable`, `deadline-exceeded`.
 */
export function callHub({ endpoint, http, policy }: HubAccess, call: HubCall): Promise<HttpResponse> {
  const { method, path, headers, body, what, onLost } = call
  return retry(what, policy, async () => {
    const sent = http.send({
      method,
      url: new URL(endpoint + path),
      ...(headers ? { headers } : {}),
      ...(body === undefined ? {} : { body }),
      what,
    })
    const answer = await sent.catch(async (error: unknown) => {
      if (!(error instanceof NetworkError) || mayHaveArrived(error)) await onLost?.()
      throw error
    })
    // 409: an earlier attempt of ours may have been carried out.
    if ((isTransient(answer.status) && answer.status !== 429) || answer.status === 409) await onLost?.()
    const after = retryAfterMs(answer.headers, Date.now())
    if (answer.status === 429) throw new TryAgain(rateLimited(what, answer, after), after)
    if (isTransient(answer.status)) throw new TryAgain(hubFailed(what, answer, endpoint), after)
    return answer
  })
}

/** False when the network failed before the request could be sent. */
function mayHaveArrived({ phase }: NetworkError): boolean {
  return phase === 'answer' || phase === 'timeout'
}

/** A header's (first) value. */
export function header(answer: HttpResponse, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** One line for a message: status, the Hub's own error code and text, and its request id. */
export function said(answer: HttpResponse, text?: string): string {
  const code = header(answer, 'x-error-code')
  const message = text ?? header(answer, 'x-error-message')
  const id = header(answer, 'x-request-id')
  return [
    `HTTP ${answer.status}`,
    ...(code ? [printable(code, 60)] : []),
    ...(message ? [quoted(message, 300)] : []),
    ...(id ? [`request ${printable(id, 60)}`] : []),
  ].join(', ')
}

function rateLimited(what: string, answer: HttpResponse, afterMs: number | undefined): ActionError {
  const wait =
    afterMs === undefined ? 'it does not say for how long' : `it asks to wait ${formatDuration(afterMs / 1000)}`
  return new ActionError('hub-rate-limited', {
    failed: `The Hub is rate limiting this account; the action was waiting for ${what}.`,
    seen: `${said(answer)}; ${wait}`,
    expected: 'an answer within `timeout` and `max-attempts`',
    cause:
      'many jobs use the same token or account at the same time; whoami-v2 has a much lower limit than the rest of the Hub.',
    fix: 'Give the action more time (`timeout: 6m`, the Hub counts in windows of five minutes), spread the jobs, or list the `repositories` that the job needs and set `verify: warn`: then a check of just these repositories stands in for whoami-v2, and whether the token can do more than asked is not checked in that run.',
  })
}

/** `hub-failed`: an answer that is neither what was asked for nor a refusal. */
export function hubFailed(what: string, answer: HttpResponse, endpoint: string): ActionError {
  const misshapen = answer.status >= 200 && answer.status < 300
  return new ActionError('hub-failed', {
    failed: `The Hub did not give a usable answer (${what}).`,
    seen: misshapen ? `${said(answer)}, but not in the shape that the Hub documents` : said(answer),
    expected: 'the documented answer',
    cause: misshapen
      ? 'something other than the Hub answered (a proxy’s page, a wrong `hf-endpoint`), or the Hub changed its answer.'
      : 'the Hub has an incident, or `hf-endpoint` is not a Hub.',
    fix: `Check that ${printable(endpoint, 120)} is the Hub; look at ${STATUS_PAGE}; re-run the job.`,
  })
}
