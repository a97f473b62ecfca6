/** Asks the Hub about a token. */
import { ActionError } from '../errors/action-error.ts'
import { addEarlierCalls, withEarlierCalls } from '../net/calls-made.ts'
import type { HttpResponse } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import { parseJson } from '../text/json.ts'
import { link, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { bearer, callHub, type HubAccess, header, hubFailed, isForeign, isHubsRefusal, said } from './call.ts'
import { PARTS_FOR } from './facts/parts.ts'
import { type Part, readWhoAmI, type WhoAmI } from './facts/whoami.ts'
import { hubPages } from './pages.ts'
import { answerAfterRefusal, type Refusal, refusalOf, remember } from './refusal.ts'
import type { HubRepository } from './repository.ts'

/** What the Hub says of one repository. */
export type Access = { granted: true } | { granted: false; seen: string; status: number }

/** Why an answer that would only corroborate did not come. */
export interface Silence {
  /** In words for the log. */
  silence: string
}

/** The one route here whose answer must say something; the others answer with their status. */
const WHOAMI = '/api/whoami-v2'

/** How long an answer that only corroborates is waited for, in milliseconds. */
export const CORROBORATION_MS = 2_000

/** How long to wait before the second look at a refusal, in milliseconds: most transient faults have passed by then. */
const SECOND_LOOK_MS = 1_000

/** Asks about one token after another. Answers become typed facts, refusals become error codes. */
export class HubClient {
  readonly #access: HubAccess
  readonly #looksTwice: boolean

  /**
   * `looksTwice`: a token counts as rejected only when the Hub says so twice (401), for callers that would replace or
   * revoke something because of it. Any other refusal then leaves open whether the token works.
   */
  constructor(access: HubAccess, { looksTwice = false } = {}) {
    this.#access = access
    this.#looksTwice = looksTwice
  }

  /**
   * Who the token is. `reserveMs`: milliseconds of the deadline that waiting for a rate limit must leave. `parts`: those that
   * the caller depends on; others may be missing or malformed.
   *
   * @throws `ActionError` `token-rejected`, `token-expired`, `hub-rate-limited`, `hub-failed`, `network-unreachable`,
   * `deadline-exceeded`.
   * Source: Hub API, GET /api/whoami-v2.
   */
  async whoAmI(token: string, reserveMs = 0, parts = PARTS_FOR.stored): Promise<WhoAmI> {
    const what = 'the Hub’s whoami-v2 to confirm the token'
    // A rotation has further tokens to ask about: it does not spend its time on one.
    const ask = () => this.#get(WHOAMI, token, what, { reserveMs, spreads: !this.#looksTwice })
    const answer = await (this.#looksTwice ? this.#twice(ask, what) : this.#remembered(ask, token))
    if (answer.status === 401 && this.#looksTwice && !isHubsRefusal(answer))
      throw await notTheHub(what, answer, this.#access)
    if (answer.status === 401 || (answer.status === 403 && !this.#looksTwice)) throw rejected(answer, this.#access)
    return this.#readWhoAmI(answer, what, parts)
  }

  /**
   * Who the token is; undefined when the Hub says twice that it does not accept the token (401). A refusal of another kind
   * does not answer the question.
   *
   * @throws `ActionError` `hub-rate-limited`, `hub-failed`, `network-unreachable`, `deadline-exceeded`.
   * Source: Hub API, GET /api/whoami-v2.
   */
  async owner(token: string): Promise<WhoAmI | undefined> {
    const what = 'the Hub’s whoami-v2 to say whether a token works'
    const answer = await this.#twice(() => this.#get(WHOAMI, token, what), what)
    if (answer.status !== 401) return this.#readWhoAmI(answer, what, PARTS_FOR.stored)
    // Whoever is dead is replaced: another server's 401 says nothing of the kind.
    if (isHubsRefusal(answer)) return undefined
    throw await notTheHub(what, answer, this.#access)
  }

  /**
   * Whether the token may read (or write) a repository.
   *
   * @throws `ActionError` `token-rejected`, `token-expired`, `hub-rate-limited`, `hub-failed`, `network-unreachable`,
   * `deadline-exceeded`.
   * Source: Hub API, GET /api/{models|datasets|spaces}/{namespace}/{name}/auth-check[/write].
   */
  async authCheck(token: string, repository: HubRepository, write: boolean): Promise<Access> {
    const what = `the Hub’s auth-check of ${repository.label}`
    const ask = () => this.#get(authCheckPath(repository, write), token, what)
    const answer = await (this.#looksTwice ? this.#twice(ask, what) : ask())
    if (answer.status >= 200 && answer.status < 300) return { granted: true }
    if (![401, 403, 404].includes(answer.status)) throw hubFailed(what, answer, this.#access.endpoint)
    const refusal: Refusal = this.#looksTwice
      ? { means: 'not-allowed', seen: said(answer) }
      : await refusalOf(answer, token, this.#access)
    if (refusal.means === 'dead') throw rejected(answer, this.#access)
    if (refusal.means === 'unclear') throw unclear(refusal, repository, this.#access)
    return { granted: false, seen: refusal.seen, status: answer.status }
  }

  /**
   * Who the token is, for a token of which that is known already: asked once, and not waited for longer than
   * {@link CORROBORATION_MS}. An answer in which one of the `parts` cannot be read is silence. Never rejects.
   *
   * Source: Hub API, GET /api/whoami-v2.
   */
  async corroborate(token: string, parts: readonly Part[]): Promise<WhoAmI | Silence> {
    const asked = this.#once(WHOAMI, token, 'the Hub’s whoami-v2', (answer) => ({ answer }))
    const answered = asked.then((heard) =>
      'answer' in heard && !isForeign(heard.answer)
        ? heard.answer
        : Promise.reject(new Error('answer' in heard ? said(heard.answer) : heard.silence)),
    )
    // A refusal by auth-check must not make the job ask again.
    remember(answered, token, this.#access).catch(() => {})
    const heard = await asked
    if ('silence' in heard) return heard
    const { answer } = heard
    if (answer.status !== 200) return { silence: said(answer) }
    return readParts(answer, parts) ?? { silence: `${said(answer)}, but not in the format that the Hub documents` }
  }

  /**
   * Whether the token may read (or write) a repository, like {@link HubClient.corroborate}. A 401 without the Hub's own
   * error code says no more than that the token may not use this route.
   */
  corroborateAccess(token: string, repository: HubRepository, write: boolean): Promise<Access | Silence> {
    const what = `the Hub’s auth-check of ${repository.label}`
    return this.#once(authCheckPath(repository, write), token, what, (answer) => {
      const { status } = answer
      if (status >= 200 && status < 300 && !isForeign(answer)) return { granted: true }
      const isRefusal =
        isHubsRefusal(answer) &&
        (status === 403 || status === 404 || (status === 401 && header(answer, 'x-error-code')))
      return isRefusal ? { granted: false, seen: said(answer), status } : { silence: said(answer) }
    })
  }

  /** One attempt: what `read` makes of the answer, or why there is none. */
  async #once<T>(
    path: string,
    token: string,
    what: string,
    read: (answer: HttpResponse) => T | Silence,
  ): Promise<T | Silence> {
    const { http, endpoint } = this.#access
    const sent = http.send({ method: 'GET', url: new URL(endpoint + path), headers: bearer(token), what })
    let timer: NodeJS.Timeout | undefined
    const late = new Promise<Silence>((resolve) => {
      timer = setTimeout(
        () => resolve({ silence: `no response within ${CORROBORATION_MS / 1000} s` }),
        CORROBORATION_MS,
      )
    })
    try {
      return await Promise.race([sent.then(read), late])
    } catch (error) {
      return { silence: error instanceof Error ? printable(error.message.split('\n')[0], 200) : 'no response' }
    } finally {
      clearTimeout(timer)
      // A failure after that is nobody's business.
      sent.catch(() => {})
    }
  }

  /** What whoami-v2 has said already, because another route refused the token; otherwise it is asked. */
  async #remembered(ask: () => Promise<HttpResponse>, token: string): Promise<HttpResponse> {
    return (await answerAfterRefusal(token, this.#access)) ?? (await remember(ask(), token, this.#access))
  }

  async #readWhoAmI(answer: HttpResponse, what: string, parts: readonly Part[]): Promise<WhoAmI> {
    const { status, body } = answer
    const who = status === 200 ? readParts(answer, parts) : undefined
    if (who) return who
    const { endpoint } = this.#access
    // Every Hub has this route, and answers with JSON.
    if (status === 403 || (status === 200 && parseJson(body.toString('utf8')) !== undefined)) {
      throw hubFailed(what, answer, endpoint)
    }
    throw await notTheHub(what, answer, this.#access)
  }

  /** The answer, or the second one when the first is a 401. */
  async #twice(ask: () => Promise<HttpResponse>, what: string): Promise<HttpResponse> {
    const { deadline } = this.#access.policy
    const startsWithMs = deadline.remainingMs()
    const elapsedMs = () => startsWithMs - deadline.remainingMs()
    const first = await ask()
    if (first.status !== 401) return first
    await deadline.sleep(SECOND_LOOK_MS, what)
    const second = await ask().catch((error: unknown) => {
      throw error instanceof Error ? withEarlierCalls(error, first, elapsedMs()) : error
    })
    addEarlierCalls(second, first, elapsedMs())
    return second
  }

  #get(
    path: string,
    token: string,
    what: string,
    waits: Pick<RetryPolicy, 'reserveMs' | 'spreads'> = {},
  ): Promise<HttpResponse> {
    const access = { ...this.#access, policy: { ...this.#access.policy, ...waits } }
    const hasContent = path === WHOAMI
    return callHub(access, { method: 'GET', path, headers: bearer(token), what, hasContent })
  }
}

async function notTheHub(what: string, answer: HttpResponse, { endpoint, policy }: HubAccess): Promise<ActionError> {
  const { platform } = policy
  return (await import('./explain-foreign.ts')).notTheHub({ answer, said: said(answer), what, endpoint, platform })
}

/** What whoami-v2 says; undefined when one of the parts cannot be read. */
function readParts({ body }: HttpResponse, parts: readonly Part[]): WhoAmI | undefined {
  const who = readWhoAmI(parseJson(body.toString('utf8')))
  return who?.unreadable.some((part) => parts.includes(part)) ? undefined : who
}

function authCheckPath({ kind, namespace, name }: HubRepository, write: boolean): string {
  return `/api/${kind}/${namespace}/${name}/auth-check${write ? '/write' : ''}`
}

/** What to do depends on where the token is kept: whoever knows that says more. */
function rejected(answer: HttpResponse, { endpoint }: HubAccess): ActionError {
  const text = `${header(answer, 'x-error-message') ?? ''} ${answer.body.toString('utf8', 0, 500)}`
  const expired = /expired/i.test(text)
  return new ActionError(expired ? 'token-expired' : 'token-rejected', {
    failed: expired ? 'The Hub says that the token has expired.' : 'The Hub does not accept the token.',
    seen: said(answer),
    expected: 'HTTP 200',
    cause: expired
      ? 'The stored token had an expiry and was not replaced in time.'
      : 'The token was deleted or revoked on the Hub, has expired, or a different value was stored by mistake.',
    fix: prose`Check at ${link(hubPages(endpoint).tokens)} whether the token exists, and replace it.`,
  })
}

/** Neither the token nor its rights can be ruled out as the cause. */
function unclear({ seen }: Refusal, { label }: HubRepository, { endpoint }: HubAccess): ActionError {
  return new ActionError('token-rejected', {
    failed: `The Hub refused the token for ${label}, and it is not clear whether the token is valid.`,
    seen,
    expected: 'HTTP 200',
    cause: `Either the Hub does not accept the token at all (it was revoked or has expired), or the token is valid but has no access to ${label}. whoami-v2, which would say which, gave no answer that decides it.`,
    fix: prose`Re-run the job. If the problem persists, check at ${link(hubPages(endpoint).tokens)} that the token exists and that it has access to ${label}.`,
  })
}
