/** The audit event: one line of JSON a run, for whoever collects logs. No secret, no text that is not quoted. */
import type { ErrorCode } from '../errors/action-error.ts'
import { verbatim } from '../text/printable.ts'
import type { Progress } from './progress.ts'

/** `delivered`, or the code of the failure. */
export function auditEvent(
  result: 'delivered' | ErrorCode,
  { job, request, identity, origin, token }: Progress,
): string {
  return JSON.stringify({
    event: 'hf-oidc-action',
    result,
    org: text(request?.org),
    scope: request?.scope,
    source: request?.source.kind,
    subject: text(identity?.subject),
    repository: text(job?.repository),
    runId: text(job?.runId),
    runAttempt: text(job?.runAttempt),
    workflow: text(job?.workflow),
    actor: text(job?.actor),
    role: text(request?.aws?.role.arn),
    roleSession: text(origin?.aws?.assumedRoleArn),
    secretArn: text(origin?.aws?.secretArn),
    secretVersionId: text(origin?.aws?.secretVersionId),
    hubIdentity: token?.identity || undefined,
    tokenKind: token?.kind || undefined,
    confirmedBy: token?.confirmedBy,
    expiresAt: token?.expiresAt === undefined ? undefined : new Date(token.expiresAt).toISOString(),
  })
}

function text(value: string | undefined): string | undefined {
  return value ? verbatim(value, 400) : undefined
}
