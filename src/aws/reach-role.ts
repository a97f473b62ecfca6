/** Identity → AWS session of the role that makes the calls, whatever way leads there. */
import type { Identity } from '../identity/identity.ts'
import { openSession, type SessionContext } from './assume-role.ts'
import type { AwsCaller } from './caller.ts'
import type { SessionRequest } from './request.ts'

/**
 * The session, limited by the session policy `document` if there is one.
 *
 * @throws what `openSession` throws; `ActionError` `aws-identity-unavailable`.
 */
export async function reachRole(
  identity: Identity,
  request: SessionRequest,
  document: string | undefined,
  context: SessionContext,
): Promise<AwsCaller> {
  const { way } = request
  if (!way) return await openSession(identity, request, document, context)
  const { openByWay } = await import('./way.ts')
  return await openByWay({ identity, request, way, document }, context)
}
