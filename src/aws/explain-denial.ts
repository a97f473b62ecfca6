/** What to do about a policy that is neither the role's own nor the resource's: the same for every service. */
import type { Explanation } from '../errors/action-error.ts'
import { block, code, codes, type Part, type Prose, prose } from '../text/message.ts'
import { verbatim } from '../text/printable.ts'
import { roleName } from './caller.ts'
import { word } from './commands.ts'
import type { Statement } from './policies/missing-statements.ts'
import type { Denied, Reason } from './reasons/reason.ts'
import type { Role } from './request.ts'

/** A refusal for want of a permission. */
export interface Refused {
  reason: Reason
  role: Role
  /** The actions that the caller needs, the refused one among them. */
  actions: readonly string[]
  region: string
  /** The end of the name of the service's VPC endpoint: `secretsmanager`. */
  endpoint: string
  /** For the policy of the role, the boundary or the endpoint: allows what was refused and nothing more. */
  statement: Statement
}

/** `forward`: only where it is not the same for everyone with this reason. */
export type Advice = Pick<Explanation, 'expected' | 'cause' | 'fix' | 'forward'>

/** The policies whose remedy depends on the service. */
export type OwnDenied = `${'identity' | 'resource' | 'session' | 'trust'}-${'silent' | 'deny'}` | 'denied'
export type SharedDenied = Exclude<Denied, OwnDenied>

/** One remedy for each policy that is outside of the role and the resource, whatever service refused. */
export const SHARED: Record<SharedDenied, (refused: Refused) => Advice> = {
  'boundary-silent': (refused) => ({
    expected: prose`a permissions boundary that allows ${what(refused)}`,
    cause: prose`The permissions boundary of the role ${roleName(refused.role)} does not allow ${what(refused)}. A boundary limits the role, whatever its own policies allow.`,
    fix: [
      ...findBoundary(refused),
      'Add this statement to it. The role’s own policy must allow the same:',
      statement(refused.statement),
    ],
  }),
  'boundary-deny': (refused) => ({
    expected: prose`a permissions boundary that does not deny ${what(refused)}`,
    cause: prose`The permissions boundary of the role ${roleName(refused.role)} explicitly denies ${what(refused)}${byPolicy(refused)}.`,
    fix: [...findBoundary(refused), 'Then exempt this role or this resource from its Deny statement.'],
  }),
  'endpoint-silent': (refused) => ({
    expected: prose`a VPC endpoint policy that allows ${what(refused)}`,
    cause: prose`The request went through a VPC endpoint whose policy does not allow ${what(refused)}.`,
    fix: [
      ...findEndpoint(refused),
      'Add this statement to its policy:',
      statement({ ...refused.statement, Principal: '*', ...onlyForRole(refused) }),
    ],
  }),
  'endpoint-deny': (refused) => ({
    expected: prose`a VPC endpoint policy that does not deny ${what(refused)}`,
    cause: prose`The request went through a VPC endpoint whose policy explicitly denies ${what(refused)}.`,
    fix: [...findEndpoint(refused), 'Then exempt this role or this resource from its Deny statement.'],
  }),
  'service-control-silent': (refused) => ({
    expected: prose`service control policies that allow ${what(refused)} in account ${refused.role.account}`,
    cause: prose`The service control policies of the AWS organization do not allow ${what(refused)} in account ${refused.role.account}. No policy in the account can change that.`,
    fix: prose`Allow ${what(refused)} in the service control policies that apply to account ${refused.role.account}: at the root, at each organizational unit above it, and at the account.`,
  }),
  'service-control-deny': (refused) => ({
    expected: prose`service control policies that do not deny ${what(refused)} in account ${refused.role.account}`,
    cause: prose`A service control policy of the AWS organization explicitly denies ${what(refused)}${byPolicy(refused)}. No policy in account ${refused.role.account} can change that.`,
    fix: exempt(refused),
  }),
  'resource-control-silent': (refused) => ({
    expected: prose`resource control policies that allow ${what(refused)}`,
    cause: prose`The resource control policies of the AWS organization do not allow ${what(refused)}. No policy of the role or of the resource can change that.`,
    fix: prose`Attach the AWS managed policy ${code('RCPFullAWSAccess')} again: at the root, at each organizational unit, and at the account.`,
  }),
  'resource-control-deny': (refused) => ({
    expected: prose`resource control policies that do not deny ${what(refused)}`,
    cause: prose`A resource control policy of the AWS organization explicitly denies ${what(refused)}${byPolicy(refused)}. No policy of the role or of the resource can change that.`,
    fix: exempt(refused),
  }),
  'denied-explicitly': (refused) => ({
    expected: 'no Deny statement that applies to this role',
    cause: prose`A policy explicitly denies ${what(refused)}. AWS does not say which one: it may be a policy of the role, its permissions boundary, the policy of the resource, a VPC endpoint policy, or a policy of the AWS organization.`,
    fix: prose`Find the Deny statement. In AWS CloudTrail, the event of this request (${code(refused.reason.action ?? 'AccessDenied')}) often names the policy.`,
  }),
}

/** The refused action, as a part of a sentence; all that are needed when AWS does not name it. */
export function what({ reason: { action }, actions }: Pick<Refused, 'reason' | 'actions'>): Prose {
  return codes(action === undefined ? actions : [action])
}

/** A statement as a block to copy. */
export function statement(value: object): Part {
  return block(JSON.stringify(value, null, 2))
}

/** The name of a role for a command: a word in capitals where nobody knows it, because `<` and `>` redirect in a shell. */
export function nameForCommand({ arn }: Role): string {
  return arn.startsWith('arn:') ? word(arn.split('/').at(-1) ?? '') : 'ROLE_NAME'
}

/** The role as a policy names it. A function does not know the ARN of its own role. */
export function principalOf(role: Role): Role {
  return role.arn.startsWith('arn:') ? role : { ...role, arn: '<the ARN of the role>' }
}

/** `: arn:aws:iam::…:policy/…`, when AWS names the policy. */
export function byPolicy({ reason: { policyArn } }: Pick<Refused, 'reason'>): Prose | string {
  return policyArn === undefined ? '' : prose`: ${code(verbatim(policyArn))}`
}

function findBoundary({ role, reason: { policyArn } }: Refused): Part[] {
  if (policyArn !== undefined) return [prose`The boundary is ${code(verbatim(policyArn))}.`]
  const query = 'Role.PermissionsBoundary.PermissionsBoundaryArn'
  return [
    prose`Find the boundary:`,
    block(`aws iam get-role --role-name ${nameForCommand(role)} --query ${query} --output text`),
  ]
}

function findEndpoint({ region, endpoint }: Refused): Part[] {
  return [
    prose`Find the endpoint, in the account of its VPC:`,
    block(
      `aws ec2 describe-vpc-endpoints --region ${word(region)} --filters Name=service-name,Values='*.${word(region)}.${endpoint}' --query 'VpcEndpoints[].[VpcEndpointId,PolicyDocument]'`,
    ),
  ]
}

/**
 * The policy of an endpoint has no role: without this, it would allow everyone in the network. To assume a role, nobody
 * needs to have one yet (a request with an ID token is not signed): there, the role's trust policy decides.
 */
function onlyForRole({ role, statement: { Action, Condition } }: Refused): object {
  if ([Action].flat().every((action) => String(action).startsWith('sts:'))) return {}
  const condition = role.arn.startsWith('arn:')
    ? { ArnEquals: { 'aws:PrincipalArn': role.arn } }
    : { StringEquals: { 'aws:PrincipalAccount': role.account } }
  return { Condition: { ...(typeof Condition === 'object' ? Condition : {}), ...condition } }
}

function exempt({ role, actions, reason: { policyArn } }: Refused): Part[] {
  const id = policyArn?.split('/').at(-1)
  const read =
    id === undefined
      ? []
      : [
          prose`Read the policy, in the management account or from a delegated administrator:`,
          block(`aws organizations describe-policy --policy-id ${word(id)}`),
        ]
  const compare = actions.some((action) => action.startsWith('sts:'))
    ? ' If its conditions name claims of the ID token, compare them with the claims of this job first.'
    : ''
  return [...read, prose`Exempt the role ${roleName(role)} or this action from its Deny statement.${compare}`]
}
