/** `aws-identity: runner`: AWS cannot check the job's ID token, and the machine has an AWS identity of its own. */
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Machine } from '../../sandbox/aws/machine.ts'
import { ACCOUNT, REGION, roleArn, secretName } from '../../sandbox/index.ts'
import { errorOf, Stage } from './stage.ts'

const MACHINE = `arn:aws:iam::${ACCOUNT}:role/agents/build-agent`
const READER = roleArn('reader')

let stage: Stage
let machine: Machine
let folder: string

beforeEach(async () => {
  stage = await Stage.set()
  const { aws } = stage.sandbox
  const reading = {
    Effect: 'Allow',
    Action: 'secretsmanager:GetSecretValue',
    Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:${secretName('write')}-??????`,
  }
  const nobody = (principal: object) => ({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: principal, Action: ['sts:AssumeRole', 'sts:TagSession'] }],
  })
  const assuming = { Effect: 'Allow', Action: ['sts:AssumeRole', 'sts:TagSession'], Resource: READER }
  aws.addRole({
    arn: MACHINE,
    trustPolicy: nobody({ Service: 'ec2.amazonaws.com' }),
    policy: { Version: '2012-10-17', Statement: [reading, assuming] },
  })
  aws.addRole({
    arn: READER,
    trustPolicy: nobody({ AWS: MACHINE }),
    policy: { Version: '2012-10-17', Statement: [reading] },
  })
  machine = await Machine.start(aws, MACHINE)
  folder = mkdtempSync(join(tmpdir(), 'aws-token-'))
})

afterEach(async () => {
  await machine.close()
  rmSync(folder, { recursive: true, force: true })
  await stage.clear()
})

const UNLIMITED = { 'aws-identity': 'runner', 'role-to-assume': '', 'session-policy': 'none' }
const AS_READER = { 'aws-identity': 'runner', 'role-to-assume': READER }
const container = () => machine.containerEnvironment()
const instance = () => machine.instanceEnvironment()

describe('the runner’s own identity', () => {
  test.each([
    ['a container', container, { 'container-credentials': 1 }],
    ['an instance', instance, { 'metadata-token': 1, 'metadata-roles': 1, 'metadata-credentials': 1 }],
  ])('of %s reads the secret, and AWS never sees the job’s ID token', async (_what, env, calls) => {
    const { main } = await stage.main({ with: UNLIMITED, env: env() })
    expect([main.exitCode, main.env.HF_TOKEN]).toEqual([0, stage.sandbox.tokens.write])
    expect(main.outputs).toMatchObject({ 'aws-account-id': ACCOUNT, 'oidc-audience': 'acme' })
    expect(main.log).toContain('ID token verified: repo:octo-org/octo-repo:ref:refs/heads/main')
    expect(main.log).toContain(
      `AWS: this runner is arn:aws:sts::${ACCOUNT}:assumed-role/build-agent/i-0123456789abcdef0`,
    )
    for (const [name, count] of Object.entries(calls))
      expect([name, machine.service.count(name)]).toEqual([name, count])
    expect(stage.sandbox.calls()).toMatchObject({ GetCallerIdentity: 1, GetSecretValue: 1 })
    expect(stage.sandbox.calls().AssumeRoleWithWebIdentity).toBeUndefined()
  })

  test.each([
    ['a container', container],
    ['an instance', instance],
  ])('of %s assumes a role, which is limited to the one secret', async (_what, env) => {
    const { main } = await stage.main({ with: AS_READER, env: env() })
    expect([main.exitCode, main.env.HF_TOKEN]).toEqual([0, stage.sandbox.tokens.write])
    const session = stage.sandbox.aws.sessions.at(-1)
    expect(session).toMatchObject({ roleArn: READER, tags: { 'hf-oidc:repository': 'octo-org/octo-repo' } })
    expect(session?.policy).toContain(`secret:${secretName('write')}-??????`)
  })

  test('of a pod is a web identity, whose token is not the job’s', async () => {
    const { aws, github } = stage.sandbox
    const issuer = github.issuer.replace(/^https?:\/\//, '')
    aws.addOidcProvider({
      issuerUrl: github.issuer,
      clientIds: ['acme', 'sts.amazonaws.com'],
      keys: () => github.jwks(),
    })
    aws.addRole({
      arn: MACHINE,
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: { [`${issuer}:aud`]: 'sts.amazonaws.com' },
              StringLike: { [`${issuer}:sub`]: 'repo:octo-org/octo-repo:*' },
            },
          },
        ],
      },
      policy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }],
      },
    })
    const runner = await stage.runner()
    // As Kubernetes mounts it: behind a link.
    const token = await podToken()
    writeFileSync(join(folder, 'data'), token)
    symlinkSync(join(folder, 'data'), join(folder, 'token'))
    stage.secrets.push({ name: 'the pod’s token', value: token })
    const env = { AWS_WEB_IDENTITY_TOKEN_FILE: join(folder, 'token'), AWS_ROLE_ARN: MACHINE }
    const { main } = await stage.main(
      { with: { 'aws-identity': 'runner', 'role-to-assume': '' }, step: { env } },
      runner,
    )
    expect([main.exitCode, main.env.HF_TOKEN]).toEqual([0, stage.sandbox.tokens.write])
    const [session] = aws.sessions
    expect(session).toMatchObject({ roleArn: MACHINE, claims: { aud: 'sts.amazonaws.com' } })
    // The session is opened here, so that it can be limited.
    expect(session?.policy).toContain(`secret:${secretName('write')}-??????`)
  })

  test('is not asked for before the ID token is verified and the claims match', async () => {
    const { main } = await stage.main({
      with: { ...UNLIMITED, 'required-claims': 'ref=refs/heads/release' },
      env: container(),
    })
    expect(errorOf(main).title).toBe('claim-rejected')
    expect(machine.service.calls).toEqual([])
  })

  test('is never a key, a profile or a file that an earlier step left behind', async () => {
    const { main } = await stage.main({
      with: UNLIMITED,
      env: {
        AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
        AWS_SESSION_TOKEN: 'left-behind-session-token',
        AWS_PROFILE: 'left-behind',
        AWS_EC2_METADATA_DISABLED: 'true',
      },
    })
    expect(errorOf(main).title).toBe('input-invalid')
    expect(errorOf(main).message).toContain('this runner has no AWS identity')
  })

  test('in a rotation reads and writes like any role', async () => {
    const { aws } = stage.sandbox
    const actions = ['GetSecretValue', 'DescribeSecret', 'PutSecretValue', 'UpdateSecretVersionStage']
    aws.addRole({
      arn: MACHINE,
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      policy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: actions.map((action) => `secretsmanager:${action}`), Resource: '*' }],
      },
    })
    const { main } = await stage.rotate({ with: { ...UNLIMITED }, env: container() })
    expect([main.exitCode, main.outputs.rotated]).toEqual([0, '2'])
  })

  test('deletes a minted token in post, with what main saved', async () => {
    const { aws } = stage.sandbox
    aws.addRole({
      arn: MACHINE,
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
      },
      policy: {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: '*' }],
      },
    })
    machine.authorization = 'the-authorization-of-the-container'
    stage.secrets.push({ name: 'the container’s token', value: machine.authorization })
    const { main, posts } = await stage.play({
      with: {
        ...UNLIMITED,
        'token-source': 'service-account',
        'secret-id': 'huggingface/acme/service-accounts',
        'service-account': 'ci',
      },
      env: container(),
    })
    expect([main.exitCode, posts[0]?.exitCode, posts[0]?.annotations]).toEqual([0, 0, []])
    const { hub } = stage.sandbox
    expect(hub.minted.filter((token) => hub.isAlive(token))).toEqual([])
  })
})

describe('a runner without an identity is told why, at once', () => {
  test('an instance without a role', async () => {
    machine.hasRole = false
    const { main } = await stage.main({ with: UNLIMITED, env: instance() })
    expect(errorOf(main).title).toBe('aws-identity-unavailable')
    expect(errorOf(main).message).toContain('associate-iam-instance-profile')
  })

  test('a metadata service whose answers get lost, as those for a container do', async () => {
    machine.service.inject('metadata-token', { kind: 'stall', afterBytes: 0 }, 9)
    const { main } = await stage.main({ with: UNLIMITED, env: instance() })
    const { title, message } = errorOf(main)
    expect(title).toBe('aws-identity-unavailable')
    expect(message).toContain('hop limit')
    expect(message).toContain('no complete answer within 1.5 s')
    expect(machine.service.count('metadata-token')).toBe(2)
  })

  test('a container whose token is refused', async () => {
    machine.authorization = 'the-right-authorization'
    const env = { ...container(), AWS_CONTAINER_AUTHORIZATION_TOKEN: 'the-wrong-authorization' }
    const { main } = await stage.main({ with: UNLIMITED, env })
    expect(errorOf(main)).toMatchObject({
      title: 'aws-identity-unavailable',
      message: expect.stringContaining('HTTP 403'),
    })
  })

  test('a page instead of credentials', async () => {
    machine.service.inject('container-credentials', { kind: 'answer', status: 200, body: '<html>' })
    const { main } = await stage.main({ with: UNLIMITED, env: container() })
    expect(errorOf(main).message).toContain('an answer without AccessKeyId, SecretAccessKey and Token')
  })

  test('a token file that is not there', async () => {
    const env = { ...container(), AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: join(folder, 'nothing') }
    const { main } = await stage.main({ with: UNLIMITED, env })
    expect(errorOf(main)).toMatchObject({
      title: 'aws-identity-unavailable',
      message: expect.stringContaining('ENOENT'),
    })
    expect(machine.service.calls).toEqual([])
  })
})

/** A token of a cluster: here, of the same issuer for another audience. */
async function podToken(): Promise<string> {
  const { job, env } = stage.sandbox.startJob()
  const url = new URL(String(job.idTokenRequestUrl))
  url.searchParams.set('audience', 'sts.amazonaws.com')
  const answer = await fetch(url, { headers: { authorization: `Bearer ${env.ACTIONS_ID_TOKEN_REQUEST_TOKEN}` } })
  return ((await answer.json()) as { value: string }).value
}
