/**
 * IAM's policy language: reads policy documents, and says what one of them decides.
 *
 * What AWS would not take is an error when the document is read (an unknown operator, a misspelled element), so that
 * nothing is silently without effect. `authorize.ts` decides by all policies of a request together.
 */
import { type Condition, parseConditions } from './conditions.ts'
import { type Context, type ContextValues, contextOf } from './context.ts'
import { either, onlyKeys, record, strings } from './elements.ts'
import { forKind, type PolicyKind } from './kinds.ts'
import { malformed } from './policy-error.ts'
import { type Caller, type NamedAs, namedAs, type Principals, parsePrincipals } from './principals.ts'
import { checkSize } from './sizes.ts'
import { matchesResource, matchesText, parseTemplate, type Template } from './template.ts'

/** A question to policies. */
export interface AccessRequest {
  /** E.g. `secretsmanager:GetSecretValue`. */
  action: string
  /** An ARN. Not for trust policies: they are the role's own. */
  resource?: string
  /** Who asks. Policies without principals do not ask for it. */
  caller?: Caller
  context: ContextValues
}

export type Decision = 'allow' | 'explicit-deny' | 'implicit-deny'

/** `Action` or `NotAction`, `Resource` or `NotResource`. */
interface Patterns {
  negated: boolean
  list: readonly Template[]
}

export interface Statement {
  effect: 'Allow' | 'Deny'
  actions: Patterns
  /** As written. */
  actionNames: readonly string[]
  resources: Patterns | undefined
  principals: Principals | undefined
  conditions: readonly Condition[]
}

export type Policy = readonly Statement[]

export interface PolicyDecision {
  decision: Decision
  /** How the statements that allow the request name the caller. Empty for policies without principals. */
  grantedTo: ReadonlySet<NamedAs>
}

/**
 * Reads a policy document (JSON text, or the parsed object).
 *
 * @throws PolicyError `MalformedPolicyDocument` for what AWS would not take; what it answers to one that is too large.
 */
export function parsePolicy(document: string | object, kind: PolicyKind): Policy {
  const root = record(typeof document === 'string' ? parseJson(document) : document, 'The policy')
  checkSize(typeof document === 'string' ? document : JSON.stringify(document), kind)
  onlyKeys(root, ['Version', 'Id', 'Statement'], 'the policy')
  const version = root.Version ?? '2008-10-17'
  if (version !== '2012-10-17' && version !== '2008-10-17') throw malformed('Version must be "2012-10-17"')
  const statements: unknown[] = Array.isArray(root.Statement) ? root.Statement : [root.Statement]
  if (statements.length === 0) throw malformed('The policy has no Statement')
  const read = statements.map((statement) => record(statement, 'Statement'))
  checkSids(read)
  return read.map((statement) => parseStatement(statement, kind, version === '2012-10-17'))
}

/** What one policy decides: an explicit deny wins, and what nothing allows is denied. */
export function evaluate(policy: Policy, request: AccessRequest): Decision {
  return decide(policy, request).decision
}

/** Like {@link evaluate}, and to whom the policy grants it. */
export function decide(policy: Policy, request: AccessRequest): PolicyDecision {
  const context = contextOf(request.context)
  const grantedTo = new Set<NamedAs>()
  let allowed = false
  for (const statement of policy) {
    const ways = applies(statement, request, context)
    if (!ways) continue
    if (statement.effect === 'Deny') return { decision: 'explicit-deny', grantedTo: new Set() }
    allowed = true
    for (const way of ways) grantedTo.add(way)
  }
  return { decision: allowed ? 'allow' : 'implicit-deny', grantedTo }
}

/** How the statement names the caller, if it applies to the request; undefined if it does not. */
function applies(statement: Statement, request: AccessRequest, context: Context): NamedAs[] | undefined {
  const { actions, resources, principals, conditions } = statement
  const { action, resource = '', caller } = request
  const isAction = actions.list.some((pattern) => matchesText(pattern, action, context, true))
  if (isAction === actions.negated) return undefined
  if (resources && resources.list.some((one) => matchesResource(one, resource, context)) === resources.negated) {
    return undefined
  }
  const ways = principals && caller ? namedAs(principals, caller) : []
  if (principals && ways.length === 0) return undefined
  return conditions.every(({ holds }) => holds(context)) ? ways : undefined
}

function parseStatement(statement: Record<string, unknown>, kind: PolicyKind, variables: boolean): Statement {
  const rules = forKind(kind)
  onlyKeys(statement, rules.elements, `a statement of the ${kind} policy`)
  const { Effect: effect } = statement
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed('Effect must be "Allow" or "Deny"')
  const action = either(statement, 'Action')
  const actionNames = strings(action.value, action.negated ? 'NotAction' : 'Action')
  for (const name of actionNames) checkAction(name)
  const parsed: Statement = {
    effect,
    actions: { negated: action.negated, list: actionNames.map((name) => parseTemplate(name, ACTION)) },
    actionNames,
    resources: rules.elements.includes('Resource') ? parseResources(statement, variables) : undefined,
    principals: rules.elements.includes('Principal') ? principalsOf(statement, effect) : undefined,
    conditions: parseConditions(statement.Condition, variables),
  }
  rules.check?.(parsed)
  return parsed
}

/** Policy variables have no meaning in an action. */
const ACTION = { wildcards: true, variables: false }

function checkAction(name: string): void {
  if (name !== '*' && !/^[\w-]+:[\w*?-]+$/.test(name)) {
    throw malformed(`Actions must have a prefix of a service, such as sts: (Action: ${name.slice(0, 200)})`)
  }
}

function parseResources(statement: Record<string, unknown>, variables: boolean): Patterns {
  const { negated, value } = either(statement, 'Resource')
  const list = strings(value, negated ? 'NotResource' : 'Resource').map((resource) => {
    // Patterns such as `arn:*` and `*` are taken, anything else must be an ARN.
    if (!/^(?:arn:|\*+$|\$\{)/.test(resource)) {
      throw malformed(`Resource ${resource.slice(0, 200)} must be in ARN format or "*".`)
    }
    return parseTemplate(resource, { wildcards: true, variables })
  })
  return { negated, list }
}

function principalsOf(statement: Record<string, unknown>, effect: Statement['effect']): Principals {
  const { negated, value } = either(statement, 'Principal')
  if (negated && effect === 'Allow') throw malformed('NotPrincipal must not be used with "Allow"')
  return parsePrincipals(value, negated)
}

function checkSids(statements: readonly Record<string, unknown>[]): void {
  const sids = statements.flatMap(({ Sid }) => (Sid === undefined || Sid === '' ? [] : [Sid]))
  if (sids.some((sid) => typeof sid !== 'string')) throw malformed('Sid must be a string')
  if (new Set(sids).size < sids.length) throw malformed('Statement IDs (SID) in a single policy must be unique.')
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('This policy contains invalid Json')
  }
}
