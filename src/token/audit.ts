/** What the main action knows for its audit event. */
import type { AuditedFacts } from '../audit/audit-event.ts'
import { auditedWay } from '../audit/audited-way.ts'
import { auditedHosts } from '../audit/foreign-hosts.ts'
import type { Progress } from './progress.ts'

/** Everything that is known so far. */
export function tokenFacts(progress: Progress): AuditedFacts {
  const { job, request, identity, origin, token, tokenSha256, evidence, swept, sweptFolders, contacted } = progress
  return {
    org: request?.org,
    job,
    identity,
    role: request?.aws?.role.arn,
    roleSession: origin?.aws?.assumedRoleArn,
    token: {
      sha256: tokenSha256,
      rights: token?.rights,
      evidence: evidence?.kind,
      confirmedBy: token?.confirmedBy,
      hubIdentity: token?.identity,
      kind: token?.kind,
      expiresAt: token?.expiresAt,
    },
    hosts: contacted && auditedHosts(contacted(), job?.serverUrl ?? ''),
    details: {
      scope: request?.scope,
      source: request?.source.kind,
      ...auditedWay(request?.aws?.way),
      secretArn: origin?.aws?.secretArn,
      secretVersionId: origin?.aws?.secretVersionId,
      sweptTokens: swept,
      removedFiles: sweptFolders?.removed,
      leftFiles: sweptFolders?.left,
    },
  }
}
