/** What a user reads when STS refuses: the cause that AWS's words point to, and what to paste. */
import { describe, expect, test } from '@jest/globals'
import { explainSts } from '../../src/aws/explain-sts.ts'
import type { ServiceError } from '../../src/aws/service-error.ts'
import type { ErrorCode } from '../../src/errors/action-error.ts'
import type { Identity } from '../../src/identity/identity.ts'
import { partsOf } from '../../src/text/message.ts'
import { REGION, ROLE } from './fake-aws.ts'

const refusal = (name: string, message = '', rest: Partial<ServiceError> = {}): ServiceError => ({
  kind: 'refusal',
  name,
  message,
  status: 400,
  requestId: undefined,
  afterMs: undefined,
  ...rest,
})

const identity = (given: Partial<Identity> = {}) =>
  ({
    issuer: 'https://token.actions.githubusercontent.com',
    audience: 'acme',
    subject: 'repo:octo-org/octo-repo:ref:refs/heads/main',
    claims: { sub: 'repo:octo-org/octo-repo:ref:refs/heads/main', ref: 'refs/heads/main', event_name: 'push' },
    ...given,
  }) as Identity

const explain = (
  error: ServiceError,
  { sessionPolicy = 'auto', ...given }: Partial<Identity> & { sessionPolicy?: string } = {},
) =>
  explainSts(error, identity(given), {
    role: ROLE,
    region: REGION,
    roleSessionName: 'run',
    roleDurationSeconds: 900,
    sessionPolicy,
    awsEndpoints: { urls: {}, useFips: false, useDualstack: false },
  })

describe('a refusal of STS is told with its cause', () => {
  test.each<[string, ServiceError, ErrorCode, string]>([
    [
      'a trust policy',
      refusal('AccessDenied', 'Not authorized'),
      'role-trust-rejected',
      'The condition on `sub` or `aud`',
    ],
    [
      'no provider',
      refusal('InvalidIdentityTokenException', 'No OpenIDConnect provider found in your account'),
      'oidc-provider-missing',
      'aws iam create-open-id-connect-provider --url https://token.actions.githubusercontent.com --client-id-list acme',
    ],
    [
      'another audience',
      refusal('InvalidIdentityToken', 'Incorrect token audience'),
      'audience-not-registered',
      '--open-id-connect-provider-arn arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com --client-id acme',
    ],
    [
      'keys out of reach',
      refusal('InvalidIdentityToken', "Couldn't retrieve verification key from your identity provider"),
      'sts-failed',
      'AWS could not check the ID token',
    ],
    [
      'a token that AWS does not take',
      refusal('InvalidIdentityToken', 'other'),
      'sts-failed',
      'aws iam get-open-id-connect-provider',
    ],
    ['an issuer out of reach', refusal('IDPCommunicationError'), 'sts-failed', 'AWS could not check the ID token'],
    ['a region', refusal('RegionDisabledException'), 'sts-failed', `STS is not activated in ${REGION}`],
    [
      'an ID token that expired twice',
      refusal('ExpiredTokenException'),
      'sts-failed',
      'Synchronize the runner’s clock',
    ],
    [
      'a duration',
      refusal('ValidationError', 'The requested DurationSeconds exceeds the MaxSessionDuration'),
      'sts-failed',
      'Lower `role-duration-seconds`',
    ],
    ['another setting', refusal('ValidationError', 'RoleSessionName'), 'sts-failed', 'STS does not accept a setting'],
    ['load', refusal('Throttling'), 'sts-failed', 'STS is throttling the account'],
    ['an outage', refusal('Whatever', '', { status: 503 }), 'sts-failed', 'STS is throttling the account'],
    [
      'settings of the SDK',
      refusal('TypeError', 'x', { kind: 'unsent', status: 0 }),
      'sts-failed',
      'The AWS SDK found no endpoint',
    ],
  ])('%s', (_what, error, code, text) => {
    const failure = explain(error)
    expect(failure.code).toBe(code)
    expect(failure.message).toContain(text)
  })

  test.each([
    ['auto', '`session-policy: none` if the role itself'],
    ['{"Statement":[]}', '`session-policy: auto`, which creates one that fits'],
  ])('a session policy (%s)', (sessionPolicy, text) => {
    expect(explain(refusal('PackedPolicyTooLarge'), { sessionPolicy }).message).toContain(text)
  })

  test.each([
    ['auto', 'report this as a bug'],
    ['{"Statement":[]}', 'Correct the policy in `session-policy`'],
  ])('a session policy that is none (%s)', (sessionPolicy, text) => {
    expect(explain(refusal('MalformedPolicyDocument'), { sessionPolicy }).message).toContain(text)
  })

  test('and with what AWS said, in its own words', () => {
    const error = refusal('ValidationError', 'Value "x" is wrong', { requestId: 'request-7' })
    expect(explain(error).message).toContain(
      'Seen: ValidationError (HTTP 400): "Value "x" is wrong", request request-7',
    )
  })
})

describe('a trust policy that refuses the job', () => {
  const denied = refusal('AccessDenied', 'Not authorized to perform sts:AssumeRoleWithWebIdentity', { status: 403 })

  test('is shown next to the claims of the job, one a line', () => {
    expect(explain(denied).message).toContain(
      'Claims of this job:\n  sub = "repo:octo-org/octo-repo:ref:refs/heads/main"\n  ref = "refs/heads/main"',
    )
  })

  test('shows a claim on one line, whatever is in it', () => {
    const { message } = explain(denied, { claims: { sub: 'x', ref: 'a\n::error::b' } })
    expect(message).toContain('  ref = "a\\u{a}::error::b"')
  })

  test('gets a policy to paste that allows this subject and no other', () => {
    const blocks = partsOf(explain(denied).explanation.fix).filter(({ kind }) => kind === 'block')
    const [command, policy] = blocks.map((part) => ('text' in part ? part.text : ''))
    expect(command).toBe(
      'aws iam update-assume-role-policy --role-name hf-acme --policy-document file://trust-policy.json',
    )
    expect(JSON.parse(policy ?? '').Statement[0].Condition.StringEquals).toEqual({
      'token.actions.githubusercontent.com:aud': 'acme',
      'token.actions.githubusercontent.com:sub': 'repo:octo-org/octo-repo:ref:refs/heads/main',
    })
  })

  test('asks first whether this job is meant to pass', () => {
    expect(explain(denied).message).toContain('First decide whether this job (event `push`, ref `refs/heads/main`)')
    const elsewhere = { claims: {}, subject: 'project_path:acme/x' }
    expect(explain(denied, elsewhere).message).toContain('whether this job (subject `project_path:acme/x`)')
  })

  test('warns before a policy that lets in every pull request', () => {
    const warning = 'allows everyone who can open a pull request'
    expect(explain(denied, { subject: 'repo:octo-org/octo-repo:pull_request' }).message).toContain(warning)
    expect(explain(denied).message).not.toContain(warning)
  })

  test.each([
    [
      'repo:octo-org/octo-repo:ref:refs/heads/gh-readonly-queue/main/pr-12-0123456789abcdef0123456789abcdef01234567',
      'which allows only this job’s subject: `*` matches the part that is different in every run, so every run of this branch’s merge queue is allowed.',
    ],
    [
      'repo:octo-org/octo-repo:environment:生产',
      'which allows only this job’s subject, except that `*` and `?` match what differs in every run and what AWS does not accept in a policy.',
    ],
    ['repo:octo-org/octo-repo:ref:refs/heads/main', 'which allows only this job’s subject. If'],
  ])('says what the policy for %s allows', (subject, words) => {
    expect(explain(denied, { subject }).message).toContain(words)
  })

  test('names the other format of the subject when the token has the ids for it', () => {
    const claims = { repository_owner_id: '12', repository_id: '34' }
    expect(explain(denied, { claims }).message).toContain('(`repo:octo-org@12/octo-repo@34:ref:refs/heads/main`)')
    expect(explain(denied).message).not.toContain('the other subject format')
  })
})
