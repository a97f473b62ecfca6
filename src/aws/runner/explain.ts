/** What to tell a user whose runner has no AWS identity. */
import { ActionError, type Explanation } from '../../errors/action-error.ts'
import { code, prose } from '../../text/message.ts'
import { endpointVariables } from '../explain-settings.ts'
import { type ServiceError, said } from '../service-error.ts'

/** `aws-identity-unavailable`. */
export function unavailable(rest: Omit<Explanation, 'failed'>): ActionError {
  return new ActionError('aws-identity-unavailable', {
    failed: prose`This runner has no AWS identity that ${code('aws-identity: runner')} could use.`,
    ...rest,
  })
}

/** For credentials that STS does not know. */
export function notAccepted(error: ServiceError): ActionError {
  return unavailable({
    seen: said(error),
    expected: 'credentials that STS accepts',
    cause:
      'AWS’s own message is above: the credentials that this runner was given have expired, or they belong to a different partition than the region.',
    fix: prose`Restart the task, the pod or the agent, so that it gets new credentials, and check ${code('aws-region')}. If ${endpointVariables('STS')} is set, check where it points.`,
  })
}
