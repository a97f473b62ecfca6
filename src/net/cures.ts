/**
 * What a second attempt can cure: one table, which every caller asks. The first row that matches decides; a failure
 * without a row is final.
 */
import { isCertificateError, type Phase } from './http.ts'

/**
 * `retry`: attempts within the budget of time. `once`: one more attempt after a second or two, because the service needs
 * that long to know what it was told. `never`: another attempt would get the same answer.
 */
export type Cure = 'retry' | 'once' | 'never'

/** Who gave an answer; `network`: nobody did. */
export type From = 'network' | 'GitHub' | 'issuer' | 'AWS' | 'STS' | 'Hub'

/** A call that failed, as far as its cure depends on it. */
export interface Fault {
  from: From
  status?: number
  /** The service's own name for the error. */
  name?: string
  /** What it says. */
  text?: string
  /** An answer with a good status that cannot be what was asked for, to a call that can safely be repeated. */
  isUnusable?: boolean
  /** What went before: `first-use` of a new session, or a write of what was `written` just now. */
  moment?: 'first-use' | 'written' | undefined
  /** Where the network failed, and its word for it. */
  phase?: Phase
  detail?: string
}

/** A kind of failure: all that is given must match. */
export interface Row {
  from: readonly From[]
  status?: (status: number) => boolean
  name?: RegExp
  text?: RegExp
  moment?: Fault['moment']
  isUnusable?: true
  phase?: readonly Phase[]
  detail?: (detail: string) => boolean
  cure: Cure
  /** In words, for the documentation: what it is, and why this cures it, or nothing does. */
  what: string
  why: string
}

/**
 * How services speak of their own failures. Part of a name or a path it is no failure: a repository may be called
 * `acme/upstream`.
 */
const OUTAGE =
  /(?<![\w/.-])(?:abort(?:ed|error)?|time[ds]?[ -]?out|deadline exceeded|(?:internal|server) (?:server )?error|(?:temporarily )?unavailable|upstream|connections?|e(?:timedout|conn[a-z]+|pipe)|socket hang up|fetch failed|bad gateway)(?![\w/-])/i

const SERVICES = ['GitHub', 'issuer', 'AWS', 'STS', 'Hub'] as const
const AWS = ['AWS', 'STS'] as const

/**
 * Sources: RFC 9110, sections 15.5.9 and 15.6; RFC 6585, section 4; the API references of STS, Secrets Manager, and ECS,
 * "Common Errors"; what users of OIDC federation report.
 */
export const CURES: readonly Row[] = [
  {
    from: ['network'],
    phase: ['policy'],
    cure: 'never',
    what: 'an address that is not allowed',
    why: 'nothing was sent',
  },
  {
    from: ['network'],
    phase: ['TLS'],
    detail: isCertificateError,
    cure: 'never',
    what: 'a certificate that is not trusted',
    why: 'it stays the same until someone changes the runner or the server',
  },
  {
    from: ['network'],
    phase: ['proxy'],
    // 408 and 429 are about this moment.
    detail: (detail) => /CONNECT with 4(?!08|29)\d\d/.test(detail),
    cure: 'never',
    what: 'a proxy that refuses the connection (CONNECT answered with 403, 407, or another 4xx)',
    why: 'its rules or its credentials must change',
  },
  {
    from: ['network'],
    phase: ['answer'],
    detail: (detail) => detail.startsWith('answer larger than'),
    cure: 'never',
    what: 'a response that is too large',
    why: 'it would be too large again',
  },
  {
    from: ['network'],
    cure: 'retry',
    what: 'any other failure of the network: DNS, refused or cut connections, no complete response in time',
    why: 'it usually passes within seconds',
  },
  {
    from: SERVICES,
    status: (status) => status === 408 || status === 429 || status >= 500,
    cure: 'retry',
    what: 'HTTP 408, 429, and 5xx, from anyone',
    why: 'the service, or a proxy in front of it, is too slow, too busy, or failing',
  },
  {
    from: SERVICES,
    isUnusable: true,
    cure: 'retry',
    what: 'HTTP 200 with a page or other content that is not an answer, to a call that can safely be repeated',
    why: 'a load balancer or a proxy answered instead of the service',
  },
  {
    from: ['GitHub'],
    status: (status) => status === 403,
    text: /can.?t issue id_token for job in .?pending/i,
    cure: 'retry',
    what: 'GitHub: “Can’t issue ID_TOKEN for job in ‘Pending’ state” (403)',
    why: 'GitHub has not yet registered that the job has started',
  },
  {
    from: ['Hub'],
    name: /^(?:server_error|temporarily_unavailable)$/,
    cure: 'retry',
    what: 'Hub: an OAuth error about the service itself (`server_error`, `temporarily_unavailable`)',
    why: 'the Hub failed while it processed the request',
  },
  {
    from: ['Hub'],
    text: OUTAGE,
    cure: 'retry',
    what: 'Hub: a refusal whose reason is an outage, such as “The operation was aborted due to timeout”',
    why: 'it is an outage, reported as a refusal',
  },
  {
    from: AWS,
    name: /Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|^PriorRequestNotComplete/,
    cure: 'retry',
    what: 'AWS: throttling, whatever its status',
    why: 'the account makes too many calls at this moment',
  },
  {
    from: AWS,
    name: /^(?:InternalService(?:Error|Fault)|InternalFailure|InternalError|ServerException|ServiceUnavailable|RequestTimeout)(?:Exception)?$/,
    cure: 'retry',
    what: 'AWS: `InternalServiceError`, `InternalFailure`, `ServerException`, `ServiceUnavailable`, `RequestTimeout`',
    why: 'a failure inside the service',
  },
  {
    from: ['STS'],
    name: /^IDPCommunicationError/,
    cure: 'retry',
    what: 'STS: `IDPCommunicationError`',
    why: 'STS could not reach the issuer at this moment',
  },
  {
    from: ['STS'],
    text: /could(?:n.t| not) retrieve verification key/i,
    cure: 'retry',
    what: 'STS: “Couldn’t retrieve verification key”',
    why: 'STS could not fetch the issuer’s keys at this moment',
  },
  {
    from: AWS,
    text: /explicit deny|explicitly denied/i,
    cure: 'never',
    what: 'AWS: “with an explicit deny”',
    why: 'a policy forbids it',
  },
  {
    from: ['STS'],
    name: /^AccessDenied(?:Exception)?$/,
    cure: 'once',
    what: 'STS: `AccessDenied`',
    why: 'a change to a role or trust policy takes a few seconds to take effect',
  },
  {
    from: AWS,
    name: /^(?:UnrecognizedClient(?:Exception)?|InvalidClientTokenId)$/,
    moment: 'first-use',
    cure: 'once',
    what: 'AWS: `UnrecognizedClientException` or `InvalidClientTokenId` at the first use of a new session',
    why: 'the service does not know the new session yet',
  },
  {
    from: AWS,
    name: /NotFound/,
    moment: 'written',
    cure: 'once',
    what: 'AWS: “not found” right after a rotation wrote it',
    why: 'a write takes a moment to be visible everywhere',
  },
]

/** What can cure this failure. */
export function cureOf(fault: Fault): Cure {
  return CURES.find((row) => matches(row, fault))?.cure ?? 'never'
}

/** True for the statuses that another attempt can cure, whoever gave them. */
export function isTransient(status: number): boolean {
  return cureOf({ from: 'Hub', status }) === 'retry'
}

function matches(row: Row, { from, status = 0, name = '', text = '', phase, detail = '', ...fault }: Fault): boolean {
  return (
    row.from.includes(from) &&
    (row.status?.(status) ?? true) &&
    (row.name?.test(name) ?? true) &&
    (row.text?.test(text) ?? true) &&
    (row.detail?.(detail) ?? true) &&
    (row.phase === undefined || (phase !== undefined && row.phase.includes(phase))) &&
    (row.moment === undefined || row.moment === fault.moment) &&
    (row.isUnusable === undefined || fault.isUnusable === true)
  )
}
