/** The sandbox's secrets while they are rotated: versions with and without a value, and their staging labels. */
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  type PutSecretValueCommandInput,
  type SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Aws } from '../../sandbox/aws.ts'
import { addRole, allow, clients } from './session.ts'

const SecretId = 'hf/token'
const NEXT = '11111111-2222-4333-8444-555555555555'

let aws: Aws
let client: SecretsManagerClient

beforeEach(async () => {
  aws = await Aws.start()
  client = clients(aws, addRole(aws, allow('secretsmanager:*'))).secrets
})

afterEach(async () => {
  await aws.close()
})

const get = (input: { VersionId?: string; VersionStage?: string } = {}) =>
  client.send(new GetSecretValueCommand({ SecretId, ...input }))
const put = (input: Partial<PutSecretValueCommandInput> = {}) =>
  client.send(new PutSecretValueCommand({ SecretId, ClientRequestToken: NEXT, SecretString: 'new', ...input }))
const described = () => client.send(new DescribeSecretCommand({ SecretId }))
const labels = (count: number) => Array.from({ length: count }, (_, number) => `label-${number}`)
const noValue = (what: string) => ({
  name: 'ResourceNotFoundException',
  message: `Secrets Manager can't find the specified secret value for ${what}`,
})

test('a secret can have no version yet', async () => {
  aws.addSecret({ name: SecretId })
  await expect(get()).rejects.toMatchObject(noValue('staging label: AWSCURRENT'))
  expect(await described()).toMatchObject({ Name: SecretId, VersionIdsToStages: {} })
})

test("a secret's first value is its current one, whatever the request says", async () => {
  aws.addSecret({ name: SecretId })
  expect((await put({ VersionStages: ['AWSPENDING'] })).VersionStages).toEqual(['AWSPENDING', 'AWSCURRENT'])
  expect((await get()).SecretString).toBe('new')
})

test('a rotation begins with a pending version that has no value', async () => {
  aws.addSecret({ name: SecretId, value: 'old' })
  expect(await described()).not.toHaveProperty('RotationEnabled')
  aws.beginRotation(SecretId, NEXT)
  expect(await described()).toMatchObject({ RotationEnabled: true, VersionIdsToStages: { [NEXT]: ['AWSPENDING'] } })
  await expect(get({ VersionId: NEXT })).rejects.toMatchObject(noValue(`VersionId: ${NEXT}`))
  await expect(get({ VersionId: NEXT, VersionStage: 'AWSPENDING' })).rejects.toMatchObject(
    noValue(`VersionId: ${NEXT}`),
  )
  await expect(get({ VersionStage: 'AWSPENDING' })).rejects.toMatchObject(noValue('staging label: AWSPENDING'))

  await put({ VersionStages: ['AWSPENDING'] })
  expect((await get({ VersionStage: 'AWSPENDING' })).SecretString).toBe('new')
  expect((await get()).SecretString).toBe('old')
  await expect(put({ SecretString: 'other' })).rejects.toMatchObject({ name: 'ResourceExistsException' })
})

test('a repeated put changes nothing', async () => {
  aws.addSecret({ name: SecretId, value: 'old' })
  await put({ VersionStages: ['AWSPENDING'] })
  const before = await described()
  aws.now = () => Date.now() + 60_000
  await put({ VersionStages: ['AWSPENDING', 'more'] })
  expect((await described()).VersionIdsToStages).toEqual(before.VersionIdsToStages)
  expect((await described()).LastChangedDate).toEqual(before.LastChangedDate)
})

test('a put moves its labels from the versions that have them', async () => {
  aws.addSecret({ name: SecretId, value: 'old' })
  const { versionId } = aws.putVersion(SecretId, { value: 'pending', stages: ['AWSPENDING', 'blue'] })
  await put({ VersionStages: ['AWSPENDING'] })
  expect((await described()).VersionIdsToStages).toMatchObject({ [versionId]: ['blue'], [NEXT]: ['AWSPENDING'] })
})

test('a version has at most 20 labels', async () => {
  aws.addSecret({ name: SecretId, value: 'old' })
  await put({ VersionStages: labels(20) })
  const move = { SecretId, VersionStage: 'one-more', MoveToVersionId: NEXT }
  await expect(client.send(new UpdateSecretVersionStageCommand(move))).rejects.toMatchObject({
    name: 'LimitExceededException',
  })
  await expect(put({ VersionStages: labels(21) })).rejects.toMatchObject({ name: 'ValidationException' })
  expect(aws.secret(SecretId).versions.at(-1)?.stages).toEqual(labels(20))
})

test.each([0, 257])('a label does not have %i characters', async (length) => {
  aws.addSecret({ name: SecretId, value: 'old' })
  await expect(put({ VersionStages: ['x'.repeat(length)] })).rejects.toMatchObject({ name: 'ValidationException' })
  await put({ VersionStages: ['x'.repeat(256)] })
})

test('a secret tells its tags', async () => {
  aws.addSecret({ name: SecretId, value: 'x', tags: { 'hf:scope': 'read' } })
  expect((await described()).Tags).toEqual([{ Key: 'hf:scope', Value: 'read' }])
})

test("a function has its role's rights, and no more", async () => {
  aws.addSecret({ name: SecretId, value: 'x' })
  const role = addRole(aws, allow('secretsmanager:DescribeSecret'))
  client = clients(aws, role).secrets
  await described()
  await expect(get()).rejects.toMatchObject({
    name: 'AccessDeniedException',
    message: expect.stringMatching(/assumed-role\/rotation\/rotation is not authorized to perform: secretsmanager:Get/),
  })
  expect(aws.sessions.at(-1)).toMatchObject({ roleArn: role, claims: {} })
  expect(() => aws.openSession(`${role}s`)).toThrow('The sandbox has no role')
})

test('a replica has the versions of its primary secret, and is changed only there', async () => {
  const arn = aws.addSecret({ name: SecretId, region: 'eu-west-1', value: 'old' })
  const replica = aws.replicate(arn, 'us-east-1')
  expect(replica).toBe(arn.replace('eu-west-1', 'us-east-1'))
  expect(await described()).toMatchObject({ ARN: replica, PrimaryRegion: 'eu-west-1' })
  expect((await get()).SecretString).toBe('old')
  aws.putVersion(arn, { value: 'changed' })
  expect((await get()).SecretString).toBe('changed')
  const refused = {
    name: 'InvalidRequestException',
    message: expect.stringContaining('Operation not permitted on a replica secret.'),
  }
  await expect(put()).rejects.toMatchObject(refused)
  await expect(
    client.send(new UpdateSecretVersionStageCommand({ SecretId, VersionStage: 'mine' })),
  ).rejects.toMatchObject(refused)
})

test('a secret of another service is read, and changed by that service only', async () => {
  aws.addSecret({ name: SecretId, value: 'old', owningService: 'rds' })
  expect(await described()).toMatchObject({ OwningService: 'rds' })
  expect((await get()).SecretString).toBe('old')
  await expect(put()).rejects.toMatchObject({
    name: 'InvalidRequestException',
    message: expect.stringContaining('because the secret is managed by another service'),
  })
})

test('a secret that is marked for deletion can be described only', async () => {
  aws.addSecret({ name: SecretId, value: 'old' })
  aws.markForDeletion(SecretId)
  expect((await described()).DeletedDate).toBeInstanceOf(Date)
  const refused = { name: 'InvalidRequestException', message: expect.stringContaining('marked for deletion') }
  await expect(get()).rejects.toMatchObject(refused)
  await expect(put()).rejects.toMatchObject(refused)
})

test('a secret takes 100 versions a day', async () => {
  aws.addSecret({ name: SecretId, value: 'old' })
  for (let number = 1; number < 100; number += 1) aws.putVersion(SecretId, { value: `value ${number}` })
  await expect(put()).rejects.toMatchObject({ name: 'LimitExceededException' })
  const later = Date.now() + 25 * 3_600_000
  aws.now = () => later
  aws.putVersion(SecretId, { value: 'tomorrow' })
  expect(aws.secret(SecretId).versions).toHaveLength(101)
})

test('a rotation token has the form that AWS documents', async () => {
  aws.addSecret({ name: SecretId, value: 'old' })
  await expect(put({ RotationToken: 'short' })).rejects.toMatchObject({ name: 'InvalidParameterException' })
  expect((await put({ RotationToken: 'a'.repeat(36) })).VersionId).toBe(NEXT)
})
