/** The role with which the sandbox's world is rotated: what it may, and what it may not. */
import { DescribeServicesCommand, UpdateServiceCommand } from '@aws-sdk/client-ecs'
import {
  DescribeSecretCommand,
  GetSecretValueCommand,
  PutSecretValueCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { roleArn, Sandbox, SERVICE, secretName } from '../../sandbox/index.ts'
import { clients } from './session.ts'

const NEXT = '11111111-2222-4333-8444-555555555555'
const { cluster, service } = SERVICE
const denied = { name: 'AccessDeniedException' }

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await Sandbox.start()
})

afterEach(async () => {
  await sandbox.close()
})

test('it replaces a secret and the tasks that read it', async () => {
  const { aws } = sandbox
  const { secrets, ecs } = clients(aws, roleArn('rotate'))
  const SecretId = secretName('read')
  await secrets.send(new GetSecretValueCommand({ SecretId: secretName('service-accounts') }))
  const { VersionIdsToStages = {} } = await secrets.send(new DescribeSecretCommand({ SecretId }))
  const old = Object.keys(VersionIdsToStages)[0] ?? ''
  expect(aws.ecsService(cluster, service).startedWith).toBe(old)

  const next = { SecretId, ClientRequestToken: NEXT, SecretString: '{}', VersionStages: ['AWSPENDING'] }
  await secrets.send(new PutSecretValueCommand(next))
  const move = { SecretId, VersionStage: 'AWSCURRENT', MoveToVersionId: NEXT, RemoveFromVersionId: old }
  await secrets.send(new UpdateSecretVersionStageCommand(move))
  await ecs.send(new UpdateServiceCommand({ cluster, service, forceNewDeployment: true }))
  for (let look = 0; look < 2; look++) {
    await ecs.send(new DescribeServicesCommand({ cluster, services: [service] }))
  }
  expect(aws.ecsService(cluster, service).startedWith).toBe(NEXT)
})

test('it touches no other secret and no other service', async () => {
  const { aws } = sandbox
  const { secrets, ecs } = clients(aws, roleArn('rotate'))
  aws.addSecret({ name: 'database', value: 'x' })
  aws.addService({ cluster, service: 'other' })
  await expect(secrets.send(new GetSecretValueCommand({ SecretId: 'database' }))).rejects.toMatchObject(denied)
  await expect(ecs.send(new UpdateServiceCommand({ cluster, service: 'other' }))).rejects.toMatchObject(denied)
})

test('the roles that read cannot write', async () => {
  const { secrets } = clients(sandbox.aws, roleArn('read'))
  const put = { SecretId: secretName('read'), SecretString: 'x' }
  await expect(secrets.send(new PutSecretValueCommand(put))).rejects.toMatchObject(denied)
})
