/** A network and services that fail in every way they can, and jobs that are killed. */
import type { ChildProcess } from 'node:child_process'
import { watch } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { AwsError, stsError } from '../../sandbox/aws.ts'
import type { RunnerJob, StepOptions, StepResult } from '../../sandbox/runner.ts'
import type { Fault } from '../../sandbox/service.ts'
import { errorOf, Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const SERVICES = {
  'id-token': 'github',
  jwks: 'github',
  AssumeRoleWithWebIdentity: 'aws',
  GetSecretValue: 'aws',
  'whoami-v2': 'hub',
} as const
const operations = Object.entries(SERVICES) as [keyof typeof SERVICES, 'github' | 'aws' | 'hub'][]

describe('one failure of one call is cured by another try', () => {
  test.each(operations)('%s: the connection is cut', async (operation, service) => {
    stage.sandbox[service].service.inject(operation, { kind: 'reset' })
    expect((await stage.main()).main.exitCode).toBe(0)
  })

  test.each(operations)('%s: the answer is lost', async (operation, service) => {
    stage.sandbox[service].service.inject(operation, { kind: 'lost' })
    expect((await stage.main()).main.exitCode).toBe(0)
  })

  test.each(operations)('%s: HTTP 503 from something in between', async (operation, service) => {
    stage.sandbox[service].service.inject(operation, { kind: 'answer', status: 503, body: '<html>busy</html>' })
    const { main } = await stage.main()
    expect([main.exitCode, main.log]).toEqual([0, expect.any(String)])
  })
})

/** In real time; `__tests__/token/outages.test.ts` has the whole table. */
describe('an outage of seconds ends in success', () => {
  const throttled = { kind: 'answer', ...stsError(new AwsError('Throttling', 'Rate exceeded', 400)) } as const
  const page = { kind: 'answer', status: 200, body: '<html>busy</html>' } as const
  test.each<[keyof typeof SERVICES, string, Fault, number]>([
    ['AssumeRoleWithWebIdentity', 'throttled', throttled, 2_000],
    ['AssumeRoleWithWebIdentity', 'throttled', throttled, 5_000],
    ['id-token', 'a page', page, 3_000],
    ['jwks', 'HTTP 503', { kind: 'answer', status: 503 }, 2_000],
    ['GetSecretValue', 'cut', { kind: 'reset' }, 3_000],
    ['whoami-v2', 'HTTP 429', { kind: 'answer', status: 429 }, 2_000],
    ['whoami-v2', 'silence', { kind: 'stall', afterBytes: 0 }, 1_000],
  ])('%s: %s', async (operation, _how, fault, ms) => {
    stage.sandbox[SERVICES[operation]].service.breakFor(operation, fault, ms)
    const { main } = await stage.main()
    expect([main.exitCode, main.log]).toEqual([0, expect.any(String)])
    expect(stage.sandbox.calls()[operation]).toBeGreaterThan(1)
    expect(stage.sandbox.calls()[operation]).toBeLessThanOrEqual(10)
  })

  test('for a rotation as well', async () => {
    stage.sandbox.aws.service.breakFor('AssumeRoleWithWebIdentity', throttled, 3_000)
    stage.sandbox.hub.service.breakFor('service-accounts', { kind: 'answer', status: 503 }, 3_000)
    const { main } = await stage.rotate()
    expect([main.exitCode, main.log]).toEqual([0, expect.any(String)])
  })
})

describe('an answer that stalls ends with the deadline, and says what was waited for', () => {
  const stalls = operations.flatMap(([operation, service]) =>
    [0, 30, 200].map((bytes) => [operation, bytes, service] as const),
  )
  test.each(stalls)('%s after %i bytes', async (operation, afterBytes, service) => {
    stage.sandbox[service].service.inject(operation, { kind: 'stall', afterBytes }, 9)
    const { main } = await stage.main({ with: { timeout: '1s' } })
    expect(errorOf(main).title).toBe('deadline-exceeded')
    expect(errorOf(main).message).toMatch(/waiting for (the ID token|the keys|STS|Secrets Manager|the Hub)/)
    expect(main.durationMs).toBeLessThan(10_000)
  })
})

describe('what another try cannot cure is asked once', () => {
  test.each(['InvalidIdentityToken', 'MalformedPolicyDocument', 'RegionDisabledException'])('STS: %s', async (code) => {
    stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', {
      kind: 'answer',
      ...stsError(new AwsError(code, 'no', 403)),
    })
    expect((await stage.main()).main.exitCode).toBe(1)
    expect(stage.sandbox.calls()).toMatchObject({ AssumeRoleWithWebIdentity: 1 })
  })

  test('STS: AccessDenied, once more after a second or two', async () => {
    const denied = stsError(new AwsError('AccessDenied', 'no', 403))
    stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', { kind: 'answer', ...denied }, 2)
    expect(errorOf((await stage.main()).main).message).toMatch(/role-trust-rejected[\s\S]*after 2 attempts/)
    expect(stage.sandbox.calls()).toMatchObject({ AssumeRoleWithWebIdentity: 2 })

    stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', { kind: 'answer', ...denied })
    expect((await stage.main()).main.exitCode).toBe(0)
  })

  test('Hub: 401', async () => {
    stage.sandbox.hub.revokeToken(stage.sandbox.tokens.write)
    await stage.main()
    expect(stage.sandbox.calls()).toMatchObject({ 'whoami-v2': 1 })
  })
})

test.each([
  ['IDPCommunicationError', 'An error occurred'],
  [
    'InvalidIdentityToken',
    "Couldn't retrieve verification key from your identity provider,  please reference AssumeRoleWithWebIdentity documentation",
  ],
  ['Throttling', 'Rate exceeded'],
])('STS: %s is tried again', async (code, message) => {
  stage.sandbox.aws.service.inject(
    'AssumeRoleWithWebIdentity',
    { kind: 'answer', ...stsError(new AwsError(code, message, 400)) },
    2,
  )
  expect((await stage.main()).main.exitCode).toBe(0)
  expect(stage.sandbox.calls()).toMatchObject({ AssumeRoleWithWebIdentity: 3 })
})

test('an ID token that ended on its way is asked for anew, once', async () => {
  const ended = stsError(
    new AwsError('ExpiredTokenException', 'Token must have been issued less than 5 minutes ago', 400),
  )
  stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', { kind: 'answer', ...ended })
  expect((await stage.main()).main.exitCode).toBe(0)
  expect(stage.sandbox.calls()).toMatchObject({ 'id-token': 2, AssumeRoleWithWebIdentity: 2 })

  stage.sandbox.aws.service.inject('AssumeRoleWithWebIdentity', { kind: 'answer', ...ended }, 9)
  expect(errorOf((await stage.main()).main).title).toBe('sts-failed')
  expect(stage.sandbox.calls()).toMatchObject({ 'id-token': 4, AssumeRoleWithWebIdentity: 4 })
})

test('max-attempts bounds the tries of one call', async () => {
  stage.sandbox.hub.service.inject('whoami-v2', { kind: 'answer', status: 500 }, 99)
  const { main } = await stage.main({ with: { 'max-attempts': '3' } })
  expect(errorOf(main).title).toBe('hub-failed')
  expect(stage.sandbox.calls()).toMatchObject({ 'whoami-v2': 3 })
})

test('a token is never sent along with a redirect', async () => {
  stage.sandbox.hub.service.inject('whoami-v2', {
    kind: 'answer',
    status: 302,
    headers: { location: `${stage.sandbox.github.serverUrl}/steal` },
  })
  const { main } = await stage.main()
  expect(errorOf(main).title).toBe('hub-failed')
  expect(stage.sandbox.calls()).not.toHaveProperty('unknown')
})

test.each(operations)('an endless answer of %s is cut off', async (operation, service) => {
  stage.sandbox[service].service.inject(
    operation,
    { kind: 'answer', status: 200, body: 'x'.repeat(3 * 1024 * 1024) },
    9,
  )
  const { main } = await stage.main({ with: { 'max-attempts': '1' } })
  expect(errorOf(main).title).toBe('network-unreachable')
  expect(errorOf(main).message).toContain('larger than')
})

describe('a job that is killed leaves nothing after post', () => {
  async function killed(step: StepOptions, runner?: RunnerJob): Promise<StepResult> {
    const inputs = { 'export-file': 'true', 'git-credentials': 'true' }
    const { runner: on, main } = await stage.main({ with: inputs, step }, runner)
    const posts = await on.finish()
    expect(posts.map(({ exitCode }) => exitCode)).toEqual([0])
    expect(await on.filesLeft()).toEqual([])
    return main
  }

  test.each(operations)('after the call %s', async (operation) => {
    const main = await killed(stage.killAt((call) => call.operation === operation))
    expect(main.signal).toBe('SIGKILL')
  })

  test('after any line that it prints once the Hub has answered', async () => {
    const lines = (await killed({})).stdout.split('\n')
    const first = lines.findIndex((line) => line.startsWith('Hub: '))
    expect(first).toBeGreaterThan(0)
    for (let n = first + 1; n < lines.length; n += 1) {
      let printed = 0
      const onStart = (child: ChildProcess) =>
        child.stdout?.on('data', (text: string) => {
          printed += text.split('\n').length - 1
          if (printed >= n) child.kill('SIGKILL')
        })
      await killed({ onStart })
    }
  })

  test('when its file appears', async () => {
    const runner = await stage.runner()
    let seen = false
    const onStart = (child: ChildProcess) => {
      const watcher = watch(runner.temp, (_event, name) => {
        if (!name?.startsWith('hf-oidc-')) return
        seen = true
        child.kill('SIGKILL')
      })
      child.once('close', () => watcher.close())
    }
    await killed({ onStart }, runner)
    expect(seen).toBe(true)
  })
})
