/** The audit event of the main action. */
import { auditLine, auditText } from '../audit/audit-event.ts'
import type { ErrorCode } from '../errors/action-error.ts'
import type { Progress } from './progress.ts'

/** `result`: `delivered`, or the code of the failure. One line of JSON. */
export function tokenAudit(
  result: 'delivered' | ErrorCode,
  { job, request, identity, origin, token }: Progress,
): string {
  return auditLine({
    event: 'hf-oidc-action',
    result,
    org: request?.org,
    job,
    identity,
    role: request?.aws?.role.arn,
    roleSession: origin?.aws?.assumedRoleArn,
    details: {
      scope: request?.scope,
      source: request?.source.kind,
      secretArn: auditText(origin?.aws?.secretArn),
      secretVersionId: auditText(origin?.aws?.secretVersionId),
      hubIdentity: token?.identity || undefined,
      tokenKind: token?.kind || undefined,
      confirmedBy: token?.confirmedBy,
      expiresAt: token?.expiresAt === undefined ? undefined : new Date(token.expiresAt).toISOString(),
    },
  })
}
