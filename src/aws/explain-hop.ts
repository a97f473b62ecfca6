/** What to tell a user whose session may not assume the next role of a chain. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import { block, code, type Part, type Prose, prose } from '../text/message.ts'
import { printable, verbatim } from '../text/printable.ts'
import type { Standing } from './caller.ts'
import { SHARED, type SharedDenied, statement } from './explain-denial.ts'
import { STS_FAILED, type StsFailedKind } from './explain-sts-failed.ts'
import { assumeStatement, chainTrustPolicy } from './policies/role-chain.ts'
import { forwardTo } from './reasons/fixer.ts'
import { readReason } from './reasons/read.ts'
import type { Reason, StsKind } from './reasons/reason.ts'
import type { RoleHop, SessionRequest, Way } from './request.ts'
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
  const facts: Facts = { ...refusal, reason: readReason('sts', refusal.error) }
  const { kind } = facts.reason
  if (isFailure(kind)) return stsFailed(kind, facts)
  if (/^sts:TagSession$/i.test(facts.reason.action ?? '')) return tagsRejected(facts)
  if (isShared(kind)) return deniedElsewhere(kind, facts)
  return notTrusted(facts)
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

function deniedElsewhere(kind: SharedDenied, facts: Facts): ActionError {
  const { error, hop, before, request, reason } = facts
  const role = before.role ?? hop
  return new ActionError('role-trust-rejected', {
    ...failedAndSeen(facts),
    ...SHARED[kind]({
      reason,
      role,
      actions: ['sts:AssumeRole'],
      region: request.region,
      endpoint: 'sts',
      statement: { Effect: 'Allow', Action: 'sts:AssumeRole', Resource: hop.arn },
    }),
    forward: forwardTo(reason, { role, owner: hop.account }),
    seen: said(error),
  })
}

function notTrusted(facts: Facts): ActionError {
  const { hop, reason } = facts
  const id = hop.externalId
  const isOwn = reason.kind === 'identity-silent' || reason.kind === 'identity-deny'
  const isTrust = ['resource-silent', 'resource-deny', 'trust-silent', 'trust-deny'].includes(reason.kind)
  return new ActionError('role-trust-rejected', {
    ...failedAndSeen(facts),
    expected: prose`a trust policy of ${code(verbatim(hop.arn))} that lets in ${who(facts)}${id === undefined ? '' : prose` with the external ID ${code(printable(id))}`}, and a policy of ${who(facts)} that allows it to assume that role`,
    cause: causeOf(facts),
    fix: [
      ...(isOwn ? [] : trustFix(facts)),
      ...(isTrust ? [] : identityFix(facts)),
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
    case 'identity-deny':
      return prose`A policy of ${who(facts)} explicitly denies it to assume this role.`
    case 'session-silent':
    case 'session-deny':
      return prose`The session policy of ${who(facts)} does not allow it.`
    case 'resource-deny':
    case 'trust-deny':
      return prose`The trust policy of ${role} explicitly denies it to ${who(facts)}.`
    case 'resource-silent':
    case 'trust-silent':
      return prose`The trust policy of ${role} does not let in ${who(facts)}.`
    default:
      return prose`STS does not say which of the two permissions is missing. It gives the same answer when the role does not exist, and when the trust policy requires another external ID.`
  }
}

function tagsRejected(facts: Facts): ActionError {
  const { error, hop } = facts
  return new ActionError('role-trust-rejected', {
    failed: prose`AWS does not allow ${who(facts)} to tag its session of the role ${code(verbatim(hop.arn))} (${place(facts)}).`,
    seen: said(error),
    expected: prose`${code('sts:TagSession')} next to ${code('sts:AssumeRole')}, in the trust policy of the role and in a policy of ${who(facts)}`,
    cause: 'The policies allow the session itself, but not the tags with which CloudTrail records this job.',
    fix: [
      ...trustFix(facts),
      ...identityFix(facts),
      prose`Or set ${code('session-tags: false')}: the tags are for the record only, and CloudTrail still has the session’s name.`,
    ],
    forward: forward(facts),
  })
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
    prose`In account ${hop.account}, make sure that the role exists, and that the statement of this trust policy is in its own:`,
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
  const accounts = [...new Set([hop.account, ...(before.role ? [before.role.account] : [])])]
  return prose`Send this to the administrators of ${accounts.length === 1 ? 'AWS account' : 'the AWS accounts'} ${accounts.join(' and ')}.`
}

/** Whose session it is that calls. */
function who({ before }: Facts): Prose {
  return before.role ? prose`the role ${code(verbatim(before.role.arn))}` : prose`the runner’s own AWS identity`
}

function place({ number, way }: Facts): string {
  return `role ${number + 1} of ${way.hops.length}`
}
