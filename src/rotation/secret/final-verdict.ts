/** Which failures say that a token is of no use, whoever looks at it again. */
import { ActionError, type ErrorCode } from '../../errors/action-error.ts'

/** Failures that are about a token, or about the value that should hold one. */
type TokenCode = Extract<ErrorCode, `token-${string}`> | 'secret-malformed'

/** Whether the same token gets the same verdict when it is looked at again. */
const IS_FINAL: Readonly<Record<TokenCode, boolean>> = {
  'secret-malformed': true,
  'token-malformed': true,
  'token-rejected': true,
  'token-expired': true,
  'token-expiring': true,
  'token-wrong-org': true,
  'token-over-scoped': true,
  'token-under-scoped': true,
  // An admin of the organization may still approve it.
  'token-pending-approval': false,
  'token-revoked-by-org': true,
}

/** True for a failure after which the token in question need not be looked at again. */
export function isFinal({ code }: ActionError): boolean {
  return isTokenCode(code) && IS_FINAL[code]
}

/** True when the Hub no longer accepts the token at all. */
export function isDead(error: unknown): error is ActionError {
  return error instanceof ActionError && (error.code === 'token-rejected' || error.code === 'token-expired')
}

function isTokenCode(code: ErrorCode): code is TokenCode {
  return Object.hasOwn(IS_FINAL, code)
}
