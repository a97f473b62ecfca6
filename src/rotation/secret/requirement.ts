/** What the token of a rotated secret must be. */
import type { Requirement } from '../../hub/requirement.ts'
import type { SecretContext } from '../context.ts'

/** The shortest life that a token may have left when it becomes the current one, if it expires at all: ten minutes. */
const MIN_LIFETIME_SECONDS = 600

/** The requirement that the Hub's verdict on a new token is held against. */
export function requirementOf({ request, rotated }: Pick<SecretContext, 'request' | 'rotated'>): Requirement {
  const { scope, repositories } = rotated
  return {
    org: request.org,
    scope,
    repositories,
    verify: 'strict',
    minLifetimeSeconds: MIN_LIFETIME_SECONDS,
    hubEndpoint: request.hubEndpoint,
  }
}
