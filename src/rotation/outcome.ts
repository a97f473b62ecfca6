/** What a run did with one secret: for the table, the report and the outputs. Nothing here is secret. */
import type { AuditedToken } from '../audit/audit-event.ts'
import { ActionError } from '../errors/action-error.ts'
import { toActionError } from '../errors/unforeseen.ts'
import { prefixed } from '../text/message.ts'

export type Action =
  /** A new token was minted, confirmed and made current. */
  | 'rotated'
  /** A version that was already pending was confirmed and made current. */
  | 'promoted'
  /** Not old enough. */
  | 'not-due'
  /** Old enough for a warning (`mode: promote`). */
  | 'due-soon'
  /** Due, but the secret was written to less than ten minutes ago. */
  | 'held-back'
  /** Another run, or a person, made a different version current in the meantime. */
  | 'overtaken'
  /** `dry-run`. */
  | 'would-rotate'
  | 'would-promote'
  | 'failed'

/** Times in milliseconds since the epoch. */
export interface Outcome {
  secret: string
  scope: string
  action: Action
  arn: string | undefined
  /** Why, in a few words. */
  note: string
  /** The current version at the end. */
  versionId: string | undefined
  /** The version that it replaced in this run. */
  previousVersionId: string | undefined
  /** When the current token was created. */
  createdAt: number | undefined
  dueAt: number | undefined
  /** When the last previous token that still works loses its grace. */
  previousEndsAt: number | undefined
  /** How many previous tokens and leftovers were revoked. */
  revoked: number
  /** The current token and the one that takes its place, each in one line, as far as the Hub was asked about them. */
  before: string | undefined
  after: string | undefined
  /** For the audit event: the token that was minted or confirmed last to take the current one's place. */
  token: AuditedToken | undefined
  /**
   * True when the current token must not be replaced, when nobody knows whether it may be, or when the secret is not this
   * turn's: then nothing of this secret is written or revoked.
   */
  isBlocked: boolean
  /** What failed; the first decides the code. */
  errors: ActionError[]
}

/** True when this run made another version current. */
export function hasMoved({ action }: Pick<Outcome, 'action'>): boolean {
  return action === 'rotated' || action === 'promoted'
}

/** True when it did, or would have without `dry-run`. */
export function moves({ action }: Pick<Outcome, 'action'>): boolean {
  return hasMoved({ action }) || action === 'would-rotate' || action === 'would-promote'
}

/**
 * Does `work` for the secret of this outcome. A failure is added to the outcome's errors, with the secret's name in its
 * first sentence, and the run goes on.
 */
export async function guarded({ secret, errors }: Pick<Outcome, 'secret' | 'errors'>, work: () => Promise<void>) {
  try {
    await work()
  } catch (error) {
    const { code, explanation, summary, cause } = toActionError(error)
    const failed = summary.includes(secret) ? explanation.failed : prefixed(`${secret}: `, explanation.failed)
    errors.push(new ActionError(code, { ...explanation, failed }, cause))
  }
}

/** The outcome of a secret with which nothing was done yet. */
export function noOutcome(secret: string, scope: string): Outcome {
  return {
    secret,
    scope,
    action: 'failed',
    arn: undefined,
    note: '',
    versionId: undefined,
    previousVersionId: undefined,
    createdAt: undefined,
    dueAt: undefined,
    previousEndsAt: undefined,
    revoked: 0,
    before: undefined,
    after: undefined,
    token: undefined,
    isBlocked: false,
    errors: [],
  }
}
