/** The trust policy that would let a given identity in: what `role-trust-rejected` prints, and what the docs show. */
import type { Identity } from '../../identity/identity.ts'
import { verbatim } from '../../text/printable.ts'
import type { Role } from '../request.ts'

/** A policy document for `aws iam update-assume-role-policy` that allows exactly this token's subject and audience. */
export function trustPolicy(identity: Pick<Identity, 'issuer' | 'audience' | 'subject'>, role: Role): object {
  const provider = providerName(identity)
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn(identity, role) },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            [`${provider}:aud`]: verbatim(identity.audience),
            [`${provider}:sub`]: verbatim(identity.subject),
          },
        },
      },
    ],
  }
}

/** The ARN of the IAM OIDC provider for the token's issuer, in the account of the role. */
export function providerArn(identity: Pick<Identity, 'issuer'>, { partition, account }: Role): string {
  return `arn:${partition}:iam::${account}:oidc-provider/${providerName(identity)}`
}

/** Host and path of the issuer: how IAM names its provider, and the condition keys of its claims. */
function providerName({ issuer }: Pick<Identity, 'issuer'>): string {
  return verbatim(issuer.replace(/^https?:\/\//, ''))
}

/**
 * The same subject in GitHub's other format: with the numeric ids after `@` (repositories since July 2026), or without.
 * Undefined when the subject was customized to something else, or the ids are not in the token.
 * Source: docs.github.com, "OpenID Connect reference", "Immutable subject claims".
 */
export function otherSubjectFormat({ subject, claims }: Pick<Identity, 'subject' | 'claims'>): string | undefined {
  const match = /^repo:([^/:@]+)(?:@(\d+))?\/([^/:@]+)(?:@(\d+))?(:.*)$/s.exec(subject)
  if (!match) return undefined
  const [, owner, ownerId, name, repositoryId, context] = match
  if (ownerId !== undefined && repositoryId !== undefined) return `repo:${owner}/${name}${context}`
  const { repository_owner_id: newOwnerId, repository_id: newId } = claims
  if (ownerId !== undefined || repositoryId !== undefined || !newOwnerId || !newId) return undefined
  return `repo:${owner}@${String(newOwnerId)}/${name}@${String(newId)}${context}`
}
