/** Many jobs at once: limits that all of them share, at the Hub and at STS. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { roleArn } from '../../sandbox/index.ts'
import { errorOf, Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

describe('when other jobs with the same stored token have used up the window of whoami-v2', () => {
  /** Leaves so much of the window that no call is left in. */
  async function fill(leftMs: number): Promise<void> {
    const { hub, tokens } = stage.sandbox
    hub.limited = true
    const headers = { authorization: `Bearer ${tokens.write}` }
    const ask = async () => (await fetch(`${hub.url}/api/whoami-v2`, { headers })).status
    while ((await ask()) !== 429);
    stage.sandbox.advance(60_000 - leftMs)
    hub.service.calls.length = 0
  }

  test('a job waits for its turn within its timeout, says so, and is served', async () => {
    await fill(2_500)
    const { main } = await stage.main({ with: { timeout: '8s' } })
    expect(main.exitCode).toBe(0)
    expect(main.log).toMatch(
      /Rate limited while waiting for the Hub’s whoami-v2 .* the action waits \ds, a random part of the time left/,
    )
    const calls = stage.sandbox.hub.service.calls.filter(({ operation }) => operation === 'whoami-v2')
    expect(calls.map(({ status }) => status)).toEqual([429, 200])
  })

  test('a job that has too little time says so at once', async () => {
    await fill(50_000)
    const { main } = await stage.main({ with: { timeout: '30s' } })
    expect(errorOf(main).title).toBe('hub-rate-limited')
    expect(main.log).not.toContain('Rate limited while waiting')
    expect(stage.sandbox.calls()).toMatchObject({ 'whoami-v2': 1 })
  })

  test('a job whose turn another one has taken gives up after its second call', async () => {
    stage.sandbox.hub.rateLimit('whoami-v2', { times: 9, resetSeconds: 1, windowSeconds: 60 })
    const { main } = await stage.main({ with: { timeout: '5s' } })
    expect(errorOf(main).title).toBe('hub-rate-limited')
    expect(errorOf(main).message).toContain('after 2 attempts')
    expect(stage.sandbox.calls()).toMatchObject({ 'whoami-v2': 2 })
  })
})

test.each([
  ['trusted-publisher', { 'role-to-assume': '', 'hf-resource': 'acme/model' }],
  ['token-exchange', { 'role-to-assume': roleArn('exchange'), 'secret-id': 'huggingface/acme/oauth', member: 'x' }],
  [
    'service-account',
    {
      'role-to-assume': roleArn('accounts'),
      'secret-id': 'huggingface/acme/service-accounts',
      'service-account': 'ci',
    },
  ],
])('%s: a full window of whoami-v2 delays no job, and is asked about once', async (source, inputs) => {
  const { hub, minting } = stage.sandbox
  hub.rateLimit('whoami-v2', { times: 9, resetSeconds: 55, windowSeconds: 60 })
  const given = 'member' in inputs ? { ...inputs, member: minting.member } : inputs
  const { main } = await stage.main({ with: { 'token-source': source, ...given } })
  expect(main.exitCode).toBe(0)
  expect(main.log).toContain('no confirmation from whoami-v2: HTTP 429')
  expect(main.log).not.toContain('Rate limited while waiting')
  expect(stage.sandbox.calls()).toMatchObject({ 'whoami-v2': 1 })
})

test('jobs that STS throttles come back one after another, and all are served', async () => {
  const { aws } = stage.sandbox
  const startedAt = Date.now()
  let seconds = 0
  aws.stsPerSecond = 1
  // STS's clock moves on when somebody has been refused: each second serves one job.
  aws.now = () => startedAt + seconds * 1000
  stage.sandbox.afterWork = ({ operation, status }) => {
    if (operation === 'AssumeRoleWithWebIdentity' && status === 400) seconds += 1
    return undefined
  }
  const mains = await Promise.all([stage.main(), stage.main(), stage.main()])
  expect(mains.map(({ main }) => main.exitCode)).toEqual([0, 0, 0])
  const served = aws.service.calls.filter(({ operation }) => operation === 'AssumeRoleWithWebIdentity')
  expect(served.filter(({ status }) => status === 200)).toHaveLength(3)
  expect(served.filter(({ status }) => status === 400).length).toBeGreaterThanOrEqual(2)
})
