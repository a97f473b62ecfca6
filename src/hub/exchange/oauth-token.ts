/** The Hub's `/oauth/token`: what its two token exchanges have in common. */
import { ActionError, type Explanation } from '../../errors/action-error.ts'
import { isTransient } from '../../net/cures.ts'
import type { Http, HttpResponse } from '../../net/http.ts'
import type { RetryPolicy } from '../../net/retry.ts'
import type { Log, Mask } from '../../text/log.ts'
import { callHub, type Fault, hubFailed, said } from '../call.ts'
import type { MintingLedger } from '../ledger.ts'
import { type Answer, readAnswer } from './answer.ts'

/** What an exchange gave. */
export interface Granted {
  /** The secret, masked and in the ledger. */
  token: string
  scopes: readonly string[]
  /** The scopes that the answer names; undefined when it names none. */
  stated: readonly string[] | undefined
  /** Milliseconds since the epoch; undefined when the Hub does not say. */
  expiresAt: number | undefined
}

/** What an exchange needs. */
export interface ExchangeContext {
  request: { org: string; hubEndpoint: string }
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  ledger: MintingLedger
  /** The right time, in milliseconds since the epoch. Default: this machine's. */
  now?: () => number
}

/** One exchange, as it is sent. */
export interface Exchange {
  headers: Record<string, string>
  body: string
  /** What the token is for, in words for the ledger. */
  purpose: string
  /** The scopes that are requested. */
  asked: readonly string[]
  /** What a refusal would be about, as a noun phrase: what the user has set up on the Hub. */
  setUp: string
  /** What to tell a user whom the Hub refuses. `error`: the OAuth error code (RFC 6749, section 5.2), or empty. */
  advise: (error: string) => Promise<Advice>
}

/** An explanation without what is the same for every refusal. */
export type Advice = Omit<Explanation, 'failed' | 'seen'>

/** `grant_type` of both exchanges. Source: RFC 8693, section 2.1. */
export const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:token-exchange'

const WHAT = 'the Hub’s /oauth/token'
const LOST =
  'A response from the Hub’s /oauth/token was lost. If it contained a token, nobody has that token, so nobody can revoke it; it expires on its own.'
/** Nothing shorter is a token; masked, it would only make the log unreadable. */
const SHORTEST = 8

/**
 * Exchanges what the job has for a token, which is masked and in the ledger before anything else happens to it. A failure
 * of the Hub that looks like a refusal is retried like any other.
 *
 * @throws `ActionError` `exchange-rejected`, `hub-rate-limited`, `hub-failed`, `network-unreachable`,
 * `deadline-exceeded`; `delivery-failed` of the ledger.
 * Source: RFC 8693.
 */
export async function exchange(
  { headers, body, purpose, asked, setUp, advise }: Exchange,
  context: ExchangeContext,
): Promise<Granted> {
  const { request, http, policy, log, ledger } = context
  ledger.begin(`${purpose}, from /oauth/token; it expires on its own`)
  let isInDoubt = false
  const onLost = () => {
    if (!isInDoubt) log.warning(LOST)
    isInDoubt = true
  }
  const faults = new Faults(setUp, request.hubEndpoint)
  const call = { method: 'POST', path: '/oauth/token', headers, body, what: WHAT, onLost } as const
  const examine = (answer: HttpResponse, tookMs: number) => faults.examine(answer, tookMs)
  const answer = await callHub({ endpoint: request.hubEndpoint, http, policy }, { ...call, examine }).catch((error) => {
    throw faults.explain(error)
  })
  const { kind, fields, words } = readAnswer(answer)
  if (kind === 'granted') return granted(fields, answer, asked, context)
  const [error = ''] = words
  const refusal = async () =>
    new ActionError('exchange-rejected', {
      failed: 'The Hub refused the token exchange.',
      seen: said(answer, words.join(': ') || undefined),
      ...(await advise(error)),
    })
  // A refusal that brings a token along contradicts itself: the token exists, and post takes care of it.
  if (hasToken(fields)) keep(fields, context)
  // An earlier attempt whose answer was lost (409 says that there was one), or that failed at the Hub, may have been carried out.
  else if (!isInDoubt && !faults.found) ledger.refused()
  throw await refusal()
}

/** The failures of one exchange that are not its user's. */
class Faults {
  readonly #setUp: string
  readonly #endpoint: string
  /** The last one. */
  found: ActionError | undefined
  /** How many answers were slow and gave no reason. */
  #slow = 0

  constructor(setUp: string, endpoint: string) {
    this.#setUp = setUp
    this.#endpoint = endpoint
  }

  async examine(response: HttpResponse, tookMs: number): Promise<Fault | undefined> {
    const answer = readAnswer(response, tookMs)
    if (answer.kind === 'granted' || answer.kind === 'refused') return undefined
    // The status says enough: a failure of the service itself, without words of its own.
    if (answer.kind === 'foreign' && isTransient(response.status)) return undefined
    this.found = await this.#failure(answer, response, tookMs)
    if (answer.kind === 'slow') this.#slow += 1
    return { failure: this.found, again: answer.kind === 'outage' || (answer.kind === 'slow' && this.#slow === 1) }
  }

  /** The Hub's own words say more than that the time ran out while it failed again. */
  explain(error: unknown): unknown {
    const isLate = error instanceof ActionError && error.code === 'deadline-exceeded'
    return isLate && this.found ? this.found : error
  }

  async #failure({ kind, words }: Answer, response: HttpResponse, tookMs: number): Promise<ActionError> {
    if (kind === 'foreign') {
      const foreign = { answer: response, said: said(response), what: WHAT, endpoint: this.#endpoint }
      return (await import('../explain-foreign.ts')).notTheHub(foreign)
    }
    return (await import('./explain-outage.ts')).outage({ response, words, tookMs, setUp: this.#setUp })
  }
}

const tokenIn = ({ access_token: token }: Answer['fields']): string => (typeof token === 'string' ? token.trim() : '')

const hasToken = (fields: Answer['fields']): boolean => tokenIn(fields).length >= SHORTEST

/** From here on the token exists for us: whatever else is wrong with the answer, post takes care of it. */
function keep(
  fields: Answer['fields'],
  { request, mask, ledger, now = Date.now }: ExchangeContext,
): Omit<Granted, 'scopes' | 'stated'> {
  const token = tokenIn(fields)
  mask(token)
  // The ledger is for post, which knows this machine's clock only.
  ledger.made({ value: token, endpoint: request.hubEndpoint, expiresAt: expiryOf(fields.expires_in, Date.now()) })
  return { token, expiresAt: expiryOf(fields.expires_in, now()) }
}

function granted(
  fields: Answer['fields'],
  answer: HttpResponse,
  asked: readonly string[],
  context: ExchangeContext,
): Granted {
  const { request, log } = context
  if (!hasToken(fields)) {
    log.warning(LOST)
    throw hubFailed(WHAT, answer, request.hubEndpoint)
  }
  const { token, expiresAt } = keep(fields, context)
  const { scope } = fields
  if (scope !== undefined && typeof scope !== 'string') throw hubFailed(WHAT, answer, request.hubEndpoint)
  // RFC 6749, section 5.1: an absent scope is the requested one.
  const stated = scope?.split(/\s+/).filter(Boolean)
  return { token, scopes: stated ?? asked, stated: stated?.length === 0 ? undefined : stated, expiresAt }
}

/** `expires_in` (seconds) as a time; undefined for anything but a plausible lifetime (up to some thirty years). */
function expiryOf(expiresIn: unknown, now: number): number | undefined {
  const seconds = Number(expiresIn)
  return seconds > 0 && seconds < 1e9 ? now + seconds * 1000 : undefined
}
