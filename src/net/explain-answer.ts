/**
 * An answer that is not what was asked for, in words: from where, what it is, and who may have sent it. It may be the page
 * of a proxy, a firewall or a network's login instead of the service's own. Loaded only then.
 */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { type MaybePlatform, networkOperators } from '../platform/people.ts'
import { code, joined, type Prose, prose } from '../text/message.ts'
import { printable, quoted } from '../text/printable.ts'
import type { HttpResponse } from './http.ts'
import { isPage, sizeOf, titleOf } from './page.ts'

/** An answer, and where it came from. */
export interface Received {
  url: URL
  answer: HttpResponse
}

/** Headers by which servers and intermediaries name themselves. Their values are no secrets. */
const NAMING = ['server', 'via', 'proxy-agent', 'x-squid-error', 'x-cache', 'x-powered-by'] as const

/**
 * Status, host and path (never the query), type, size, title, and the headers by which the sender names itself. `quote`:
 * also the beginning of a short text, for answers that cannot hold a secret.
 */
export function describeAnswer({ url, answer }: Received, quote = false): Prose {
  const text = quote && !isPage(answer) ? answer.body.toString('utf8', 0, 2048).trim() : ''
  const said = prose`HTTP ${answer.status}${text === '' ? '' : `: ${quoted(text, 200)}`}`
  return prose`${said}, ${originOf({ ...answer, from: url.host + url.pathname })}`
}

/** The same without the status: where the answer came from, what it is, and how its sender names itself. */
export function originOf(answer: HttpResponse): Prose {
  const { headers, from, proxy } = answer
  const title = isPage(answer) ? titleOf(answer) : undefined
  const naming = NAMING.flatMap((name) => {
    const value = headers[name]
    return value === undefined ? [] : [code(`${name}: ${printable(String(value), 80)}`)]
  })
  const location = hostOfRedirect(answer)
  return joined(
    [
      ...(from === undefined ? [] : [prose`from ${code(printable(from, 200))}`]),
      ...(proxy === undefined ? [] : [prose`through the proxy ${printable(proxy, 100)}`]),
      sizeOf(answer),
      ...(title === undefined ? [] : [prose`a page with the title ${quoted(title, 80)}`]),
      ...(location === undefined ? [] : [prose`a redirect to ${code(printable(location, 100))}`]),
      ...(naming.length === 0 ? [] : [prose`with ${joined(naming, ' and ')}`]),
    ],
    ', ',
  )
}

/** Whether something between the runner and the service may have answered: pages, redirects, and what only proxies send. */
export function isFromBetween({ answer }: Received): boolean {
  return isPage(answer) || answer.status === 407 || hostOfRedirect(answer) !== undefined
}

/**
 * Cause and remedy for an answer that {@link isFromBetween}. `service`: who should have answered, as a noun phrase;
 * `setting`: what may have set the host.
 */
export function adviceAboutBetween(
  { url, answer }: Received,
  service: string,
  platform: MaybePlatform,
  setting: string | Prose = 'a setting',
): Required<Pick<Explanation, 'cause' | 'fix' | 'forward'>> {
  const host = code(printable(url.host, 120))
  return {
    cause: causeOf(answer, service),
    fix: prose`Make sure that the proxy or firewall of this runner lets requests to ${host} through unchanged. If the runner can reach it directly, add ${host} to ${code('NO_PROXY')}. If the host comes from ${setting}, check where that points.`,
    forward: networkOperators(platform, url.host),
  }
}

/** `failure` with what was received in place of a refusal; the others as for {@link adviceAboutBetween}. */
export function withAnswer(
  failure: ActionError,
  received: Received,
  platform: MaybePlatform,
  setting?: Prose,
): ActionError {
  const service = received.url.host
  const advice = isFromBetween(received) ? adviceAboutBetween(received, printable(service, 120), platform, setting) : {}
  return new ActionError(failure.code, {
    ...failure.explanation,
    seen: prose`unreadable answer: ${describeAnswer(received)}`,
    ...advice,
  })
}

function causeOf(answer: HttpResponse, service: string): Prose {
  const location = hostOfRedirect(answer)
  if (answer.status === 407) return prose`A proxy requires credentials and did not pass the request on to ${service}.`
  if (location !== undefined) {
    return prose`A proxy or the login page of a network redirects the request, so it did not reach ${service}. The action never follows a redirect, because its credentials would travel with it.`
  }
  if (answer.status >= 500) {
    return prose`The response is a web page. It comes from a proxy or firewall that could not reach ${service}, or from a load balancer in front of it during an incident.`
  }
  return prose`The response is a web page, so a proxy, a firewall or the login page of a network answered instead of ${service}.`
}

/** The host of a redirect, without its path and query, which may hold what was sent. */
function hostOfRedirect({ status, headers }: HttpResponse): string | undefined {
  const { location } = headers
  if (status < 300 || status > 399 || location === undefined) return undefined
  return URL.canParse(location) ? new URL(location).host : 'a different path'
}
