/** The event as one line of JSON for the log, for those who collect logs. */
import { verbatim } from '../text/printable.ts'
import type { AuditEvent } from './audit-event.ts'
import { auditedClaims } from './audited-claims.ts'

/**
 * One line of JSON. Every text in it is cut, made printable and free of this run's secrets, wherever it came from; what is
 * not known is left out.
 */
export function auditLine(event: AuditEvent): string {
  const { startedAt, job, identity, token, hosts, steps, details } = event
  const fields = {
    event: event.event,
    schemaVersion: event.schemaVersion,
    time: iso(startedAt),
    durationMs: event.durationMs,
    result: event.result,
    org: event.org,
    subject: identity?.subject,
    repository: job?.repository,
    runId: job?.runId,
    runAttempt: job?.runAttempt,
    workflow: job?.workflow,
    actor: job?.actor,
    role: event.role,
    roleSession: event.roleSession,
    ...details,
    hubIdentity: token?.hubIdentity,
    tokenKind: token?.kind,
    rights: token?.rights,
    evidence: token?.evidence,
    confirmedBy: token?.confirmedBy,
    expiresAt: token?.expiresAt === undefined ? undefined : iso(token.expiresAt),
    tokenSha256: token?.sha256,
    claims: identity?.claims === undefined ? undefined : auditedClaims(identity.claims),
    hosts: hosts?.contacted,
    customHosts: hosts?.custom,
    proxy: hosts?.proxy,
    steps: steps.map(({ step, ms, outcome }) => (outcome === 'done' ? { step, ms } : { step, ms, outcome })),
  }
  return JSON.stringify(safe(fields, MAX_DEPTH))
}

/** The longest text, in characters; the longest list; the deepest nesting. What is beyond them is cut. */
const MAX_TEXT = 400
const MAX_ITEMS = 100
const MAX_DEPTH = 6

/** The same data with nothing but harmless text, numbers and booleans in it; without what is empty. */
function safe(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return value === '' ? undefined : verbatim(value, MAX_TEXT)
  if (typeof value === 'boolean') return value
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
  if (typeof value !== 'object' || value === null || depth === 0) return undefined
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map((item) => safe(item, depth - 1) ?? null)
    return value.length > MAX_ITEMS ? [...items, `… (${value.length} in all)`] : items
  }
  const fields = Object.entries(value).slice(0, MAX_ITEMS)
  const kept = fields.map(([name, field]) => [verbatim(name, MAX_TEXT), safe(field, depth - 1)] as const)
  const known = kept.filter(([, field]) => field !== undefined && !isEmpty(field))
  return Object.fromEntries(known)
}

function isEmpty(field: unknown): boolean {
  return typeof field === 'object' && field !== null && Object.keys(field).length === 0
}

function iso(time: number): string | undefined {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}
