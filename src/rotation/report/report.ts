/** What a rotation did, as JSON for later steps and as one audit event. Neither contains a secret. */
import type { AuditedFacts, AuditedToken } from '../../audit/audit-event.ts'
import { auditedWay } from '../../audit/audited-way.ts'
import { auditedHosts } from '../../audit/foreign-hosts.ts'
import type { ActionError } from '../../errors/action-error.ts'
import type { Identity } from '../../identity/identity.ts'
import type { Job } from '../../identity/job.ts'
import type { Contacted } from '../../net/http.ts'
import { verbatim } from '../../text/printable.ts'
import type { ServiceOutcome } from '../deploy.ts'
import type { Outcome } from '../outcome.ts'
import type { RotationRequest } from '../request.ts'
import type { Rotation } from '../run.ts'

/** What is known about a run at its end, however it ended. */
export interface RotationProgress {
  job?: Job
  request?: RotationRequest
  identity?: Identity
  rotation?: Rotation
  /** Where calls went so far. */
  contacted?: () => Contacted
}

/** The output `report`: an object with `mode`, `dryRun`, `secrets` and `services`; ages in seconds, times in ISO 8601. */
export function rotationReport({ mode, dryRun }: RotationRequest, rotation: Rotation, now: number): string {
  return JSON.stringify({
    mode: mode.kind,
    dryRun,
    secrets: rotation.secrets.map((outcome) => secretReport(outcome, now)),
    services: rotation.services.map(serviceReport),
  })
}

function secretReport(outcome: Outcome, now: number): object {
  const { secret, arn, scope, action, note, versionId, previousVersionId, createdAt, dueAt, previousEndsAt } = outcome
  return {
    secret: verbatim(secret),
    arn: arn ?? null,
    scope,
    action,
    note,
    versionId: versionId ?? null,
    previousVersionId: previousVersionId ?? null,
    createdAt: iso(createdAt),
    ageSeconds: createdAt === undefined ? null : Math.max(0, Math.floor((now - createdAt) / 1000)),
    dueAt: iso(dueAt),
    previousEndsAt: iso(previousEndsAt),
    revoked: outcome.revoked,
    before: outcome.before ?? null,
    after: outcome.after ?? null,
    errors: outcome.errors.map(brief),
  }
}

function serviceReport({ service, action, deploymentId, error }: ServiceOutcome): object {
  return { service, action, deploymentId: deploymentId ?? null, errors: error ? [brief(error)] : [] }
}

function brief({ code, summary }: ActionError): object {
  return { code, message: summary }
}

/** ISO 8601, or null. */
function iso(at: number | undefined): string | null {
  return at === undefined ? null : new Date(at).toISOString()
}

/** What a run knows for its audit event. */
export function rotationFacts({ job, request, identity, rotation, contacted }: RotationProgress): AuditedFacts {
  return {
    org: request?.org,
    job,
    identity,
    role: request?.role.arn,
    roleSession: rotation?.caller,
    hosts: contacted && auditedHosts(contacted(), job?.serverUrl ?? ''),
    details: {
      mode: request?.mode.kind,
      dryRun: request?.dryRun,
      ...auditedWay(request?.way),
      secrets: rotation?.secrets.map(auditedSecret),
      services: rotation?.services.map(({ service, action, error }) => ({ service, action, error: error?.code })),
    },
  }
}

/** One secret in an audit event. `unfinished`: the run ended in the middle of it. */
function auditedSecret(outcome: Outcome): object {
  const { secret, arn, action, versionId, previousVersionId, revoked, token, errors } = outcome
  return {
    secret: arn ?? secret,
    action: action === 'failed' && errors.length === 0 ? 'unfinished' : action,
    versionId,
    previousVersionId,
    revoked,
    ...tokenFields(token),
    errors: errors.map(({ code }) => code),
  }
}

/** The token's fields by the names that they have in an event of main. */
export function tokenFields(token: AuditedToken | undefined): object {
  const { sha256, rights, evidence, confirmedBy, hubIdentity, kind, expiresAt } = token ?? {}
  return {
    hubIdentity,
    tokenKind: kind,
    rights,
    evidence,
    confirmedBy,
    expiresAt: iso(expiresAt) ?? undefined,
    tokenSha256: sha256,
  }
}
