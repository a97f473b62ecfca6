/** What to tell a user whom STS refuses. Loaded only then. */
import { ActionError } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import { tellingClaims } from '../identity/telling-claims.ts'
import { block, code, type Prose, prose } from '../text/message.ts'
import { verbatim } from '../text/printable.ts'
import { nameForCommand, SHARED, type SharedDenied } from './explain-denial.ts'
import { type StsFacts as Facts, STS_FAILED, type StsFailedKind } from './explain-sts-failed.ts'
import { otherSubjectFormat, providerArn, subjectPattern, trustPolicy } from './policies/trust-policy.ts'
import { forwardTo } from './reasons/fixer.ts'
import { readReason } from './reasons/read.ts'
import type { StsKind } from './reasons/reason.ts'
import type { SessionRequest } from './request.ts'
import { type ServiceError, said } from './service-error.ts'

const ASSUME = 'sts:AssumeRoleWithWebIdentity'

type Explain = (facts: Facts) => ActionError

/** One explanation for each reason. Source: STS API reference, AssumeRoleWithWebIdentity, "Errors". */
const EXPLANATIONS: Record<Exclude<StsKind, StsFailedKind>, Explain> = {
  denied: trustRejected,
  'identity-silent': trustRejected,
  'identity-deny': deniedIn('denied-explicitly'),
  'resource-silent': trustRejected,
  'resource-deny': trustDenies,
  'trust-silent': trustRejected,
  'trust-deny': trustDenies,
  'session-silent': trustRejected,
  'session-deny': deniedIn('denied-explicitly'),
  'boundary-silent': deniedIn('boundary-silent'),
  'boundary-deny': deniedIn('boundary-deny'),
  'endpoint-silent': deniedIn('endpoint-silent'),
  'endpoint-deny': deniedIn('endpoint-deny'),
  'service-control-silent': deniedIn('service-control-silent'),
  'service-control-deny': deniedIn('service-control-deny'),
  'resource-control-silent': deniedIn('resource-control-silent'),
  'resource-control-deny': deniedIn('resource-control-deny'),
  'denied-explicitly': deniedIn('denied-explicitly'),
  'tags-not-trusted': tagsNotTrusted,
  'provider-missing': providerMissing,
  'audience-not-registered': audienceNotRegistered,
}

/** Maps a refusal of STS to a code and its explanation. */
export function explainSts(error: ServiceError, identity: Identity, request: SessionRequest): ActionError {
  const facts = { error, identity, request, reason: readReason('sts', error) }
  const { kind } = facts.reason
  return isFailure(kind) ? stsFailed(kind, facts) : EXPLANATIONS[kind](facts)
}

function stsFailed(kind: StsFailedKind, facts: Facts): ActionError {
  return new ActionError('sts-failed', {
    failed: prose`STS did not issue a session for the role ${code(verbatim(facts.request.role.arn))}.`,
    seen: said(facts.error),
    forward: forward(facts),
    ...STS_FAILED[kind](facts),
  })
}

function isFailure(kind: StsKind): kind is StsFailedKind {
  return Object.hasOwn(STS_FAILED, kind)
}

/** A policy outside of the role keeps the job from assuming it. */
function deniedIn(denied: SharedDenied): Explain {
  return (facts) => {
    const { error, identity, request, reason } = facts
    const { role, region } = request
    return new ActionError('role-trust-rejected', {
      failed: prose`AWS does not allow this job to assume the role ${code(verbatim(role.arn))}.`,
      seen: said(error),
      claims: claimsOf(identity),
      ...SHARED[denied]({
        reason,
        role,
        actions: [ASSUME],
        region,
        endpoint: 'sts',
        statement: { Effect: 'Allow', Action: ASSUME, Resource: role.arn },
      }),
      forward: forward(facts),
    })
  }
}

function forward({ reason, request: { role } }: Facts): Prose {
  return forwardTo(reason, { role })
}

function trustRejected(facts: Facts): ActionError {
  const { error, identity, request } = facts
  const { role } = request
  const other = otherSubjectFormat(identity)
  const otherFormat = other
    ? prose`, or for the other subject format (${code(verbatim(other, 300))}), which never matches this token`
    : ''
  return new ActionError('role-trust-rejected', {
    failed: prose`AWS does not allow this job to assume the role ${code(verbatim(role.arn))}.`,
    seen: said(error),
    expected: 'a role with this name whose trust policy matches the claims of this job',
    claims: claimsOf(identity),
    cause: prose`The condition on ${code('sub')} or ${code('aud')} in the trust policy is for another repository, branch or environment${otherFormat}. STS does not say which condition failed, and it gives the same answer when the role does not exist.`,
    fix: [
      prose`First decide whether this job (${job(identity)}) should get this token. If it should not, run it from a branch, environment or repository that the policy allows.${caution(identity)}`,
      prose`If it should, make sure that the role exists and that its trust policy contains the statement below, which allows only ${allowed(identity)}. If the role needs no other statements, save the policy below as ${code('trust-policy.json')} and run this command, which replaces the whole policy. Otherwise, add the statement to the existing ones:`,
      block(
        `aws iam update-assume-role-policy --role-name ${role.arn.split('/').at(-1)} --policy-document file://trust-policy.json`,
      ),
      block(JSON.stringify(trustPolicy(identity, role), null, 2)),
    ],
    forward: forward(facts),
  })
}

function providerMissing(facts: Facts): ActionError {
  const { error, identity, request } = facts
  const { role } = request
  const issuer = verbatim(identity.issuer)
  return new ActionError('oidc-provider-missing', {
    failed: prose`The AWS account ${role.account} has no OIDC provider for the issuer ${code(issuer)}.`,
    seen: said(error),
    expected: prose`an IAM OIDC provider for ${code(issuer)}`,
    cause: 'The provider was never created in this account, or the role is not in the account that you expect.',
    fix: [
      'Create it (once per account):',
      block(`aws iam create-open-id-connect-provider --url ${issuer} --client-id-list ${verbatim(identity.audience)}`),
    ],
    forward: forward(facts),
  })
}

function audienceNotRegistered(facts: Facts): ActionError {
  const { error, identity, request } = facts
  const { role } = request
  const audience = verbatim(identity.audience)
  const provider = verbatim(providerArn(identity, role))
  return new ActionError('audience-not-registered', {
    failed: prose`The OIDC provider in the AWS account ${role.account} does not list the audience ${code(audience)}.`,
    seen: said(error),
    expected: prose`${code(audience)} in the client ID list of ${code(provider)}; it must match exactly (case-sensitive)`,
    cause: prose`The provider was created for other uses (often with ${code('sts.amazonaws.com')} only), ${code('hf-org')} has a typo, or upper and lower case differ.`,
    fix: [
      'Add the audience. This command changes nothing else:',
      block(
        `aws iam add-client-id-to-open-id-connect-provider --open-id-connect-provider-arn ${provider} --client-id ${audience}`,
      ),
    ],
    forward: forward(facts),
  })
}

function trustDenies(facts: Facts): ActionError {
  const { error, identity, request } = facts
  const { role } = request
  return new ActionError('role-trust-rejected', {
    failed: prose`AWS does not allow this job to assume the role ${code(verbatim(role.arn))}.`,
    seen: said(error),
    expected: 'no Deny statement in the role’s trust policy that applies to this job',
    claims: claimsOf(identity),
    cause: 'The trust policy of the role has a Deny statement that applies to the claims of this job.',
    fix: [
      prose`Decide whether this job (${job(identity)}) should get this token. If it should, exempt it from the Deny statement:`,
      block(`aws iam get-role --role-name ${nameForCommand(role)} --query Role.AssumeRolePolicyDocument`),
    ],
    forward: forward(facts),
  })
}

function tagsNotTrusted(facts: Facts): ActionError {
  const { error, request } = facts
  const { role } = request
  return new ActionError('role-trust-rejected', {
    failed: prose`AWS does not allow this job to assume the role ${code(verbatim(role.arn))} with session tags.`,
    seen: said(error),
    expected: prose`a trust policy that allows ${code('sts:TagSession')}`,
    cause: prose`The session has tags, and the trust policy of the role does not allow ${code('sts:TagSession')} next to the action that assumes it.`,
    fix: [
      prose`Add ${code('sts:TagSession')} to the actions of the statement that allows this job:`,
      block(`aws iam get-role --role-name ${nameForCommand(role)} --query Role.AssumeRolePolicyDocument`),
    ],
    forward: forward(facts),
  })
}

function claimsOf({ claims }: Identity): (readonly [name: string, value: string])[] {
  return tellingClaims(claims).map(([name, value]) => [name, verbatim(value, 300)] as const)
}

/** Which job it is, in a few words. */
function job({ claims, subject }: Identity): Prose {
  const of = (name: string) => (typeof claims[name] === 'string' ? code(verbatim(claims[name], 200)) : undefined)
  const event = of('event_name')
  return event === undefined
    ? prose`subject ${code(verbatim(subject, 200))}`
    : prose`event ${event}, ref ${of('ref') ?? 'unknown'}`
}

/** What the printed policy allows, in words. */
function allowed({ subject }: Identity): Prose {
  const pattern = subjectPattern(subject)
  if (pattern === undefined) return prose`this job’s subject`
  return subject.startsWith('repo:') && pattern.includes('*') && /\/gh-readonly-queue\//.test(subject)
    ? prose`this job’s subject: ${code('*')} matches the part that is different in every run, so every run of this branch’s merge queue is allowed`
    : prose`this job’s subject, except that ${code('*')} and ${code('?')} match what differs in every run and what AWS does not accept in a policy`
}

/** A subject that many people can have must not be allowed without a thought. */
function caution({ subject, claims }: Identity): string {
  if (subject.endsWith(':pull_request')) {
    return ' A policy for this subject allows everyone who can open a pull request from a branch of the repository.'
  }
  // GitHub lets an organization leave the repository out of its subjects.
  return typeof claims.repository === 'string' && !/(?:^|:)repo(?:sitory(?:_id)?)?:/.test(subject)
    ? ' This subject does not name the repository: a policy for it allows every job with the same subject, in any repository.'
    : ''
}
