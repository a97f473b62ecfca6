/** What a user reads when Secrets Manager refuses: the cause that AWS's words point to, and what to paste. */
import { describe, expect, test } from '@jest/globals'
import type { AwsCaller } from '../../src/aws/caller.ts'
import { explainSecret, reading, type SecretUse } from '../../src/aws/explain-secret.ts'
import type { SecretReference } from '../../src/aws/request.ts'
import type { ServiceError } from '../../src/aws/service-error.ts'
import type { ActionError, ErrorCode } from '../../src/errors/action-error.ts'
import { partsOf } from '../../src/text/message.ts'
import { CALLER, REGION, ROLE, SECRET, SESSION } from './fake-aws.ts'

interface Situation {
  caller?: Partial<AwsCaller>
  secret?: Partial<SecretReference>
  use?: Partial<SecretUse>
  error?: Partial<ServiceError>
}

function explain(name: string, message: string, { caller, secret, use, error }: Situation = {}): ActionError {
  return explainSecret({
    error: { kind: 'refusal', name, message, status: 400, requestId: undefined, afterMs: undefined, ...error },
    caller: { ...CALLER, ...caller },
    secret: { ...SECRET, ...secret },
    use: { ...reading('token'), ...use },
  })
}

const by = (reason: string) => `User: x is not authorized to perform: secretsmanager:GetSecretValue ${reason}`
/** The policy statement in what to do. */
function statementIn({ explanation }: ActionError): Record<string, unknown> {
  const [json] = partsOf(explanation.fix).flatMap((part) =>
    part.kind === 'block' && part.text.startsWith('{') ? [part.text] : [],
  )
  return JSON.parse(json ?? '') as Record<string, unknown>
}

describe('a refusal of Secrets Manager is told with its cause', () => {
  test.each<[string, ErrorCode, string, string, string]>([
    ['a key', 'secret-kms-denied', 'AccessDeniedException', 'Access to KMS is not allowed', 'but not to decrypt it'],
    ['a key that is gone', 'secret-kms-denied', 'DecryptionFailure', 'cannot decrypt', 'but not to decrypt it'],
    [
      'a Deny',
      'secret-access-denied',
      'AccessDeniedException',
      by('with an explicit deny in a resource-based policy'),
      `aws secretsmanager get-resource-policy --region ${REGION} --secret-id ${SECRET.id}`,
    ],
    [
      'the session policy, when it is `auto`',
      'secret-access-denied',
      'AccessDeniedException',
      by('because no session policy allows the action'),
      `The account 123456789012 has no such secret in ${REGION}.`,
    ],
    [
      'the policy of the role',
      'secret-access-denied',
      'AccessDeniedException',
      by('because no identity-based policy allows the action'),
      'a role whose policy allows `secretsmanager:GetSecretValue` on this secret',
    ],
    [
      'no such secret',
      'secret-not-found',
      'ResourceNotFoundException',
      'Secrets Manager can’t find the specified secret.',
      'aws secretsmanager create-secret --region eu-west-1 --name huggingface/acme/write',
    ],
    [
      'no such stage',
      'secret-not-found',
      'ResourceNotFoundException',
      'can’t find the specified secret value for staging label: AWSCURRENT',
      `aws secretsmanager list-secret-version-ids --region ${REGION} --secret-id ${SECRET.id}`,
    ],
    [
      'no such version',
      'secret-not-found',
      'ResourceNotFoundException',
      'can’t find the specified secret value for VersionId: 6f8d1d8f',
      'does not have the version that was requested',
    ],
    [
      'a secret that was deleted',
      'secret-not-found',
      'InvalidRequestException',
      'because it was marked for deletion.',
      `aws secretsmanager restore-secret --region ${REGION} --secret-id ${SECRET.id}`,
    ],
    [
      'a session of elsewhere',
      'secret-access-denied',
      'UnrecognizedClientException',
      'The security token included in the request is invalid.',
      'did not accept the session that STS issued',
    ],
    [
      'something else',
      'secret-failed',
      'InvalidRequestException',
      'whatever',
      'refused the request to read the secret',
    ],
  ])('%s', (_what, code, name, message, text) => {
    const failure = explain(name, message)
    expect(failure.code).toBe(code)
    expect(failure.message).toContain(text)
    expect(failure.message).toContain(`Seen: ${name} (HTTP 400): `)
  })

  test.each(['InvalidSignatureException', 'ExpiredTokenException', 'IncompleteSignature', 'InvalidClientTokenId'])(
    'a session that AWS does not accept: %s',
    (name) => expect(explain(name, 'x').code).toBe('secret-access-denied'),
  )

  test('settings of the SDK', () => {
    const failure = explain('TypeError', 'Invalid URL', { error: { kind: 'unsent', status: 0 } })
    expect(failure.code).toBe('secret-failed')
    expect(failure.message).toContain('Seen: TypeError, before anything was sent: "Invalid URL"')
    expect(failure.message).toContain('The AWS SDK found no endpoint for these settings')
  })

  test('a stage other than the usual one, also when AWS does not say so', () => {
    const { message } = explain('ResourceNotFoundException', 'not found', { secret: { stage: 'AWSPREVIOUS' } })
    expect(message).toContain('has no version with the staging label `AWSPREVIOUS`')
  })
})

describe('a role that lacks a permission', () => {
  const denied = 'AccessDeniedException'

  test('gets the statement for exactly this secret', () => {
    expect(statementIn(explain(denied, by('')))).toEqual({
      Effect: 'Allow',
      Action: 'secretsmanager:GetSecretValue',
      Resource: `arn:aws:secretsmanager:${REGION}:123456789012:secret:huggingface/acme/write-??????`,
    })
  })

  test('gets all the actions of a rotation at once', () => {
    const actions = ['secretsmanager:DescribeSecret', 'secretsmanager:PutSecretValue']
    const failure = explain(denied, by(''), { use: { actions, verb: 'write to' } })
    expect(statementIn(failure).Action).toEqual(actions)
    expect(failure.message).toContain(`The role \`${ROLE.arn}\` is not allowed to write to the secret`)
    expect(failure.message).toContain('`secretsmanager:DescribeSecret` and `secretsmanager:PutSecretValue`')
  })

  test('gets the statement for the key, usable through Secrets Manager only', () => {
    expect(statementIn(explain(denied, 'Access to KMS is not allowed'))).toEqual({
      Effect: 'Allow',
      Action: 'kms:Decrypt',
      Resource: `arn:aws:kms:${REGION}:123456789012:key/<the key of the secret>`,
      Condition: { StringEquals: { 'kms:ViaService': `secretsmanager.${REGION}.amazonaws.com` } },
    })
  })

  test('sees the session that AWS refused', () => {
    expect(explain(denied, by('')).message).toContain(`, as \`${SESSION}\``)
  })

  test('of a function is not called by an ARN that nobody knows', () => {
    const role = { ...ROLE, arn: 'of this function' }
    expect(explain(denied, by(''), { caller: { role } }).message).toContain('The role of this function is not allowed')
  })
})

test('a session policy of your own is what to widen', () => {
  const { message } = explain('AccessDeniedException', by('because no session policy allows the action'), {
    caller: { sessionPolicy: '{"Statement":[]}' },
  })
  expect(message).toContain('Allow `secretsmanager:GetSecretValue` on this secret in `session-policy`')
  expect(message).not.toContain('no such secret')
})

describe('the setting to check', () => {
  test('is `secret-id`, with its default, unless another one names the secret', () => {
    const missing = (secret: Partial<SecretReference>) => explain('ResourceNotFoundException', '', { secret }).message
    expect(missing({})).toContain('(`secret-id` is `huggingface/{org}/{scope}` by default)')
    expect(missing({})).toContain('Check `secret-id` and `aws-region`')
    expect(missing({ input: 'admin-secret-id' })).toContain('Check `admin-secret-id` and `aws-region`')
    expect(missing({ input: 'admin-secret-id' })).not.toContain('by default')
  })
})
