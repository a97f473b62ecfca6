/** One call of the Hub: sent with the common retry policy; refusals are quoted in the Hub's own words. */
import { ActionError } from '../errors/action-error.ts'
import { callsFor } from '../net/calls-made.ts'
import { cureOf, isTransient } from '../net/cures.ts'
import { type Http, type HttpResponse, isSilent, NetworkError } from '../net/http.ts'
import { isPage, sizeOf } from '../net/page.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { hasLongWindow, retryAfterMs } from '../net/retry-after.ts'
import { formatDuration } from '../text/duration.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { code, link, prose } from '../text/message.ts'
import { printable, quoted } from '../text/printable.ts'
import type { Foreign } from './explain-foreign.ts'
import { STATUS_PAGE } from './pages.ts'

/** What is needed to reach a Hub. */
export interface HubAccess {
  /** Without a trailing slash. */
  endpoint: string
  http: Http
  policy: RetryPolicy
}

export interface HubCall {
  method: 'GET' | 'POST' | 'DELETE'
  path: string
  headers?: Record<string, string>
  body?: string
  /** The largest answer accepted, in bytes, where that is more than usual. */
  maxBytes?: number
  /** What the action waits for, as a noun phrase for messages. */
  what: string
  /** A success is a JSON object or array with something in it. */
  hasContent?: boolean
  /** Called when the call may have been carried out although no usable answer arrived. */
  onLost?: () => void | Promise<void>
  /**
   * Says what is wrong with an answer whose meaning is not in its status; undefined: the status decides. `tookMs`: how long
   * the Hub took. Not called for a rate limit (429).
   */
  examine?: (answer: HttpResponse, tookMs: number) => Promise<Fault | undefined>
}

/** What is wrong with an answer, and whether another attempt may cure it. */
export interface Fault {
  failure: ActionError
  again: boolean
}

/** `Authorization` for a bearer token. */
export const bearer = (token: string): Record<string, string> => ({ authorization: `Bearer ${token}` })

/**
 * Sends until there is an answer that a retry could not improve (not 408, 429, 5xx, or what `examine` says), as often as
 * the policy allows.
 *
 * @throws `ActionError` what `examine` found, `hub-rate-limited`, `hub-failed`, `network-unreachable`, `deadline-exceeded`.
 */
export function callHub({ endpoint, http, policy }: HubAccess, call: HubCall): Promise<HttpResponse> {
  const { method, path, headers, body, maxBytes, what, onLost } = call
  const route = [method, endpoint + path, headers?.authorization, body].join(' ')
  // A POST mints, exchanges, or reports: whether one whose answer was lost was carried out, nobody knows.
  return retry({ what, route, isCareful: method === 'POST' }, policy, async ({ withinMs }) => {
    const startedAt = performance.now()
    const sent = http.send({
      method,
      url: new URL(endpoint + path),
      ...(headers ? { headers } : {}),
      ...(body === undefined ? {} : { body }),
      ...(maxBytes === undefined ? {} : { maxBytes }),
      what,
      withinMs,
    })
    const answer = await sent.catch(async (error: unknown) => {
      if (!(error instanceof NetworkError) || mayHaveArrived(error)) await onLost?.()
      throw error
    })
    const { platform } = policy
    await checkAnswer(answer, call, { endpoint, platform, tookMs: performance.now() - startedAt })
    return answer
  })
}

/** Throws for an answer that is not for the caller: most of these are tried again. */
async function checkAnswer(
  answer: HttpResponse,
  call: HubCall,
  { endpoint, platform, tookMs }: Pick<Foreign, 'endpoint' | 'platform'> & { tookMs: number },
): Promise<void> {
  const { what, onLost, examine } = call
  const { status } = answer
  // 409: an earlier attempt of ours may have been carried out.
  if ((isTransient(status) && status !== 429) || status === 409) await onLost?.()
  const after = retryAfterMs(answer.headers, Date.now())
  if (status === 429) throw limited(what, answer, after)
  const fault = await examine?.(answer, tookMs)
  if (fault) throw fault.again ? new TryAgain(fault.failure, after) : fault.failure
  const place = { answer, said: said(answer), what, endpoint, platform }
  const failure = await unusable(place, call)
  if (!failure) return
  if (status < 300) await onLost?.()
  throw isTransient(status) || isCurable(call, answer) ? new TryAgain(failure, after) : failure
}

/** What is wrong with an answer that is not the Hub's, lacks what it must have, or says that the Hub failed. */
async function unusable(place: Foreign, { hasContent = false, what }: HubCall): Promise<ActionError | undefined> {
  const { answer, endpoint } = place
  const foreign = async () => (await import('./explain-foreign.ts')).notTheHub(place)
  // A proxy’s page and one of a load balancer during an incident look alike.
  if (isTransient(answer.status)) return isPage(answer) ? await foreign() : hubFailed(what, answer, endpoint)
  const json = parseJson(answer.body.toString('utf8'))
  const isWithout = hasContent && answer.status === 200 && (json === undefined || isEmpty(json))
  if (isWithout && json !== undefined) return hubFailed(what, answer, endpoint)
  return isWithout || isForeign(answer) ? await foreign() : undefined
}

/** Every 429 may be tried again; one by a long window is shared by many. */
function limited(what: string, answer: HttpResponse, after: number | undefined): TryAgain {
  return new TryAgain(rateLimited(what, answer, after), after, hasLongWindow(answer.headers))
}

/** Whether asking again may cure an answer that is not the Hub's, or lacks what it must have. */
function isCurable({ method }: HubCall, answer: HttpResponse): boolean {
  const { status } = answer
  const isUnusable = status >= 200 && status < 300 && method === 'GET' && !isMirrors(answer)
  return cureOf({ from: 'Hub', status, isUnusable }) === 'retry'
}

const isEmpty = (json: unknown): boolean => isRecord(json) && Object.keys(json).length === 0

/** How Artifactory and Nexus name themselves in every answer. */
const MIRROR = /^x-(?:jfrog|artifactory)-|^server: .*\b(?:artifactory|nexus)\b/i

/**
 * True for a page (of a mirror, a proxy, or a firewall), and for a mirror's own refusal: the Hub's API sends JSON, also with
 * its refusals, with `error` in it. What such an answer says with its status is about the intermediary, and not about the
 * token. The type does not decide: many servers call the plain text of a success HTML.
 */
export function isForeign(answer: HttpResponse): boolean {
  const { status } = answer
  if (header(answer, 'x-error-code') !== undefined) return false
  const text = answer.body.toString('utf8')
  if (/^\s*</.test(text)) return true
  if (status < 400 || isTransient(status)) return false
  const json = parseJson(text)
  // The form of Artifactory's refusals.
  if (isRecord(json)) return Array.isArray(json.errors) && json.error === undefined
  return isMirrors(answer)
}

/** A mirror stays one: unlike the page of a load balancer, its answers do not pass. */
function isMirrors({ headers }: HttpResponse): boolean {
  return Object.entries(headers).some(([name, value]) => MIRROR.test(`${name}: ${value}`))
}

/**
 * Whether a refusal shows that it is the Hub's own, by its headers or by `error` in JSON. Other servers refuse with the same
 * statuses, so this is required wherever a refusal makes something pass: "cannot write", "is dead", "is gone".
 */
export function isHubsRefusal(answer: HttpResponse): boolean {
  if (isForeign(answer)) return false
  if (['x-error-code', 'x-error-message'].some((name) => header(answer, name) !== undefined)) return true
  const json = parseJson(answer.body.toString('utf8'))
  return isRecord(json) && typeof json.error === 'string'
}

/** False when the network failed before the request could be sent. */
function mayHaveArrived(error: NetworkError): boolean {
  return error.phase === 'answer' || isSilent(error)
}

/** A header's (first) value. */
export function header(answer: HttpResponse, name: string): string | undefined {
  const value = answer.headers[name]
  return Array.isArray(value) ? value[0] : value
}

/** One line for a message: the status, the Hub's own error code and text, and its request ID. */
export function said(answer: HttpResponse, text?: string): string {
  const errorCode = header(answer, 'x-error-code')
  const message = text ?? header(answer, 'x-error-message')
  const id = header(answer, 'x-request-id')
  const calls = callsFor(answer)
  return [
    `HTTP ${answer.status}`,
    ...(errorCode ? [printable(errorCode, 60)] : []),
    ...(message ? [quoted(message, 300)] : []),
    ...(id ? [`request ${printable(id, 60)}`] : []),
    ...(calls ? [calls] : []),
  ].join(', ')
}

/** `after`: milliseconds that the Hub asks to wait. */
function rateLimited(what: string, answer: HttpResponse, after: number | undefined): ActionError {
  const wait =
    after === undefined
      ? 'the Hub does not say how long to wait'
      : `the Hub asks clients to wait ${formatDuration(after / 1000)}`
  return new ActionError('hub-rate-limited', {
    failed: `The Hub rate limited this account while the action was waiting for ${what}.`,
    seen: `${said(answer)}; ${wait}`,
    expected: prose`a response within ${code('timeout')}`,
    cause:
      'Many jobs use the same token or account at the same time. whoami-v2 has a much lower limit than the rest of the Hub.',
    fix: [
      prose`If the token is stored, let ${code('rotate')} replace it, which records a proof next to it, and list the ${code('repositories')} that the job needs. With a proof, jobs do not call whoami-v2.`,
      prose`Otherwise, give the action more time with ${code('timeout: 6m')} (the Hub counts requests in windows of five minutes), or stagger the jobs.`,
      prose`Alternatively, list the ${code('repositories')} that the job needs and set ${code('verify: warn')}. When whoami-v2 is rate limited, the action then only checks access to those repositories, not whether the token can do more than you requested.`,
    ],
  })
}

/** `hub-failed`: an answer that is neither what was asked for nor a refusal. */
export function hubFailed(what: string, answer: HttpResponse, endpoint: string): ActionError {
  const from = answer.from === undefined ? '' : `, from ${printable(answer.from, 200)}`
  const misshapen = answer.status >= 200 && answer.status < 300
  return new ActionError('hub-failed', {
    failed: `The Hub did not return a usable response while the action was waiting for ${what}.`,
    seen: misshapen
      ? `${said(answer)}, but not in the format that the Hub documents${from}, ${sizeOf(answer)}`
      : `${said(answer)}${from}`,
    expected: 'a response in the format that the Hub documents',
    cause: isRedirected(answer)
      ? 'A proxy or the login page of a network answered instead of the Hub: it redirects the request, or it requires credentials.'
      : misshapen
        ? prose`Something other than the Hub responded (a proxy’s page, a wrong ${code('hf-endpoint')}), or the Hub changed its format.`
        : prose`The Hub is having an incident, or ${code('hf-endpoint')} is not the Hub.`,
    fix: prose`Check ${link(STATUS_PAGE)} for an incident, and check that ${code('hf-endpoint')} (${code(printable(endpoint, 120))}) points to the Hub. Then re-run the job.`,
    forward: prose`The Hub’s operators: ${link(STATUS_PAGE)} lists incidents. If ${code('hf-endpoint')} is not the Hub, the people who operate ${code(printable(endpoint, 120))}.`,
  })
}

/** Neither is an answer of the Hub's API, and the action follows no redirect. */
function isRedirected({ status }: HttpResponse): boolean {
  return (status >= 300 && status < 400) || status === 407
}
