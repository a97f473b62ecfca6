/** STS's refusal of a session policy that it cannot pack: a shorter one may fit. */
import { ActionError } from '../errors/action-error.ts'
import type { ServiceError } from './service-error.ts'

/**
 * The failure, for a caller that can do with less in one session. STS packs the policy and the session tags together, so
 * that a policy of fewer characters than the limit may be too large too.
 */
export class PolicyTooLarge extends ActionError {
  constructor({ code, explanation, cause }: ActionError) {
    super(code, explanation, cause)
  }
}

/** Source: STS API reference, AssumeRole, "Errors". */
export function saysPolicyTooLarge({ name }: ServiceError): boolean {
  return /^PackedPolicyTooLarge/.test(name)
}
