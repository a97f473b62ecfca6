/** `rotate` with `mode: report` through `dist/`: what it shows, what fails it, and that it writes nothing. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import { ACCOUNT, REGION, roleArn } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import type { StepResult } from '../../sandbox/runner.ts'
import { rotatedTokenName } from '../../src/rotation/names.ts'
import { recordMessage } from './recorded-messages.ts'
import { DAY } from './rotation-world.ts'
import { errorOf, type Play, Stage, warningsOf } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const READ = 'huggingface/acme/read'
const WRITE = 'huggingface/acme/write'
/** Everything that an inventory may call; none of it writes. */
const READS = [
  'AssumeRoleWithWebIdentity',
  'DescribeSecret',
  'GetSecretValue',
  'id-token',
  'jwks',
  'members',
  'openid-configuration',
  'service-account',
  'service-accounts',
  'whoami-v2',
]
const ALONE = { 'admin-secret-id': '', 'service-account': '', 'max-age': '' }

interface Json {
  secrets: {
    secret: string
    findings: string[]
    unknown: Record<string, string>
    dueSoon: boolean
    token: {
      state: string
      dueAt: string
      lastUsedAt: string | null
      owner: { kind: string; name: string; member: boolean }
    }
    proof: { ofThisToken: boolean } | null
    versions: { role: string; retiredAt: string | null }[]
    orphans: string[]
    deletedAt: string | null
    errors: { code: string }[]
  }[]
  account: {
    tokens: number
    held: number
    others: { name: string; origin: string; state: string }[]
    omittedOthers: number
  }
  omittedSecrets: number
}

const ajv = new Ajv2020({ allErrors: true })
formats.default(ajv)
const isInventory = ajv.compile(
  JSON.parse(readFileSync(join(projectRoot, 'docs', 'inventory.schema.json'), 'utf8')) as object,
)

/** The output, which follows the documented schema. */
function inventory(main: StepResult): Json {
  const json = JSON.parse(main.outputs.inventory ?? '{}') as Json
  isInventory(json)
  expect(isInventory.errors ?? []).toEqual([])
  return json
}

const report = async (inputs: Record<string, string> = {}, rest: Omit<Play, 'with'> = {}) =>
  (await stage.rotate({ ...rest, with: { mode: 'report', ...inputs } })).main
const codes = (main: StepResult) => main.annotations.filter(({ level }) => level === 'error').map(({ title }) => title)
const forget = () => {
  const { github, aws, hub } = stage.sandbox
  for (const { service } of [github, aws, hub]) service.calls.length = 0
}
const plant = (displayName: string, ago: number) =>
  stage.sandbox.hub.addServiceAccountToken({
    org: 'acme',
    account: 'ci',
    displayName,
    createdAt: new Date(stage.sandbox.hub.now() - ago),
  })
/** Stores a token that a person created so many days ago. */
const storeByHand = (secret: string, days: number, user = 'acme-ci') => {
  const { hub, aws } = stage.sandbox
  const createdAt = new Date(hub.now() - days * DAY)
  const token = hub.addOrgToken('acme', ['repo.content.read'], { user, createdAt })
  stage.secrets.push({ name: `the token of ${user}`, value: token })
  aws.putVersion(secret, { value: JSON.stringify({ token }) })
}
const rowOf = (main: StepResult, secret: string) => inventory(main).secrets.find((row) => row.secret === secret)
/** What the admin token may do beside managing service accounts. */
const mayListMembers = () => {
  const { hub, aws } = stage.sandbox
  const token = hub.addOrgToken('acme', ['org.serviceAccounts.read', 'org.members.read'], { displayName: 'lister' })
  stage.secrets.push({ name: 'the admin token', value: token })
  aws.putVersion('huggingface/acme/service-accounts', { value: JSON.stringify({ token }) })
}

describe('an inventory', () => {
  test('shows each secret, writes nothing, and asks whoami-v2 about no minted token', async () => {
    stage.sandbox.advance(8 * DAY)
    stage.reportsTokensByHand()
    await stage.rotate()
    stage.sandbox.advance(DAY / 2)
    forget()
    const main = await report()
    expect(main.exitCode).toBe(0)
    const calls = stage.sandbox.calls()
    expect(Object.keys(calls).filter((name) => !READS.includes(name))).toEqual([])
    expect(calls['whoami-v2']).toBeUndefined()
    const policy = JSON.stringify(stage.sandbox.aws.sessions.at(-1)?.policy ?? '')
    expect(policy).toContain('DescribeSecret')
    expect(policy).not.toMatch(/Put|Update|GenerateDataKey|ecs/)
    const { secrets, account } = inventory(main)
    expect(secrets).toMatchObject([
      {
        secret: READ,
        findings: [],
        unknown: {},
        token: { state: 'accepted', owner: { kind: 'service account', name: 'ci' } },
        proof: { ofThisToken: true },
        versions: [{ role: 'current' }, { role: 'previous' }],
      },
      { secret: WRITE, findings: [] },
    ])
    expect(account).toMatchObject({ tokens: 2, held: 2, others: [] })
    expect(main.log).toContain('secret                  findings  age')
    expect(main.summary).toContain('Nothing to report about the listed secrets.')
    expect(main.outputs.rotated).toBe('0')
    // Also the previous token, which nothing else reads.
    expect(main.masks).toEqual(expect.arrayContaining([stage.sandbox.tokens.write, ...stage.sandbox.hub.minted]))
  })

  test('of many secrets opens as many sessions as it needs, each of which can only read', async () => {
    const { aws, hub } = stage.sandbox
    const names = Array.from({ length: 60 }, (_, at) => `huggingface/acme/team-${at}`)
    for (const name of names) {
      const token = hub.addOrgToken('acme', ['repo.content.read'], { createdAt: new Date(hub.now()) })
      stage.secrets.push({ name: `the token in ${name}`, value: token })
      aws.addSecret({ name, value: JSON.stringify({ token }) })
    }
    const main = await report({ secrets: names.map((name) => `${name} scope=read`).join('\n') })
    expect(codes(main)).toEqual([])
    expect(inventory(main).secrets.map(({ token }) => token.state)).toEqual(names.map(() => 'accepted'))
    expect(aws.sessions.length).toBeGreaterThan(1)
    for (const { policy = '' } of aws.sessions) {
      expect(policy).toContain('GetSecretValue')
      expect(policy).not.toMatch(/Put|Update|GenerateDataKey/)
    }
  })

  test('works with a role that can only read', async () => {
    const { aws, github } = stage.sandbox
    const issuer = github.issuer.replace(/^https?:\/\//, '')
    aws.addRole({
      arn: roleArn('lister'),
      trustPolicy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Federated: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer}` },
            Action: 'sts:AssumeRoleWithWebIdentity',
            Condition: {
              StringEquals: {
                [`${issuer}:aud`]: 'acme',
                [`${issuer}:sub`]: 'repo:octo-org/octo-repo:ref:refs/heads/main',
              },
            },
          },
        ],
      },
      policy: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Action: ['secretsmanager:DescribeSecret', 'secretsmanager:GetSecretValue'],
            Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:huggingface/acme/*`,
          },
        ],
      },
    })
    const main = await report({ 'role-to-assume': roleArn('lister'), 'session-policy': 'none' })
    expect(codes(main)).toEqual([])
    expect(inventory(main).secrets).toHaveLength(2)
  })

  test('says whose the tokens are that people created, and when a person must act', async () => {
    storeByHand(READ, 45)
    storeByHand(WRITE, 30)
    const main = await report({ ...ALONE, 'max-age': '50d' })
    expect(main.exitCode).toBe(0)
    expect(rowOf(main, WRITE)).toMatchObject({ findings: [], dueSoon: false })
    expect(rowOf(main, READ)).toMatchObject({
      findings: [],
      dueSoon: true,
      token: { state: 'accepted', owner: { kind: 'person', name: 'acme-ci', member: true } },
      unknown: {},
    })
    expect(warningsOf(main).join('\n')).toContain(`A person must replace the tokens in these secrets soon:\n${READ}`)
    expect(main.log).toContain('acme-ci (member)')
    expect(inventory(main).account).toBeNull()
  })

  test('fails by `fail-on` when a token is overdue', async () => {
    stage.sandbox.advance(100 * DAY)
    expect(codes(await report(ALONE))).toEqual([])
    const main = await report({ ...ALONE, 'fail-on': 'overdue' })
    // The sandbox’s tokens have a fixed date.
    const message = errorOf(main).message.replaceAll(/\b\d+d \d+h old/g, '186d 13h old')
    recordMessage('rotation-overdue/inventory', message, stage.sandbox)
    expect(errorOf(main).title).toBe('rotation-overdue')
    expect(errorOf(main).message).toContain(READ)
  })

  test('finds a token whose owner has left', async () => {
    mayListMembers()
    const { hub } = stage.sandbox
    hub.addUser({ name: 'rosa', orgs: [{ name: 'acme', roleInOrg: 'write' }] })
    storeByHand(WRITE, 1, 'rosa')
    expect(codes(await report({ 'fail-on': 'leaver' }))).toEqual([])
    hub.removeMember('acme', 'rosa')
    const main = await report({ 'fail-on': 'leaver' })
    recordMessage('inventory-finding/leaver', errorOf(main).message, stage.sandbox)
    expect(codes(main)).toEqual(['inventory-finding'])
    expect(rowOf(main, WRITE)).toMatchObject({
      findings: ['leaver'],
      token: { owner: { name: 'rosa', member: false } },
    })
    expect(main.log).toMatch(/huggingface\/acme\/write +leaver/)
  })

  test('never takes what it could not find out for fine', async () => {
    stage.sandbox.hub.addUser({ name: 'rosa' })
    storeByHand(WRITE, 1, 'rosa')
    // The admin token must not list the members.
    const main = await report({ 'fail-on': 'leaver' })
    recordMessage('inventory-incomplete/members', errorOf(main).message, stage.sandbox)
    expect(codes(main)).toEqual(['inventory-incomplete'])
    expect(errorOf(main).message).toContain('org.members.read')
    expect(rowOf(main, WRITE)?.findings).toEqual([])
    expect(rowOf(main, WRITE)?.unknown.leaver).toContain('HTTP 403')
    expect((await report()).exitCode).toBe(0)
  })

  test('says unknown when whoami-v2 is rate limited', async () => {
    stage.sandbox.hub.rateLimit('whoami-v2', { times: 50, resetSeconds: 3_000 })
    const main = await report({ ...ALONE, 'fail-on': 'overdue,leaver' })
    expect(codes(main)).toEqual(['inventory-incomplete'])
    expect(inventory(main).secrets.map(({ token }) => token.state)).toEqual(['unknown', 'unknown'])
    expect(stage.sandbox.calls()['whoami-v2']).toBe(2)
    expect(main.log).not.toContain('  ok')
  })

  test('lists what nobody uses, and what no secret holds', async () => {
    const { hub, aws } = stage.sandbox
    plant('by hand\n::error::gotcha | <b>*x*</b> @octocat', 60 * DAY)
    plant(rotatedTokenName(aws.secret(WRITE).arn, 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'), DAY)
    plant(rotatedTokenName(aws.secret('huggingface/acme/admin').arn, 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'), DAY)
    plant(rotatedTokenName(aws.secret(READ).arn, 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'), 1000)
    const main = await report({ 'fail-on': 'unused', 'max-age': '90d' })
    expect(codes(main)).toEqual(['inventory-finding', 'inventory-incomplete'])
    const { account, secrets } = inventory(main)
    expect(account.others.map(({ origin, state }) => [origin, state])).toEqual([
      ['other', 'not held'],
      ['rotation', 'not held'],
      ['rotation of another secret', 'not held'],
      ['rotation', 'fresh'],
    ])
    expect(secrets.find(({ secret }) => secret === WRITE)?.orphans).toHaveLength(1)
    expect(secrets.find(({ secret }) => secret === READ)?.orphans).toEqual([])
    expect(main.log).not.toMatch(/^::error::gotcha/m)
    expect(main.summary).not.toMatch(/<b>\*x\*<\/b>|@octocat/)
    expect(hub.serviceAccountTokens('acme', 'ci')).toHaveLength(4)
  })

  test('still shows the rest when a secret cannot be read, and fails', async () => {
    const main = await report({ secrets: `huggingface/acme/gone scope=read\n${WRITE} scope=write` })
    expect(codes(main)).toEqual(['secret-access-denied'])
    expect(inventory(main).secrets).toMatchObject([
      { secret: 'huggingface/acme/gone', token: { state: 'unread' }, errors: [{ code: 'secret-access-denied' }] },
      { secret: WRITE, token: { state: 'accepted' }, errors: [] },
    ])
  })

  test('still shows the secrets when the account cannot be listed, and fails', async () => {
    const main = await report({ 'service-account': 'nobody' })
    expect(codes(main)).toEqual(['exchange-rejected'])
    expect(inventory(main).secrets.map(({ token }) => token.state)).toEqual(['accepted', 'accepted'])
  })

  test('shows a token that the Hub does not accept, and a secret that is marked for deletion', async () => {
    const { hub, aws, tokens } = stage.sandbox
    hub.revokeToken(tokens.write)
    aws.markForDeletion(READ)
    const main = await report(ALONE)
    expect(main.exitCode).toBe(0)
    expect(rowOf(main, WRITE)).toMatchObject({ findings: ['overdue'], token: { state: 'refused' } })
    expect(rowOf(main, READ)).toMatchObject({ findings: [], token: { state: 'unread' }, errors: [] })
    expect(rowOf(main, READ)?.deletedAt).not.toBeNull()
    expect(main.log).toContain('not accepted by the Hub')
    expect(main.log).toContain('marked for deletion')
  })

  test('with 12,000 tokens and a name of a megabyte stays within what GitHub accepts', async () => {
    const entry = (at: number) => ({
      _id: at.toString(16).padStart(24, '0'),
      displayName: at === 0 ? `::error::${'x'.repeat(1_000_000)}` : `token ${at}`,
      createdAt: '2026-09-01T08:00:00.000Z',
      role: 'fineGrained',
      permissions: [],
      repoIds: [],
      repoPermissions: [],
      endpointPatterns: [],
    })
    stage.sandbox.hub.service.inject('service-account', {
      kind: 'change',
      change: (answer) => ({
        ...answer,
        body: { ...(answer.body as object), accessTokens: Array.from({ length: 12_000 }, (_, at) => entry(at)) },
      }),
    })
    const main = await report()
    expect(codes(main)).toEqual([])
    const { account, secrets } = inventory(main)
    expect(secrets).toHaveLength(2)
    expect(account.tokens).toBe(12_000)
    expect(account.others.length + account.omittedOthers).toBe(12_000)
    expect(account.others.length).toBeGreaterThan(200)
    // Linux accepts 128 KiB in a variable.
    expect(Buffer.byteLength(main.outputs.inventory ?? '')).toBeLessThan(131_072)
    expect(Buffer.byteLength(main.summary)).toBeLessThan(1_000_000)
    expect(main.log).not.toMatch(/^::error::x/m)
    expect(main.log).toContain('and 11800 more')
  })

  test.each([
    ['whoami-v2', ALONE, ['inventory-incomplete']],
    ['*', {}, ['network-unreachable', 'inventory-incomplete']],
  ])('ends within its time when the Hub is silent on %s, and shows the secrets', async (route, inputs, expected) => {
    stage.sandbox.hub.service.inject(route, { kind: 'stall', afterBytes: 0 }, 500)
    const main = await report({ ...inputs, timeout: '8s', 'fail-on': 'leaver' })
    expect(codes(main)).toEqual(expected)
    expect(inventory(main).secrets.map(({ token }) => token.state)).toEqual(['unknown', 'unknown'])
    expect(inventory(main).secrets.map(({ versions }) => versions.length)).toEqual([1, 1])
  })

  test('says so when nothing could be begun', async () => {
    const main = await report({ 'required-claims': 'ref=refs/heads/other' })
    expect(errorOf(main).title).toBe('claim-rejected')
    expect(main.summary).toContain('No inventory')
    expect(main.outputs.inventory).toBeUndefined()
  })

  test('refuses inputs that only a rotation uses', async () => {
    const main = await report({ force: 'true', 'ecs-services': 'prod/inference', 'fail-on': 'overdue,leavers' })
    expect(errorOf(main).title).toBe('input-invalid')
    expect(errorOf(main).message).toContain('`force` applies to mode mint only; remove it')
    expect(errorOf(main).message).toContain('`ecs-services` applies to modes mint and promote only; remove it')
    expect(errorOf(main).message).toContain('did you mean `leaver`')
    expect(stage.sandbox.calls()).toEqual({})
  })
})
