/** Who can remove a reason: what must be changed, and whom to send the message to. */
import { code, type Prose, prose } from '../../text/message.ts'
import type { Role } from '../request.ts'
import type { Reason, ReasonKind } from './reason.ts'

/** What must be changed. `wait`: nothing, unless it persists. `unknown`: only AWS's own words can tell. */
export type Fixer =
  | 'role'
  | 'provider'
  | 'secret'
  | 'key'
  | 'session'
  | 'boundary'
  | 'endpoint'
  | 'organization'
  | 'account'
  | 'service'
  | 'function'
  | 'runner'
  | 'settings'
  | 'wait'
  | 'unknown'

/** What must be changed to remove each reason; a key or a function may take the place of the secret. */
export const FIXERS: Readonly<Record<ReasonKind, Fixer>> = {
  'identity-silent': 'role',
  'identity-deny': 'role',
  'resource-silent': 'secret',
  'resource-deny': 'secret',
  'session-silent': 'session',
  'session-deny': 'session',
  'boundary-silent': 'boundary',
  'boundary-deny': 'boundary',
  'endpoint-silent': 'endpoint',
  'endpoint-deny': 'endpoint',
  'service-control-silent': 'organization',
  'service-control-deny': 'organization',
  'resource-control-silent': 'organization',
  'resource-control-deny': 'organization',
  'trust-silent': 'role',
  'trust-deny': 'role',
  denied: 'role',
  'denied-explicitly': 'unknown',
  'tags-not-trusted': 'role',
  'provider-missing': 'provider',
  'audience-not-registered': 'provider',
  thumbprint: 'provider',
  'issuer-unreachable': 'wait',
  'token-rejected': 'provider',
  'token-expired': 'runner',
  'role-not-in-token': 'provider',
  'session-policy-too-large': 'session',
  'session-policy-malformed': 'session',
  'session-too-long': 'session',
  'chain-too-long': 'session',
  'region-disabled': 'account',
  setting: 'settings',
  'key-denied': 'key',
  'key-disabled': 'key',
  'key-deleted': 'key',
  'default-key': 'secret',
  'decryption-failed': 'key',
  'secret-missing': 'secret',
  'version-missing': 'secret',
  'secret-deleted': 'secret',
  'secret-replica': 'settings',
  'secret-managed': 'settings',
  'too-many-versions': 'secret',
  'function-not-invocable': 'function',
  'function-missing': 'settings',
  'cluster-missing': 'settings',
  'service-missing': 'settings',
  'service-inactive': 'service',
  controller: 'service',
  'task-definition': 'service',
  'account-blocked': 'account',
  clock: 'runner',
  'session-expired': 'session',
  'session-unknown': 'settings',
  signature: 'runner',
  'wrong-region': 'settings',
  transient: 'wait',
  unsent: 'settings',
  unreadable: 'runner',
  other: 'unknown',
}

/** What must be changed to remove this reason. */
export function fixerOf({ kind, onKey, action = '' }: Pick<Reason, 'kind' | 'onKey' | 'action'>): Fixer {
  const fixer = FIXERS[kind]
  // What has a policy of its own besides a secret: its key, and a function.
  if (fixer === 'secret' && onKey) return 'key'
  return fixer === 'secret' && /^lambda:/i.test(action) ? 'function' : fixer
}

/** Where the things are that may have to be changed. */
export interface Places {
  role: Role
  /** The account of the secret (or of the service), when it is not the role's. */
  owner?: string | undefined
}

const FORWARD: Record<Fixer, (places: Places, reason: Reason) => Prose> = {
  role: ({ role }) => toAccount(role.account),
  provider: ({ role }) => toAccount(role.account),
  boundary: ({ role }) => toAccount(role.account),
  account: ({ role }) => toAccount(role.account),
  service: ({ role }) => toAccount(role.account),
  function: ({ role }) => toAccount(role.account),
  unknown: ({ role }) => toAccount(role.account),
  secret: ({ role, owner }) => toOwner(role, owner, 'secret'),
  key: ({ role, owner }, { resource }) => toOwner(role, accountIn(resource, 'kms') ?? owner, 'key'),
  session: ({ role }) => toSettings(role),
  settings: ({ role }) => toSettings(role),
  endpoint: ({ role }) =>
    prose`The team that manages the VPC endpoints in the network of this ${isFunction(role) ? 'function' : 'runner'}. Send this message to them.`,
  organization: ({ role, owner }, { kind, policyArn }) => {
    const manager = accountIn(policyArn, 'organizations')
    const whose = kind.startsWith('resource-control') ? (owner ?? role.account) : role.account
    const where = manager === undefined ? '' : ` (its management account is ${manager})`
    return prose`Whoever administers the AWS organization of account ${whose}${where}. Send this message to them: nobody in account ${whose} can change it.`
  },
  runner: ({ role }) =>
    isFunction(role)
      ? toAccount(role.account)
      : prose`The people who maintain the runner and its network. Send this message to them.`,
  wait: ({ role }) =>
    prose`Anyone who can run this again. If that does not help, send this message to whoever administers ${accountName(role.account)}.`,
}

/** Whom to send the message to: the last part of every explanation of a refusal of AWS. */
export function forwardTo(reason: Reason, places: Places): Prose {
  return FORWARD[fixerOf(reason)](places, reason)
}

/** The account in an ARN of this service; undefined for anything else. */
export function accountIn(arn: string | undefined, service: string): string | undefined {
  const [scheme, , name, , account = ''] = (arn ?? '').split(':', 6)
  return scheme === 'arn' && name === service && /^\d{12}$/.test(account) ? account : undefined
}

function toAccount(account: string): Prose {
  return prose`Whoever administers ${accountName(account)}. Send this message to them.`
}

function accountName(account: string): string {
  return account ? `AWS account ${account}` : 'the AWS account'
}

function toOwner(role: Role, owner: string | undefined, what: string): Prose {
  return owner === undefined || owner === role.account
    ? toAccount(role.account)
    : prose`Whoever administers ${accountName(owner)}, which owns the ${what}. Send this message to them.`
}

function toSettings(role: Role): Prose {
  return isFunction(role)
    ? toAccount(role.account)
    : prose`Anyone who can edit the workflow (${code('.github/workflows')}).`
}

/** A function does not know the ARN of its own role. */
function isFunction({ arn }: Role): boolean {
  return !arn.startsWith('arn:')
}
