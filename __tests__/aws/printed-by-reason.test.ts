/**
 * From a refusal to a pass: a policy of each kind refuses, the message is read, and what it prints, put where it says,
 * lets the same request through and nothing next to it.
 */
import { describe, expect, test } from '@jest/globals'
import { explainSecret, reading } from '../../src/aws/explain-secret.ts'
import { explainService } from '../../src/aws/explain-service.ts'
import { readReason } from '../../src/aws/reasons/read.ts'
import type { Role, SecretReference } from '../../src/aws/request.ts'
import type { ServiceError } from '../../src/aws/service-error.ts'
import type { ActionError } from '../../src/errors/action-error.ts'
import { partsOf, plain } from '../../src/text/message.ts'
import { policiesIn } from './policies/printed.ts'
import { decideOn, documentOf, keyOf, roleIn, sessionOf, statementsOf, use, type World } from './policies/world.ts'

const ROLE = roleIn('123456789012')
const OTHER = '210987654321'
const ARN = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:hf/write-AbC1eF'
const FOREIGN = ARN.replace('123456789012', OTHER)
const GET = 'secretsmanager:GetSecretValue'
const EVERYTHING = { Effect: 'Allow', Action: '*', Resource: '*' }
const S3_ONLY = { Effect: 'Allow', Action: 's3:*', Resource: '*' }

const refusal = (message: string): ServiceError => ({
  kind: 'refusal',
  name: 'AccessDeniedException',
  message,
  status: 400,
  requestId: undefined,
  afterMs: undefined,
})

const secretOf = (id: string): SecretReference => ({ id, key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' })

function explained(message: string, { role = ROLE, id = 'hf/write' }: { role?: Role; id?: string } = {}): ActionError {
  return explainSecret({
    error: refusal(message),
    caller: {
      name: sessionOf(role),
      role,
      sessionPolicy: 'none',
      awsEndpoints: { urls: {}, useFips: false, useDualstack: false },
    },
    secret: secretOf(id),
    use: reading('token'),
  })
}

function printedIn({ explanation }: ActionError): object[] {
  return partsOf(explanation.fix).flatMap((part) => (part.kind === 'block' ? policiesIn(part.text) : []))
}

const base = (given: Partial<World> = {}): World => ({ role: ROLE, secretArn: ARN, rolePolicy: [EVERYTHING], ...given })

/** A layer that is silent, and the world with what the message prints added to it. */
const LAYERS: readonly (readonly [string, string, World, (world: World, printed: readonly object[]) => World])[] = [
  [
    'the role',
    'identity-silent',
    base({ rolePolicy: [S3_ONLY] }),
    (world, printed) => ({ ...world, rolePolicy: [S3_ONLY, ...printed] }),
  ],
  [
    'the permissions boundary',
    'boundary-silent',
    base({ boundary: documentOf(S3_ONLY) }),
    (world, printed) => ({ ...world, boundary: documentOf(S3_ONLY, ...printed) }),
  ],
  [
    'the VPC endpoint',
    'endpoint-silent',
    base({ endpoint: documentOf({ ...S3_ONLY, Principal: '*' }) }),
    (world, printed) => ({ ...world, endpoint: documentOf({ ...S3_ONLY, Principal: '*' }, ...printed) }),
  ],
]

const neighbour = ARN.replace('write', 'write-2')

describe('a policy that does not allow it gets the statement to add', () => {
  test.each(LAYERS)('%s', (_layer, kind, world, withPrinted) => {
    const refused = use(world, GET)
    if (refused.allowed) throw new Error('nothing allows it')
    expect(readReason('secret', refusal(refused.message)).kind).toBe(kind)
    const printed = printedIn(explained(refused.message))
    expect(printed).toHaveLength(1)
    const after = withPrinted(world, printed)
    expect(use(after, GET)).toEqual({ allowed: true })
    expect(use({ ...after, secretArn: neighbour }, GET).allowed).toBe(false)
    expect(use(after, 'secretsmanager:DeleteSecret').allowed).toBe(false)
  })

  test('the statement for a VPC endpoint lets no other role through', () => {
    const [, , world, withPrinted] = LAYERS[2] ?? []
    if (!world || !withPrinted) throw new Error('there is no such layer')
    const refused = use(world, GET)
    if (refused.allowed) throw new Error('nothing allows it')
    const after = withPrinted(world, printedIn(explained(refused.message)))
    expect(use({ ...after, role: roleIn('123456789012', 'aws', 'another') }, GET).allowed).toBe(false)
  })

  test('a service, in the boundary and at the VPC endpoint', () => {
    const service = { cluster: 'prod', service: 'inference' }
    const arn = 'arn:aws:ecs:eu-west-1:123456789012:service/prod/inference'
    for (const [, , world, withPrinted] of LAYERS) {
      const verdict = decideOn(world, 'ecs:UpdateService', arn)
      if (verdict.allowed) throw new Error('nothing allows it')
      const message = `User: ${sessionOf(ROLE)} is not authorized to perform: ecs:UpdateService on resource: ${arn} ${verdict.reason}`
      const caller = { role: ROLE, sessionPolicy: 'none' }
      const after = withPrinted(
        world,
        printedIn(explainService(refusal(message), { caller, region: 'eu-west-1', service })),
      )
      expect(decideOn(after, 'ecs:UpdateService', arn)).toEqual({ allowed: true })
      expect(decideOn(after, 'ecs:UpdateService', `${arn}2`).allowed).toBe(false)
    }
  })
})

describe('a policy that denies it is named, and no statement is printed that could not help', () => {
  const DENY = { Effect: 'Deny', Action: GET, Resource: '*' }
  const onAll = { ...DENY, Principal: '*' }
  test.each<[string, string, World]>([
    ['the role', 'identity-deny', base({ rolePolicy: [EVERYTHING, DENY] })],
    ['the session', 'session-deny', base({ session: documentOf(EVERYTHING, DENY) })],
    ['the boundary', 'boundary-deny', base({ boundary: documentOf(EVERYTHING, DENY) })],
    ['the secret', 'resource-deny', base({ secretPolicy: [onAll] })],
    ['the VPC endpoint', 'endpoint-deny', base({ endpoint: documentOf({ ...EVERYTHING, Principal: '*' }, onAll) })],
    ['a service control policy', 'service-control-deny', base({ scps: [[documentOf(EVERYTHING, DENY)]] })],
    ['a resource control policy', 'resource-control-deny', base({ rcps: [documentOf(onAll)] })],
  ])('%s', (_layer, kind, world) => {
    const refused = use(world, GET)
    if (refused.allowed) throw new Error('nothing denies it')
    expect(readReason('secret', refusal(refused.message)).kind).toBe(kind)
    expect(printedIn(explained(refused.message))).toEqual([])
  })

  test('a service control policy that allows only other services gets none either', () => {
    const refused = use(base({ scps: [[documentOf(S3_ONLY)]] }), GET)
    if (refused.allowed) throw new Error('nothing allows it')
    expect(readReason('secret', refusal(refused.message)).kind).toBe('service-control-silent')
    expect(printedIn(explained(refused.message))).toEqual([])
  })
})

describe('another account’s secret', () => {
  test.each(['identity', 'resource'] as const)('passes with the three documents that the message prints (%s)', (by) => {
    const world = base({ secretArn: FOREIGN, customerKey: true, rolePolicy: by === 'identity' ? [] : [EVERYTHING] })
    const refused = use(world, GET, 'kms:Decrypt')
    if (refused.allowed) throw new Error('nothing allows it')
    expect(readReason('secret', refusal(refused.message)).kind).toBe(`${by}-silent`)
    const [secretPolicy = {}, ofKey = {}, rolePolicy = {}, ...more] = printedIn(
      explained(refused.message, { id: FOREIGN }),
    )
    expect(more).toEqual([])
    const after: World = {
      ...world,
      secretPolicy: statementsOf(secretPolicy),
      keyPolicy: [ofKey],
      rolePolicy: statementsOf(rolePolicy),
    }
    expect(use(after, GET, 'kms:Decrypt')).toEqual({ allowed: true })
    for (const without of ['secretPolicy', 'keyPolicy', 'rolePolicy'] as const) {
      expect(use({ ...after, [without]: [] }, GET, 'kms:Decrypt').allowed).toBe(false)
    }
  })

  test('passes with what the message about its key prints', () => {
    const across = printedIn(explained('Access to KMS is not allowed', { id: FOREIGN }))
    const [ofKey = {}, ofRole = {}, ...more] = across
    expect(more).toEqual([])
    const allowSecret = { Effect: 'Allow', Principal: { AWS: ROLE.arn }, Action: GET, Resource: '*' }
    const world = base({
      secretArn: FOREIGN,
      customerKey: true,
      secretPolicy: [allowSecret],
      rolePolicy: [{ Effect: 'Allow', Action: GET, Resource: FOREIGN }],
    })
    expect(use(world, GET, 'kms:Decrypt').allowed).toBe(false)
    const after = { ...world, keyPolicy: [ofKey], rolePolicy: [...world.rolePolicy, ofRole] }
    expect(use(after, GET, 'kms:Decrypt')).toEqual({ allowed: true })
  })
})

test('the key that AWS names is the one in the statement, for the role', () => {
  const world = base({ customerKey: true, rolePolicy: [{ Effect: 'Allow', Action: GET, Resource: ARN }] })
  const key = keyOf(world)
  const message = `User: ${sessionOf(ROLE)} is not authorized to perform: kms:Decrypt on resource: ${key} because no identity-based policy allows the kms:Decrypt action`
  const failure = explained(message)
  expect(failure.code).toBe('secret-kms-denied')
  expect(plain(failure.explanation.fix)).toContain(`The key is \`${key}\`.`)
  const [statement = {}] = printedIn(failure)
  expect(statement).toMatchObject({ Resource: key })
  const after = { ...world, rolePolicy: [...world.rolePolicy, statement] }
  expect(use(after, GET, 'kms:Decrypt')).toEqual({ allowed: true })
})

test('the statement for the policy of a key lets the role use it through Secrets Manager', () => {
  const key = keyOf(base())
  const message = `User: ${sessionOf(ROLE)} is not authorized to perform: kms:Decrypt on resource: ${key} because no resource-based policy allows the kms:Decrypt action`
  const [statement = {}, ...more] = printedIn(explained(message))
  expect(more).toEqual([])
  const world = base({ customerKey: true, rolePolicy: [{ Effect: 'Allow', Action: GET, Resource: ARN }] })
  expect(use(world, GET, 'kms:Decrypt').allowed).toBe(false)
  const after = { ...world, keyPolicy: [statement] }
  expect(use(after, GET, 'kms:Decrypt')).toEqual({ allowed: true })
  expect(decideOn(after, 'kms:Decrypt', key).allowed).toBe(false)
})

test('the statement for a secret’s own policy lets exactly this role in', () => {
  const message = `User: ${sessionOf(ROLE)} is not authorized to perform: ${GET} because no resource-based policy allows the ${GET} action`
  const [statement = {}, ...more] = printedIn(explained(message))
  expect(more).toEqual([])
  const world = base({ rolePolicy: [] })
  expect(use(world, GET).allowed).toBe(false)
  expect(use({ ...world, secretPolicy: [statement] }, GET)).toEqual({ allowed: true })
  const other = roleIn('123456789012', 'aws', 'another')
  expect(use({ ...world, role: other, secretPolicy: [statement] }, GET).allowed).toBe(false)
})
