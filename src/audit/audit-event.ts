/**
 * The audit event: what a program did, for whom, with which rights; one for every outcome. Plain data without a secret:
 * whatever becomes of it (a line in the log today) reads this type.
 */
import type { ErrorCode } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import type { Job } from '../identity/job.ts'
import type { StepTime } from '../text/steps.ts'

/** Rises when a field changes its meaning or goes away; a new field does not raise it. */
export const AUDIT_SCHEMA_VERSION = 1

/** The programs that send events. */
export const AUDITED_PROGRAMS = [
  'hf-oidc-action',
  'hf-oidc-action/post',
  'hf-oidc-action/rotate',
  'hf-oidc-action/function',
] as const
export type AuditedProgram = (typeof AUDITED_PROGRAMS)[number]

/**
 * How it ended: with a token (`delivered`), with its work done (`done`), with something still there that should be gone
 * (`left-behind`), by a signal (`cancelled`), or with the code of the failure.
 */
export type AuditResult = 'delivered' | 'done' | 'left-behind' | 'cancelled' | ErrorCode

/** Who obtained or lost which token. */
export interface AuditedToken {
  /** SHA-256 of the token, in hexadecimal: a leaked token leads to its event, and the event to no token. */
  sha256?: string | undefined
  /** What the Hub or the issuer says that the token may do, in words. */
  rights?: readonly string[] | undefined
  /** What the source knows of the token: `stored`, `minted`, `resource`, `oauth`. */
  evidence?: string | undefined
  /** Which answer confirmed it. */
  confirmedBy?: string | undefined
  hubIdentity?: string | undefined
  kind?: string | undefined
  /** Milliseconds since the epoch. */
  expiresAt?: number | undefined
}

/** Where the program's calls went. */
export interface AuditedHosts {
  /** Hosts (with the port, if it is not the scheme's own) that were contacted. */
  contacted: readonly string[]
  /** Those of them that are not the services' own. */
  custom: readonly string[]
  /** The proxy, without user and password. */
  proxy?: string | undefined
}

/** What is known of a run at its end, however it ended; anything may be missing. */
export interface AuditedFacts {
  org?: string | undefined
  job?: Pick<Job, 'repository' | 'runId' | 'runAttempt' | 'workflow' | 'actor'> | undefined
  identity?: Pick<Identity, 'subject' | 'claims'> | undefined
  /** ARNs of the requested role and of the session that AWS returned. */
  role?: string | undefined
  roleSession?: string | undefined
  token?: AuditedToken | undefined
  hosts?: AuditedHosts | undefined
  /** What only this program has. */
  details?: Readonly<Record<string, unknown>> | undefined
}

export interface AuditEvent extends AuditedFacts {
  event: AuditedProgram
  schemaVersion: typeof AUDIT_SCHEMA_VERSION
  /** When the program started, in milliseconds since the epoch. */
  startedAt: number
  durationMs: number
  result: AuditResult
  steps: readonly StepTime[]
}

/** Receives every event. */
export type AuditSink = (event: AuditEvent) => void
