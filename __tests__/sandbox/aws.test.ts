/** The sandbox's AWS, asked by the SDK's own clients: it lets in and keeps out as AWS does. */

import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  type GetSecretValueCommandInput,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandInput,
  type AssumeRoleWithWebIdentityCommandOutput,
  STSClient,
} from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Aws, AwsError, type SessionCredentials, stsError } from '../../sandbox/aws.ts'
import * as forgeries from '../../sandbox/github/forgeries.ts'
import { GitHub, type JobOptions } from '../../sandbox/github.ts'
import { OtherIssuer } from '../../sandbox/issuers.ts'
import { GITHUB_CLAIMS } from '../../src/aws/policies/evaluate/identity-providers.ts'

const ROLE = 'arn:aws:iam::111122223333:role/ci/hf-read'
const KMS_KEY = 'arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab'
const NO_SECRET = "Secrets Manager can't find the specified secret."

let github: GitHub
let aws: Aws

beforeEach(async () => {
  github = await GitHub.start()
  aws = await Aws.start()
  process.env.AWS_ENDPOINT_URL = aws.url
})

afterEach(async () => {
  delete process.env.AWS_ENDPOINT_URL
  await Promise.all([github.close(), aws.close()])
})

const allow = (Action: string | string[], Resource: string, Condition?: object): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...(Condition && { Condition }),
})
const policy = (...Statement: object[]) => ({ Version: '2012-10-17', Statement })
const condition = (claims: Record<string, string>, operator = 'StringEquals') => ({
  [operator]: Object.fromEntries(
    Object.entries(claims).map(([claim, value]) => [`${github.issuer.replace('http://', '')}:${claim}`, value]),
  ),
})

/** A provider for audience `acme`, and a role for main of octo-org/octo-repo that may use every secret. */
function setUp(
  options: { trust?: object; rights?: object; clientIds?: string[]; role?: object; extraTrust?: object[] } = {},
): void {
  const Federated = aws.addOidcProvider({
    issuerUrl: github.issuer,
    clientIds: options.clientIds ?? ['acme'],
    keys: () => github.jwks(),
  })
  const Condition = options.trust ?? condition({ aud: 'acme', sub: 'repo:octo-org/octo-repo:ref:refs/heads/main' })
  const statement = {
    Effect: 'Allow',
    Principal: { Federated },
    Action: 'sts:AssumeRoleWithWebIdentity',
    Condition,
  }
  const extra = (options.extraTrust ?? []).map((other) => ({ ...statement, ...other }))
  aws.addRole({
    arn: ROLE,
    trustPolicy: policy(statement, ...extra),
    policy: options.rights ?? policy(allow('secretsmanager:*', '*')),
    ...options.role,
  })
}

async function assume(
  input: Partial<AssumeRoleWithWebIdentityCommandInput> = {},
  job: JobOptions = {},
): Promise<AssumeRoleWithWebIdentityCommandOutput> {
  const { idTokenRequestUrl, idTokenRequestToken } = github.startJob(job)
  const response = await fetch(`${idTokenRequestUrl}&audience=acme`, {
    headers: { authorization: `Bearer ${idTokenRequestToken}` },
  })
  const { value: token } = (await response.json()) as { value: string }
  const client = new STSClient({ region: 'us-east-1', maxAttempts: 1 })
  return client.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: ROLE,
      RoleSessionName: 'octo-repo-42',
      WebIdentityToken: token,
      ...input,
    }),
  )
}

async function credentials(sessionPolicy?: object): Promise<SessionCredentials> {
  await assume(sessionPolicy ? { Policy: JSON.stringify(sessionPolicy) } : {})
  const issued = aws.issuedCredentials.at(-1)
  if (!issued) throw new Error('No credentials were issued')
  return issued
}

function secrets(session: SessionCredentials, region = 'us-east-1'): SecretsManagerClient {
  return new SecretsManagerClient({ region, credentials: session, maxAttempts: 1 })
}

async function read(input: GetSecretValueCommandInput, sessionPolicy?: object) {
  return secrets(await credentials(sessionPolicy)).send(new GetSecretValueCommand(input))
}

/** What the SDK throws for this code. It adds `Exception` to the names of errors that the service's model has. */
function refused(code: string, message: string | RegExp, httpStatusCode = 400) {
  return expect.objectContaining({
    name: expect.stringMatching(new RegExp(`^${code}(Exception)?$`)),
    message: typeof message === 'string' ? message : expect.stringMatching(message),
    $metadata: expect.objectContaining({ httpStatusCode }),
  })
}

describe('AssumeRoleWithWebIdentity', () => {
  test('gives credentials to the job that the trust policy names', async () => {
    setUp()
    const session = policy(allow('secretsmanager:GetSecretValue', '*'))
    const answer = await assume({ DurationSeconds: 900, Policy: JSON.stringify(session) })
    expect(answer).toMatchObject({
      Audience: 'acme',
      Provider: `arn:aws:iam::111122223333:oidc-provider/${github.issuer.replace('http://', '')}`,
      SubjectFromWebIdentityToken: 'repo:octo-org/octo-repo:ref:refs/heads/main',
      AssumedRoleUser: { Arn: 'arn:aws:sts::111122223333:assumed-role/hf-read/octo-repo-42' },
      Credentials: { AccessKeyId: expect.stringMatching(/^ASIA[A-Z2-7]{16}$/) },
    })
    const left = (answer.Credentials?.Expiration?.getTime() ?? 0) - Date.now()
    expect(left).toBeGreaterThan(890_000)
    expect(left).toBeLessThanOrEqual(900_000)
    expect(aws.sessions).toMatchObject([
      { roleArn: ROLE, roleSessionName: 'octo-repo-42', durationSeconds: 900, policy: JSON.stringify(session) },
    ])
    expect(aws.issuedCredentials[0]).toMatchObject({ secretAccessKey: answer.Credentials?.SecretAccessKey })
    expect(github.service.count('jwks')).toBe(0)
  })

  test('gives every session credentials of its own', async () => {
    setUp()
    await assume()
    await assume()
    expect(new Set(aws.issuedCredentials.flatMap((one) => Object.values(one).map(String).slice(0, 3))).size).toBe(6)
  })

  const DENIED = 'Not authorized to perform sts:AssumeRoleWithWebIdentity'

  test.each<[string, JobOptions]>([
    ['another branch', { ref: 'refs/heads/feature' }],
    ['a pull request', { eventName: 'pull_request' }],
    ['the immutable subject format', { subjectFormat: 'immutable' }],
    ['another repository', { repository: 'octo-org/other' }],
  ])('denies a trust policy for main to %s', async (_, job) => {
    setUp()
    await expect(assume({}, job)).rejects.toEqual(refused('AccessDenied', DENIED, 403))
  })

  test('denies a role that does not exist in the same words', async () => {
    setUp()
    await expect(assume({ RoleArn: `${ROLE}s` })).rejects.toEqual(refused('AccessDenied', DENIED, 403))
  })

  test('lets an explicit deny win', async () => {
    const extraTrust = [{ Effect: 'Deny', Condition: condition({ actor: 'octocat' }) }]
    setUp({ extraTrust })
    await expect(assume()).rejects.toEqual(refused('AccessDenied', DENIED, 403))
    await assume({}, { actor: 'hubot' })
  })

  test('evaluates conditions on any claim, or only on those that STS is known to evaluate', async () => {
    setUp({ trust: condition({ repository_id: '456789', environment: 'prod*' }, 'StringLike') })
    await assume({}, { environment: 'production' })
    setUp({ trust: condition({ repository_owner: 'octo-org' }) })
    await assume()
    aws.addOidcProvider({
      issuerUrl: github.issuer,
      clientIds: ['acme'],
      keys: () => github.jwks(),
      trustClaims: GITHUB_CLAIMS,
    })
    await expect(assume()).rejects.toEqual(refused('AccessDenied', DENIED, 403))
  })

  test("knows no issuer without a provider in the role's account", async () => {
    setUp()
    const message = `No OpenIDConnect provider found in your account for ${github.issuer}`
    const RoleArn = 'arn:aws:iam::999999999999:role/hf-read'
    await expect(assume({ RoleArn })).rejects.toEqual(refused('InvalidIdentityToken', message))
    await expect(assume({}, { issuer: `${github.issuer}/acme` })).rejects.toEqual(
      refused('InvalidIdentityToken', `${message}/acme`),
    )
  })

  test('compares the audience with its case', async () => {
    setUp({ clientIds: ['Acme'] })
    await expect(assume()).rejects.toEqual(refused('InvalidIdentityToken', 'Incorrect token audience'))
  })

  test.each<[string, JobOptions, string]>([
    ['no signature', { mint: forgeries.unsigned }, 'InvalidIdentityToken'],
    ['the public key as secret', { mint: forgeries.publicKeyAsSecret }, 'InvalidIdentityToken'],
    ["a foreign key under the issuer's kid", { mint: forgeries.foreignKey }, 'InvalidIdentityToken'],
    ['an unknown key', { mint: forgeries.unknownKey }, 'InvalidIdentityToken'],
    ['changed claims', { mint: forgeries.tampered }, 'InvalidIdentityToken'],
    ['text that is no JWT', { mint: () => 'no.jwt' }, 'InvalidIdentityToken'],
    ['two audiences', { claims: { aud: ['acme', 'other'] } }, 'InvalidIdentityToken'],
    ['an end in the past', { mint: forgeries.expired }, 'ExpiredTokenException'],
  ])('refuses a token with %s', async (_, job, code) => {
    setUp()
    await expect(assume({}, job)).rejects.toEqual(refused(code, /./))
    expect(aws.sessions).toEqual([])
  })

  test.each(['RS256', 'ES256'] as const)('accepts a token with %s and its one audience in an array', async (alg) => {
    setUp()
    const issuer = await OtherIssuer.kubernetes({ alg, audience: ['acme'] })
    const Federated = aws.addOidcProvider({
      issuerUrl: issuer.issuer,
      clientIds: ['acme'],
      keys: () => issuer.jwks(),
    })
    const host = issuer.issuer.replace('http://', '')
    const Condition = {
      StringEquals: { [`${host}:aud`]: 'acme', [`${host}:sub`]: 'system:serviceaccount:ml:publisher' },
    }
    const trust = { Effect: 'Allow', Principal: { Federated }, Action: 'sts:AssumeRoleWithWebIdentity', Condition }
    aws.addRole({ arn: ROLE, trustPolicy: policy(trust) })
    expect(await assume({ WebIdentityToken: await issuer.issue() })).toMatchObject({ Audience: 'acme' })
    await expect(assume({ WebIdentityToken: await issuer.issue({ sub: 'other' }) })).rejects.toEqual(
      refused('AccessDenied', DENIED, 403),
    )
    await issuer.close()
  })

  test("says when it can't fetch the issuer's keys", async () => {
    setUp()
    const keys = () => Promise.reject(new Error('unreachable'))
    const other = github.addIssuer('/_services/token/acme')
    aws.addOidcProvider({ issuerUrl: other, clientIds: ['acme'], keys })
    await expect(assume({}, { issuer: other })).rejects.toEqual(
      refused('InvalidIdentityToken', /^Couldn't retrieve verification key from your identity provider/),
    )
  })

  test.each<[string, Partial<AssumeRoleWithWebIdentityCommandInput>, string]>([
    ['a session name with a space', { RoleSessionName: 'octo repo' }, 'ValidationError'],
    ['a session name of one letter', { RoleSessionName: 'o' }, 'ValidationError'],
    ['a session name of 65 letters', { RoleSessionName: 'o'.repeat(65) }, 'ValidationError'],
    ['a missing session name', { RoleSessionName: undefined }, 'ValidationError'],
    ['a role that is no ARN', { RoleArn: 'hf-read-hf-read-hf-read' }, 'ValidationError'],
    ['a session of 14 minutes', { DurationSeconds: 840 }, 'ValidationError'],
    ["a session longer than the role's maximum", { DurationSeconds: 3601 }, 'ValidationError'],
    ['a session policy that is not JSON', { Policy: '{' }, 'MalformedPolicyDocument'],
    ['a session policy of 2,049 characters', { Policy: JSON.stringify(policy()).padEnd(2049) }, 'PackedPolicyTooLarge'],
  ])('refuses %s', async (_, input, code) => {
    setUp()
    await expect(assume(input)).rejects.toEqual(refused(code, /./))
  })

  test('lets a test throttle it in its own format', async () => {
    setUp()
    const answer = stsError(new AwsError('Throttling', 'Rate exceeded'))
    aws.service.inject('AssumeRoleWithWebIdentity', { kind: 'answer', ...answer })
    await expect(assume()).rejects.toEqual(refused('Throttling', 'Rate exceeded'))
    await assume()
  })

  test('is refused by a resource control policy of the organization', async () => {
    setUp()
    const foreign = {
      Effect: 'Deny',
      Principal: '*',
      Action: 'sts:AssumeRoleWithWebIdentity',
      Resource: '*',
      Condition: { StringNotLike: { [`${github.issuer.replace('http://', '')}:sub`]: 'repo:acme/*' } },
    }
    aws.policies.setResourceControlPolicies('111122223333', [policy(foreign)])
    await expect(assume()).rejects.toEqual(
      refused('AccessDenied', `${DENIED} with an explicit deny in a resource control policy`, 403),
    )
    aws.policies.setResourceControlPolicies('111122223333', [])
    await assume()
  })

  test('cannot be allowed for GitHub without a condition on the subject', () => {
    aws.addOidcProvider({
      issuerUrl: github.issuer,
      clientIds: ['acme'],
      keys: () => github.jwks(),
      isGitHub: true,
    })
    const trust = (claims: Record<string, string>) => () => {
      const Federated = `arn:aws:iam::111122223333:oidc-provider/${github.issuer.replace('http://', '')}`
      const Condition = condition(claims)
      const statement = {
        Effect: 'Allow',
        Principal: { Federated },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition,
      }
      aws.addRole({ arn: ROLE, trustPolicy: policy(statement) })
    }
    expect(trust({ aud: 'acme' })).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocument' }))
    expect(trust({ aud: 'acme', sub: 'repo:octo-org/octo-repo:pull_request' })).not.toThrow()
  })

  test('refuses a trust policy that it does not understand', () => {
    const trust = condition({ sub: 'x' }, 'StringLik')
    expect(() => setUp({ trust })).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocument' }))
  })
})

describe('GetSecretValue', () => {
  test.each([
    ['its name', (arn: string) => arn.slice(arn.indexOf('hf/'), -7)],
    ['its ARN', (arn: string) => arn],
    ['its ARN without the suffix', (arn: string) => arn.slice(0, -7)],
  ])('reads a secret by %s', async (_, id) => {
    setUp()
    const arn = aws.addSecret({ name: 'hf/token', value: 'hf_é"<&' })
    expect(arn).toMatch(/:secret:hf\/token-[A-Za-z0-9]{6}$/)
    expect(await read({ SecretId: id(arn) })).toMatchObject({
      ARN: arn,
      Name: 'hf/token',
      SecretString: 'hf_é"<&',
      VersionStages: ['AWSCURRENT'],
      CreatedDate: expect.any(Date),
    })
  })

  test('reads a binary secret', async () => {
    setUp()
    aws.addSecret({ name: 'hf/token', binary: Buffer.from([0, 255, 7]) })
    const answer = await read({ SecretId: 'hf/token' })
    expect(answer.SecretString).toBeUndefined()
    expect(Buffer.from(answer.SecretBinary ?? [])).toEqual(Buffer.from([0, 255, 7]))
  })

  test('reads the stage or version that it is asked for', async () => {
    setUp()
    aws.addSecret({ name: 'hf/token', value: 'one' })
    const { versionId } = aws.putVersion('hf/token', { value: 'two' })
    aws.putVersion('hf/token', { value: 'three', stages: ['AWSPENDING'] })
    const SecretId = 'hf/token'
    expect(await read({ SecretId })).toMatchObject({ SecretString: 'two', VersionId: versionId })
    expect(await read({ SecretId, VersionStage: 'AWSPREVIOUS' })).toMatchObject({ SecretString: 'one' })
    expect(await read({ SecretId, VersionStage: 'AWSPENDING' })).toMatchObject({ SecretString: 'three' })
    expect(await read({ SecretId, VersionId: versionId })).toMatchObject({ SecretString: 'two' })
    await expect(read({ SecretId, VersionId: versionId, VersionStage: 'AWSPENDING' })).rejects.toEqual(
      refused('InvalidRequestException', /not associated/),
    )
    await expect(read({ SecretId, VersionStage: 'BLUE' })).rejects.toEqual(
      refused(
        'ResourceNotFoundException',
        "Secrets Manager can't find the specified secret value for staging label: BLUE",
      ),
    )
  })

  test('finds no secret that does not exist, or that is in another region', async () => {
    setUp()
    const arn = aws.addSecret({ name: 'hf/token', region: 'eu-west-1', value: 'x' })
    for (const SecretId of ['hf/nothing', 'hf/token', arn]) {
      await expect(read({ SecretId })).rejects.toEqual(refused('ResourceNotFoundException', NO_SECRET))
    }
    const answer = await secrets(await credentials(), 'eu-west-1').send(new GetSecretValueCommand({ SecretId: arn }))
    expect(answer.SecretString).toBe('x')
  })

  test('does not tell a caller without rights whether a secret exists', async () => {
    setUp({
      rights: policy(allow('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:hf/token-??????')),
    })
    const denied = (SecretId: string) =>
      `User: arn:aws:sts::111122223333:assumed-role/hf-read/octo-repo-42 is not authorized to perform: secretsmanager:GetSecretValue on resource: ${SecretId} because no identity-based policy allows the secretsmanager:GetSecretValue action`
    aws.addSecret({ name: 'other', value: 'x' })
    for (const SecretId of ['hf/token', 'other', 'nothing']) {
      await expect(read({ SecretId })).rejects.toEqual(refused('AccessDeniedException', denied(SecretId)))
    }
    aws.addSecret({ name: 'hf/token', value: 'x' })
    await read({ SecretId: 'hf/token' })
  })

  test('gives a session no more than both policies allow', async () => {
    setUp()
    aws.addSecret({ name: 'hf/token', value: 'x' })
    const narrow = policy(allow('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:hf/token-??????'))
    await read({ SecretId: 'hf/token' }, narrow)
    const other = policy(allow('secretsmanager:GetSecretValue', 'arn:aws:secretsmanager:*:*:secret:hf/other-??????'))
    await expect(read({ SecretId: 'hf/token' }, other)).rejects.toEqual(
      refused('AccessDeniedException', /because no session policy allows the secretsmanager:GetSecretValue action$/),
    )
    const denying = policy(allow('*', '*'), { Effect: 'Deny', Action: 'secretsmanager:Get*', Resource: '*' })
    await expect(read({ SecretId: 'hf/token' }, denying)).rejects.toEqual(
      refused('AccessDeniedException', /with an explicit deny in a session policy$/),
    )
  })

  test("a customer's KMS key must be allowed too, through Secrets Manager, by both policies", async () => {
    const context = (arn: string) => ({
      StringEquals: {
        'kms:ViaService': 'secretsmanager.us-east-1.amazonaws.com',
        'kms:EncryptionContext:SecretARN': arn,
      },
    })
    const getSecret = allow('secretsmanager:GetSecretValue', '*')
    const arn = aws.addSecret({ name: 'hf/token', value: 'x', kmsKeyArn: KMS_KEY })
    setUp({ rights: policy(getSecret, allow('kms:Decrypt', KMS_KEY, context(arn))) })
    await read({ SecretId: 'hf/token' })
    await read({ SecretId: 'hf/token' }, policy(getSecret, allow('kms:Decrypt', '*', context(arn))))
    const noKms = refused('AccessDeniedException', 'Access to KMS is not allowed')
    await expect(read({ SecretId: 'hf/token' }, policy(getSecret))).rejects.toEqual(noKms)
    const otherSecret = policy(getSecret, allow('kms:Decrypt', '*', context(`${arn}x`)))
    await expect(read({ SecretId: 'hf/token' }, otherSecret)).rejects.toEqual(noKms)
  })

  test('refuses a secret that is marked for deletion', async () => {
    setUp()
    aws.addSecret({ name: 'hf/token', value: 'x' })
    aws.markForDeletion('hf/token')
    await expect(read({ SecretId: 'hf/token' })).rejects.toEqual(
      refused(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      ),
    )
  })

  const BAD_TOKEN = 'The security token included in the request is invalid.'

  test.each<[string, (issued: SessionCredentials) => Partial<SessionCredentials>, string, string | RegExp]>([
    ['an unknown access key', () => ({ accessKeyId: 'ASIAUNKNOWN' }), 'UnrecognizedClientException', BAD_TOKEN],
    ['another session token', () => ({ sessionToken: 'x' }), 'UnrecognizedClientException', BAD_TOKEN],
    [
      'another secret key',
      () => ({ secretAccessKey: 'x' }),
      'InvalidSignatureException',
      /does not match the signature/,
    ],
  ])('refuses a request signed with %s', async (_, change, code, message) => {
    setUp()
    aws.addSecret({ name: 'hf/token', value: 'x' })
    const issued = await credentials()
    const client = secrets({ ...issued, ...change(issued) })
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'hf/token' }))).rejects.toEqual(
      refused(code, message),
    )
  })

  test('refuses a body or a target that is not the one that was signed', async () => {
    setUp()
    aws.addSecret({ name: 'hf/token', value: 'x' })
    const client = secrets(await credentials())
    await client.send(new GetSecretValueCommand({ SecretId: 'hf/token' }))
    const signed = aws.service.calls.at(-1)?.request
    if (!signed) throw new Error('No call arrived')
    const replay = (body: string, headers: Record<string, string> = {}) => {
      const { 'content-length': _length, connection: _connection, ...others } = signed.headers
      const own = Object.entries(others).map(([name, value]) => [name, String(value)])
      return fetch(aws.url, { method: 'POST', body, headers: { ...Object.fromEntries(own), ...headers } })
    }
    expect((await replay(signed.body)).status).toBe(200)
    const answers = [
      await replay(signed.body.replace('hf/token', 'hf/other')),
      await replay(signed.body, { 'x-amz-target': 'secretsmanager.DescribeSecret' }),
    ]
    for (const answer of answers) {
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({ __type: 'InvalidSignatureException' })
    }
    expect((await replay(signed.body, { authorization: '' })).status).toBe(400)
  })

  test('refuses a session that is over', async () => {
    setUp()
    aws.addSecret({ name: 'hf/token', value: 'x' })
    const client = secrets(await credentials())
    aws.expireSessions()
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'hf/token' }))).rejects.toEqual(
      refused('ExpiredTokenException', 'The security token included in the request is expired'),
    )
  })

  test('refuses a signature for a region where nothing is', async () => {
    setUp()
    const client = secrets(await credentials(), 'eu-north-1')
    await expect(client.send(new GetSecretValueCommand({ SecretId: 'hf/token' }))).rejects.toEqual(
      refused('InvalidSignatureException', 'Credential should be scoped to a valid region.'),
    )
  })
})

describe('rotation', () => {
  const NEXT = '11111111-2222-4333-8444-555555555555'

  test('moves AWSCURRENT to the pending version, and AWSPREVIOUS to the old one', async () => {
    setUp()
    aws.addSecret({ name: 'hf/token', value: 'one' })
    const client = secrets(await credentials())
    const SecretId = 'hf/token'
    const put = { SecretId, ClientRequestToken: NEXT, VersionStages: ['AWSPENDING'] }
    await client.send(new PutSecretValueCommand({ ...put, SecretString: 'two' }))
    await client.send(new PutSecretValueCommand({ ...put, SecretString: 'two' }))
    await expect(client.send(new PutSecretValueCommand({ ...put, SecretString: 'three' }))).rejects.toEqual(
      refused('ResourceExistsException', /already in use/),
    )
    const old = (await client.send(new GetSecretValueCommand({ SecretId }))).VersionId ?? ''
    const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: NEXT }
    await expect(client.send(new UpdateSecretVersionStageCommand(move))).rejects.toEqual(
      refused('InvalidParameterException', /RemoveFromVersionId can't be empty/),
    )
    await client.send(new UpdateSecretVersionStageCommand({ ...move, RemoveFromVersionId: old }))
    await client.send(
      new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'AWSPENDING', RemoveFromVersionId: NEXT }),
    )
    const described = await client.send(new DescribeSecretCommand({ SecretId }))
    expect(described.VersionIdsToStages).toEqual({ [NEXT]: ['AWSCURRENT'], [old]: ['AWSPREVIOUS'] })
    expect(aws.secret(SecretId).versions.map(({ value }) => value)).toEqual(['one', 'two'])
  })
})
