/** The audit event: one line of JSON for every outcome, for those who collect logs. Holds no secret. */
import type { Identity } from '../identity/identity.ts'
import type { Job } from '../identity/job.ts'
import { verbatim } from '../text/printable.ts'

/** What every program's event has; `undefined` where it is not known. */
export interface AuditEvent {
  /** The program: `hf-oidc-action`, `hf-oidc-action/rotate`. */
  event: string
  /** `delivered`, `done`, or the code of the failure. */
  result: string
  org: string | undefined
  job: Job | undefined
  identity: Identity | undefined
  /** ARNs of the requested role and of the session that STS returned. */
  role: string | undefined
  roleSession: string | undefined
  /** What only this program has. Strings in it must be the action's own or {@link auditText}. */
  details: Readonly<Record<string, unknown>>
}

/** The event as one line of JSON. */
export function auditLine({ event, result, org, job, identity, role, roleSession, details }: AuditEvent): string {
  return JSON.stringify({
    event,
    result,
    org: auditText(org),
    subject: auditText(identity?.subject),
    repository: auditText(job?.repository),
    runId: auditText(job?.runId),
    runAttempt: auditText(job?.runAttempt),
    workflow: auditText(job?.workflow),
    actor: auditText(job?.actor),
    role: auditText(role),
    roleSession: auditText(roleSession),
    ...details,
  })
}

/** Text from outside, cut and made printable; undefined when there is none. */
export function auditText(value: string | undefined): string | undefined {
  return value ? verbatim(value, 400) : undefined
}
