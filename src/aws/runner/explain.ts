/** What to tell a user whose runner has no AWS identity. */
import { ActionError, type Explanation } from '../../errors/action-error.ts'
import { code, prose } from '../../text/message.ts'

/** `aws-identity-unavailable`. */
export function unavailable(rest: Omit<Explanation, 'failed'>): ActionError {
  return new ActionError('aws-identity-unavailable', {
    failed: prose`This runner has no AWS identity that ${code('aws-identity: runner')} could use.`,
    ...rest,
  })
}
