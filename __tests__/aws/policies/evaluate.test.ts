/** The evaluator: what AWS would allow, it allows; what it does not know, it refuses to read. */
import { describe, expect, test } from '@jest/globals'
import type { PolicyKind } from '../../../src/aws/policies/evaluate/kinds.ts'
import { type AccessRequest, evaluate, parsePolicy } from '../../../src/aws/policies/evaluate/policy.ts'

const SECRET = 'arn:aws:secretsmanager:us-east-1:111122223333:secret:hf/token-a1B2c3'
const PROVIDER = 'arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com'
const SUB = 'token.actions.githubusercontent.com:sub'
const MAIN = 'repo:octo-org/octo-repo:ref:refs/heads/main'

function document(...statements: object[]): object {
  return { Version: '2012-10-17', Statement: statements }
}

function read(statement: object = {}): object {
  return { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: SECRET, ...statement }
}

function ask(request: Partial<AccessRequest> = {}): AccessRequest {
  return { action: 'secretsmanager:GetSecretValue', resource: SECRET, context: {}, ...request }
}

function decide(statements: object[], request: AccessRequest = ask()): string {
  return evaluate(parsePolicy(document(...statements), 'identity'), request)
}

describe('effects', () => {
  test('what a statement allows is allowed', () => {
    expect(decide([read()])).toBe('allow')
  })

  test('what no statement mentions is denied', () => {
    expect(decide([read()], ask({ action: 'secretsmanager:PutSecretValue' }))).toBe('implicit-deny')
  })

  test('an explicit deny wins over any allow', () => {
    expect(decide([read({ Effect: 'Deny', Action: '*', Resource: '*' }), read()])).toBe('explicit-deny')
  })

  test('a single statement needs no list', () => {
    const policy = parsePolicy({ Version: '2012-10-17', Statement: read() }, 'identity')
    expect(evaluate(policy, ask())).toBe('allow')
  })
})

describe('wildcards', () => {
  test.each([
    ['secretsmanager:*', 'allow'],
    ['SecretsManager:getsecret*', 'allow'],
    ['*', 'allow'],
    ['secretsmanager:Get', 'implicit-deny'],
    ['kms:*', 'implicit-deny'],
  ])('the action %s gives %s', (Action, decision) => {
    expect(decide([read({ Action })])).toBe(decision)
  })

  test.each([
    ['arn:aws:secretsmanager:us-east-1:111122223333:secret:hf/token-??????', 'allow'],
    ['arn:aws:secretsmanager:us-east-1:111122223333:secret:hf/*', 'allow'],
    ['arn:aws:secretsmanager:us-east-1:111122223333:secret:hf/token', 'implicit-deny'],
    ['arn:aws:secretsmanager:us-east-1:111122223333:secret:hf/token-?????', 'implicit-deny'],
    ['arn:aws:secretsmanager:us-east-1:111122223333:secret:HF/*', 'implicit-deny'],
    ['arn:aws:secretsmanager:us-east-1:111122223333:secret.hf/*', 'implicit-deny'],
    ['arn:aws:secretsmanager:*:*:secret:hf/*', 'allow'],
    ['arn:aws:secretsmanager:*', 'allow'],
    ['arn:aws:secretsmanager', 'allow'],
    ['arn:aws:kms', 'implicit-deny'],
    ['arn:aws:secretsmanager:*a1B2c3', 'implicit-deny'],
    ['arn:aws:secretsmanager:us-*-1:11112222????:*', 'allow'],
    ['*', 'allow'],
  ])('the resource %s gives %s', (Resource, decision) => {
    expect(decide([read({ Resource })])).toBe(decision)
  })
})

describe('conditions', () => {
  const trust = (Condition: object) =>
    parsePolicy(
      document({
        Effect: 'Allow',
        Principal: { Federated: PROVIDER },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition,
      }),
      'trust',
    )
  const assume = (context: AccessRequest['context'], provider = PROVIDER): AccessRequest => ({
    action: 'sts:AssumeRoleWithWebIdentity',
    caller: { kind: 'federated', provider },
    context,
  })

  test.each([
    ['StringEquals', MAIN, 'allow'],
    ['StringEquals', ['repo:other/repo:ref:refs/heads/main', MAIN], 'allow'],
    ['StringEquals', 'repo:octo-org/*', 'implicit-deny'],
    ['StringEquals', MAIN.toUpperCase(), 'implicit-deny'],
    ['StringEqualsIgnoreCase', MAIN.toUpperCase(), 'allow'],
    ['StringNotEquals', MAIN, 'implicit-deny'],
    ['StringNotEquals', 'repo:other/repo:ref:refs/heads/main', 'allow'],
    ['StringLike', 'repo:octo-org/*:ref:refs/heads/mai?', 'allow'],
    ['StringLike', 'repo:octo-org@123456/*', 'implicit-deny'],
    ['StringNotLike', 'repo:octo-org/*', 'implicit-deny'],
    ['ForAnyValue:StringEquals', MAIN, 'allow'],
    ['ForAnyValue:StringLike', 'repo:octo-org/*', 'allow'],
  ])('%s %j gives %s for the main branch', (operator, expected, decision) => {
    const request = assume({ [SUB]: MAIN })
    expect(evaluate(trust({ [operator]: { [SUB]: expected } }), request)).toBe(decision)
  })

  test.each([
    'StringEquals',
    'StringLike',
    'StringEqualsIgnoreCase',
    'ForAnyValue:StringEquals',
    'ForAnyValue:StringLike',
  ])('a missing claim never satisfies %s', (operator) => {
    expect(evaluate(trust({ [operator]: { [SUB]: '*' } }), assume({}))).toBe('implicit-deny')
  })

  test('a missing claim satisfies StringNotEquals, as it does at AWS', () => {
    expect(evaluate(trust({ StringNotEquals: { [SUB]: MAIN } }), assume({}))).toBe('allow')
  })

  test('every condition must hold', () => {
    const policy = trust({ StringEquals: { [SUB]: MAIN, [`${SUB}x`]: 'y' }, StringLike: { [SUB]: '*' } })
    expect(evaluate(policy, assume({ [SUB]: MAIN }))).toBe('implicit-deny')
    expect(evaluate(policy, assume({ [SUB]: MAIN, [`${SUB}x`]: 'y' }))).toBe('allow')
  })

  test('the case of a key does not matter', () => {
    expect(evaluate(trust({ StringEquals: { [SUB.toUpperCase()]: MAIN } }), assume({ [SUB]: MAIN }))).toBe('allow')
  })

  test('a key with several values needs ForAnyValue', () => {
    const request = assume({ [SUB]: ['a', 'b'] })
    expect(evaluate(trust({ StringEquals: { [SUB]: 'a' } }), request)).toBe('implicit-deny')
    expect(evaluate(trust({ 'ForAnyValue:StringEquals': { [SUB]: 'a' } }), request)).toBe('allow')
  })

  test('another provider is not trusted', () => {
    expect(evaluate(trust({}), assume({}, `${PROVIDER}/acme-enterprise`))).toBe('implicit-deny')
  })
})

describe('what is refused', () => {
  test.each([
    ['StringLik', read({ Condition: { StringLik: { 'a:b': 'c' } } })],
    ['ForAllValue:StringEquals', read({ Condition: { 'ForAllValue:StringEquals': { 'a:b': 'c' } } })],
    ['NullIfExists', read({ Condition: { NullIfExists: { 'a:b': 'true' } } })],
    ['ForAnyValue:Null', read({ Condition: { 'ForAnyValue:Null': { 'a:b': 'true' } } })],
    ['prefix', read({ Condition: { StringEquals: { sub: 'c' } } })],
    ['both Action and NotAction', read({ NotAction: 'iam:*' })],
    ['both Resource and NotResource', read({ NotResource: '*' })],
    ['Principal', read({ Principal: '*' })],
    ['Effect', read({ Effect: 'allow' })],
    ['variable', read({ Resource: 'arn:aws:secretsmanager:*:*:secret:${' + 'aws:PrincipalTag/team' })],
    ['variable', read({ Resource: 'arn:aws:secretsmanager:*:*:secret:${' + 'team}' })],
    ['Resource', { Effect: 'Allow', Action: '*' }],
    ['ARN format', read({ Resource: 'hf/token' })],
    ['Action', read({ Action: [] })],
    ['Action', { Effect: 'Allow', Resource: '*' }],
    ['prefix', read({ Action: 'GetSecretValue' })],
    ['SID', [read({ Sid: 'a' }), read({ Sid: 'a' })]],
    ['is not a number', read({ Condition: { NumericLessThan: { 'a:b': 'many' } } })],
    ['is not a date', read({ Condition: { DateLessThan: { 'a:b': 'tomorrow' } } })],
    ['is not true or false', read({ Condition: { Bool: { 'a:b': 'yes' } } })],
    ['is not an IP address', read({ Condition: { IpAddress: { 'a:b': '10.0.0.0/33' } } })],
    ['true or false', read({ Condition: { Null: { 'a:b': 'maybe' } } })],
    ['U+00FF', read({ Condition: { StringEquals: { 'a:b': '€' } } })],
  ])('%s in an identity policy', (named, statement) => {
    expect(() => parsePolicy(document(...[statement].flat()), 'identity')).toThrow(
      expect.objectContaining({ code: 'MalformedPolicyDocument', message: expect.stringContaining(named) }),
    )
  })

  const federated = { Principal: { Federated: PROVIDER }, Action: 'sts:AssumeRoleWithWebIdentity' }
  const rcp = { Effect: 'Deny', Principal: '*', Action: 'secretsmanager:*', Resource: '*' }
  test.each<[string, string | object, PolicyKind]>([
    ['text that is not JSON', '{"Version":', 'session'],
    ['a list', '[]', 'session'],
    ['an unknown version', { Version: '2020-10-17', Statement: [read()] }, 'identity'],
    ['no statement', { Version: '2012-10-17', Statement: [] }, 'identity'],
    ['a trust policy with a resource', document({ Effect: 'Allow', ...federated, Resource: '*' }), 'trust'],
    ['a trust policy without a principal', document({ Effect: 'Allow', Action: '*' }), 'trust'],
    ['a trust policy for another service', document({ Effect: 'Allow', ...federated, Action: 's3:*' }), 'trust'],
    ['a pattern of principals', document(read({ Principal: { AWS: 'arn:aws:iam::111122223333:role/*' } })), 'resource'],
    ['half an account', document(read({ Principal: { AWS: '1111' } })), 'resource'],
    ['an unknown kind of principal', document(read({ Principal: { Role: '*' } })), 'resource'],
    ['no principal', document(read({ Principal: {} })), 'resource'],
    ['NotPrincipal with Allow', document(read({ NotPrincipal: '*' })), 'resource'],
    ['an RCP that allows', document({ ...rcp, Effect: 'Allow' }), 'rcp'],
    ['an RCP for one role', document({ ...rcp, Principal: { AWS: 'arn:aws:iam::111122223333:role/x' } }), 'rcp'],
    ['an RCP with NotAction', document({ Effect: 'Deny', Principal: '*', NotAction: 's3:*', Resource: '*' }), 'rcp'],
    ['an RCP for every action', document({ ...rcp, Action: '*' }), 'rcp'],
    ['an RCP for Lambda', document({ ...rcp, Action: 'lambda:InvokeFunction' }), 'rcp'],
  ])('%s', (_, policy, kind) => {
    expect(() => parsePolicy(policy, kind)).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocument' }))
  })
})
