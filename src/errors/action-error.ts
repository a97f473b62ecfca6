/** The one error type that users see: a stable code and a message that says what to do. */

import { plain, type Wording } from '../text/message.ts'
import { WHO } from './who.ts'

/** Every code, in the order of the pipeline. They are API: they change in a major version only. */
export const ERROR_CODES = [
  'input-invalid',
  'oidc-permission-missing',
  'oidc-unavailable-for-fork',
  'oidc-request-failed',
  'id-token-invalid',
  'audience-mismatch',
  'claim-rejected',
  'aws-identity-unavailable',
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
  'inventory-finding',
  'inventory-incomplete',
  'deployment-failed',
  'internal-error',
] as const

export type ErrorCode = (typeof ERROR_CODES)[number]

/** Every code has an entry: a message without one would leave its reader alone. */
const WHO_BY_CODE: Readonly<Record<ErrorCode, Wording>> = WHO

/** What an error tells its reader. All text from outside must already be {@link printable}. */
export interface Explanation {
  /** What failed: one sentence. */
  failed: Wording
  /** What was observed, and what was expected instead. */
  seen?: Wording
  expected?: Wording
  /** The verified claims of the job, where they decide. A summary shows them once, folded: `claimsHtml`. */
  claims?: readonly (readonly [name: string, value: string])[]
  /** The most likely cause. */
  cause?: Wording
  /** What to do: the policy, the permission block, the link or command to paste. */
  fix: Wording
  /** Who can do it, where more is known than the code says (`who.ts`). */
  forward?: Wording
}

/** A failure with a stable {@link ErrorCode}; its `message` is the whole text that the user reads. */
export class ActionError extends Error {
  override readonly name = 'ActionError'
  readonly code: ErrorCode
  readonly explanation: Explanation

  /** `cause`: what was caught, for the debug log only. */
  constructor(code: ErrorCode, given: Explanation, cause?: unknown) {
    const explanation = { ...given, forward: given.forward ?? WHO_BY_CODE[code] }
    super(render(code, explanation), cause === undefined ? undefined : { cause })
    this.code = code
    this.explanation = explanation
  }

  /** What failed, as one line of plain text. */
  get summary(): string {
    return plain(this.explanation.failed)
  }
}

/** The parts of an explanation after what failed, each under its title, in the order in which they are read. */
export function sections({ seen, expected, cause, fix, forward }: Explanation): [title: string, wording: Wording][] {
  const all: [string, Wording | undefined][] = [
    ['Seen', seen],
    ['Expected', expected],
    ['Likely cause', cause],
    ['What to do', fix],
    ['Who can do it', forward],
  ]
  return all.flatMap(([title, wording]) => (wording === undefined ? [] : [[title, wording] as [string, Wording]]))
}

function render(code: ErrorCode, explanation: Explanation): string {
  const rest = sections(explanation).map(([title, wording]) => section(title, plain(wording)))
  if (explanation.claims !== undefined) {
    const lines = explanation.claims.map(([name, value]) => `${name} = "${value}"`)
    rest.splice(explanation.seen === undefined ? 0 : 1, 0, section('Claims of this job', `\n${lines.join('\n')}`))
  }
  return [`[${code}] ${plain(explanation.failed)}`, ...rest].join('\n')
}

function section(title: string, text: string): string {
  return text.includes('\n') ? `${title}:\n${indent(text.replace(/^\n/, ''))}` : `${title}: ${text}`
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ')
}
