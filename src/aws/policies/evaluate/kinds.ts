/** The kinds of policies, and what each may contain. */
import { malformed } from './policy-error.ts'
import type { Principals } from './principals.ts'

/** Where a document stands. */
export type PolicyKind =
  /** What a role may do. */
  | 'identity'
  | 'boundary'
  | 'session'
  /** Who may assume a role. */
  | 'trust'
  /** The policy of a secret. */
  | 'resource'
  /** The policy of a KMS key. */
  | 'key'
  /** The policy of a VPC endpoint. */
  | 'endpoint'
  /** A service control policy. */
  | 'scp'
  /** A resource control policy. */
  | 'rcp'

/** What a check can look at. */
interface Checked {
  effect: 'Allow' | 'Deny'
  actions: { negated: boolean }
  actionNames: readonly string[]
  principals: Principals | undefined
}

interface Rules {
  /** The elements that a statement may have. `Principal` and `Resource` are then required, or their negations. */
  elements: readonly string[]
  check?: (statement: Checked) => void
}

const COMMON = ['Sid', 'Effect', 'Action', 'NotAction', 'Condition']
const RESOURCES = ['Resource', 'NotResource']
const PRINCIPALS = ['Principal', 'NotPrincipal']

const OF_A_PRINCIPAL: Rules = { elements: [...COMMON, ...RESOURCES] }
const OF_A_RESOURCE: Rules = { elements: [...COMMON, ...RESOURCES, ...PRINCIPALS] }

const RULES: Record<PolicyKind, Rules> = {
  identity: OF_A_PRINCIPAL,
  boundary: OF_A_PRINCIPAL,
  session: OF_A_PRINCIPAL,
  scp: OF_A_PRINCIPAL,
  resource: OF_A_RESOURCE,
  key: OF_A_RESOURCE,
  endpoint: OF_A_RESOURCE,
  trust: { elements: [...COMMON, 'Principal'], check: checkTrust },
  rcp: { elements: [...COMMON, ...RESOURCES, 'Principal'], check: checkRcp },
}

/** What a policy of this kind may contain. */
export function forKind(kind: PolicyKind): Rules {
  return RULES[kind]
}

/** Source: IAM's own answer to a trust policy with another action. */
function checkTrust({ actionNames }: Checked): void {
  if (actionNames.some((name) => name !== '*' && !/^sts:/i.test(name))) {
    throw malformed('AssumeRole policy may only specify STS AssumeRole actions.')
  }
}

/** Services that resource control policies do not cover. Source: AWS Organizations user guide, "RCP". */
const NOT_COVERED = /^(?:iam|lambda|ecs):/i

/** Source: the same guide, "RCP syntax". */
function checkRcp({ effect, actions, actionNames, principals }: Checked): void {
  if (effect !== 'Deny') throw malformed('A resource control policy can only have the Effect "Deny"')
  if (principals?.list.some(({ kind }) => kind !== 'everyone')) {
    throw malformed('A resource control policy can only have the Principal "*"')
  }
  if (actions.negated) throw malformed('A resource control policy cannot have NotAction')
  const wrong = actionNames.find((name) => name === '*' || NOT_COVERED.test(name))
  if (wrong !== undefined) throw malformed(`A resource control policy cannot have the Action ${wrong}`)
}
