/** What becomes of a token when AWS refuses to store it: each refusal of PutSecretValue, and what its message says. */
import { describe, expect, test } from '@jest/globals'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { SecretVersions } from '../../src/aws/secret-versions.ts'
import { NetworkError } from '../../src/net/http.ts'
import { createPending } from '../../src/rotation/secret/steps.ts'
import { answer, CALLER, FakeAws, SECRET_ARN, secretRefusal } from '../aws/fake-aws.ts'
import { ARN, type FakeMinter, failure, refusal, secretWorld, useClock } from './fakes.ts'

useClock()

const VERSION = '22222222-2222-4222-8222-222222222222'
const REVOKED = 'The token that was minted for it was revoked.'

/** Mints a token for a secret without a value, which AWS answers like this when it is to be stored. */
async function store(
  answers: readonly (SandboxResponse | Error)[],
  arrange = (_: ReturnType<typeof secretWorld>) => {},
) {
  const world = secretWorld()
  arrange(world)
  const aws = new FakeAws(...answers)
  const versions = new SecretVersions(world.turn.rotated.secret, CALLER, aws.http, aws.policy)
  const error = await refusal(createPending({ ...world.turn, versions }, ARN, VERSION, undefined))
  return { error, world, operations: aws.sent.map(({ operation }) => operation) }
}

const lost = () =>
  new NetworkError({ what: 'the call', host: 'aws.example', phase: 'answer', detail: 'connection closed' })
const described = (labels: Record<string, string[]>) => answer({ ARN: SECRET_ARN, VersionIdsToStages: labels })

describe('a refusal for good', () => {
  test.each<[string, SandboxResponse, string, string]>([
    [
      '100 versions',
      secretRefusal('LimitExceededException', 'too many'),
      'secret-failed',
      'cannot take another version',
    ],
    [
      'a replica',
      secretRefusal('InvalidRequestException', 'Operation not permitted on a replica secret.'),
      'secret-failed',
      'is a replica',
    ],
    [
      'a replica, as a parameter',
      secretRefusal('InvalidParameterException', 'Operation not permitted on a replica secret.'),
      'secret-failed',
      'is a replica',
    ],
    [
      'a secret that is marked for deletion',
      secretRefusal(
        'InvalidRequestException',
        "You can't perform this operation on the secret because it was marked for deletion.",
      ),
      'secret-not-found',
      'is marked for deletion',
    ],
    [
      'a secret of another service',
      secretRefusal('InvalidRequestException', '... because the secret is managed by another service'),
      'secret-failed',
      'is managed by another AWS service',
    ],
    ['a secret that is gone', secretRefusal('ResourceNotFoundException'), 'secret-not-found', 'has no secret'],
    [
      'the policy of the secret',
      secretRefusal(
        'AccessDeniedException',
        'User: arn:aws:sts::123456789012:assumed-role/a/b is not authorized to perform: secretsmanager:PutSecretValue on resource: x with an explicit deny in a resource-based policy',
      ),
      'secret-access-denied',
      'is not allowed to write to the secret',
    ],
    [
      'a role without the permission',
      secretRefusal('AccessDeniedException', 'no identity-based policy allows it'),
      'secret-access-denied',
      'is not allowed to write to the secret',
    ],
    [
      'a key that the role may not use',
      secretRefusal('AccessDeniedException', 'Access to KMS is not allowed'),
      'secret-kms-denied',
      'key',
    ],
    [
      'a key that is disabled',
      secretRefusal('KMSInvalidStateException', 'arn:aws:kms:eu-west-1:123456789012:key/a is disabled.'),
      'secret-kms-denied',
      'key',
    ],
    ['a key that cannot encrypt', secretRefusal('EncryptionFailure', 'It failed.'), 'secret-kms-denied', 'key'],
    ['a parameter', secretRefusal('InvalidParameterException', 'Own words.'), 'secret-failed', 'Own words.'],
    ['a state', secretRefusal('InvalidRequestException', 'Own words.'), 'secret-failed', 'Own words.'],
    [
      'its session',
      secretRefusal('ExpiredTokenException', 'expired'),
      'secret-access-denied',
      'did not accept the session',
    ],
  ])('because of %s revokes the token without another call, and says so', async (_what, refused, code, text) => {
    const { error, world, operations } = await store([refused])
    expect(error.code).toBe(code)
    expect(error.message).toContain(text)
    expect(error.summary).toContain(REVOKED)
    expect(error.message).toContain('Who can do it')
    expect(world.minter.alive).toEqual([])
    expect(world.warnings).toEqual([])
    expect(operations).toEqual(['PutSecretValue'])
  })

  const denied = secretRefusal('AccessDeniedException')

  test('after an answer that was lost revokes the token when it was not stored', async () => {
    const { error, world, operations } = await store([lost(), denied, described({})])
    expect(error.summary).toContain(REVOKED)
    expect(world.minter.alive).toEqual([])
    expect(operations).toEqual(['PutSecretValue', 'PutSecretValue', 'DescribeSecret'])
  })

  test('after an answer that was lost keeps the token when it was stored', async () => {
    const stored = answer({ ARN: SECRET_ARN, VersionId: VERSION, SecretString: 'hf_minted000000001' })
    const { error, world } = await store([lost(), denied, described({ [VERSION]: ['AWSPENDING'] }), stored])
    expect(error.summary).not.toContain('The token that was minted')
    expect(world.minter.alive).toHaveLength(1)
  })

  test('after an answer that was lost keeps the token when nobody knows', async () => {
    const { error, world } = await store([lost(), denied])
    expect(error.summary).toContain(
      'The token that was minted for it could not be revoked: the next run will remove it.',
    )
    expect(world.minter.alive).toHaveLength(1)
    expect(world.warnings).toEqual([expect.stringContaining('was minted but is not used')])
  })

  test('revokes the token by its ID while the list does not have it yet', async () => {
    const { error, world } = await store([denied], ({ minter }) => {
      minter.tokens = async () => []
    })
    expect(error.summary).toContain(REVOKED)
    expect(world.minter.alive).toEqual([])
  })

  test.each<[string, (minter: FakeMinter) => void]>([
    [
      'the Hub fails',
      (minter) => {
        minter.remove = async () => {
          throw failure('hub-failed')
        }
      },
    ],
    [
      'neither the answer nor the list has it',
      (minter) => {
        minter.saysId = false
        minter.tokens = async () => []
      },
    ],
  ])('says that the token could not be revoked when %s', async (_what, arrange) => {
    const { error, world } = await store([denied], ({ minter }) => arrange(minter))
    expect(world.minter.alive).toHaveLength(1)
    expect(error.summary).toContain('could not be revoked: the next run will remove it.')
    expect(world.warnings).toHaveLength(1)
  })
})

describe('a failure that another attempt may cure', () => {
  test.each<[string, SandboxResponse | Error]>([
    ['an error of the service', secretRefusal('InternalServiceError', 'oops', 500)],
    ['throttling', secretRefusal('ThrottlingException', 'Rate exceeded')],
    ['a page', { status: 502, body: '<html>busy</html>' }],
    ['a page with a good status', { status: 200, body: '<html>busy</html>' }],
    ['a page of a proxy', { status: 403, body: '<html>no</html>' }],
    ['no answer', lost()],
  ])('leaves the token to the next run: %s', async (_what, given) => {
    const { error, world } = await store([given])
    expect(error.message).not.toContain('The token that was minted')
    expect(world.minter.alive).toHaveLength(1)
  })
})
