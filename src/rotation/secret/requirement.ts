/** What the token of a rotated secret must be. */
import type { AskedRights } from '../../hub/asked-rights.ts'
import type { Requirement } from '../../hub/requirement.ts'
import type { SecretContext } from '../context.ts'
import type { RotatedSecret } from '../request.ts'

/** The shortest life that a token may have left when it becomes the current one, if it expires at all: ten minutes. */
const MIN_LIFETIME_SECONDS = 600

/** The rights that the line of a secret asks for. */
export function askedOf({ scope, scopes, exact, allow }: RotatedSecret): AskedRights {
  return { scope, scopes, permissions: exact, allow }
}

/** The requirement that the Hub's verdict on a new token is held against. */
export function requirementOf({ request, rotated }: Pick<SecretContext, 'request' | 'rotated'>): Requirement {
  return {
    org: request.org,
    ...askedOf(rotated),
    repositories: rotated.repositories,
    repositoriesOnly: false,
    notation: 'line',
    verify: 'strict',
    // A rotation judges what the Hub says now.
    proofMaxAgeSeconds: 0,
    minLifetimeSeconds: MIN_LIFETIME_SECONDS,
    hubEndpoint: request.hubEndpoint,
  }
}
