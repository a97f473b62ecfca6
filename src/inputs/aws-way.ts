/** The inputs about how a role is reached: `aws-identity`, `role-chain`, `session-tags`. */
import type { Role, RoleHop, Way } from '../aws/request.ts'
import { code, prose } from '../text/message.ts'
import { quoted } from '../text/printable.ts'
import { parseRole } from './aws.ts'
import { parseRunnerIdentity } from './aws-runner.ts'
import { flag, lines, oneOf } from './fields.ts'
import { got, type Problems } from './problems.ts'

/** The inputs that decide it, with placeholders filled in. */
export interface WayInputs {
  'aws-identity': string
  'role-to-assume': string
  'role-chain': string
  'session-tags': string
  'role-duration-seconds': string
  'session-policy': string
}

/** The role that makes the calls, and how it is reached. */
export interface ParsedWay {
  role: Role
  way?: Way
}

/** Nobody needs more; each hop is one more call. */
export const MAX_CHAIN = 5

/**
 * How long a session may last that another session has opened, in seconds.
 * Source: IAM user guide, "Role chaining".
 */
export const MAX_CHAINED_SECONDS = 3600

/** Source: STS API reference, AssumeRole, `ExternalId`. */
const EXTERNAL_ID = /^[\w+=,.@:/-]{2,1224}$/

/** A runner whose role nobody has named: AWS says at the first call who it is. */
const UNKNOWN_ROLE: Role = { arn: 'of this runner', partition: 'aws', account: '' }

/** `variables`: the environment variables that describe the runner's own identity. */
export function parseWay(
  inputs: WayInputs,
  variables: Readonly<Record<string, string>>,
  problems: Problems,
): ParsedWay {
  const identity = oneOf('aws-identity', inputs['aws-identity'], ['oidc', 'runner'], problems)
  const tags = flag('session-tags', inputs, problems)
  const chain = parseChain(inputs['role-chain'], problems)
  const runner = identity === 'runner' ? parseRunnerIdentity(variables, problems) : undefined
  // A misspelled identity is a problem of its own: nobody knows yet what it needs.
  const isJob = inputs['aws-identity'] === 'oidc'
  const isFirstGiven = inputs['role-to-assume'] !== ''
  const first = isFirstGiven || isJob ? [parseRole(inputs['role-to-assume'], problems)] : []
  const hops: RoleHop[] = [...first, ...chain]
  checkHops(hops, problems)
  const own = runner?.kind === 'web-identity' ? runner.role : UNKNOWN_ROLE
  checkOwn(own, hops, isFirstGiven ? 'role-to-assume' : 'role-chain', problems)
  checkLimits(inputs, { isRunner: identity === 'runner', hops }, problems)
  if (runner?.kind !== 'web-identity' && identity === 'runner' && hops.length === 0) {
    checkUnlimited(inputs['session-policy'], problems)
  }
  if (identity === 'oidc' && chain.length === 0) {
    if (isJob && /^false$/i.test(inputs['session-tags']))
      problems.add(
        'session-tags',
        prose`has an effect only with ${code('role-chain')}, or with ${code('aws-identity: runner')}`,
      )
    return { role: first[0] ?? UNKNOWN_ROLE }
  }
  const last = hops.at(-1)
  const role = last ? { arn: last.arn, partition: last.partition, account: last.account } : own
  return { role, way: { runner, hops, tags } }
}

/** One role a line: its ARN, and `external-id=…` where its trust policy asks for one. */
export function parseChain(text: string, problems: Problems): RoleHop[] {
  const all = lines(text)
  if (all.length > MAX_CHAIN) problems.add('role-chain', `must have at most ${MAX_CHAIN} lines (got ${all.length})`)
  return all.map((line) => {
    const [arn = '', ...settings] = line.split(/\s+/)
    const role = parseRole(arn, problems, 'role-chain')
    const [setting, ...more] = settings
    if (setting === undefined) return role
    const [, externalId] = /^external-id=(.*)$/.exec(setting) ?? []
    if (externalId === undefined || more.length > 0) {
      const form = code('arn:aws:iam::<account>:role/<name> external-id=<ID>')
      problems.add(
        'role-chain',
        prose`must have lines of the form ${form}, where the external ID is optional ${got(line, 200)}`,
      )
      return role
    }
    if (!EXTERNAL_ID.test(externalId)) {
      problems.add(
        'role-chain',
        `has an external ID that AWS does not accept: 2 to 1224 letters, digits, and _+=,.@:/- ${got(externalId, 100)}`,
      )
    }
    return { ...role, externalId }
  })
}

function checkHops(hops: readonly RoleHop[], problems: Problems): void {
  const [first, ...others] = hops
  for (const [at, hop] of others.entries()) {
    const before = hops[at] ?? hop
    if (hop.arn === before.arn) {
      problems.add('role-chain', prose`lists ${quoted(hop.arn, 200)} right after the same role; remove one of them`)
    }
    if (first && hop.account !== '' && first.account !== '' && hop.partition !== first.partition) {
      problems.add(
        'role-chain',
        prose`has a role in the partition ${hop.partition}, which no role in ${first.partition} can assume ${got(hop.arn, 200)}`,
      )
    }
  }
}

/** `name`: the input with the first role that the runner assumes. */
function checkOwn(own: Role, [first]: readonly RoleHop[], name: string, problems: Problems): void {
  if (own.account === '' || !first || first.account === '' || first.partition === own.partition) return
  problems.add(
    name,
    prose`is in the partition ${first.partition}, but the runner’s own role (${code('AWS_ROLE_ARN')}) is in ${own.partition}, and cannot assume it ${got(first.arn, 200)}`,
  )
}

function checkLimits(
  inputs: WayInputs,
  { isRunner, hops }: { isRunner: boolean; hops: readonly RoleHop[] },
  problems: Problems,
): void {
  const isChained = hops.length > (isRunner ? 0 : 1)
  if (isChained && Number(inputs['role-duration-seconds']) > MAX_CHAINED_SECONDS) {
    const because = isRunner ? code('aws-identity: runner') : code('role-chain')
    problems.add(
      'role-duration-seconds',
      prose`must be at most ${MAX_CHAINED_SECONDS} with ${because}, because AWS limits a session that another session opens to one hour ${got(inputs['role-duration-seconds'])}`,
    )
  }
}

/** A session that nobody opens cannot be limited. */
function checkUnlimited(policy: string, problems: Problems): void {
  if (policy === 'none') return
  problems.add(
    'session-policy',
    prose`cannot limit the runner’s own AWS identity; name a role for the runner to assume in ${code('role-to-assume')}, or set ${code('session-policy: none')} if the runner’s identity may be used as it is`,
  )
}
