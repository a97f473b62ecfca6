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
import { fitting, ordered } from './order.ts'

/** What is known about a run at its end, however it ended. */
export interface RotationProgress {
  job?: Job
  request?: RotationRequest
  identity?: Identity
  rotation?: Rotation
  /** Where calls went so far. */
  contacted?: () => Contacted
}

/**
 * The longest report, in bytes. Later steps get it as an environment variable, which may have 128 KiB on Linux; GitHub takes
 * outputs of 1 MB, counted in UTF-16.
 */
export const MAX_REPORT = 120_000

/**
 * The output `report`: an object with `mode`, `dryRun`, `secrets` and `services`; ages in seconds, times in ISO 8601. One
 * that would be too long is `shortened`: unchanged secrets are shown in short, then changed ones too; if that does not help,
 * they are only counted, as `omitted`. Failures are the last to go.
 */
export function rotationReport({ mode, dryRun }: RotationRequest, rotation: Rotation, now: number): string {
  const services = rotation.services.map(serviceReport)
  const reportOf = (secrets: readonly object[], more: object) =>
    JSON.stringify({ mode: mode.kind, dryRun, ...more, secrets, services })
  const fits = (report: string) => Buffer.byteLength(report) <= MAX_REPORT
  const full = reportOf(
    rotation.secrets.map((outcome) => secretReport(outcome, now)),
    {},
  )
  if (fits(full)) return full
  const { failed, changed, unchanged } = ordered(rotation.secrets)
  const inFull = [...failed, ...changed].map((outcome) => secretReport(outcome, now))
  const inShort = [...changed, ...unchanged].map(shortReport)
  const failures = inFull.slice(0, failed.length)
  for (const secrets of [[...inFull, ...unchanged.map(shortReport)], [...failures, ...inShort], inFull, failures]) {
    const omitted = rotation.secrets.length - secrets.length
    const report = reportOf(secrets, { shortened: true, ...(omitted > 0 ? { omitted } : {}) })
    if (fits(report)) return report
  }
  const { shown, left } = fitting(
    failures.map((one) => JSON.stringify(one)),
    MAX_REPORT / 2,
  )
  const omitted = left + rotation.secrets.length - failures.length
  return reportOf(
    shown.map((one) => JSON.parse(one) as object),
    { shortened: true, omitted },
  )
}

function shortReport({ secret: name, action, createdAt, dueAt }: Outcome): object {
  return { secret: verbatim(name), action, createdAt: iso(createdAt), dueAt: iso(dueAt) }
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
