/** The policies with which one role assumes another one: both sides, and the limit of the session in between. */
import type { Role, RoleHop } from '../request.ts'

/** What opening a chained session takes. Source: IAM user guide, "Pass session tags in AWS STS". */
function actionsFor(tags: boolean): string | readonly string[] {
  return tags ? ['sts:AssumeRole', 'sts:TagSession'] : 'sts:AssumeRole'
}

/** Allows to assume exactly this role: for the policy of the role before it. */
export function assumeStatement(next: Pick<Role, 'arn'>, tags: boolean): object {
  return { Effect: 'Allow', Action: actionsFor(tags), Resource: next.arn }
}

/** The session policy of a session that only opens the next one. */
export function linkPolicy(next: Pick<Role, 'arn'>, tags: boolean): string {
  return JSON.stringify({ Version: '2012-10-17', Statement: [assumeStatement(next, tags)] })
}

/** The trust policy of a role that lets in sessions of the role before it, and nobody else. */
export function chainTrustPolicy(previousArn: string, { externalId }: RoleHop, tags: boolean): object {
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: previousArn },
        Action: actionsFor(tags),
        ...(externalId === undefined ? {} : { Condition: { StringEquals: { 'sts:ExternalId': externalId } } }),
      },
    ],
  }
}
