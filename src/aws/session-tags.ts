/**
 * Session tags: the verified claims in CloudTrail's record of a session. For the record only: whoever calls STS chooses
 * them, so that no policy may use them as a boundary.
 */
import type { Identity } from '../identity/identity.ts'

/** A tag as STS takes it. */
export interface SessionTag {
  Key: string
  Value: string
}

/** In front of each key, so that no other tag of the organization has the same one. */
export const TAG_PREFIX = 'hf-oidc:'

/** The claims that say which job it is. */
export const TAGGED_CLAIMS = [
  'sub',
  'repository',
  'repository_id',
  'run_id',
  'run_attempt',
  'workflow_ref',
  'ref',
  'sha',
  'actor',
  'event_name',
] as const

/** Source: STS API reference, Tag, `Value`. */
const MAX_VALUE = 256
const NOT_ALLOWED = /[^\p{L}\p{Zs}\p{N}_.:/=+\-@]/gu

/** A tag for each claim that the token has; what AWS does not allow in a value is `_`. */
export function sessionTags({ claims }: Pick<Identity, 'claims'>): SessionTag[] {
  return TAGGED_CLAIMS.flatMap((claim) => {
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    if (!['string', 'number'].includes(typeof value) || value === '') return []
    return [{ Key: `${TAG_PREFIX}${claim}`, Value: String(value).slice(0, MAX_VALUE).replace(NOT_ALLOWED, '_') }]
  })
}
