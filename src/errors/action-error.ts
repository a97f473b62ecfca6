/** The one error type that users see: a stable code and a message that says what to do. */

/** Every code, in the order of the pipeline. They are API: they change in a major version only. */
export const ERROR_CODES = [
  'input-invalid',
  'oidc-permission-missing',
  'oidc-unavailable-for-fork',
  'oidc-request-failed',
  'id-token-invalid',
  'audience-mismatch',
  'claim-rejected',
  'role-trust-rejected',
  'oidc-provider-missing',
  'audience-not-registered',
  'sts-failed',
  'secret-not-found',
  'secret-access-denied',
  'secret-kms-denied',
  'secret-malformed',
  'secret-failed',
  'token-malformed',
  'token-rejected',
  'token-expired',
  'token-expiring',
  'token-wrong-org',
  'token-over-scoped',
  'token-under-scoped',
  'token-pending-approval',
  'token-revoked-by-org',
  'org-restricted',
  'exchange-rejected',
  'hub-rate-limited',
  'hub-failed',
  'network-unreachable',
  'deadline-exceeded',
  'delivery-failed',
  'rotation-blocked',
  'rotation-overdue',
  'deployment-failed',
  'internal-error',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** The parts of a message, each a sentence or a few lines. All text from outside must already be {@link printable}. */
export interface Explanation {
  /** What failed. */
  failed: string
  /** What was seen, and what was expected instead. */
  seen?: string
  expected?: string
  /** The most likely cause. */
  cause?: string
  /** What to do, concretely: the policy, the permission block, the link or command to paste. */
  fix: string
}

/** A failure with a stable {@link ErrorCode}; its `message` is the whole text that the user reads. */
export class ActionError extends Error {
  override readonly name = 'ActionError'
  readonly code: ErrorCode
  readonly explanation: Explanation

  constructor(code: ErrorCode, explanation: Explanation) {
    super(render(code, explanation))
    this.code = code
    this.explanation = explanation
  }
}

function render(code: ErrorCode, { failed, seen, expected, cause, fix }: Explanation): string {
  const lines = [`[${code}] ${failed}`]
  if (seen !== undefined) lines.push(part('Seen', seen))
  if (expected !== undefined) lines.push(part('Expected', expected))
  if (cause !== undefined) lines.push(part('Likely cause', cause))
  lines.push(part('What to do', fix))
  return lines.join('\n')
}

function part(title: string, text: string): string {
  return text.includes('\n') ? `${title}:\n${indent(text)}` : `${title}: ${text}`
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}
