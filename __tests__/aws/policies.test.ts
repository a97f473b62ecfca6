import { describe, expect, test } from '@jest/globals'
import { kmsViaService } from '../../src/aws/policies/secret-resources.ts'
import { sessionPolicy } from '../../src/aws/policies/session-policy.ts'
import { otherSubjectFormat, trustPolicy } from '../../src/aws/policies/trust-policy.ts'

const role = { arn: 'arn:aws:iam::123456789012:role/hf', partition: 'aws', account: '123456789012' }
const secret = (id: string) => ({ id, key: 'token', stage: 'AWSCURRENT', region: 'eu-west-1' })
const resources = (id: string) => {
  const policy = JSON.parse(sessionPolicy('auto', role, secret(id)) ?? '') as { Statement: { Resource: string[] }[] }
  return policy.Statement[0]?.Resource
}

describe('the session policy', () => {
  test('lets the secret be read, and nothing else', () => {
    const { Version, Statement } = JSON.parse(sessionPolicy('auto', role, secret('x')) ?? '')
    expect(Version).toBe('2012-10-17')
    expect(Statement).toHaveLength(2)
    expect(Statement[0]).toEqual({
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: ['arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-??????'],
    })
  })

  test('names one secret by its name', () => {
    expect(resources('huggingface/acme/read')).toEqual([
      'arn:aws:secretsmanager:eu-west-1:123456789012:secret:huggingface/acme/read-??????',
    ])
  })

  test('names one secret by its ARN, with or without the six characters', () => {
    const arn = 'arn:aws:secretsmanager:us-east-1:999999999999:secret:x'
    expect(resources(arn)).toEqual([`${arn}-??????`])
    expect(resources(`${arn}-AbCdEf`)).toEqual([`${arn}-AbCdEf`, `${arn}-AbCdEf-??????`])
  })

  test('lets the key be used through Secrets Manager for this secret only', () => {
    expect(JSON.parse(sessionPolicy('auto', role, secret('x')) ?? '').Statement[1]).toEqual({
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: '*',
      Condition: {
        StringEquals: { 'kms:ViaService': 'secretsmanager.eu-west-1.amazonaws.com' },
        StringLike: {
          'kms:EncryptionContext:SecretARN': ['arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-??????'],
        },
      },
    })
  })

  test('fits into what STS takes, even for the longest name', () => {
    expect(sessionPolicy('auto', role, secret('n'.repeat(512)))?.length).toBeLessThanOrEqual(2048)
  })

  test('may be switched off, or be given', () => {
    expect(sessionPolicy('none', role, secret('x'))).toBeUndefined()
    expect(sessionPolicy('{"Statement":[]}', role, secret('x'))).toBe('{"Statement":[]}')
  })

  test.each([
    ['aws', 'secretsmanager.r.amazonaws.com'],
    ['aws-us-gov', 'secretsmanager.r.amazonaws.com'],
    ['aws-cn', 'secretsmanager.r.amazonaws.com.cn'],
    ['aws-eusc', 'secretsmanager.r.amazonaws.eu'],
  ])('knows the domain of %s', (partition, service) => expect(kmsViaService(partition, 'r')).toBe(service))
})

const NAMED = 'repo:octo-org/octo-repo:environment:prod%3Aeu'
const IMMUTABLE = 'repo:octo-org@12/octo-repo@34:environment:prod%3Aeu'
const ids = { repository_owner_id: '12', repository_id: '34' }

describe('the subject in the other format', () => {
  test.each([
    [NAMED, ids, IMMUTABLE],
    [IMMUTABLE, {}, NAMED],
    [NAMED, {}, undefined],
    ['repository_owner:octo-org', ids, undefined],
    ['repo:octo-org@12/octo-repo:x', ids, undefined],
  ])('of %s is %s', (subject, claims, other) => expect(otherSubjectFormat({ subject, claims })).toBe(other))
})

test('the trust policy that is printed allows exactly this subject and audience', () => {
  const issuer = 'https://token.actions.githubusercontent.com'
  expect(trustPolicy({ issuer, audience: 'acme', subject: NAMED }, role)).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { Federated: 'arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com' },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: {
          StringEquals: {
            'token.actions.githubusercontent.com:aud': 'acme',
            'token.actions.githubusercontent.com:sub': NAMED,
          },
        },
      },
    ],
  })
})
