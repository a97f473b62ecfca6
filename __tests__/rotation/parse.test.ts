/** Requests of `rotate` and of the rotation function: what is accepted, and what is refused before any call. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { Job } from '../../src/identity/job.ts'
import { ROTATION_INPUT_NAMES, ROTATION_INPUTS, type RotationInputName } from '../../src/rotation/inputs/definitions.ts'
import { parseRotation } from '../../src/rotation/inputs/parse.ts'
import { parseFunction } from '../../src/rotation/inputs/parse-function.ts'
import type { RotationRequest } from '../../src/rotation/request.ts'
import { rotationPolicy } from '../../src/rotation/session-policy.ts'
import { decideOn, keyOf, use } from '../aws/policies/world.ts'
import { platformOf } from '../platform/platforms.ts'

const ROLE = 'arn:aws:iam::123456789012:role/hf-rotate'
const DAY = 86_400
const job: Job = {
  idTokenRequest: undefined,
  serverUrl: 'https://github.com',
  repository: 'octo-org/octo-repo',
  runId: '17',
  runAttempt: '1',
  eventName: 'schedule',
  actor: 'octocat',
  workflow: 'rotate',
  tempDirectory: '',
  hubTokenFiles: [],
  presetVariables: new Set(),
  clientVariables: {},
  gitUses: [],
  ownVariables: new Set(),
  gitConfigCount: 0,
  platform: platformOf(),
}

type Inputs = Partial<Record<RotationInputName, string>>
function parse(inputs: Inputs = {}): RotationRequest {
  const defaults = Object.fromEntries(ROTATION_INPUT_NAMES.map((name) => [name, ROTATION_INPUTS[name] ?? '']))
  const values = {
    ...defaults,
    'hf-org': 'acme',
    'role-to-assume': ROLE,
    'aws-region': 'eu-west-1',
    'admin-secret-id': 'huggingface/{org}/service-accounts',
    'service-account': 'ci',
    secrets: 'huggingface/acme/write scope=write',
    ...inputs,
  } as Record<RotationInputName, string>
  return parseRotation(
    { values, unknown: [], awsRegion: '', hfEndpoint: '', environmentProblems: [], awsVariables: {} },
    job,
  )
}

/** The problems that these inputs have, as the message lists them. */
function problems(attempt: () => unknown): string {
  try {
    attempt()
  } catch (error) {
    if (!(error instanceof ActionError)) throw error
    expect(error.code).toBe('input-invalid')
    return error.message
  }
  throw new Error('it was accepted')
}

const REPORT: Inputs = { mode: 'report' }
const PROMOTE: Inputs = { mode: 'promote', 'admin-secret-id': '', 'service-account': '' }

describe('a request', () => {
  test('takes the defaults of its mode', () => {
    expect(parse()).toMatchObject({
      mode: { kind: 'mint', admin: { id: 'huggingface/acme/service-accounts', region: 'eu-west-1' }, account: 'ci' },
      maxAgeSeconds: 7 * DAY,
      graceSeconds: DAY,
      dryRun: false,
      force: false,
    })
    expect(parse(PROMOTE)).toMatchObject({
      mode: { kind: 'promote', warnAgeSeconds: 72 * DAY },
      maxAgeSeconds: 90 * DAY,
    })
    expect(parse({ ...PROMOTE, 'max-age': '10d', 'warn-age': '9d' }).mode).toEqual({
      kind: 'promote',
      warnAgeSeconds: 9 * DAY,
    })
  })

  test('for an inventory writes nothing, and needs no service account', () => {
    expect(parse(REPORT)).toMatchObject({
      mode: {
        kind: 'report',
        listing: { admin: { id: 'huggingface/acme/service-accounts' }, account: 'ci' },
        failOn: [],
        unusedAfterSeconds: 30 * DAY,
      },
      maxAgeSeconds: 7 * DAY,
      dryRun: true,
    })
    const alone = parse({ ...PROMOTE, ...REPORT, 'fail-on': 'overdue, leaver', 'unused-after': '5d', 'warn-age': '9d' })
    expect(alone).toMatchObject({
      mode: { listing: undefined, failOn: ['overdue', 'leaver'], unusedAfterSeconds: 5 * DAY, warnAgeSeconds: 9 * DAY },
      maxAgeSeconds: 90 * DAY,
    })
  })

  test('knows which endpoints are custom', () => {
    expect(parse().endpointOverrides).toEqual([])
    expect(parse({ 'hf-endpoint': 'https://hub.example.com' }).endpointOverrides).toEqual([
      'the Hub is https://hub.example.com',
    ])
  })
})

describe('a problem is', () => {
  test.each<[string, Inputs, string]>([
    [
      'the admin secret among the secrets',
      { secrets: 'huggingface/acme/service-accounts scope=admin' },
      '`secrets` must not list the admin secret',
    ],
    ['a secret that is listed twice', { secrets: 'x scope=read\nx scope=write' }, '`secrets` lists "x" twice'],
    ['a role in another partition', { 'aws-region': 'cn-north-1' }, 'but the region `cn-north-1` is in `aws-cn`'],
    ['no secret at all', { secrets: '' }, '`secrets` is required: lines such as'],
    ['a time limit longer than the session', { timeout: '901s' }, 'must not be longer than the AWS session'],
    ['nothing to wait for', { 'wait-for-services': 'true' }, '`wait-for-services` requires ecs-services'],
    ['an unknown mode', { mode: 'mintt' }, '`mode`'],
    ['no admin secret', { 'admin-secret-id': '' }, '`admin-secret-id` is required with mode mint'],
    ['no service account', { 'service-account': '' }, '`service-account` is required with mode mint'],
    ['an account on two lines', { 'service-account': 'ci\ncd' }, '`service-account` must be the slug, ID, or name'],
    ['an account name that is too long', { 'service-account': 'x'.repeat(97) }, 'must be the slug, ID, or name'],
    ['an age that is no duration', { 'max-age': 'a week' }, '`max-age` must be a whole number and a unit'],
    ['an age of nothing', { 'max-age': '0s' }, '`max-age` must be'],
    ['an age of more than ten years', { 'max-age': '3651d' }, '`max-age` must be'],
    ['a grace of more than a year', { grace: '366d' }, '`grace`'],
    ['an input of the other mode', { 'warn-age': '3d' }, '`warn-age` applies to modes promote and report only'],
    [
      'an admin secret where a person promotes',
      { mode: 'promote' },
      '`admin-secret-id` applies to modes mint and report only',
    ],
    ['an unknown finding', { ...REPORT, 'fail-on': 'overdue,leavers' }, 'did you mean `leaver`?'],
    ['a list of findings without an inventory', { 'fail-on': 'overdue' }, '`fail-on` applies to mode report only'],
    ['force in an inventory', { ...REPORT, force: 'true' }, '`force` applies to mode mint only'],
    ['a dry run of an inventory', { ...REPORT, 'dry-run': 'true' }, '`dry-run` applies to modes mint and promote only'],
    [
      'services in an inventory',
      { ...REPORT, 'ecs-services': 'a/b' },
      'applies to modes mint and promote only; remove it',
    ],
    [
      'an admin secret without an account',
      { ...REPORT, 'service-account': '' },
      '`service-account` is required with admin-secret-id',
    ],
    [
      'an account without an admin secret',
      { ...REPORT, 'admin-secret-id': '' },
      '`admin-secret-id` is required with service-account',
    ],
    [
      'unused tokens without an account',
      { ...PROMOTE, ...REPORT, 'fail-on': 'unused' },
      '`fail-on` can list unused only with admin-secret-id and service-account',
    ],
    [
      'an unused time that is no duration',
      { ...REPORT, 'unused-after': 'long' },
      '`unused-after` must be a whole number',
    ],
    [
      'the admin secret in an inventory',
      { ...REPORT, secrets: 'huggingface/acme/service-accounts scope=admin' },
      '`secrets` must not list the admin secret',
    ],
    ['force where a person promotes', { ...PROMOTE, force: 'true' }, '`force` applies to mode mint only'],
    [
      'a warning that comes with the failure',
      { ...PROMOTE, 'max-age': '9d', 'warn-age': '9d' },
      '`warn-age` must be shorter than max-age',
    ],
    ['a service without its cluster', { 'ecs-services': 'inference' }, 'each line must be cluster/service'],
    ['a service with something behind it', { 'ecs-services': 'prod/inference/x' }, 'each line must be'],
    ['a service name with a wildcard', { 'ecs-services': 'prod/*' }, 'each line must be'],
  ])('%s', (_what, inputs, text) => {
    expect(problems(() => parse(inputs))).toContain(text)
  })

  test('none of the other mode’s inputs when the mode itself is unknown', () => {
    const text = problems(() => parse({ mode: 'x', 'warn-age': '3d' }))
    expect(text).not.toContain('applies to')
  })

  test('no reason to keep silent about the others', () => {
    const text = problems(() => parse({ 'service-account': '', 'max-age': 'x', secrets: 'x', timeout: '2h' }))
    for (const name of ['service-account', 'max-age', 'secrets', 'timeout']) expect(text).toContain(`\`${name}\``)
  })

  test('an audience that does not name the organization, with a code of its own', () => {
    expect(() => parse({ audience: 'sts.amazonaws.com' })).toThrow('audience-mismatch')
  })
})

describe('the session policy', () => {
  const inputs: Inputs = {
    secrets: [
      'huggingface/acme/write scope=write',
      'arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-a1B2c3 scope=read',
    ].join('\n'),
    'ecs-services': 'prod/inference',
  }
  const policyOf = (more: Inputs = {}) => JSON.parse(rotationPolicy(parse({ ...inputs, ...more })) ?? '') as object
  const secret = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}-??????`
  const secrets = [
    secret('huggingface/acme/write'),
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-a1B2c3',
    'arn:aws:secretsmanager:us-east-1:123456789012:secret:hub-a1B2c3-??????',
  ]
  const service = 'arn:aws:ecs:eu-west-1:123456789012:service/prod/inference'
  const ViaService = ['secretsmanager.eu-west-1.amazonaws.com', 'secretsmanager.us-east-1.amazonaws.com']

  test('names exactly the listed secrets and services', () => {
    expect(policyOf()).toEqual({
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'secretsmanager:GetSecretValue',
          Resource: [secret('huggingface/acme/service-accounts')],
        },
        {
          Effect: 'Allow',
          Action: ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage'].map(
            (action) => `secretsmanager:${action}`,
          ),
          Resource: secrets,
        },
        {
          Effect: 'Allow',
          Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
          Resource: '*',
          Condition: { StringEquals: { 'kms:ViaService': ViaService } },
        },
        { Effect: 'Allow', Action: ['ecs:DescribeServices', 'ecs:UpdateService'], Resource: [service] },
      ],
    })
  })

  test('only reads with dry-run', () => {
    expect(policyOf({ 'dry-run': 'true' })).toMatchObject({
      Statement: [
        {},
        { Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'], Resource: secrets },
        { Action: ['kms:Decrypt'] },
        { Action: ['ecs:DescribeServices'], Resource: [service] },
      ],
    })
  })

  test('has no admin secret where a person promotes, and no services where none are listed', () => {
    const policy = JSON.stringify(policyOf({ ...PROMOTE, 'ecs-services': '' }))
    expect(policy).not.toContain('service-accounts')
    expect(policy).not.toContain('ecs:')
  })

  test('lets a session of an almighty role do that, and nothing else', () => {
    const request = parse(inputs)
    const almighty = { Effect: 'Allow', Action: '*', Resource: '*' }
    const may = (secretArn: string, action: string, more: Inputs = {}, kmsAction?: string) => {
      const session = rotationPolicy(parse({ ...inputs, ...more }))
      const world = { role: request.role, secretArn, customerKey: true, rolePolicy: [almighty], session }
      return use(world, `secretsmanager:${action}`, kmsAction).allowed
    }
    const own = (name: string) => secret(name).replace('??????', 'AbC1eF')
    const listed = own('huggingface/acme/write')
    for (const action of ['DescribeSecret', 'GetSecretValue', 'PutSecretValue', 'UpdateSecretVersionStage']) {
      for (const arn of [listed, secrets[1] ?? '']) {
        for (const kms of ['kms:Decrypt', 'kms:GenerateDataKey']) expect(may(arn, action, {}, kms)).toBe(true)
        expect(may(`${arn.slice(0, -7)}-2-AbC1eF`, action)).toBe(false)
        expect(may(arn.replace('123456789012', '999999999999'), action)).toBe(false)
      }
      expect(may(listed, action, { 'dry-run': 'true' })).toBe(/^(?:Describe|Get)/.test(action))
      expect(may(own('huggingface/acme/service-accounts'), action)).toBe(action === 'GetSecretValue')
      expect(may(own('huggingface/acme/read'), action)).toBe(false)
    }
    for (const action of ['DeleteSecret', 'PutResourcePolicy', 'RotateSecret']) expect(may(listed, action)).toBe(false)
    const session = rotationPolicy(request)
    const world = { role: request.role, secretArn: listed, rolePolicy: [almighty], session }
    expect(decideOn(world, 'ecs:UpdateService', service).allowed).toBe(true)
    expect(decideOn(world, 'ecs:UpdateService', `${service}2`).allowed).toBe(false)
    expect(
      decideOn(world, 'kms:Decrypt', keyOf(world), { 'kms:ViaService': 's3.eu-west-1.amazonaws.com' }),
    ).toMatchObject({
      by: 'session policy',
    })
  })

  test('is the user’s own, or none, on request', () => {
    const own = '{"Version":"2012-10-17","Statement":[]}'
    expect(rotationPolicy(parse({ 'session-policy': own }))).toBe(own)
    expect(rotationPolicy(parse({ 'session-policy': 'none' }))).toBeUndefined()
  })
})

describe('the environment of the function', () => {
  const FUNCTION = 'arn:aws-cn:lambda:eu-west-1:123456789012:function:hf-rotate'
  const env = {
    AWS_REGION: 'eu-west-1',
    HF_ORG: 'acme',
    ADMIN_SECRET_ID: 'huggingface/{org}/service-accounts',
    SERVICE_ACCOUNT: 'ci',
    SECRETS: 'huggingface/{org}/{scope} scope=write',
  }
  const read = (more: Record<string, string> = {}) => parseFunction({ ...env, ...more }, FUNCTION)

  test('says the same as the inputs of rotate', () => {
    expect(read({ ECS_SERVICES: 'prod/inference', GRACE: '2h' })).toMatchObject({
      role: { partition: 'aws-cn', account: '123456789012' },
      admin: { id: 'huggingface/acme/service-accounts', key: 'token' },
      secrets: [{ secret: { id: 'huggingface/acme/write' }, scope: 'write' }],
      services: [{ cluster: 'prod', service: 'inference' }],
      graceSeconds: 7200,
      maxAttempts: undefined,
      dryRun: false,
    })
    expect(read().graceSeconds).toBe(DAY)
  })

  test.each<[string, string]>([
    ['HF_ORG', 'no/slug'],
    ['ADMIN_SECRET_ID', ''],
    ['SERVICE_ACCOUNT', ''],
    ['SECRETS', ''],
    ['SECRETS', 'x'],
    ['SECRET_KEY', 'a:b'],
    ['ADMIN_SECRET_KEY', 'a:b'],
    ['ECS_SERVICES', 'inference'],
    ['GRACE', 'a day'],
    ['MAX_ATTEMPTS', '99'],
    ['MAX_ATTEMPTS', '0'],
    ['HF_ENDPOINT', 'http://hub.example.com'],
    ['AWS_REGION', 'Ireland'],
  ])('with %s=%j is refused by the name of the variable', (name, value) => {
    const text = problems(() => read({ [name]: value }))
    expect(text).toContain(`\`${name}\``)
    expect(text).toContain('docs/rotation.md')
  })
})
