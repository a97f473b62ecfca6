/** What the AWS SDK throws, sorted: an answer of AWS, an answer nobody can read, or no answer at all. */
import { ActionError } from '../errors/action-error.ts'
import { NetworkError } from '../net/http.ts'
import { isTransient } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { printable, quoted } from '../text/printable.ts'

/** An error that AWS answered. */
export interface ServiceError {
  /** AWS's own code, e.g. `AccessDenied`; `unreadable answer` when it was not AWS's format (a proxy's page, say). */
  name: string
  message: string
  status: number
  requestId: string | undefined
  /** What it asks to wait, in milliseconds. */
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
  const requestId = $metadata?.requestId
  const afterMs = retryAfterMs($response?.headers ?? {}, Date.now())
  if ($fault !== undefined) return { name, message, status, requestId, afterMs }
  // The parser's message quotes the answer, which may hold a secret.
  if ($response !== undefined) return { name: 'unreadable answer', message: '', status, requestId, afterMs }
  // Nothing was sent: the SDK could not work with what it was given.
  return { name: `${name} before anything was sent`, message, status, requestId, afterMs }
}

/** True when the answer speaks of load or of a passing failure. */
export function isPassing({ name, status }: ServiceError): boolean {
  return isTransient(status) || /Throttl|TooManyRequests|RequestLimitExceeded/.test(name)
}

/** One line for a message: what AWS said. */
export function said({ name, message, status, requestId }: ServiceError): string {
  const text = message ? `: ${quoted(message, 400)}` : ''
  return `${printable(name, 60)} (HTTP ${status || '?'})${text}${requestId ? `, request ${printable(requestId, 60)}` : ''}`
}
