/**
 * What AWS decides by all policies that a request meets, and why, in the words of its messages.
 * Source: IAM user guide, "Policy evaluation logic" (within an account, and across accounts), and "Troubleshoot access
 * denied error messages".
 */
import { type AccessRequest, decide, evaluate, type Policy, type PolicyDecision } from './policy.ts'
import { accountOf } from './principals.ts'

/** The kinds of policies as AWS's messages name them. */
export const POLICY_TYPES = [
  'resource control policy',
  'service control policy',
  'VPC endpoint policy',
  'resource-based policy',
  'identity-based policy',
  'permissions boundary',
  'session policy',
] as const
export type PolicyType = (typeof POLICY_TYPES)[number]

/** The policies that apply to one request. */
export interface PolicySet {
  /** The policies of the role, inline and attached. */
  identity: readonly Policy[]
  boundary?: Policy | undefined
  /** A session without one is limited by the role alone. */
  session?: Policy | undefined
  /** The policy of the resource, if it has one. */
  resource?: Policy | undefined
  /**
   * KMS keys and roles: without their own policy's consent nobody may do anything, whatever the role's policy says.
   * Consent to the account leaves the decision to the policies of that account's roles.
   */
  resourceMustAllow?: boolean
  /** The account of the resource, if its ARN does not say. Default: the one in the ARN. */
  resourceAccount?: string
  /** Service control policies on the way from the organization's root to the role's account: each level must allow. */
  scps?: readonly (readonly Policy[])[]
  /** Resource control policies of the resource's account. They only deny: `RCPFullAWSAccess` cannot be removed. */
  rcps?: readonly Policy[]
  /** The policy of the VPC endpoint that the request goes through. */
  endpoint?: Policy | undefined
}

export type Verdict =
  | { allowed: true }
  | {
      allowed: false
      by: PolicyType
      explicit: boolean
      /** The end of AWS's message, e.g. `because no session policy allows the kms:Decrypt action`. */
      reason: string
    }

/** Decides a request of a role's session. */
export function authorize(request: AccessRequest, policies: PolicySet): Verdict {
  const denying = POLICY_TYPES.find((type) =>
    policiesOf(policies, type).some((policy) => evaluate(policy, request) === 'explicit-deny'),
  )
  if (denying) return refused(denying, `with an explicit deny in ${withArticle(denying)}`, true)
  const silent = unallowed(request, policies)
  if (silent === undefined) return { allowed: true }
  return refused(silent, `because no ${silent} allows the ${request.action} action`, false)
}

/** True when the caller and the resource are in different accounts. */
export function crossesAccounts(request: AccessRequest, { resourceAccount }: PolicySet): boolean {
  const { caller, resource = '' } = request
  if (caller?.kind !== 'role') return false
  const account = resourceAccount ?? accountOf(resource)
  return account !== '' && account !== accountOf(caller.role)
}

function refused(by: PolicyType, reason: string, explicit: boolean): Verdict {
  return { allowed: false, by, explicit, reason }
}

/** `a session policy`, `an identity-based policy`. */
function withArticle(type: PolicyType): string {
  return `${type.startsWith('i') ? 'an' : 'a'} ${type}`
}

function policiesOf(set: PolicySet, type: PolicyType): readonly Policy[] {
  const some = (policy: Policy | undefined) => (policy ? [policy] : [])
  switch (type) {
    case 'resource control policy':
      return set.rcps ?? []
    case 'service control policy':
      return (set.scps ?? []).flat()
    case 'VPC endpoint policy':
      return some(set.endpoint)
    case 'resource-based policy':
      return some(set.resource)
    case 'identity-based policy':
      return set.identity
    case 'permissions boundary':
      return some(set.boundary)
    case 'session policy':
      return some(set.session)
  }
}

/** The kind of policy whose consent is missing; undefined if none is. */
function unallowed(request: AccessRequest, set: PolicySet): PolicyType | undefined {
  const consents: Consents = (policies) => policies.some((policy) => evaluate(policy, request) === 'allow')
  if (!(set.scps ?? []).every(consents)) return 'service control policy'
  if (set.endpoint && !consents([set.endpoint])) return 'VPC endpoint policy'
  const granted = set.resource ? decide(set.resource, request) : NOTHING
  return crossesAccounts(request, set) ? acrossAccounts(set, granted, consents) : withinAccount(set, granted, consents)
}

type Consents = (policies: readonly Policy[]) => boolean

const NOTHING: PolicyDecision = { decision: 'implicit-deny', grantedTo: new Set() }

/** Both accounts must consent. */
function acrossAccounts(set: PolicySet, granted: PolicyDecision, consents: Consents): PolicyType | undefined {
  if (!consents(set.identity)) return 'identity-based policy'
  return exceeded(set, consents) ?? (granted.decision === 'allow' ? undefined : 'resource-based policy')
}

/** One consent is enough: that of the role's policy, or of the resource's. */
function withinAccount(set: PolicySet, granted: PolicyDecision, consents: Consents): PolicyType | undefined {
  const { decision, grantedTo } = granted
  // A grant to this very session is not limited by the role's policy, its boundary or the session policy.
  if (grantedTo.has('session')) return undefined
  if (set.resourceMustAllow && decision !== 'allow') return 'resource-based policy'
  // A grant to the account only leaves the decision to the policies of its roles.
  const isGrantToRole = grantedTo.has('role') || grantedTo.has('everyone')
  return isGrantToRole || consents(set.identity) ? exceeded(set, consents) : 'identity-based policy'
}

/** The limit of the session that the request exceeds. */
function exceeded({ boundary, session }: PolicySet, consents: Consents): PolicyType | undefined {
  if (boundary && !consents([boundary])) return 'permissions boundary'
  return session && !consents([session]) ? 'session policy' : undefined
}
