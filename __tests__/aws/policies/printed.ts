/** Policies as they stand in messages and documents: found, with their placeholders filled in, and tried out. */
import { authorize } from '../../../src/aws/policies/evaluate/authorize.ts'
import type { ContextValues } from '../../../src/aws/policies/evaluate/context.ts'
import type { PolicyKind } from '../../../src/aws/policies/evaluate/kinds.ts'
import { type AccessRequest, evaluate, parsePolicy } from '../../../src/aws/policies/evaluate/policy.ts'
import { accountOf, type Caller } from '../../../src/aws/policies/evaluate/principals.ts'
import { KEY_PLACEHOLDER } from '../../../src/aws/policies/missing-statements.ts'
import { documentOf, KEY_ID, statementsOf } from './world.ts'

/** What readers put in the place of a placeholder. */
export function fillIn(text: string): string {
  return text.replaceAll(KEY_PLACEHOLDER, KEY_ID).replaceAll('KEY-ID', KEY_ID)
}

/** Every policy document and every statement alone in a text, with its line breaks. */
export function policiesIn(text: string): object[] {
  const found: object[] = []
  const lines = text.split('\n')
  for (let at = 0; at < lines.length; at++) {
    if (!/^\s*\{\s*(?:".*)?$/.test(lines[at] ?? '')) continue
    const read = readFrom(lines, at)
    if (!read) continue
    at += read.lines - 1
    if ('Statement' in read.value || 'Effect' in read.value) found.push(read.value)
  }
  return found
}

function readFrom(lines: readonly string[], at: number): { value: object; lines: number } | undefined {
  const indent = /^\s*/.exec(lines[at] ?? '')?.[0] ?? ''
  const end = lines.findIndex((line, index) => index >= at && line.startsWith(`${indent}}`))
  const text = lines.slice(at, end < 0 ? at + 1 : end + 1).join('\n')
  try {
    const value: unknown = JSON.parse(fillIn(text))
    return typeof value === 'object' && value !== null ? { value, lines: text.split('\n').length } : undefined
  } catch {
    return undefined
  }
}

/** What a policy is for, by what is in it. */
export function kindOf(printed: object): PolicyKind {
  const [first = {}] = statementsOf(printed)
  const { Principal, Action } = first as { Principal?: unknown; Action?: string | string[] }
  if (Principal === undefined) return 'identity'
  const actions = [Action ?? []].flat()
  if (actions.every((action) => action.startsWith('sts:'))) return 'trust'
  return actions.every((action) => action.startsWith('kms:')) ? 'key' : 'resource'
}

interface Allow {
  Effect: string
  Action: string | string[]
  Resource?: string | string[]
  Principal?: unknown
  Condition?: Record<string, Record<string, string | string[]>>
}

/** A request that the statement is about, and those next to it that it must leave refused. */
export interface Trial {
  what: string
  request: AccessRequest
  neighbours: [string, AccessRequest][]
}

/** One trial for each action, resource and value of the statement. */
export function trialsOf(statement: object, kind: PolicyKind): Trial[] {
  const { Action, Resource, Condition = {}, Principal } = statement as Allow
  const resources = Resource === undefined ? ['arn:aws:iam::123456789012:role/hf-publish'] : [Resource].flat()
  return [Action].flat().flatMap((action) =>
    resources.flatMap((pattern) =>
      contextsOf(Condition).map((context): Trial => {
        const caller = callerOf(Principal)
        const request = { action, resource: concrete(pattern, action), caller, context }
        const others = kind === 'trust' || pattern === '*' ? [] : neighboursOf(request.resource)
        return {
          what: `${action} on ${pattern}`,
          request,
          neighbours: [
            ...others.map(([why, resource]): [string, AccessRequest] => [why, { ...request, resource }]),
            ...Object.keys(context).flatMap((key) => otherContexts(request, key)),
            ...otherCallers(request, typeof Principal === 'object' && Principal !== null),
            ['another action', { ...request, action: 'secretsmanager:DeleteSecret' }],
          ],
        }
      }),
    ),
  )
}

/** True when a document of this statement alone lets the request pass, by this kind's rules. */
export function allows(statement: object | undefined, kind: PolicyKind, request: AccessRequest): boolean {
  if (kind === 'trust') {
    return statement !== undefined && evaluate(parsePolicy(documentOf(statement), kind), request) === 'allow'
  }
  const policy = statement === undefined ? [] : parsePolicy(documentOf(statement), kind)
  const everything = { Effect: 'Allow', Action: '*', Resource: '*' }
  // The other side consents: the account of the resource leaves it to the role, or the role may do everything.
  const leftToRole = { ...everything, Principal: { AWS: accountOf(callerRole(request)) } }
  const set =
    kind === 'identity'
      ? { identity: [policy], resource: parsePolicy(documentOf(leftToRole), 'resource') }
      : { identity: [parsePolicy(documentOf(everything), 'identity')], resource: policy, resourceMustAllow: true }
  return authorize(request, set).allowed
}

function callerRole({ caller }: AccessRequest): string {
  return caller?.kind === 'role' ? caller.role : ''
}

/** One context for each combination of the first and the last value of every key. */
function contextsOf(condition: NonNullable<Allow['Condition']>): Record<string, string>[] {
  let contexts: Record<string, string>[] = [{}]
  for (const keys of Object.values(condition)) {
    for (const [key, values] of Object.entries(keys)) {
      contexts = [values]
        .flat()
        .flatMap((value) => contexts.map((one) => ({ ...one, [key]: value.replaceAll('*', 'x') })))
    }
  }
  return contexts
}

function callerOf(principal: unknown): Caller {
  const { AWS, Federated, Service } = (principal ?? {}) as Record<string, string | undefined>
  if (Federated !== undefined) return { kind: 'federated', provider: Federated }
  if (Service !== undefined) return { kind: 'service', service: Service }
  const role = AWS ?? 'arn:aws:iam::123456789012:role/hf-publish'
  return { kind: 'role', role, session: `${role.replace(':iam:', ':sts:').replace(':role/', ':assumed-role/')}/run` }
}

/** A resource that the pattern stands for; the printed patterns have `-??????` only. */
function concrete(pattern: string, action: string): string {
  if (pattern === '*') return `arn:aws:${action.split(':')[0]}:eu-west-1:123456789012:secret:x-AbCdEf`
  return pattern.replaceAll('??????', 'AbCdEf')
}

function neighboursOf(resource = ''): [string, string][] {
  const [head = '', partition = '', service = '', region = '', account = '', ...rest] = resource.split(':')
  const arn = (changed: { region?: string; account?: string; rest?: string }) =>
    [
      head,
      partition,
      service,
      changed.region ?? region,
      changed.account ?? account,
      changed.rest ?? rest.join(':'),
    ].join(':')
  return [
    ['a longer name', `${resource}-AbCdEf`],
    ['a name with more at its end', `${resource.replace(/-[A-Za-z0-9]{6}$/, '')}-backup-AbCdEf`],
    ['a shorter name', resource.replace(/.(-[A-Za-z0-9]{6})?$/, '$1')],
    ['another region', arn({ region: 'us-east-1' })],
    ['another account', arn({ account: '999999999999' })],
    ['another name', arn({ rest: 'secret:another-AbCdEf' })],
  ]
}

function otherContexts(request: AccessRequest, key: string): [string, AccessRequest][] {
  const value = String(request.context[key])
  const changed = (name: string, other: string | undefined): [string, AccessRequest] => {
    const context: ContextValues = { ...request.context, [key]: other }
    return [`${name} ${key}`, { ...request, context }]
  }
  return [
    changed('no', undefined),
    changed('a longer', `${value}x`),
    changed('a shorter', value.slice(0, -1)),
    changed('another case of', value === value.toUpperCase() ? value.toLowerCase() : value.toUpperCase()),
    changed('a foreign', value.replace(/^repo:[^/:@]+/, 'repo:evil').replace(/^(?!repo:)/, 'evil')),
  ]
}

function otherCallers(request: AccessRequest, named: boolean): [string, AccessRequest][] {
  const { caller } = request
  if (caller?.kind === 'role') {
    const others = [`${caller.role}2`, caller.role.replace(':role/', ':role/x/'), caller.role.replace('1234', '4321')]
    return named
      ? others.map((role) => ['another role', { ...request, caller: { ...caller, role, session: `${role}/x` } }])
      : []
  }
  if (caller?.kind === 'federated') {
    const provider = `${caller.provider}/evil`
    return [['another provider', { ...request, caller: { ...caller, provider } }]]
  }
  if (caller?.kind === 'service') return [['another service', { ...request, caller: { ...caller, service: 'x' } }]]
  return []
}
