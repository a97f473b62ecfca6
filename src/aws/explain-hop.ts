/** What to tell a user whose session may not assume the next role of a chain. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import { block, code, type Part, type Prose, partsOf, prose } from '../text/message.ts'
import { printable, verbatim } from '../text/printable.ts'
import type { Standing } from './caller.ts'
import { byPolicy, nameForCommand, SHARED, type SharedDenied, statement } from './explain-denial.ts'
import { STS_FAILED, type StsFailedKind } from './explain-sts-failed.ts'
import { assumeStatement, chainTrustPolicy } from './policies/role-chain.ts'
import { forwardTo } from './reasons/fixer.ts'
import { readSigned } from './reasons/read.ts'
import type { Reason, StsKind } from './reasons/reason.ts'
import type { RoleHop, SessionRequest, Way } from './request.ts'
import { isNotAccepted, notAccepted } from './runner/explain-refusal.ts'
import { type ServiceError, said } from './service-error.ts'

/** What is known when STS refuses. */
export interface HopRefusal {
  error: ServiceError
  identity: Identity
  /** Which of the way's roles, from 0. */
  number: number
  hop: RoleHop
  /** Who called. */
  before: Omit<Standing, 'credentials'>
  request: SessionRequest
  way: Way
}

interface Facts extends HopRefusal {
  reason: Reason<StsKind>
}

/**
 * Maps a refusal of AssumeRole to a code and its explanation, which says which hop it was.
 * Source: STS API reference, AssumeRole, "Errors".
 */
export function explainHop(refusal: HopRefusal): ActionError {
  const facts: Facts = { ...refusal, reason: readSigned(refusal.error) }
  const { kind } = facts.reason
  // Only a runner can take the first one like this.
  if (refusal.number === 0 && isNotAccepted(kind)) return notAccepted(refusal.error)
  if (isFailure(kind)) return stsFailed(kind, facts)
  if (isShared(kind)) return deniedElsewhere(kind, facts)
  if (isDeny(kind)) return denied(kind, facts)
  return isAboutTags(facts) ? tagsRejected(facts) : notTrusted(facts)
}

function isFailure(kind: StsKind): kind is StsFailedKind {
  return Object.hasOwn(STS_FAILED, kind)
}

function isShared(kind: StsKind): kind is SharedDenied {
  return Object.hasOwn(SHARED, kind)
}

function stsFailed(kind: StsFailedKind, facts: Facts): ActionError {
  const { error, identity, hop, request, reason } = facts
  const advice = STS_FAILED[kind]({ error, identity, request: { ...request, role: hop }, reason })
  return new ActionError('sts-failed', {
    failed: prose`STS did not issue a session for the role ${code(verbatim(hop.arn))} (${place(facts)}).`,
    seen: said(error),
    ...advice,
    ...(kind === 'session-policy-too-large' && facts.way.tags ? TOO_MUCH : {}),
    forward: forwardTo(reason, { role: hop }),
  })
}

/** AWS counts both against one limit. */
const TOO_MUCH: Pick<Explanation, 'cause' | 'fix'> = {
  cause: 'The session policy and the session tags together are too long for STS.',
  fix: prose`Set ${code('session-tags: false')}, or a shorter policy in ${code('session-policy')}.`,
}

/** The explicit denials that are not {@link SHARED}. */
type Deny = `${'identity' | 'resource' | 'session' | 'trust'}-deny`

function isDeny(kind: StsKind): kind is Deny {
  return /^(?:identity|resource|session|trust)-deny$/.test(kind)
}

/** Whether the session itself was allowed, but not its tags. */
function isAboutTags({ reason: { kind, action = '' } }: Facts): boolean {
  return kind === 'tags-not-trusted' || /^sts:TagSession$/i.test(action)
}

function deniedElsewhere(kind: SharedDenied, facts: Facts): ActionError {
  const { hop, before, request, reason, way } = facts
  const role = before.role ?? { ...hop, arn: 'of this runner', account: 'of this runner' }
  const advice = SHARED[kind]({
    reason,
    role,
    actions: way.tags ? ['sts:AssumeRole', 'sts:TagSession'] : ['sts:AssumeRole'],
    region: request.region,
    endpoint: 'sts',
    statement: { ...assumeStatement(hop, way.tags), Effect: 'Allow' },
  })
  return new ActionError('role-trust-rejected', {
    ...failedAndSeen(facts),
    ...advice,
    fix: [...partsOf(advice.fix), ...withoutTags(facts)],
    forward: forwardTo(reason, { role, owner: hop.account }),
  })
}

/** No Allow outweighs an explicit Deny: nothing that could be added would help. */
function denied(kind: Deny, facts: Facts): ActionError {
  const { hop, before, reason } = facts
  const action = code(reason.action ?? 'sts:AssumeRole')
  const caller = before.role ?? { ...hop, arn: 'of this runner', account: '' }
  const { policy, role, fix } = {
    'identity-deny': { policy: prose`a policy of ${who(facts)}`, role: caller, fix: findPolicy(facts) },
    'session-deny': { policy: prose`the session policy of ${who(facts)}`, role: caller, fix: [] },
    'resource-deny': { policy: prose`the trust policy of the role`, role: hop, fix: findTrust(facts) },
    'trust-deny': { policy: prose`the trust policy of the role`, role: hop, fix: findTrust(facts) },
  }[kind]
  return new ActionError('role-trust-rejected', {
    ...failedAndSeen(facts),
    expected: prose`no Deny statement in ${policy} that applies to ${action}`,
    cause: prose`In ${policy}, a Deny statement applies to ${action}${byPolicy(facts)}.`,
    fix: [
      ...fix,
      prose`Narrow the Deny statement in ${policy}. An Allow elsewhere does not help.`,
      ...withoutTags(facts),
    ],
    forward: toAdministrators([role.account]),
  })
}

function findPolicy({ before, reason: { policyArn } }: Facts): Part[] {
  if (policyArn !== undefined) return [block(`aws iam get-policy --policy-arn ${printable(policyArn)}`)]
  if (!before.role) return []
  const name = nameForCommand(before.role)
  return [
    block(`aws iam list-attached-role-policies --role-name ${name}
aws iam list-role-policies --role-name ${name}`),
  ]
}

function findTrust({ hop }: Facts): Part[] {
  return [block(`aws iam get-role --role-name ${nameForCommand(hop)} --query Role.AssumeRolePolicyDocument`)]
}

/** A way around a refusal that is about the tags alone. */
function withoutTags(facts: Facts): Part[] {
  if (!isAboutTags(facts)) return []
  return [
    prose`Or set ${code('session-tags: false')}: the tags are for the record only, and CloudTrail still has the session’s name.`,
  ]
}

function notTrusted(facts: Facts): ActionError {
  const { hop, reason } = facts
  const id = hop.externalId
  if (reason.kind === 'session-silent') return sessionLacks(facts)
  return new ActionError('role-trust-rejected', {
    ...failedAndSeen(facts),
    expected: prose`a trust policy of ${code(verbatim(hop.arn))} that allows ${who(facts)}${id === undefined ? '' : prose` with the external ID ${code(printable(id))}`}, and a policy of ${who(facts)} that allows it to assume that role`,
    cause: causeOf(facts),
    fix: [
      ...bothSides(facts),
      ...(id === undefined
        ? [
            prose`If the trust policy requires an external ID, add it to the line of this role in ${code('role-chain')}: ${code(`${verbatim(hop.arn)} external-id=…`)}`,
          ]
        : []),
    ],
    forward: forward(facts),
  })
}

function causeOf(facts: Facts): Prose {
  const { hop, reason } = facts
  const role = code(verbatim(hop.arn))
  switch (reason.kind) {
    case 'identity-silent':
      return prose`No policy of ${who(facts)} allows it to assume this role.`
    case 'resource-silent':
    case 'trust-silent':
      return prose`The trust policy of ${role} does not allow ${who(facts)}.`
    default:
      return prose`STS does not say which of the two permissions is missing. It gives the same answer when the role does not exist, and when the trust policy requires a different external ID.`
  }
}

function tagsRejected(facts: Facts): ActionError {
  const { error, hop } = facts
  return new ActionError('role-trust-rejected', {
    failed: prose`AWS does not allow ${who(facts)} to tag its session of the role ${code(verbatim(hop.arn))} (${place(facts)}).`,
    seen: said(error),
    expected: prose`${code('sts:TagSession')} next to ${code('sts:AssumeRole')}, in the trust policy of the role and in a policy of ${who(facts)}`,
    cause: 'The policies allow the session itself, but not the session tags, which record this job in CloudTrail.',
    fix: [...(facts.reason.kind === 'session-silent' ? sessionFix(facts) : bothSides(facts)), ...withoutTags(facts)],
    forward: forward(facts),
  })
}

/** The session that calls was opened with a session policy; our own allow this very call. */
function sessionLacks(facts: Facts): ActionError {
  return new ActionError('role-trust-rejected', {
    ...failedAndSeen(facts),
    expected: prose`a session policy of ${who(facts)} that allows it to assume ${code(printable(facts.hop.arn))}`,
    cause: prose`The session policy of ${who(facts)} does not allow it. No policy of a role can change that.`,
    fix: sessionFix(facts),
    forward: forward(facts),
  })
}

function sessionFix({ hop, way }: Facts): Part[] {
  return [
    prose`Add this statement to the session policy with which this session is opened:`,
    statement(assumeStatement(hop, way.tags)),
  ]
}

/** What is printed of the two policies: where AWS says which one refused, only that. */
function bothSides(facts: Facts): Part[] {
  const { kind } = facts.reason
  return [
    ...(kind === 'identity-silent' ? [] : trustFix(facts)),
    ...(kind === 'resource-silent' || kind === 'trust-silent' ? [] : identityFix(facts)),
  ]
}

function failedAndSeen(facts: Facts): Pick<Explanation, 'failed' | 'seen'> {
  const { error, hop } = facts
  return {
    failed: prose`AWS does not allow ${who(facts)} to assume the role ${code(verbatim(hop.arn))} (${place(facts)}).`,
    seen: said(error),
  }
}

function trustFix({ hop, before, way }: Facts): Part[] {
  const previous = before.role?.arn ?? '<the ARN of the runner’s role>'
  return [
    prose`In account ${hop.account}, make sure that the role exists and that its trust policy contains the statement of this policy:`,
    block(JSON.stringify(chainTrustPolicy(previous, hop, way.tags), null, 2)),
  ]
}

function identityFix(facts: Facts): Part[] {
  const { hop, before, way } = facts
  return [
    prose`${before.role ? `In account ${before.role.account}, add` : 'Add'} this statement to the policy of ${who(facts)}:`,
    statement(assumeStatement(hop, way.tags)),
  ]
}

/** One side cannot see what the other has. */
function forward({ hop, before }: Facts): Prose {
  return toAdministrators([hop.account, ...(before.role ? [before.role.account] : [])])
}

function toAdministrators(all: readonly string[]): Prose {
  const accounts = [...new Set(all)].filter(Boolean)
  if (accounts.length === 0) return prose`The people who maintain the runner. Send this message to them.`
  return prose`The administrators of ${accounts.length === 1 ? 'AWS account' : 'the AWS accounts'} ${accounts.join(' and ')}. Send this message to them.`
}

/** Whose session it is that calls. */
function who({ before }: Facts): Prose {
  return before.role ? prose`the role ${code(verbatim(before.role.arn))}` : prose`the runner’s own AWS identity`
}

function place({ number, way }: Facts): string {
  return `role ${number + 1} of ${way.hops.length}`
}
