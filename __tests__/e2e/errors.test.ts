/** Every error code, provoked through `dist/`, with the message that a user reads. */
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AwsError, secretsManagerError, stsError } from '../../sandbox/aws.ts'
import * as forgeries from '../../sandbox/github/forgeries.ts'
import { ACCOUNT, REGION, roleArn } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { ERROR_CODES, type ErrorCode } from '../../src/errors/action-error.ts'
import { copyWith, copyWithout } from './damaged.ts'
import { recordMessage } from './recorded-messages.ts'
import { errorOf, type Play, Stage } from './stage.ts'

interface Scenario {
  code: ErrorCode
  /** The name under which its message is recorded, and quoted in the documents. */
  name: string
  when: string
  play?: Play | ((stage: Stage) => Play)
  arrange?: (stage: Stage) => void
  /** What the message must say. */
  says: (string | RegExp)[]
  /** Nothing may have been sent to AWS or the Hub. */
  before?: 'any network call' | 'AWS'
}

const day = 86_400_000
const inDays = (days: number) => new Date(Date.now() + days * day)

/** Stores a new Hub token with these properties where `scope: write` reads it. */
function storeToken(stage: Stage, token: Parameters<Stage['sandbox']['hub']['addToken']>[0]): string {
  const value = stage.sandbox.hub.addToken(token)
  stage.secrets.push({ name: 'the stored token', value })
  stage.store(JSON.stringify({ token: value }))
  return value
}

const fineGrained = (permissions: string[], extra: object = {}) => ({
  role: 'fineGrained' as const,
  user: 'acme-ci',
  fineGrained: { scoped: [{ entity: { type: 'org' as const, name: 'acme' }, permissions }], ...extra },
})
const WRITE = ['repo.content.read', 'repo.write']

/** A member of acme whose tokens the organization restricts. */
function storeRestricted(
  stage: Stage,
  restriction: 'mfa' | 'token-policy' | 'token-revoked' | 'sso' | 'ip',
  role = 'fineGrained',
): void {
  stage.sandbox.hub.addUser({
    name: 'rosa',
    orgs: [{ name: 'acme', roleInOrg: 'write', securityRestrictions: [restriction] }],
  })
  const token = fineGrained(WRITE)
  storeToken(stage, role === 'fineGrained' ? { ...token, user: 'rosa' } : { user: 'rosa', role: 'write' })
}

/** The next call is refused in these words of AWS's. */
const refuses =
  (call: 'AssumeRoleWithWebIdentity' | 'GetSecretValue', name: string, words: string) =>
  ({ sandbox }: Stage): void => {
    const format = call === 'GetSecretValue' ? secretsManagerError : stsError
    const status = name === 'AccessDenied' ? 403 : 400
    // Twice: some refusals get a second attempt.
    sandbox.aws.service.inject(call, { kind: 'answer', ...format(new AwsError(name, words, status)) }, 2)
  }

/** Who was refused, as AWS writes it. */
const SESSION = `User: arn:aws:sts::${ACCOUNT}:assumed-role/hf-acme-write/run is not authorized to perform:`
const GET = 'secretsmanager:GetSecretValue'
const READ_SECRET = `${SESSION} ${GET} on resource: arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:huggingface/acme/write-a1B2c3`
const KEY = `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`
const ORGANIZATION = 'arn:aws:organizations::555566667777:policy/o-exampleorgid'

/** What AWS itself says about why, one of each kind. Its words are those of `__tests__/aws/real-messages.ts`. */
const awsReasons: Scenario[] = [
  {
    code: 'secret-access-denied',
    when: 'the secret belongs to another account',
    name: 'secret-access-denied/other-account',
    play: {
      with: { 'secret-id': `arn:aws:secretsmanager:${REGION}:999988887777:secret:huggingface/acme/write-a1B2c3` },
    },
    says: [
      'The secret belongs to AWS account 999988887777, and the role to account 123456789012',
      '1. In account 999988887777',
      'aws secretsmanager put-resource-policy',
      '2. The secret must be encrypted with a customer managed key',
      '3. In account 123456789012',
      'For step 3, whoever administers AWS account 123456789012',
    ],
  },
  {
    code: 'secret-access-denied',
    when: 'a service control policy denies it',
    name: 'secret-access-denied/organization',
    arrange: refuses(
      'GetSecretValue',
      'AccessDeniedException',
      `${READ_SECRET} with an explicit deny in a service control policy: ${ORGANIZATION}/service_control_policy/p-example123`,
    ),
    says: [
      'A service control policy of the AWS organization explicitly denies `secretsmanager:GetSecretValue`',
      'aws organizations describe-policy --policy-id p-example123',
      'its management account is 555566667777',
    ],
  },
  {
    code: 'secret-access-denied',
    when: 'the permissions boundary does not allow it',
    name: 'secret-access-denied/boundary',
    arrange: refuses(
      'GetSecretValue',
      'AccessDeniedException',
      `${READ_SECRET} because no permissions boundary allows the ${GET} action`,
    ),
    says: ['The permissions boundary of the role', 'Role.PermissionsBoundary', 'administers AWS account 123456789012'],
  },
  {
    code: 'secret-access-denied',
    when: 'the policy of the VPC endpoint does not allow it',
    name: 'secret-access-denied/vpc-endpoint',
    arrange: refuses(
      'GetSecretValue',
      'AccessDeniedException',
      `${READ_SECRET} because no VPC endpoint policy allows the ${GET} action`,
    ),
    says: [
      'went through a VPC endpoint',
      'aws ec2 describe-vpc-endpoints',
      '"aws:PrincipalArn"',
      'manages the VPC endpoints',
    ],
  },
  {
    code: 'secret-kms-denied',
    when: 'the policy of the key does not allow it',
    name: 'secret-kms-denied/key-policy',
    arrange: refuses(
      'GetSecretValue',
      'AccessDeniedException',
      `${SESSION} kms:Decrypt on resource: ${KEY} because no resource-based policy allows the kms:Decrypt action`,
    ),
    says: [`The key is \`${KEY}\``, 'Add this statement to the policy of the key:'],
  },
  {
    code: 'secret-kms-denied',
    when: 'another account’s secret has the default key',
    name: 'secret-kms-denied/default-key',
    play: {
      with: { 'secret-id': `arn:aws:secretsmanager:${REGION}:999988887777:secret:huggingface/acme/write-a1B2c3` },
    },
    arrange: refuses(
      'GetSecretValue',
      'InvalidRequestException',
      "You can't access a secret from a different AWS account if you encrypt the secret with the default KMS service key.",
    ),
    says: [
      'encrypted with the key `aws/secretsmanager`',
      '--kms-key-id',
      'AWS account 999988887777, which owns the secret',
    ],
  },
  {
    code: 'secret-kms-denied',
    when: 'the key is pending deletion',
    name: 'secret-kms-denied/key-state',
    arrange: refuses('GetSecretValue', 'KMSInvalidStateException', `${KEY} is pending deletion.`),
    says: ['scheduled for deletion', `aws kms describe-key --region ${REGION} --key-id ${KEY}`],
  },
  {
    code: 'secret-failed',
    when: 'Secrets Manager gives a reason that nobody knows',
    name: 'secret-failed/quoted',
    arrange: refuses('GetSecretValue', 'InvalidParameterException', 'You provided an invalid value for a parameter.'),
    says: [
      '"You provided an invalid value for a parameter."',
      'the reason that is quoted above',
      'AWS account 123456789012',
    ],
  },
  {
    code: 'role-trust-rejected',
    when: 'a resource control policy denies it',
    name: 'role-trust-rejected/organization',
    arrange: refuses(
      'AssumeRoleWithWebIdentity',
      'AccessDenied',
      `Not authorized to perform sts:AssumeRoleWithWebIdentity with an explicit deny in a resource control policy: ${ORGANIZATION}/resource_control_policy/p-example456`,
    ),
    says: [
      'A resource control policy of the AWS organization',
      '--policy-id p-example456',
      'management account is 555566667777',
    ],
  },
  {
    code: 'sts-failed',
    when: 'the provider has an old thumbprint',
    name: 'sts-failed/thumbprint',
    arrange: refuses(
      'AssumeRoleWithWebIdentity',
      'InvalidIdentityToken',
      "OpenIDConnect provider's HTTPS certificate doesn't match configured thumbprint",
    ),
    says: ['lists the thumbprints of its previous certificate', 'aws iam get-open-id-connect-provider'],
  },
  {
    code: 'sts-failed',
    when: 'the region is not activated',
    name: 'sts-failed/region',
    arrange: refuses(
      'AssumeRoleWithWebIdentity',
      'RegionDisabledException',
      `STS is not activated in this region for account:${ACCOUNT}. Your account administrator can activate STS in this region using the IAM Console.`,
    ),
    says: [`STS is not activated in ${REGION} for the account ${ACCOUNT}`, 'AWS account 123456789012'],
  },
]

const scenarios: Scenario[] = [
  ...awsReasons,
  {
    code: 'input-invalid',
    when: 'several inputs are wrong',
    name: 'input-invalid/all-at-once',
    play: {
      with: {
        'hf-org': 'acme/model',
        'role-to-assume': 'arn:aws:iam::123:user/x',
        scope: 'writ',
        'min-token-lifetime': '10 minutes',
        'required-claims': 'ref',
        'hf-endpoint': 'http://hub.example.com',
        'export-env': 'GITHUB_TOKEN HF-TOKEN',
        'hf-ogr': 'acme',
        'max-attempts': '0',
        repositories: 'model',
        'session-policy': '{"Version":',
        'secret-id': 'huggingface/{team}',
      },
    },
    says: [
      'There are 13 problems with the inputs, so nothing was sent',
      '`hf-ogr` is not an input of this action; did you mean `hf-org`?',
      '`hf-org` must be the slug of an organization on the Hub (got "acme/model"); did you mean `acme`?',
      '`role-to-assume` must be the ARN of an IAM role, `arn:aws:iam::<12-digit account>:role/<name>` (got "arn:aws:iam::123:user/x")',
      '`scope` must be one of identity, read, write, contribute, infer, admin, or several joined by "+" (got "writ"); did you mean `write`?',
      '`min-token-lifetime` must be a whole number and a unit, such as 60s, 15m, 2h or 7d (got "10 minutes")',
      '`required-claims` must have lines of the form claim=pattern, with neither side empty (got "ref")',
      '`hf-endpoint` must begin with `https://` (got "http://hub.example.com")',
      '`export-env` must not list variables that are reserved for the runner and the operating system (got "GITHUB_TOKEN")',
      '`export-env` must list names of environment variables (got "HF-TOKEN")',
      '`max-attempts` must be a whole number from 1 to 10 (got "0")',
      '`repositories` must list repositories such as acme/model, datasets/acme/data or spaces/acme/app (got "model")',
      '`session-policy` must be auto, none or a JSON policy document',
      '`secret-id` must have no placeholder other than `{org}`, `{scope}`, `{owner}` and `{repo}` (got "{team}")',
    ],
    before: 'any network call',
  },
  {
    code: 'input-invalid',
    when: 'names and values have typos',
    name: 'input-invalid/typos',
    play: {
      with: {
        'aws-regoin': 'eu-west-1',
        scope: 'wirte',
        'role-to-assume': 'hf-publish',
        'min-token-lifetime': '10 minutes',
      },
    },
    says: ['There are 4 problems with the inputs', 'did you mean `aws-region`?'],
    before: 'any network call',
  },
  {
    code: 'input-invalid',
    when: 'an endpoint in the environment is plain http',
    name: 'input-invalid/http-endpoint',
    play: { env: { AWS_ENDPOINT_URL_STS: 'http://sts.example.com' } },
    says: ['`AWS_ENDPOINT_URL_STS` must begin with `https://` (got "http://sts.example.com")'],
    before: 'any network call',
  },
  {
    code: 'input-invalid',
    when: 'there is no region',
    name: 'input-invalid/no-region',
    play: { env: { AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined } },
    says: ['`aws-region` is required'],
    before: 'any network call',
  },
  {
    code: 'oidc-permission-missing',
    when: 'the job has no `id-token: write`',
    name: 'oidc-permission-missing/no-permission',
    play: { job: { idTokenPermission: false } },
    says: ['permissions:\n    id-token: write'],
    before: 'any network call',
  },
  {
    code: 'oidc-unavailable-for-fork',
    when: 'the job runs for a pull request of a fork',
    name: 'oidc-unavailable-for-fork/fork',
    play: { job: { forkPullRequest: true } },
    says: [
      'because it runs for a fork',
      "if: github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name == github.repository\n",
    ],
    before: 'any network call',
  },
  {
    code: 'oidc-unavailable-for-fork',
    when: 'Dependabot started the run',
    name: 'oidc-unavailable-for-fork/dependabot',
    play: { job: { actor: 'dependabot[bot]', eventName: 'pull_request' } },
    says: ['because it runs for Dependabot', "if: github.actor != 'dependabot[bot]'"],
    before: 'any network call',
  },
  {
    code: 'oidc-request-failed',
    when: 'the request token is not accepted',
    name: 'oidc-request-failed/refused',
    arrange: ({ sandbox }) => sandbox.github.service.inject('id-token', { kind: 'answer', status: 403, body: 'no' }),
    says: ['HTTP 403: "no"'],
    before: 'AWS',
  },
  {
    code: 'oidc-request-failed',
    when: 'the answer holds no token',
    name: 'oidc-request-failed/no-token',
    play: { with: { 'max-attempts': '1' } },
    arrange: ({ sandbox }) =>
      sandbox.github.service.inject('id-token', { kind: 'answer', status: 200, body: { value: 7 } }),
    says: [/HTTP 200, from .*, without a token in it/],
    before: 'AWS',
  },
  ...(
    [
      ['id-token-invalid/unsigned', 'is unsigned', forgeries.unsigned, 'alg = "none"'],
      ['id-token-invalid/hmac', 'is signed with HMAC', forgeries.publicKeyAsSecret, 'alg = "HS256"'],
      [
        'id-token-invalid/foreign-key',
        'is signed by a foreign key',
        forgeries.foreignKey,
        'signature verification failed',
      ],
      ['id-token-invalid/unknown-key', 'is signed by an unknown key', forgeries.unknownKey, 'a signature by the key'],
      ['id-token-invalid/tampered', 'was changed after signing', forgeries.tampered, 'signature verification failed'],
      ['id-token-invalid/expired', 'has expired', forgeries.expired, 'the token expired'],
      ['id-token-invalid/not-a-jwt', 'is no JWT', () => 'not-a-jwt-at-all-but-a-secret', 'Invalid JWT'],
    ] as const
  ).map(
    ([name, when, mint, says]): Scenario => ({
      code: 'id-token-invalid',
      name,
      when: `the ID token ${when}`,
      play: { job: { mint } },
      says: [says, 'nothing was sent to AWS or the Hub'],
      before: 'AWS',
    }),
  ),
  {
    code: 'id-token-invalid',
    when: 'the ID token is of another issuer',
    name: 'id-token-invalid/issuer',
    play: { job: { claims: { iss: 'https://token.actions.githubusercontent.com/other' } } },
    says: ['iss = "https://token.actions.githubusercontent.com/other"', 'oidc-issuer'],
    before: 'AWS',
  },
  {
    code: 'id-token-invalid',
    when: 'the ID token is not valid yet',
    name: 'id-token-invalid/not-yet',
    play: () => ({ job: { claims: { nbf: Math.floor(Date.now() / 1000) + 600 } } }),
    says: ['`nbf = ', 'the token is not valid for another', 'clock'],
    before: 'AWS',
  },
  {
    code: 'id-token-invalid',
    when: 'the issuer publishes no keys',
    name: 'id-token-invalid/no-keys',
    arrange: ({ sandbox }) => {
      for (const operation of ['jwks', 'openid-configuration']) {
        sandbox.github.service.inject(operation, { kind: 'answer', status: 404, body: 'not here' }, 9)
      }
    },
    says: ['could not be fetched'],
    before: 'AWS',
  },
  {
    code: 'audience-mismatch',
    when: 'the audience asked for is not the org',
    name: 'audience-mismatch/asked',
    play: { with: { audience: 'sts.amazonaws.com' } },
    says: ['audience "sts.amazonaws.com"', '"acme" or "https://huggingface.co/acme"'],
    before: 'any network call',
  },
  {
    code: 'audience-mismatch',
    when: 'the audience differs in case only',
    name: 'audience-mismatch/case',
    play: { with: { audience: 'Acme' } },
    says: ['Upper and lower case differ'],
    before: 'any network call',
  },
  {
    code: 'audience-mismatch',
    when: 'the token is for another audience than asked',
    name: 'audience-mismatch/token',
    play: { job: { claims: { aud: 'evil' } } },
    says: ['aud = "evil"', 'aud = "acme"'],
    before: 'AWS',
  },
  {
    code: 'claim-rejected',
    when: 'a required claim does not match',
    name: 'claim-rejected/branch',
    play: { with: { 'required-claims': 'ref=refs/tags/*\nrepository=octo-org/*\nenvironment=prod' } },
    says: [
      'ref = "refs/heads/main"',
      'ref = "refs/tags/*"',
      '`environment` is not in the token',
      /^ +ref=refs\/heads\/main$/m,
    ],
    before: 'AWS',
  },
  {
    code: 'aws-identity-unavailable',
    when: 'nothing answers where the metadata of an instance should be',
    name: 'aws-identity-unavailable/no-metadata',
    play: {
      with: { 'aws-identity': 'runner', 'role-to-assume': '', 'session-policy': 'none' },
      // Nothing listens on this port.
      env: { AWS_EC2_METADATA_SERVICE_ENDPOINT: 'http://127.0.0.1:1' },
    },
    says: ['no answer from 127.0.0.1:1', 'hop limit 1', '--http-put-response-hop-limit 2', 'aws-identity: oidc'],
    before: 'AWS',
  },
  {
    code: 'role-trust-rejected',
    when: 'the first role may not assume the second one',
    name: 'role-trust-rejected/second-hop',
    play: { with: { 'role-chain': 'arn:aws:iam::222222222222:role/hf-reader external-id=acme:hub' } },
    says: ['(role 2 of 2)', '"Resource": "arn:aws:iam::222222222222:role/hf-reader"', '222222222222'],
  },
  {
    code: 'role-trust-rejected',
    when: 'the trust policy is for another branch',
    name: 'role-trust-rejected/branch',
    play: { job: { ref: 'refs/heads/feature' } },
    says: [
      'sub = "repo:octo-org/octo-repo:ref:refs/heads/feature"',
      '"Action": "sts:AssumeRoleWithWebIdentity"',
      /:sub": "repo:octo-org\/octo-repo:ref:refs\/heads\/feature"/,
      /:aud": "acme"/,
    ],
  },
  {
    code: 'role-trust-rejected',
    when: 'the subject has the other format',
    name: 'role-trust-rejected/subject-format',
    play: { job: { subjectFormat: 'immutable' } },
    says: [
      /:sub": "repo:octo-org@123456\/octo-repo@456789:ref:refs\/heads\/main"/,
      'the other subject format (`repo:octo-org/octo-repo:ref:refs/heads/main`)',
    ],
  },
  {
    code: 'oidc-provider-missing',
    when: 'the account has no provider',
    name: 'oidc-provider-missing/no-provider',
    play: { with: { 'role-to-assume': 'arn:aws:iam::999999999999:role/hf-publish' } },
    says: [
      'The AWS account 999999999999 has no OIDC provider',
      'aws iam create-open-id-connect-provider --url',
      '--client-id-list acme',
    ],
  },
  {
    code: 'audience-not-registered',
    when: 'the provider lists another audience',
    name: 'audience-not-registered/other-audience',
    arrange: ({ sandbox: { aws, github } }) => {
      aws.addOidcProvider({ issuerUrl: github.issuer, clientIds: ['sts.amazonaws.com'], keys: () => github.jwks() })
    },
    says: ['aws iam add-client-id-to-open-id-connect-provider', '--client-id acme'],
  },
  {
    code: 'sts-failed',
    when: 'the session is longer than the role allows',
    name: 'sts-failed/duration',
    play: { with: { 'role-duration-seconds': '7200' } },
    says: ['ValidationError', 'role-duration-seconds'],
  },
  {
    code: 'sts-failed',
    when: 'something else answers in STS’s place',
    name: 'sts-failed/not-sts',
    play: { with: { 'max-attempts': '1' } },
    arrange: ({ sandbox }) =>
      sandbox.aws.service.inject('AssumeRoleWithWebIdentity', {
        kind: 'answer',
        status: 200,
        body: '<html>hello</html>',
      }),
    says: [/unreadable answer|returned no credentials/],
  },
  {
    code: 'sts-failed',
    when: 'STS is throttling to the end',
    name: 'sts-failed/throttling',
    play: { with: { 'max-attempts': '2' } },
    arrange: ({ sandbox }) =>
      sandbox.aws.service.inject(
        'AssumeRoleWithWebIdentity',
        { kind: 'answer', ...stsError(new AwsError('Throttling', 'Rate exceeded', 400)) },
        9,
      ),
    says: ['Throttling', 'Rate exceeded', 'after 2 attempts', 'timeout: 2m'],
  },
  {
    code: 'secret-not-found',
    when: 'no version has the stage',
    name: 'secret-not-found/no-stage',
    play: { with: { 'secret-version-stage': 'AWSPREVIOUS' } },
    says: ['has no version with the staging label `AWSPREVIOUS`', 'list-secret-version-ids'],
  },
  {
    code: 'secret-not-found',
    when: 'there is no such secret',
    name: 'secret-not-found/no-secret',
    play: { with: { 'secret-id': 'huggingface/acme/nothing', 'session-policy': 'none' } },
    says: ['has no secret `huggingface/acme/nothing` in eu-west-1', 'aws secretsmanager create-secret'],
  },
  {
    code: 'secret-not-found',
    when: 'the secret is marked for deletion',
    name: 'secret-not-found/deleted',
    arrange: ({ sandbox }) => sandbox.aws.markForDeletion('huggingface/acme/write'),
    says: ['is marked for deletion', 'aws secretsmanager restore-secret'],
  },
  {
    code: 'secret-access-denied',
    when: 'the role may not read the secret',
    name: 'secret-access-denied/role',
    arrange: ({ sandbox }) => {
      sandbox.aws.addSecret({ name: 'payroll', value: 'x' })
    },
    play: { with: { 'secret-id': 'payroll' } },
    says: [
      'is not allowed to read the secret `payroll`',
      '"secretsmanager:GetSecretValue"',
      `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:payroll-??????`,
    ],
  },
  {
    code: 'secret-access-denied',
    when: 'the secret does not exist and the session may read this one only',
    name: 'secret-access-denied/no-secret',
    play: { with: { 'secret-id': 'huggingface/acme/nothing' } },
    says: ['has no such secret in eu-west-1', 'describe-secret'],
  },
  {
    code: 'secret-access-denied',
    when: 'the session policy given is too narrow',
    name: 'secret-access-denied/session-policy',
    play: {
      with: {
        'session-policy':
          '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"secretsmanager:GetSecretValue","Resource":"arn:aws:secretsmanager:eu-west-1:123456789012:secret:other-??????"}]}',
      },
    },
    says: ['no session policy allows', '`session-policy` does not allow it'],
  },
  {
    code: 'secret-failed',
    when: 'Secrets Manager is having an incident',
    name: 'secret-failed/incident',
    play: { with: { 'max-attempts': '1' } },
    arrange: ({ sandbox }) =>
      sandbox.aws.service.inject('GetSecretValue', {
        kind: 'answer',
        ...secretsManagerError(new AwsError('InternalServiceError', 'An error occurred on the server side.', 500)),
      }),
    says: ['InternalServiceError (HTTP 500)'],
  },
  {
    code: 'secret-failed',
    when: 'something else answers in Secrets Manager’s place',
    name: 'secret-failed/not-secrets-manager',
    play: { with: { 'max-attempts': '1' } },
    arrange: ({ sandbox }) =>
      sandbox.aws.service.inject('GetSecretValue', { kind: 'answer', status: 200, body: '<html>hello</html>' }),
    says: ['AWS_ENDPOINT_URL_SECRETS_MANAGER'],
  },
  {
    code: 'secret-access-denied',
    when: 'a policy on the secret refuses the role',
    name: 'secret-access-denied/explicit-deny',
    arrange: ({ sandbox }) =>
      sandbox.aws.service.inject('GetSecretValue', {
        kind: 'answer',
        ...secretsManagerError(
          new AwsError(
            'AccessDeniedException',
            'User: x is not authorized to perform: secretsmanager:GetSecretValue on resource: y with an explicit deny in a resource-based policy',
            400,
          ),
        ),
      }),
    says: ['explicitly denies this role access', 'aws secretsmanager get-resource-policy'],
  },
  {
    code: 'role-trust-rejected',
    when: 'the job runs for a pull request',
    name: 'role-trust-rejected/pull-request',
    play: { job: { eventName: 'pull_request' } },
    says: [
      'First decide whether this job (event `pull_request`, ref `refs/pull/7/merge`)',
      'allows everyone who can open a pull request',
    ],
  },
  {
    code: 'secret-kms-denied',
    when: 'the role may not use the key of the secret',
    name: 'secret-kms-denied/no-permission',
    arrange: ({ sandbox }) => {
      sandbox.aws.addSecret({
        name: 'huggingface/acme/encrypted',
        value: '{"token":"hf_nevernevernevernever"}',
        kmsKeyArn: `arn:aws:kms:${REGION}:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`,
      })
    },
    play: { with: { 'secret-id': 'huggingface/acme/encrypted' } },
    says: [
      'is allowed to read the secret',
      'but not to decrypt it',
      '"kms:Decrypt"',
      'secretsmanager.eu-west-1.amazonaws.com',
    ],
  },
  ...(
    [
      [
        'secret-malformed/other-key',
        'is JSON without the key',
        '{"tokn":"hf_OddShapesOddShapesOddShapes","hf_OddShapesOddShapesOddShapes":1}',
        'without the key "token" (it has 2 keys, one of them "tokn")',
      ],
      [
        'secret-malformed/not-a-string',
        'has no string at the key',
        '{"token":{"a":"hf_OddShapesOddShapesOddShapes"}}',
        'whose "token" is not a string',
      ],
      ['secret-malformed/broken-json', 'is broken JSON', '{"token":"hf_OddShapesOddShapesOddShapes"', 'not valid JSON'],
      ['secret-malformed/array', 'is a JSON array', '["hf_OddShapesOddShapesOddShapes"]', 'a JSON array'],
    ] as const
  ).map(
    ([name, when, value, says]): Scenario => ({
      code: 'secret-malformed',
      name,
      when: `the secret ${when}`,
      arrange: (stage) => {
        stage.secrets.push({ name: 'the odd secret', value: 'hf_OddShapesOddShapesOddShapes' })
        stage.store(value)
      },
      says: [says, 'the value itself is not shown'],
    }),
  ),
  ...(
    [
      ['token-malformed/empty', 'is empty', '   ', 'an empty value'],
      [
        'token-malformed/env-line',
        'is a line of an .env file',
        'HF_TOKEN=hf_OddShapesOddShapesOddShapes',
        'a name and "=" or ":" in front',
      ],
      ['token-malformed/quotes', 'has quotes around it', '"hf_OddShapesOddShapesOddShapes"', 'quotes around it'],
      [
        'token-malformed/two-lines',
        'has two lines',
        'hf_OddShapesOddShapesOddShapes\nhf_OddShapesOddShapesOddShapes',
        'several lines',
      ],
      ['token-malformed/sentence', 'is a sentence', 'ask Rosa, 2nd floor: hunter2-hunter2', 'no "hf_" anywhere'],
      [
        'token-malformed/command',
        'has a workflow command in it',
        'hf_OddShapesOddShapes\n::set-output name=x::y',
        'several lines',
      ],
    ] as const
  ).map(
    ([name, when, value, says]): Scenario => ({
      code: 'token-malformed',
      name,
      when: `the secret’s value ${when}`,
      arrange: (stage) => {
        for (const line of value.split('\n'))
          if (line.trim()) stage.secrets.push({ name: 'the odd value', value: line })
        stage.store(JSON.stringify({ token: value }))
      },
      says: [says, 'The value is not shown'],
    }),
  ),
  {
    code: 'token-rejected',
    when: 'the token was revoked',
    name: 'token-rejected/revoked',
    arrange: ({ sandbox }) => sandbox.hub.revokeToken(sandbox.tokens.write),
    says: ['The Hub does not accept the token', 'HTTP 401', 'request '],
  },
  {
    code: 'token-expired',
    when: 'the Hub says that it expired',
    name: 'token-expired/hub-says-so',
    arrange: ({ sandbox }) =>
      sandbox.hub.service.inject('whoami-v2', {
        kind: 'answer',
        status: 401,
        headers: { 'x-error-message': 'Token has expired' },
        body: { error: 'Token has expired' },
      }),
    says: ['The Hub says that the token has expired'],
  },
  {
    code: 'token-expiring',
    when: 'the token ends within `min-token-lifetime`',
    name: 'token-expiring/too-soon',
    arrange: (stage) => storeToken(stage, { ...fineGrained(WRITE), expiresAt: inDays(1) }),
    play: { with: { 'min-token-lifetime': '2d' } },
    says: ['valid for at least 2d', 'a token that expires at '],
  },
  {
    code: 'token-wrong-org',
    when: 'the token is of another organization',
    name: 'token-wrong-org/other-organization',
    arrange: (stage) => stage.store(JSON.stringify({ token: stage.sandbox.hub.addOrgToken('rivals') })),
    says: ['a token of rivals-ci, who is a member of rivals'],
  },
  ...(
    [
      ['token-over-scoped/classic-read', 'read'],
      ['token-over-scoped/classic-write', 'write'],
      ['token-over-scoped/classic-god', 'god'],
    ] as const
  ).map(
    ([name, role]): Scenario => ({
      code: 'token-over-scoped',
      name,
      when: `it is a classic ${role} token`,
      play: { with: { scope: role === 'read' ? 'read' : 'write', 'secret-id': 'huggingface/acme/write' } },
      arrange: (stage) => {
        stage.sandbox.hub.addUser({
          name: 'rosa',
          orgs: [
            { name: 'acme', roleInOrg: 'write' },
            { name: 'beta', roleInOrg: 'read' },
          ],
        })
        storeToken(stage, { user: 'rosa', role })
      },
      says: [
        `${role} token of rosa`,
        'the organization beta (outside acme)',
        'Only fine-grained tokens can be limited',
      ],
    }),
  ),
  {
    code: 'token-over-scoped',
    when: 'it can write and scope is read',
    name: 'token-over-scoped/write-for-read',
    play: { with: { scope: 'read', 'secret-id': 'huggingface/acme/write' } },
    says: ['- repo.write on org acme (more than read)'],
  },
  {
    code: 'token-over-scoped',
    when: 'it has rights outside the organization',
    name: 'token-over-scoped/outside',
    arrange: (stage) =>
      storeToken(stage, {
        role: 'fineGrained',
        user: 'acme-ci',
        fineGrained: {
          scoped: [
            { entity: { type: 'org', name: 'acme' }, permissions: WRITE },
            {
              entity: { type: 'user', name: 'acme-ci' },
              permissions: ['repo.content.read', 'inference.serverless.write'],
            },
            { entity: { type: 'model', name: 'acmeish/model' }, permissions: ['repo.content.read'] },
          ],
          global: ['discussion.write'],
          canReadGatedRepos: true,
        },
      }),
    says: [
      '- repo.content.read on user acme-ci (outside acme)',
      '- inference.serverless.write on user acme-ci (outside acme)',
      '- repo.content.read on model acmeish/model (outside acme)',
      '- discussion.write everywhere on the Hub (outside acme)',
      '- canReadGatedRepos',
    ],
  },
  {
    code: 'token-over-scoped',
    when: 'it can administer and scope is write',
    name: 'token-over-scoped/admin-for-write',
    play: { with: { scope: 'write', 'secret-id': 'huggingface/acme/admin' } },
    says: ['- org.write on org acme (more than write)'],
  },
  {
    code: 'token-under-scoped',
    when: 'it cannot write',
    name: 'token-under-scoped/read-for-write',
    play: { with: { scope: 'write', 'secret-id': 'huggingface/acme/read' } },
    says: ['a token with `repo.content.read` in acme', 'a token with `repo.write` on acme'],
  },
  {
    code: 'token-under-scoped',
    when: 'a repository is out of its reach',
    name: 'token-under-scoped/repository',
    play: { with: { repositories: 'acme/model\ndatasets/acme/missing' } },
    says: ['datasets/acme/missing: HTTP 404', 'write access to acme/model and datasets/acme/missing'],
  },
  {
    code: 'token-pending-approval',
    when: 'an admin has not approved it',
    name: 'token-pending-approval/not-approved',
    arrange: (stage) => storeRestricted(stage, 'token-policy'),
    says: ['https://huggingface.co/organizations/acme/settings/tokens'],
  },
  {
    code: 'token-revoked-by-org',
    when: 'an admin cut it off',
    name: 'token-revoked-by-org/cut-off',
    arrange: (stage) => storeRestricted(stage, 'token-revoked'),
    says: ['An admin of acme has revoked this token’s access'],
  },
  ...(
    [
      ['org-restricted/mfa', 'mfa'],
      ['org-restricted/sso', 'sso'],
      ['org-restricted/ip', 'ip'],
    ] as const
  ).map(
    ([name, restriction]): Scenario => ({
      code: 'org-restricted',
      name,
      when: `the organization restricts it: ${restriction}`,
      arrange: (stage) => storeRestricted(stage, restriction),
      says: [`acme does not accept this token, because of its restriction "${restriction}"`],
    }),
  ),
  {
    code: 'exchange-rejected',
    when: 'no trusted publisher matches the job',
    name: 'exchange-rejected/no-publisher',
    play: {
      job: { repository: 'octo-org/other' },
      with: { 'role-to-assume': '', 'token-source': 'trusted-publisher', 'hf-resource': 'acme/model' },
    },
    says: ['invalid_grant', 'repository: octo-org/other', 'workflow: publish.yml', 'branch: main'],
  },
  {
    code: 'hub-rate-limited',
    when: 'whoami-v2 is limited for longer than there is time',
    name: 'hub-rate-limited/longer-than-timeout',
    arrange: ({ sandbox }) => sandbox.hub.rateLimit('whoami-v2', { times: 9, resetSeconds: 250 }),
    says: ['the Hub asks clients to wait 4m 10s', '`timeout: 6m`', '`verify: warn`'],
  },
  {
    code: 'hub-failed',
    when: 'the Hub has an incident',
    name: 'hub-failed/incident',
    play: { with: { 'max-attempts': '1' } },
    arrange: ({ sandbox }) => sandbox.hub.service.inject('whoami-v2', { kind: 'answer', status: 503, body: 'down' }, 9),
    says: ['HTTP 503'],
  },
  ...(
    [
      ['hub-failed/shape', 'JSON of another shape', { name: 'acme-ci' }],
      ['hub-failed/command', 'a name with a command in it', { auth: 7, name: 'a\n::error::b', orgs: [] }],
      [
        'hub-failed/no-rights',
        'a fine-grained token without its rights',
        {
          auth: { type: 'access_token', accessToken: { displayName: 'x', role: 'fineGrained', createdAt: 'now' } },
          name: 'a',
          orgs: [],
        },
      ],
    ] as const
  ).map(
    ([name, when, body]): Scenario => ({
      code: 'hub-failed',
      name,
      when: `the Hub answers ${when}`,
      arrange: ({ sandbox }) => sandbox.hub.service.inject('whoami-v2', { kind: 'answer', status: 200, body }, 9),
      says: ['not in the format that the Hub documents'],
    }),
  ),
  {
    code: 'network-unreachable',
    when: 'nothing listens at the Hub',
    name: 'network-unreachable/connect',
    play: { env: { HF_ENDPOINT: 'http://127.0.0.1:1' }, with: { 'max-attempts': '1' } },
    says: ['No answer from 127.0.0.1:1', 'phase connect: ECONNREFUSED'],
  },
  {
    code: 'network-unreachable',
    when: 'a name does not resolve',
    name: 'network-unreachable/dns',
    play: { env: { AWS_ENDPOINT_URL: 'https://sts.nowhere.invalid' }, with: { 'max-attempts': '1' } },
    says: ['No answer from sts.nowhere.invalid', 'phase DNS', 'does not resolve'],
  },
  {
    code: 'network-unreachable',
    when: 'the connection is cut each time',
    name: 'network-unreachable/cut',
    play: { with: { 'max-attempts': '2' } },
    arrange: ({ sandbox }) => sandbox.aws.service.inject('GetSecretValue', { kind: 'reset' }, 9),
    says: ['phase answer', 'after 2 attempts'],
  },
  {
    code: 'deadline-exceeded',
    when: 'a service never answers',
    name: 'deadline-exceeded/stalled',
    play: { with: { timeout: '1s' } },
    arrange: ({ sandbox }) => sandbox.aws.service.inject('GetSecretValue', { kind: 'stall', afterBytes: 20 }),
    says: ['Timed out after 1s', 'waiting for Secrets Manager in eu-west-1'],
  },
  {
    code: 'delivery-failed',
    when: 'the runner’s temporary folder cannot be written',
    name: 'delivery-failed/temp-folder',
    play: {
      with: { 'export-file': 'true' },
      step: { brokenRunner: { RUNNER_TEMP: join(projectRoot, 'package.json') } },
    },
    says: ['could not be passed to later steps', 'ENOTDIR'],
  },
  {
    code: 'delivery-failed',
    when: 'the runner has no environment files',
    name: 'delivery-failed/no-files',
    play: { step: { brokenRunner: { GITHUB_OUTPUT: '' } } },
    says: ['no value in `GITHUB_OUTPUT`'],
  },
]

describe('every failure has its code and a message that says what to do', () => {
  let stage: Stage
  beforeEach(async () => {
    stage = await Stage.set()
  })
  afterEach(() => stage.clear())

  test.each(scenarios.map((scenario) => [scenario.code, scenario.when, scenario] as const))(
    '%s when %s',
    async (code, _when, scenario) => {
      scenario.arrange?.(stage)
      const { main } = await stage.play(typeof scenario.play === 'function' ? scenario.play(stage) : scenario.play)
      const { title, message } = errorOf(main)
      expect(title).toBe(code)
      recordMessage(scenario.name, message, stage.sandbox)
      expect(message).toMatch(new RegExp(`^\\[${code}\\] \\S`))
      expect(message).toMatch(/\nWhat to do:/)
      for (const text of scenario.says)
        expect(message).toMatch(typeof text === 'string' ? new RegExp(escapeRegExp(text)) : text)
      expect(main.exitCode).toBe(1)
      expect(main.stderr).toBe('')
      expect(main.env).not.toHaveProperty('HF_TOKEN')
      expect(main.outputs).not.toHaveProperty('hf-token')
      expect(main.summary).toContain(`<code>${code}</code>`)
      const calls = stage.sandbox.calls()
      if (scenario.before) {
        expect(calls).not.toHaveProperty('AssumeRoleWithWebIdentity')
        expect(calls).not.toHaveProperty('whoami-v2')
      }
      if (scenario.before === 'any network call') expect(calls).toEqual({})
    },
  )

  /** Needed when the Hub is asked: main itself starts. */
  const asksTheHub = (text: string) => text.includes('/api/whoami-v2')

  test('internal-error when a file of the action is missing', async () => {
    const { path, remove } = copyWithout(asksTheHub)
    try {
      const { main } = await stage.main({ path })
      expect(errorOf(main).title).toBe('internal-error')
      recordMessage('internal-error/missing-file', errorOf(main).message, stage.sandbox)
      expect(errorOf(main).message).toContain('this is a bug')
    } finally {
      remove()
    }
  })

  test('internal-error tells class and place, and its text goes to the debug log without any secret', async () => {
    const { path, remove } = copyWith(
      `const token = process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN
throw new RangeError(\`odd: \${token} \${Buffer.from(token).toString('base64')}\\n::error::hf_\${'abcd'.repeat(8)}\`)`,
      asksTheHub,
    )
    try {
      const { main } = await stage.main({ path })
      const { title, message } = errorOf(main)
      expect(title).toBe('internal-error')
      expect(message).toMatch(/^Seen: RangeError at `\d+\.index\.js:2:\d+`$/m)
      expect(message).toContain('https://github.com/org/hf-oidc-action/issues')
      expect(message).not.toContain('odd')
      expect(main.summary).toMatch(/<b>Seen:<\/b> RangeError at <code>\d+\.index\.js:2:\d+<\/code>/)
      expect(main.summary).toContain('<a href="https://github.com/org/hf-oidc-action/issues">')
      expect(main.summary).not.toContain('odd')
      const debug = main.commands.filter(({ name }) => name === 'debug').map((command) => command.message)
      expect(debug).toContain('RangeError: odd: *** ***')
      expect(debug.join('\n')).toMatch(/hf_\*\*\*[\s\S]*at .*\d+\.index\.js:2:/)
    } finally {
      remove()
    }
  })

  test('every code is in this table', () => {
    // Those of the sub-action are provoked in rotation.test.ts and inventory.test.ts.
    const ofRotation: ErrorCode[] = [
      'rotation-blocked',
      'rotation-overdue',
      'inventory-finding',
      'inventory-incomplete',
      'deployment-failed',
    ]
    const provoked = new Set<ErrorCode>([...scenarios.map(({ code }) => code), 'internal-error', ...ofRotation])
    expect(ERROR_CODES.filter((code) => !provoked.has(code))).toEqual([])
  })
})

test('a refusal of Secrets Manager that another try cures is tried again', async () => {
  const stage = await Stage.set()
  const busy = secretsManagerError(new AwsError('InternalServiceError', 'An error occurred on the server side.', 500))
  stage.sandbox.aws.service.inject('GetSecretValue', { kind: 'answer', ...busy }, 2)
  const { main } = await stage.play({ with: { 'role-to-assume': roleArn('write') } })
  expect(main.exitCode).toBe(0)
  expect(stage.sandbox.calls()).toMatchObject({ GetSecretValue: 3, AssumeRoleWithWebIdentity: 1 })
  await stage.clear()
})

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
