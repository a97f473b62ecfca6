/** What the AWS SDK throws, sorted: a refusal of AWS, an answer that nobody can read, or no answer at all. */
import { ActionError } from '../errors/action-error.ts'
import { NetworkError } from '../net/http.ts'
import { isTransient } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { printable, quoted } from '../text/printable.ts'

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
}

/** Rethrows network failures and our own errors; anything else came from an answer or from the SDK, and is returned. */
export function serviceError(error: unknown): ServiceError {
  if (error instanceof NetworkError || error instanceof ActionError || !(error instanceof Error)) throw error
  const { $fault, $metadata, $response, name, message } = error as Error & {
    $fault?: string
    $metadata?: { httpStatusCode?: number; requestId?: string }
    $response?: { statusCode?: number; headers?: Record<string, string> }
  }
  const status = $metadata?.httpStatusCode ?? $response?.statusCode ?? 0
  const rest = { status, requestId: $metadata?.requestId, afterMs: retryAfterMs($response?.headers ?? {}, Date.now()) }
  if ($fault !== undefined) return { kind: 'refusal', name, message, ...rest }
  // The parser's message quotes the answer, which may hold a secret.
  if ($response !== undefined) return { kind: 'unreadable', name: 'unreadable answer', message: '', ...rest }
  return { kind: 'unsent', name, message, ...rest }
}

/**
 * Refusals that another attempt can cure, whatever their status: load, a failure inside the service, and an issuer that
 * STS could not reach just now. Sources: the API references of STS, Secrets Manager and ECS, "Common Errors"; what users
 * of OIDC federation report.
 */
const TRANSIENT_NAME =
  /Throttl|TooManyRequests|RequestLimitExceeded|^InternalServiceError$|^ServerException$|^IDPCommunicationError/
const TRANSIENT_TEXT = /couldn.t retrieve verification key/i

/** True when another attempt can cure it. */
export function isTransientRefusal({ name, message, status }: ServiceError): boolean {
  return isTransient(status) || TRANSIENT_NAME.test(name) || TRANSIENT_TEXT.test(message)
}

/** AWS names the policy that denies at the end, after two ARNs: the longest such message is quoted whole. */
const LONGEST_QUOTE = 800

/** One line for a message: what AWS said, or the SDK. */
export function said({ kind, name, message, status, requestId }: ServiceError): string {
  const where = kind === 'unsent' ? ', before anything was sent' : ` (HTTP ${status || '?'})`
  const text = message ? `: ${quoted(message, LONGEST_QUOTE)}` : ''
  return `${printable(name, 60)}${where}${text}${requestId ? `, request ${printable(requestId, 60)}` : ''}`
}
