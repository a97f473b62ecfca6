/** Which secrets of a run may be rotated at the same time: not two lines that may name the same secret. Pure. */
import { parseSecretArn } from '../aws/secret-arn.ts'
import type { RotatedSecret, RotationRequest } from './request.ts'

/** A secret, and its place in the list. */
export interface Placed {
  rotated: RotatedSecret
  index: number
}

/**
 * The secrets in lanes, in the order of the list. Secrets of one lane may be the same one, listed by its name, by its ARN,
 * or by its ARN without the six characters at its end: they are looked at one after the other, so that always the first
 * line counts.
 */
export function lanesOf({ secrets, role }: Pick<RotationRequest, 'secrets' | 'role'>): Placed[][] {
  const arns = secrets.map(({ secret: { id, region } }) =>
    id.startsWith('arn:') ? id : `arn:${role.partition}:secretsmanager:${region}:${role.account}:secret:${id}`,
  )
  const listed = { all: new Set(arns), asArn: new Set(secrets.map(({ secret }) => secret.id)) }
  const lanes = new Map<string, Placed[]>()
  for (const [index, rotated] of secrets.entries()) {
    const key = shortest(arns[index] ?? '', listed)
    const lane = lanes.get(key) ?? []
    lanes.set(key, [...lane, { rotated, index }])
  }
  return [...lanes.values()]
}

interface Listed {
  /** The ARNs of all lines, without what AWS appends to those that are listed by name. */
  all: ReadonlySet<string>
  /** What stands in the list. */
  asArn: ReadonlySet<string>
}

/** The ARN, without six characters at its end where that is listed too; and again, as both may end like that. */
function shortest(arn: string, listed: Listed): string {
  // The end of a name is never what AWS appends.
  const shorter = listed.asArn.has(arn) && parseSecretArn(arn) ? arn.slice(0, -7) : undefined
  return shorter !== undefined && listed.all.has(shorter) ? shortest(shorter, listed) : arn
}
