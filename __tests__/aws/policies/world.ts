/** A role's session, a secret and its key, with all policies between them: where a printed policy must show what it does. */

import { authorize, type PolicySet, type Verdict } from '../../../src/aws/policies/evaluate/authorize.ts'
import type { ContextValues } from '../../../src/aws/policies/evaluate/context.ts'
import type { PolicyKind } from '../../../src/aws/policies/evaluate/kinds.ts'
import { type Policy, parsePolicy } from '../../../src/aws/policies/evaluate/policy.ts'
import { kmsViaService } from '../../../src/aws/policies/secret-resources.ts'
import type { Role } from '../../../src/aws/request.ts'

export const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'

export function roleIn(account: string, partition = 'aws', name = 'hf-publish'): Role {
  return { arn: `arn:${partition}:iam::${account}:role/${name}`, partition, account }
}

/** A policy document of these statements. */
export function documentOf(...statements: readonly object[]): object {
  return { Version: '2012-10-17', Statement: statements }
}

/** The statements of a document, or of a statement alone. */
export function statementsOf(printed: object): object[] {
  return 'Statement' in printed ? [printed.Statement as object | object[]].flat() : [printed]
}

/** Documents as people write them; each is read as AWS would read it. */
export interface World {
  role: Role
  /** The secret's complete ARN. */
  secretArn: string
  /** Whether the secret has a customer managed key. */
  customerKey?: boolean
  rolePolicy: readonly object[]
  session?: string | object | undefined
  boundary?: object
  /** Statements of the secret's own policy. */
  secretPolicy?: readonly object[]
  /** Statements of the key's policy; by default it leaves everything to its account. */
  keyPolicy?: readonly object[]
  scps?: readonly (readonly object[])[]
  rcps?: readonly object[]
  endpoint?: object
}

export type Outcome =
  | { allowed: true }
  | { allowed: false; message: string; verdict: Exclude<Verdict, { allowed: true }> }

/** Uses the secret as Secrets Manager lets one: the secret first, then its key. */
export function use(world: World, action: string, kmsAction?: string): Outcome {
  const verdict = decideOn(world, action, world.secretArn, { 'secretsmanager:SecretId': world.secretArn })
  if (!verdict.allowed) {
    const message = `User: ${sessionOf(world.role)} is not authorized to perform: ${action} on resource: ${world.secretArn} ${verdict.reason}`
    return { allowed: false, message, verdict }
  }
  if (!world.customerKey || kmsAction === undefined) return { allowed: true }
  const [, , , region = ''] = world.secretArn.split(':')
  const decided = decideOn(world, kmsAction, keyOf(world), {
    'kms:ViaService': kmsViaService(world.role.partition, region),
    'kms:EncryptionContext:SecretARN': world.secretArn,
  })
  return decided.allowed ? decided : { allowed: false, message: 'Access to KMS is not allowed', verdict: decided }
}

/** The key of the world's secret, in the secret's account and region. */
export function keyOf({ secretArn, role }: World): string {
  const [, , , region, account] = secretArn.split(':')
  return `arn:${role.partition}:kms:${region}:${account}:key/${KEY_ID}`
}

/** What AWS decides on one call. */
export function decideOn(world: World, action: string, resource: string, context: ContextValues = {}): Verdict {
  const { role } = world
  return authorize(
    {
      action,
      resource,
      caller: { kind: 'role', role: role.arn, session: sessionOf(role), hasBoundary: world.boundary !== undefined },
      context: { 'aws:PrincipalArn': role.arn, ...context },
    },
    policiesOf(world, resource),
  )
}

export function sessionOf({ arn, partition, account }: Role): string {
  return `arn:${partition}:sts::${account}:assumed-role/${arn.split('/').at(-1)}/run`
}

function policiesOf(world: World, resource: string): PolicySet {
  const isKey = resource.includes(':kms:')
  const one = (document: string | object | undefined, kind: PolicyKind) =>
    document === undefined ? undefined : parsePolicy(document, kind)
  const several = (documents: readonly object[] = [], kind: PolicyKind): Policy[] =>
    documents.map((document) => parsePolicy(document, kind))
  return {
    identity: world.rolePolicy.length === 0 ? [] : [parsePolicy(documentOf(...world.rolePolicy), 'identity')],
    session: one(world.session, 'session'),
    boundary: one(world.boundary, 'boundary'),
    resource: isKey ? parsePolicy(keyPolicyOf(world), 'key') : one(secretPolicyOf(world), 'resource'),
    resourceMustAllow: isKey,
    scps: (world.scps ?? []).map((level) => several(level, 'scp')),
    rcps: several(world.rcps, 'rcp'),
    endpoint: one(world.endpoint, 'endpoint'),
  }
}

function secretPolicyOf({ secretPolicy = [] }: World): object | undefined {
  return secretPolicy.length === 0 ? undefined : documentOf(...secretPolicy)
}

function keyPolicyOf(world: World): object {
  const [, partition, , , account] = keyOf(world).split(':')
  const Principal = { AWS: `arn:${partition}:iam::${account}:root` }
  const leaveToAccount = { Effect: 'Allow', Principal, Action: 'kms:*', Resource: '*' }
  return documentOf(leaveToAccount, ...(world.keyPolicy ?? []))
}
