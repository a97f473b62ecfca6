/** The two policies that a refused hop of a role chain prints: both together let exactly this role take the next one. */
import { describe, expect, test } from '@jest/globals'
import { explainHop } from '../../src/aws/explain-hop.ts'
import { authorize } from '../../src/aws/policies/evaluate/authorize.ts'
import { parsePolicy } from '../../src/aws/policies/evaluate/policy.ts'
import { linkPolicy } from '../../src/aws/policies/role-chain.ts'
import type { Role, RoleHop } from '../../src/aws/request.ts'
import type { ServiceError } from '../../src/aws/service-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { partsOf } from '../../src/text/message.ts'
import { kindOf, policiesIn } from './policies/printed.ts'
import { documentOf, roleIn, sessionOf, statementsOf } from './policies/world.ts'

const RUNNER = '<the ARN of the runner’s role>'
const endpoints = { urls: {}, useFips: false, useDualstack: false }

/** What both accounts have; `undefined` is nothing. */
interface Sides {
  rolePolicy: object[]
  trustPolicy: object | undefined
  session?: string
}

interface Call {
  from: Role
  to: Role
  externalId?: string | undefined
  tags: boolean
}

function mayAssume({ rolePolicy, trustPolicy, session }: Sides, { from, to, externalId, tags }: Call): boolean {
  const actions = ['sts:AssumeRole', ...(tags ? ['sts:TagSession'] : [])]
  return actions.every((action) => {
    const caller = { kind: 'role', role: from.arn, session: sessionOf(from) } as const
    const request = { action, resource: to.arn, caller, context: { 'sts:ExternalId': externalId } }
    return authorize(request, {
      identity: rolePolicy.length === 0 ? [] : [parsePolicy(documentOf(...rolePolicy), 'identity')],
      resource: trustPolicy === undefined ? undefined : parsePolicy(trustPolicy, 'trust'),
      session: session === undefined ? undefined : parsePolicy(session, 'session'),
      resourceMustAllow: true,
    }).allowed
  })
}

/** What the message prints for a hop that STS refuses without a reason. */
function printedFor(from: Role, hop: RoleHop, tags: boolean, known: boolean): Sides {
  const message = `User: ${sessionOf(from)} is not authorized to perform: sts:AssumeRole on resource: ${hop.arn}`
  const error: ServiceError = {
    kind: 'refusal',
    name: 'AccessDenied',
    message,
    status: 403,
    requestId: undefined,
    afterMs: undefined,
  }
  const way = { runner: undefined, hops: [from, hop], tags }
  const { explanation } = explainHop({
    error,
    identity: { claims: {} } as Identity,
    number: 1,
    hop,
    before: { name: sessionOf(from), ...(known ? { role: from } : {}) } as Parameters<typeof explainHop>[0]['before'],
    request: {
      role: hop,
      region: 'eu-west-1',
      roleSessionName: 'run',
      roleDurationSeconds: 900,
      sessionPolicy: 'auto',
      awsEndpoints: endpoints,
    },
    way,
  })
  const blocks = partsOf(explanation.fix).flatMap((part) => (part.kind === 'block' ? [part.text] : []))
  const policies = blocks.flatMap((text) => policiesIn(text.replaceAll(RUNNER, from.arn)))
  expect(policies.map(kindOf).sort()).toEqual(['identity', 'trust'])
  return {
    rolePolicy: policies.filter((policy) => kindOf(policy) === 'identity').flatMap(statementsOf),
    trustPolicy: policies.find((policy) => kindOf(policy) === 'trust'),
  }
}

const hub = roleIn('123456789012', 'aws', 'ci/hub')
const targets: [string, Role][] = [
  ['the same account', roleIn('123456789012', 'aws', 'hf-read')],
  ['another account', roleIn('210987654321', 'aws', 'teams/hf-read')],
]
const table = targets.flatMap(([where, target]) =>
  [target, { ...target, externalId: 'acme-4711' }].flatMap((hop) =>
    [true, false].flatMap((tags) =>
      [true, false].map((known): [string, RoleHop, boolean, boolean] => [
        `${where} (${JSON.stringify({ ...hop, tags, known })})`,
        hop,
        tags,
        known,
      ]),
    ),
  ),
)

describe.each(table)('a hop to %s', (_, hop, tags, known) => {
  const { externalId } = hop
  const call: Call = { from: hub, to: hop, externalId, tags }
  const printed = printedFor(hub, hop, tags, known)

  test('passes with both policies', () => {
    expect(mayAssume({ rolePolicy: [], trustPolicy: undefined }, call)).toBe(false)
    expect(mayAssume({ ...printed, trustPolicy: undefined }, call)).toBe(false)
    expect(mayAssume(printed, call)).toBe(true)
    // Across accounts both sides must consent; within one, the trust policy that names the role is enough.
    expect(mayAssume({ ...printed, rolePolicy: [] }, call)).toBe(hop.account === hub.account)
  })

  test('and nothing else does', () => {
    const almighty = { ...printed, rolePolicy: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }
    for (const name of ['ci/hub2', 'hub', 'ci/x/hub']) {
      expect(mayAssume(almighty, { ...call, from: roleIn('123456789012', 'aws', name) })).toBe(false)
    }
    expect(mayAssume(almighty, { ...call, from: roleIn('999999999999', 'aws', 'ci/hub') })).toBe(false)
    if (externalId !== undefined) {
      for (const other of [undefined, `${externalId}x`, '*', externalId.toUpperCase()]) {
        expect(mayAssume(printed, { ...call, externalId: other })).toBe(false)
      }
    }
    if (!tags) expect(mayAssume(printed, { ...call, tags: true })).toBe(false)
  })

  test('the session in between can do that and nothing more', () => {
    const session = linkPolicy(hop, tags)
    const almighty = { rolePolicy: [{ Effect: 'Allow', Action: '*', Resource: '*' }], session }
    expect(mayAssume({ ...printed, ...almighty }, call)).toBe(true)
    const other = roleIn(hop.account, 'aws', 'another')
    const trustPolicy = JSON.parse(JSON.stringify(printed.trustPolicy)) as object
    expect(mayAssume({ ...almighty, trustPolicy }, { ...call, to: other })).toBe(false)
  })

  test('no tag is a boundary', () => {
    expect(JSON.stringify(printed)).not.toMatch(/aws:(?:Principal|Request)Tag|TagKeys|ForAllValues/)
  })
})
