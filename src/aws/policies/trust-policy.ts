/** The trust policy that would let a given identity in: what `role-trust-rejected` prints, and what the docs show. */
import type { Identity } from '../../identity/identity.ts'
import { verbatim } from '../../text/printable.ts'
import type { Role } from '../request.ts'
import { literal, literalPattern, takes } from './literal.ts'

/**
 * A policy document for `aws iam update-assume-role-policy` that allows exactly this token's subject and audience. Only
 * what is different in every run is left open: the pull request and the commit of a merge queue, and Buildkite's commit.
 */
export function trustPolicy(identity: Pick<Identity, 'issuer' | 'audience' | 'subject'>, role: Role): object {
  const provider = providerName(identity)
  const audience = { [`${provider}:aud`]: verbatim(literal(identity.audience)) }
  const key = `${provider}:sub`
  const { subject } = identity
  const pattern = subjectPattern(subject)
  return {
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: providerArn(identity, role) },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition:
          pattern === undefined
            ? { StringEquals: { ...audience, [key]: verbatim(literal(subject)) } }
            : { StringEquals: audience, StringLike: { [key]: verbatim(pattern) } },
      },
    ],
  }
}

/**
 * Where a subject names something that is different in every run: before it, it, and after it.
 * Sources: docs.github.com, "Managing a merge queue" (`gh-readonly-queue/<branch>/pr-<number>-<commit>`);
 * buildkite.com/docs, "OIDC" (`…:commit:<commit>:step:<key>`).
 */
const PER_RUN: readonly RegExp[] = [
  /^(repo:[^:]+:ref:refs\/heads\/gh-readonly-queue\/[^:]+\/pr-)(\d+-[0-9a-f]{40,64})(.*)$/s,
  /^(organization:[^:]+:pipeline:[^:]+:ref:[^:]+:commit:)([0-9a-f]{40,64})(:.*)$/s,
]

/**
 * The pattern for a subject that cannot be required as it is, with `*` only in the place of what is different in every
 * run, and `?` for each character that a policy document cannot contain. Undefined for any other subject.
 */
export function subjectPattern(subject: string): string | undefined {
  for (const shape of PER_RUN) {
    const [, before, , after] = shape.exec(subject) ?? []
    if (before !== undefined && after !== undefined) return `${literalPattern(before)}*${literalPattern(after)}`
  }
  return takes(subject) ? undefined : literalPattern(subject)
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
