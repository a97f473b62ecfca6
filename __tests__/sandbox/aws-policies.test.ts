/** Every refusal that AWS's policies cause, as Secrets Manager and STS answer it over the wire, and what ends it. */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Aws } from '../../sandbox/aws.ts'
import { crossAccountSecret } from '../../src/aws/policies/cross-account.ts'
import { KEY_PLACEHOLDER } from '../../src/aws/policies/missing-statements.ts'
import { allow, clients } from './session.ts'

const ACCOUNT = '111122223333'
const OTHER = '999999999999'
const ROLE = `arn:aws:iam::${ACCOUNT}:role/ci/hf-read`
const KEY_ID = '1234abcd-12ab-34cd-56ef-1234567890ab'
const ACTION = 'secretsmanager:GetSecretValue'

const policy = (...statements: object[]) => ({ Version: '2012-10-17', Statement: statements })
const everything = allow('*')
const denyReading = { Effect: 'Deny', Action: 'secretsmanager:*', Resource: '*' }
const by = (Principal: unknown, statement: object) => ({ ...statement, Principal })

let aws: Aws

beforeEach(async () => {
  aws = await Aws.start({ account: ACCOUNT })
})

afterEach(() => aws.close())

function client({ statements = [everything], boundary }: { statements?: object[]; boundary?: object } = {}) {
  const trustPolicy = policy(by({ Service: 'lambda.amazonaws.com' }, { Effect: 'Allow', Action: 'sts:AssumeRole' }))
  aws.addRole({ arn: ROLE, trustPolicy, policy: policy(...statements), ...(boundary && { boundary }) })
  return clients(aws, ROLE).secrets
}

async function read(secrets: SecretsManagerClient, SecretId = 'hf'): Promise<string> {
  try {
    return (await secrets.send(new GetSecretValueCommand({ SecretId }))).SecretString ?? ''
  } catch (error) {
    const { name, message } = error as Error
    return `${name}: ${message}`
  }
}

const denied = (reason: string, asked = 'hf') =>
  `AccessDeniedException: User: arn:aws:sts::${ACCOUNT}:assumed-role/hf-read/rotation is not authorized to perform: ${ACTION} on resource: ${asked} ${reason}`

describe('a refusal names the kind of policy that caused it', () => {
  beforeEach(() => void aws.addSecret({ name: 'hf', value: 'x' }))

  test.each<[string, () => SecretsManagerClient, string]>([
    [
      'the role',
      () => client({ statements: [allow('s3:*')] }),
      `because no identity-based policy allows the ${ACTION} action`,
    ],
    [
      'a Deny of the role',
      () => client({ statements: [everything, denyReading] }),
      'with an explicit deny in an identity-based policy',
    ],
    [
      'the boundary',
      () => client({ boundary: policy(allow('s3:*')) }),
      `because no permissions boundary allows the ${ACTION} action`,
    ],
    [
      'a Deny of the boundary',
      () => client({ boundary: policy(everything, denyReading) }),
      'with an explicit deny in a permissions boundary',
    ],
    [
      'the organization',
      () => {
        aws.policies.setServiceControlPolicies(ACCOUNT, [[policy(everything)], [policy(allow('s3:*'))]])
        return client()
      },
      `because no service control policy allows the ${ACTION} action`,
    ],
    [
      'a Deny of the organization',
      () => {
        aws.policies.setServiceControlPolicies(ACCOUNT, [[policy(everything), policy(denyReading)]])
        return client()
      },
      'with an explicit deny in a service control policy',
    ],
    [
      'a Deny on the organization’s resources',
      () => {
        aws.policies.setResourceControlPolicies(ACCOUNT, [policy(by('*', denyReading))])
        return client()
      },
      'with an explicit deny in a resource control policy',
    ],
    [
      'the VPC endpoint',
      () => {
        aws.policies.setEndpointPolicy(policy(by('*', allow('s3:*'))))
        return client()
      },
      `because no VPC endpoint policy allows the ${ACTION} action`,
    ],
    [
      'a Deny of the VPC endpoint',
      () => {
        aws.policies.setEndpointPolicy(policy(by('*', everything), by('*', denyReading)))
        return client()
      },
      'with an explicit deny in a VPC endpoint policy',
    ],
    [
      'a Deny of the secret',
      () => {
        aws.putResourcePolicy('hf', policy(by('*', denyReading)))
        return client()
      },
      'with an explicit deny in a resource-based policy',
    ],
  ])('%s', async (_, arrange, reason) => {
    expect(await read(arrange())).toBe(denied(reason))
  })

  test('the policy itself, if AWS does so', async () => {
    aws.namesPolicies = true
    aws.policies.setServiceControlPolicies(ACCOUNT, [[policy(everything), policy(denyReading)]])
    expect(await read(client())).toMatch(
      /in a service control policy: arn:aws:organizations::\d{12}:policy\/o-\w+\/service_control_policy\/p-\w+$/,
    )
    aws.policies.setServiceControlPolicies(ACCOUNT, [])
    expect(await read(client({ statements: [allow('s3:*')] }))).toBe(
      denied(`because no identity-based policy allows the ${ACTION} action`),
    )
  })

  test('and conditions see who asks, and from where', async () => {
    const onlyFrom = (key: string, value: string) =>
      policy(by('*', { ...denyReading, Condition: { StringNotEquals: { [key]: value } } }))
    aws.putResourcePolicy('hf', onlyFrom('aws:PrincipalArn', ROLE.replace('ci/', '')))
    expect(await read(client())).toBe(denied('with an explicit deny in a resource-based policy'))
    aws.putResourcePolicy('hf', onlyFrom('aws:PrincipalArn', ROLE))
    expect(await read(client())).toBe('x')
    aws.putResourcePolicy('hf', onlyFrom('aws:SourceVpce', 'vpce-0123456789abcdef0'))
    expect(await read(client())).toBe(denied('with an explicit deny in a resource-based policy'))
    aws.policies.setEndpointPolicy(policy(by('*', everything)))
    expect(await read(client())).toBe('x')
  })
})

describe('a secret’s policy', () => {
  beforeEach(() => void aws.addSecret({ name: 'hf', value: 'x' }))

  test('is enough for a role of the same account', async () => {
    const secrets = client({ statements: [allow('s3:*')] })
    aws.putResourcePolicy('hf', policy(by({ AWS: ROLE }, allow(ACTION))))
    expect(await read(secrets)).toBe('x')
    aws.putResourcePolicy('hf', undefined)
    expect(await read(secrets)).toContain('no identity-based policy')
  })

  test.each<[string, object, string]>([
    ['a role that does not exist', by({ AWS: `${ROLE}2` }, allow(ACTION)), 'contains an unsupported principal.'],
    ['an unknown effect', by('*', { ...allow(ACTION), Effect: 'AllowSomething' }), 'contains a syntax error.'],
    ['an unknown operator', by('*', allow(ACTION, '*', { StringLik: { 'a:b': 'c' } })), 'contains a syntax error.'],
  ])('is not taken with %s', (_, statement, message) => {
    expect(() => aws.putResourcePolicy('hf', policy(statement))).toThrow(
      expect.objectContaining({
        code: 'MalformedPolicyDocumentException',
        message: `This resource policy ${message}`,
      }),
    )
  })
})

describe('a customer’s key', () => {
  const KEY = `arn:aws:kms:us-east-1:${ACCOUNT}:key/${KEY_ID}`
  beforeEach(() => void aws.addSecret({ name: 'hf', value: 'x', kmsKeyArn: KEY }))

  test('leaves everything to its account’s policies, unless it has a policy of its own', async () => {
    expect(await read(client())).toBe('x')
    aws.policies.setKeyPolicy(KEY, policy(by({ AWS: `${ROLE}2` }, allow('kms:*'))))
    expect(await read(client())).toBe('AccessDeniedException: Access to KMS is not allowed')
    aws.policies.setKeyPolicy(KEY, policy(by({ AWS: ROLE }, allow('kms:Decrypt'))))
    expect(await read(client({ statements: [allow(ACTION)] }))).toBe('x')
  })
})

describe('a secret of another account', () => {
  const KEY = `arn:aws:kms:us-east-1:${OTHER}:key/${KEY_ID}`

  test('is read once all three documents are in place', async () => {
    const id = aws.addSecret({ name: 'hf', account: OTHER, value: 'x', kmsKeyArn: KEY })
    const secret = { id, key: 'token', stage: 'AWSCURRENT', region: 'us-east-1' }
    const documents = crossAccountSecret({ arn: ROLE, partition: 'aws', account: ACCOUNT }, secret)
    const { Statement } = documents.rolePolicy
    const statements = JSON.parse(JSON.stringify(Statement).replaceAll(KEY_PLACEHOLDER, KEY_ID)) as object[]

    expect(await read(client({ statements: [allow('s3:*')] }), id)).toBe(
      denied(`because no identity-based policy allows the ${ACTION} action`, id),
    )
    const secrets = client({ statements })
    expect(await read(secrets, id)).toBe(denied(`because no resource-based policy allows the ${ACTION} action`, id))
    aws.putResourcePolicy(id, documents.secretPolicy)
    expect(await read(secrets, id)).toBe('AccessDeniedException: Access to KMS is not allowed')
    aws.policies.setKeyPolicy(KEY, policy(documents.keyStatement))
    expect(await read(secrets, id)).toBe('x')
  })

  test('cannot be read under the key that AWS manages', async () => {
    const id = aws.addSecret({ name: 'hf', account: OTHER, value: 'x' })
    const secrets = client()
    aws.putResourcePolicy(id, policy(by({ AWS: ROLE }, allow(ACTION))))
    expect(await read(secrets, id)).toBe(
      "InvalidRequestException: You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    )
  })

  test('is subject to the organization of its own account', async () => {
    const id = aws.addSecret({ name: 'hf', account: OTHER, value: 'x', kmsKeyArn: KEY })
    const secrets = client()
    aws.putResourcePolicy(id, policy(by({ AWS: ROLE }, allow(ACTION))))
    aws.policies.setResourceControlPolicies(ACCOUNT, [policy(by('*', denyReading))])
    expect(await read(secrets, id)).toBe('AccessDeniedException: Access to KMS is not allowed')
    aws.policies.setResourceControlPolicies(OTHER, [policy(by('*', denyReading))])
    expect(await read(secrets, id)).toBe(denied('with an explicit deny in a resource control policy', id))
  })
})
