/**
 * A small IAM: reads policy documents and decides with them.
 *
 * What it does not know it refuses with `MalformedPolicyDocument` when the document is read, so that no policy
 * means less here than at AWS: `NotAction`, `NotResource`, `NotPrincipal`, policy variables (`${…}`), and every
 * operator outside {@link OPERATORS} (`ForAllValues:` and `…IfExists` included).
 * Simpler than AWS: a wildcard in an ARN may run across its colons.
 */
import { malformed } from './policy-error.ts'

/** Where a document stands: a role's trust policy has principals, the two others have resources. */
export type PolicyKind = 'trust' | 'identity' | 'session'

/** A question to policies. */
export interface AccessRequest {
  action: string
  /** An ARN. Not for trust policies. */
  resource?: string
  /** The provider's ARN. For trust policies only. */
  federated?: string
  /** Condition keys (any case) and their values. An absent key is a missing one. */
  context: Readonly<Record<string, string | readonly string[]>>
}

export type Decision = 'allow' | 'explicit-deny' | 'implicit-deny'

interface Condition {
  operator: Operator
  /** In lower case. */
  key: string
  values: string[]
}

interface Statement {
  effect: 'Allow' | 'Deny'
  actions: string[]
  resources: string[]
  federated: string[]
  conditions: Condition[]
}

export type Policy = readonly Statement[]

interface Operator {
  matches: (actual: string, expected: string) => boolean
  negated?: boolean
  /** `ForAnyValue:`. Without it, a key with several values never matches. */
  anyValue?: boolean
}

const equals: Operator['matches'] = (actual, expected) => actual === expected
const equalsIgnoreCase: Operator['matches'] = (actual, expected) => actual.toLowerCase() === expected.toLowerCase()
const like: Operator['matches'] = (actual, expected) => glob(expected).test(actual)

const OPERATORS = new Map<string, Operator>([
  ['StringEquals', { matches: equals }],
  ['StringNotEquals', { matches: equals, negated: true }],
  ['StringEqualsIgnoreCase', { matches: equalsIgnoreCase }],
  ['StringLike', { matches: like }],
  ['StringNotLike', { matches: like, negated: true }],
  ['ForAnyValue:StringEquals', { matches: equals, anyValue: true }],
  ['ForAnyValue:StringLike', { matches: like, anyValue: true }],
])

/**
 * Reads a policy document (JSON text, or the parsed object).
 *
 * @throws PolicyError `MalformedPolicyDocument` for what AWS would refuse, and for what this IAM does not know.
 */
export function parsePolicy(document: string | object, kind: PolicyKind): Policy {
  const root = record(typeof document === 'string' ? parseJson(document) : document, 'The policy')
  onlyKeys(root, ['Version', 'Id', 'Statement'], 'the policy')
  if (root.Version !== '2012-10-17') throw malformed('Version must be "2012-10-17"')
  const statements = Array.isArray(root.Statement) ? root.Statement : [root.Statement]
  if (statements.length === 0) throw malformed('The policy has no statement')
  return statements.map((statement: unknown) => parseStatement(record(statement, 'A statement'), kind))
}

/** What one policy decides: an explicit deny wins, and what nothing allows is denied. */
export function evaluate(policy: Policy, request: AccessRequest): Decision {
  const matching = policy.filter((statement) => applies(statement, request))
  if (matching.some((statement) => statement.effect === 'Deny')) return 'explicit-deny'
  return matching.length > 0 ? 'allow' : 'implicit-deny'
}

function applies(statement: Statement, request: AccessRequest): boolean {
  const { action, resource, federated } = request
  return (
    statement.actions.some((pattern) => glob(pattern, 'i').test(action)) &&
    (resource === undefined || statement.resources.some((pattern) => glob(pattern).test(resource))) &&
    (federated === undefined || statement.federated.includes(federated)) &&
    statement.conditions.every((condition) => holds(condition, request.context))
  )
}

function holds({ operator, key, values }: Condition, context: AccessRequest['context']): boolean {
  const found = Object.entries(context).find(([name]) => name.toLowerCase() === key)?.[1]
  const actual = found === undefined ? [] : typeof found === 'string' ? [found] : found
  const some = actual.some((one) => values.some((expected) => operator.matches(one, expected)))
  if (operator.negated) return !some
  return some && (operator.anyValue === true || actual.length === 1)
}

/** `*` and `?` are wildcards, everything else is literal. */
function glob(pattern: string, flags = ''): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`, `s${flags}`)
}

function parseStatement(statement: Record<string, unknown>, kind: PolicyKind): Statement {
  const target = kind === 'trust' ? 'Principal' : 'Resource'
  onlyKeys(statement, ['Sid', 'Effect', 'Action', 'Condition', target], `a statement of the ${kind} policy`)
  const { Effect: effect, Action: action } = statement
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Effect must be "Allow" or "Deny"')
  return {
    effect,
    actions: strings(action, 'Action'),
    resources: kind === 'trust' ? [] : strings(statement.Resource, 'Resource'),
    federated: kind === 'trust' ? federatedPrincipals(statement.Principal) : [],
    conditions: parseConditions(statement.Condition),
  }
}

function federatedPrincipals(principal: unknown): string[] {
  const byType = record(principal, 'Principal')
  onlyKeys(byType, ['Federated', 'AWS', 'Service'], 'Principal')
  return byType.Federated === undefined ? [] : strings(byType.Federated, 'Principal.Federated')
}

function parseConditions(block: unknown): Condition[] {
  if (block === undefined) return []
  return Object.entries(record(block, 'Condition')).flatMap(([name, keys]) => {
    const operator = OPERATORS.get(name)
    if (!operator) throw malformed(`The sandbox does not know the condition operator ${name}`)
    return Object.entries(record(keys, name)).map(([key, values]) => ({
      operator,
      key: key.toLowerCase(),
      values: strings(values, key),
    }))
  })
}

function strings(value: unknown, what: string): string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0) throw malformed(`${what} must not be empty`)
  return list.map((item) => {
    if (typeof item !== 'string' || item === '') throw malformed(`${what} must be a string or a list of strings`)
    if (item.includes('${')) throw malformed(`The sandbox does not know policy variables: ${item}`)
    return item
  })
}

function record(value: unknown, what: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(`${what} must be an object`)
  return { ...value }
}

function onlyKeys(value: Record<string, unknown>, allowed: readonly string[], where: string): void {
  const unknown = Object.keys(value).filter((key) => !allowed.includes(key))
  if (unknown.length > 0) throw malformed(`Unknown element in ${where}: ${unknown.join(', ')}`)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('This policy contains invalid Json')
  }
}
