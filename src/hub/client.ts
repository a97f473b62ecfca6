/** The Hub's endpoints that the action uses. */
import { ActionError } from '../errors/action-error.ts'
import type { HubRepository } from '../inputs/request.ts'
import type { Http, HttpResponse } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { formatDuration } from '../text/duration.ts'
import { parseJson } from '../text/json.ts'
import { printable, quoted } from '../text/printable.ts'
import { readWhoAmI, type WhoAmI } from './whoami.ts'

export interface HubClientOptions {
  /** Without a slash at the end. */
  endpoint: string
  http: Http
  policy: RetryPolicy
}

/** What the Hub says of one repository. */
export type Access = { granted: true } | { granted: false; seen: string }

/** Calls with one token after the other; answers become words of the domain, refusals become codes. */
export class HubClient {
  readonly #endpoint: string
  readonly #http: Http
  readonly #policy: RetryPolicy

  constructor({ endpoint, http, policy }: HubClientOptions) {
    this.#endpoint = endpoint
    this.#http = http
    this.#policy = policy
  }

  /**
   * Who the token is. `reserveMs`: milliseconds of the deadline that waiting for a rate limit must leave.
   *
   * @throws `ActionError` `token-rejected`, `token-expired`, `hub-rate-limited`, `hub-failed`, `network-unreachable`,
   * `deadline-exceeded`.
   * Source: Hub API, GET /api/whoami-v2.
   */
  async whoAmI(token: string, reserveMs = 0): Promise<WhoAmI> {
    const what = 'the Hub’s whoami-v2 to confirm the token'
    const answer = await this.#get('/api/whoami-v2', token, what, reserveMs)
    if (answer.status === 401 || answer.status === 403) throw rejected(answer)
    const who = answer.status === 200 ? readWhoAmI(parseJson(answer.body.toString('utf8'))) : undefined
    if (!who) throw failed('whoami-v2', answer, this.#endpoint)
    return who
  }

  /**
   * Whether the token may read (or write) a repository.
   *
   * @throws `ActionError` `token-rejected`, `token-expired`, `hub-rate-limited`, `hub-failed`, `network-unreachable`,
   * `deadline-exceeded`.
   * Source: Hub API, GET /api/{models|datasets|spaces}/{namespace}/{name}/auth-check[/write].
   */
  async authCheck(token: string, repository: HubRepository, write: boolean): Promise<Access> {
    const { kind, namespace, name, label } = repository
    const path = `/api/${kind}/${namespace}/${name}/auth-check${write ? '/write' : ''}`
    const answer = await this.#get(path, token, `the Hub’s auth-check of ${label}`)
    if (answer.status >= 200 && answer.status < 300) return { granted: true }
    if (answer.status === 401 && !header(answer, 'x-error-code')) throw rejected(answer)
    if ([401, 403, 404].includes(answer.status)) return { granted: false, seen: said(answer) }
    throw failed(`auth-check of ${label}`, answer, this.#endpoint)
  }

  #get(path: string, token: string, what: string, reserveMs = 0): Promise<HttpResponse> {
    return retry(what, { ...this.#policy, reserveMs }, async () => {
      const answer = await this.#http.send({
        method: 'GET',
        url: new URL(this.#endpoint + path),
        headers: { authorization: `Bearer ${token}` },
        what,
      })
      const after = retryAfterMs(answer.headers, Date.now())
      if (answer.status === 429) throw new TryAgain(rateLimited(what, answer, after), after)
      if (answer.status >= 500 || answer.status === 408) throw new TryAgain(failed(what, answer, this.#endpoint), after)
      return answer
    })
  }
}

function header(answer: HttpResponse, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** One line for a message: status, the Hub's own error code and text, and its request id. */
function said(answer: HttpResponse): string {
  const code = header(answer, 'x-error-code')
  const text = header(answer, 'x-error-message')
  const id = header(answer, 'x-request-id')
  return [
    `HTTP ${answer.status}`,
    ...(code ? [printable(code, 60)] : []),
    ...(text ? [quoted(text, 200)] : []),
    ...(id ? [`request ${printable(id, 60)}`] : []),
  ].join(', ')
}

function rejected(answer: HttpResponse): ActionError {
  const text = `${header(answer, 'x-error-message') ?? ''} ${answer.body.toString('utf8', 0, 500)}`
  const expired = /expired/i.test(text)
  return new ActionError(expired ? 'token-expired' : 'token-rejected', {
    failed: expired ? 'The Hub says that the token’s time is over.' : 'The Hub does not accept the token.',
    seen: said(answer),
    expected: 'HTTP 200',
    cause: expired
      ? 'the stored token had an end date and was not replaced in time.'
      : 'the token was deleted or revoked on the Hub, has expired, or another one was stored by mistake.',
    fix: 'Create a new fine-grained token (https://huggingface.co/settings/tokens/new?tokenType=fineGrained) and store it as the new version of the secret.',
  })
}

function rateLimited(what: string, answer: HttpResponse, afterMs: number | undefined): ActionError {
  const wait =
    afterMs === undefined ? 'it does not say for how long' : `it asks to wait ${formatDuration(afterMs / 1000)}`
  return new ActionError('hub-rate-limited', {
    failed: `The Hub is rate limiting this token’s account; the action was waiting for ${what}.`,
    seen: `${said(answer)}; ${wait}`,
    expected: 'an answer within `timeout` and `max-attempts`',
    cause:
      'many jobs use the same token or account at the same time; whoami-v2 has a much lower limit than the rest of the Hub.',
    fix: 'Give the action more time (`timeout: 6m`, the Hub counts in windows of five minutes), spread the jobs, or list the `repositories` that the job needs and set `verify: warn`: then a check of just these repositories stands in for whoami-v2, and whether the token can do more than asked is not checked in that run.',
  })
}

function failed(what: string, answer: HttpResponse, endpoint: string): ActionError {
  const misshapen = answer.status === 200
  return new ActionError('hub-failed', {
    failed: `The Hub did not give a usable answer (${what}).`,
    seen: misshapen ? `${said(answer)}, but not in the shape that the Hub documents` : said(answer),
    expected: 'the documented answer',
    cause: misshapen
      ? 'something other than the Hub answered (a proxy’s page, a wrong `hf-endpoint`), or the Hub changed its answer.'
      : 'the Hub has an incident, or `hf-endpoint` is not a Hub.',
    fix: `Check that ${printable(endpoint, 120)} is the Hub; look at https://status.huggingface.co; re-run the job.`,
  })
}
