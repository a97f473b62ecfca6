/** What the AWS SDK throws, sorted: a refusal of AWS, an answer that nobody can read, or no answer at all. */
import { ActionError } from '../errors/action-error.ts'
import { type Cure, cureOf, type Fault } from '../net/cures.ts'
import type { Received } from '../net/explain-answer.ts'
import { NetworkError } from '../net/http.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { printable, quoted } from '../text/printable.ts'
import { PageReceived } from './request-handler.ts'

/** Why a call gave no result. */
export interface ServiceError {
  /**
   * `refusal`: AWS answered with an error. `unreadable`: the answer was not in AWS's format (a proxy's page, say).
   * `unsent`: the SDK could not work with what it was given.
   */
  kind: 'refusal' | 'unreadable' | 'unsent'
  /** AWS's own code, such as `AccessDenied`; the SDK's name for the error when nothing was sent. */
  name: string
  message: string
  /** 0 when there was no answer. */
  status: number
  requestId: string | undefined
  /** How long AWS asks to wait, in milliseconds. */
  afterMs: number | undefined
  /** The answer that could not be read. */
  received?: Received | undefined
}

/** Rethrows network failures and our own errors; anything else came from an answer or from the SDK, and is returned. */
export function serviceError(error: unknown): ServiceError {
  if (error instanceof NetworkError || error instanceof ActionError || !(error instanceof Error)) throw error
  if (error instanceof PageReceived) return unreadable(error.received)
  const { $fault, $metadata, $response, name, message } = error as Error & {
    $fault?: string
    $metadata?: { httpStatusCode?: number; requestId?: string }
    $response?: { statusCode?: number; headers?: Record<string, string>; received?: Received }
  }
  const status = $metadata?.httpStatusCode ?? $response?.statusCode ?? 0
  const rest = { status, requestId: $metadata?.requestId, afterMs: retryAfterMs($response?.headers ?? {}, Date.now()) }
  if ($fault !== undefined) return { kind: 'refusal', name, message, ...rest }
  // The parser's message quotes the answer, which may hold a secret.
  if ($response?.received !== undefined) return { ...unreadable($response.received), ...rest }
  if ($response !== undefined) return { kind: 'unreadable', name: 'unreadable answer', message: '', ...rest }
  return { kind: 'unsent', name, message, ...rest }
}

function unreadable(received: Received): ServiceError {
  const { status, headers } = received.answer
  return {
    kind: 'unreadable',
    name: 'unreadable answer',
    message: '',
    status,
    requestId: undefined,
    afterMs: retryAfterMs(headers, Date.now()),
    received,
  }
}

/** What is known of a call beyond its answer. */
export interface CallFacts {
  service: 'STS' | 'SECRETS_MANAGER' | 'ECS'
  /** Repeating it does no harm, even if it was carried out. */
  isRepeatable?: boolean
  moment?: Fault['moment']
}

/** What can cure a refusal. */
export function cureOfRefusal({ kind, name, message, status }: ServiceError, facts: CallFacts): Cure {
  const { service, isRepeatable = false, moment } = facts
  const isUnusable = kind === 'unreadable' && isRepeatable && status >= 200 && status <= 299
  return cureOf({ from: service === 'STS' ? 'STS' : 'AWS', status, name, text: message, isUnusable, moment })
}

/** True when further attempts can cure it, so that "load" or "incident" is a fair word for it. */
export function isTransientRefusal(refusal: ServiceError): boolean {
  return cureOfRefusal(refusal, { service: 'STS' }) === 'retry'
}

/** AWS names the policy that denies at the end, after two ARNs: the longest such message is quoted whole. */
const LONGEST_QUOTE = 800

/** One line for a message: what AWS said, or the SDK. */
export function said({ kind, name, message, status, requestId }: ServiceError): string {
  const where = kind === 'unsent' ? ', before anything was sent' : ` (HTTP ${status || '?'})`
  const text = message ? `: ${quoted(message, LONGEST_QUOTE)}` : ''
  return `${printable(name, 60)}${where}${text}${requestId ? `, request ${printable(requestId, 60)}` : ''}`
}
