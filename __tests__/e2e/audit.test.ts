/** One audit event for every outcome: of main, of post, of `rotate`; what it says, and that it holds no secret. */
import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { StepResult } from '../../sandbox/runner.ts'
import { recordMessage } from './recorded-messages.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

interface Event {
  event: string
  result: string
  [field: string]: unknown
}

/** The one event of a step. */
function eventOf({ stdout }: StepResult): Event {
  const lines = stdout.split('\n').filter((line) => line.startsWith('Audit: '))
  expect(lines).toHaveLength(1)
  return JSON.parse(lines[0]?.slice('Audit: '.length) ?? '') as Event
}

const sha256 = (text = '') => createHash('sha256').update(text).digest('hex')
const stepsOf = ({ steps }: Event) => steps as { step: string; ms: number; outcome?: string }[]

test('a delivered token: who, by which steps, with which rights', async () => {
  const { main, posts } = await stage.play({ with: { revoke: 'auto' } })
  const event = eventOf(main)
  expect(event).toMatchObject({
    event: 'hf-oidc-action',
    schemaVersion: 1,
    result: 'delivered',
    org: 'acme',
    scope: 'write',
    source: 'secrets-manager',
    evidence: 'stored',
    confirmedBy: 'whoami-v2',
    tokenSha256: sha256(main.outputs['hf-token']),
    claims: {
      ref: 'refs/heads/main',
      event_name: expect.any(String),
      repository_id: expect.any(String),
      repository_owner_id: expect.any(String),
      actor_id: expect.any(String),
      job_workflow_ref: expect.any(String),
    },
  })
  expect(stepsOf(event).map(({ step }) => step)).toEqual(['id-token', 'aws-session', 'secret', 'verify', 'deliver'])
  for (const { ms } of stepsOf(event)) expect(ms).toBeGreaterThanOrEqual(0)
  const [post] = posts.map(eventOf)
  expect(post).toMatchObject({
    event: 'hf-oidc-action/post',
    result: 'done',
    org: 'acme',
    subject: event.subject,
    claims: event.claims,
    rights: event.rights,
    evidence: 'stored',
    confirmedBy: 'whoami-v2',
    tokenSha256: event.tokenSha256,
    mintedToken: 'none',
  })
  // Outside of this test, these are the services' own.
  const line = /^Audit: .*$/m.exec(main.log)?.[0].replace(/"customHosts":\[[^\]]*\],/, '')
  recordMessage('log/audit-main', line, stage.sandbox)
})

test.each([
  [
    'trusted-publisher',
    { 'role-to-assume': '', 'hf-resource': 'acme/model' },
    ['id-token', 'exchange', 'verify', 'deliver'],
    'expires',
  ],
  [
    'service-account',
    { 'service-account': 'ci', 'secret-id': 'huggingface/acme/service-accounts', repositories: 'acme/model' },
    ['id-token', 'aws-session', 'secret', 'mint', 'verify', 'deliver'],
    'deleted',
  ],
])('a token by %s: its steps, and what became of it', async (source, inputs, steps, fate) => {
  const { main, posts } = await stage.play({ with: { 'token-source': source, ...inputs } })
  const event = eventOf(main)
  expect(event).toMatchObject({ result: 'delivered', source, tokenSha256: sha256(main.outputs['hf-token']) })
  expect(stepsOf(event).map(({ step }) => step)).toEqual(steps)
  expect(posts.map(eventOf)).toMatchObject([{ result: 'done', mintedToken: fate, tokenSha256: event.tokenSha256 }])
})

describe('a failure', () => {
  test('before any call is an event too', async () => {
    const { main } = await stage.main({ with: { scope: 'wirte' } })
    expect(eventOf(main)).toMatchObject({
      event: 'hf-oidc-action',
      result: 'input-invalid',
      repository: 'octo-org/octo-repo',
    })
  })

  test('names the step that failed, and the claims that were verified', async () => {
    const { main } = await stage.main({ with: { 'role-to-assume': 'arn:aws:iam::123456789012:role/nobody' } })
    const event = eventOf(main)
    expect(event).toMatchObject({ result: 'role-trust-rejected', claims: { ref: 'refs/heads/main' } })
    expect(stepsOf(event)).toMatchObject([{ step: 'id-token' }, { step: 'aws-session', outcome: 'failed' }])
  })

  test('of the check names the token that was refused', async () => {
    stage.store(stage.sandbox.tokens.read)
    const { main } = await stage.main()
    expect(eventOf(main)).toMatchObject({
      result: 'token-under-scoped',
      tokenSha256: sha256(stage.sandbox.tokens.read),
    })
  })
})

test.each(['SIGINT', 'SIGTERM'] as const)('a step that is cancelled by %s has an event', async (signal) => {
  const step = stage.killAt(({ operation }) => operation === 'GetSecretValue', signal)
  const { runner, main } = await stage.main({ step })
  const event = eventOf(main)
  expect(event).toMatchObject({ result: 'cancelled', org: 'acme', claims: { ref: 'refs/heads/main' } })
  expect(stepsOf(event).at(-1)).toMatchObject({ step: 'secret', outcome: 'unfinished' })
  expect(main.exitCode).toBe(signal === 'SIGINT' ? 130 : 143)
  const [post] = (await runner.finish()).map(eventOf)
  expect(post).toMatchObject({ org: 'acme', subject: event.subject, claims: event.claims, result: 'done' })
})

/** The token that a secret holds. */
function current(name: string): string | undefined {
  const { versions } = stage.sandbox.aws.secret(`huggingface/acme/${name}`)
  return /hf_\w+/.exec(String(versions.find(({ stages }) => stages.includes('AWSCURRENT'))?.value))?.[0]
}

test('a rotation that is cancelled names what it has done by then', async () => {
  const step = stage.killAt(({ operation }) => operation === 'UpdateService', 'SIGINT')
  const { main } = await stage.rotate({ step, with: { 'ecs-services': 'prod/inference' } })
  expect(eventOf(main)).toMatchObject({
    result: 'cancelled',
    roleSession: expect.stringContaining('assumed-role'),
    secrets: ['read', 'write'].map((name) => ({
      action: 'rotated',
      tokenSha256: sha256(current(name)),
      rights: [expect.any(String)],
    })),
  })
})

test('a rotation that is cancelled halfway names what it has not finished', async () => {
  const step = stage.killAt(({ operation }) => operation === 'PutSecretValue', 'SIGINT')
  const { main } = await stage.rotate({ step, with: { secrets: 'huggingface/acme/write scope=write' } })
  expect(eventOf(main)).toMatchObject({
    result: 'cancelled',
    secrets: [{ action: 'unfinished', tokenSha256: expect.any(String), evidence: 'minted' }],
  })
})

test('a rotation has an event with its steps, and one for a failure to start', async () => {
  const { main } = await stage.rotate({ job: { event: 'schedule' } as object })
  const event = eventOf(main)
  expect(event).toMatchObject({
    event: 'hf-oidc-action/rotate',
    result: 'done',
    mode: 'mint',
    claims: { ref: 'refs/heads/main' },
  })
  expect(stepsOf(event).map(({ step }) => step)).toEqual([
    'id-token',
    'aws-session',
    'secret',
    'rotate',
    'deploy',
    'clean-up',
  ])
  expect(event.secrets).toMatchObject(
    ['read', 'write'].map((name) => ({
      action: 'rotated',
      tokenSha256: sha256(current(name)),
      rights: [expect.stringContaining('repo.content.read')],
      evidence: 'minted',
      confirmedBy: expect.stringMatching(/^(?:issuer|whoami-v2)$/),
    })),
  )
  const { main: failed } = await stage.rotate({ with: { mode: 'x' } })
  expect(eventOf(failed)).toMatchObject({ event: 'hf-oidc-action/rotate', result: 'input-invalid' })
})
