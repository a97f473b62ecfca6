/**
 * Whom a statement is about. Source: IAM user guide, "AWS JSON policy elements: Principal" and "NotPrincipal".
 */
import { onlyKeys, record, strings } from './elements.ts'
import { malformed } from './policy-error.ts'

/** Who makes a request. */
export type Caller =
  | {
      kind: 'role'
      /** `arn:aws:iam::<account>:role/<path and name>`. */
      role: string
      /** `arn:aws:sts::<account>:assumed-role/<name>/<session>`. */
      session: string
      /** A role with a permissions boundary is always denied by `NotPrincipal`. */
      hasBoundary?: boolean
    }
  /** Someone with an ID token of this provider (its ARN, or a name such as `accounts.google.com`). */
  | { kind: 'federated'; provider: string }
  | { kind: 'service'; service: string }

/** How a statement names the caller: that decides which other policies can still limit what it grants. */
export type NamedAs = 'everyone' | 'account' | 'role' | 'session' | 'federated' | 'service'

export interface Principals {
  negated: boolean
  list: readonly Principal[]
}

type Principal = { kind: 'everyone' } | { kind: 'AWS' | 'Federated' | 'Service' | 'CanonicalUser'; value: string }

const TYPES = ['AWS', 'Federated', 'Service', 'CanonicalUser'] as const
const ROOT = /^(?:\d{12}|arn:[\w-]+:iam::\d{12}:root)$/
const AWS_PRINCIPAL =
  /^arn:[\w-]+:(?:iam::\d{12}:(?:role|user)\/[^*?]+|sts::\d{12}:(?:assumed-role\/[^*?/]+\/[^*?/]+|federated-user\/[^*?]+))$/

/** @throws PolicyError for a principal that AWS would not take: wildcards only stand alone. */
export function parsePrincipals(value: unknown, negated: boolean): Principals {
  if (value === '*') return { negated, list: [{ kind: 'everyone' }] }
  const byType = record(value, 'Principal')
  onlyKeys(byType, TYPES, 'Principal')
  const list = TYPES.flatMap((kind) =>
    kind in byType ? strings(byType[kind], `Principal.${kind}`).map((one) => parsePrincipal(kind, one)) : [],
  )
  if (list.length === 0) throw malformed('Principal must not be empty')
  return { negated, list }
}

function parsePrincipal(kind: (typeof TYPES)[number], value: string): Principal {
  if (kind === 'AWS' && value === '*') return { kind: 'everyone' }
  const valid = kind === 'AWS' ? ROOT.test(value) || AWS_PRINCIPAL.test(value) : !/[*?]/.test(value)
  if (!valid) throw malformed(`Invalid principal in policy: "${kind}":"${value.slice(0, 200)}"`)
  return { kind, value }
}

/** Every way in which the principals name the caller; none if the statement is not about it. */
export function namedAs({ negated, list }: Principals, caller: Caller): NamedAs[] {
  const ways = [...new Set(list.map((principal) => wayOf(principal, caller)).filter((way) => way !== undefined))]
  if (!negated) return ways
  return isExempt(ways, caller) ? [] : ['everyone']
}

/** `NotPrincipal` exempts a role only if it names its account, the role and the session. */
function isExempt(ways: readonly NamedAs[], caller: Caller): boolean {
  if (ways.includes('everyone')) return true
  if (caller.kind !== 'role') return ways.length > 0
  return !caller.hasBoundary && (['account', 'role', 'session'] as const).every((way) => ways.includes(way))
}

function wayOf(principal: Principal, caller: Caller): NamedAs | undefined {
  if (principal.kind === 'everyone') return 'everyone'
  const { kind, value } = principal
  if (caller.kind === 'federated') return kind === 'Federated' && value === caller.provider ? 'federated' : undefined
  if (caller.kind === 'service') return kind === 'Service' && value === caller.service ? 'service' : undefined
  if (kind !== 'AWS') return undefined
  if (value === caller.role) return 'role'
  if (value === caller.session) return 'session'
  return ROOT.test(value) && accountOf(value) === accountOf(caller.role) ? 'account' : undefined
}

/** The account in an ARN, or the account itself. */
export function accountOf(arn: string): string {
  return /^\d{12}$/.test(arn) ? arn : (arn.split(':')[4] ?? '')
}
