/** How the role was reached, for the audit event, where that took more than the job's ID token and one role. */
import type { Way } from '../aws/request.ts'

/** `awsIdentity`: the runner's own, by its kind. `roleChain`: the ARNs of all roles, in order. Nothing without a way. */
export function auditedWay(way: Way | undefined): { awsIdentity?: string; roleChain?: readonly string[] } {
  if (!way) return {}
  const { runner, hops } = way
  return { ...(runner ? { awsIdentity: runner.kind } : {}), roleChain: hops.map(({ arn }) => arn) }
}
