/** How a run opens on GitHub's runner. */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import type { Http } from '../../src/net/http.ts'
import { runJob } from '../../src/runner/run-job.ts'
import { Steps } from '../../src/text/steps.ts'
import { Step } from './step.ts'

const JWT = `${'a'.repeat(20)}.${'b'.repeat(20)}.${'c'.repeat(20)}`
const github = { idTokenFrom: { kind: 'github' }, timeoutMs: 5000, maxAttempts: 3 } as const

let step: Step
beforeEach(() => {
  step = new Step()
})
afterEach(() => step.end())

test('secrets in the environment are masked before the inputs are parsed', async () => {
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: 'https://x',
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'the-request-token',
    https_proxy: 'http://user:correct%2Dhorse@127.0.0.1:1',
  }
  let masks: readonly string[] = []
  const parse = () => {
    masks = step.masks
    throw new Error('an input is wrong')
  }
  const progress = {}
  await expect(runJob(env, { progress, steps: new Steps(), inputs: {}, parse }, async () => {})).rejects.toThrow(
    'an input is wrong',
  )
  expect(masks).toEqual(['the-request-token', 'correct%2Dhorse', 'correct-horse'])
  expect(progress).toMatchObject({ job: { idTokenRequest: { token: 'the-request-token' } } })
  expect(progress).not.toHaveProperty('request')
})

test('the work gets the job, the request and a network with the request’s limits', async () => {
  const progress = {}
  const done = await runJob(
    { GITHUB_RUN_ID: '7' },
    { progress, steps: new Steps(), inputs: {}, parse: () => github },
    async (context) => {
      expect(context).toMatchObject({ request: github, job: { runId: '7' }, policy: { maxAttempts: 3 } })
      context.policy.onRetry?.('retrying')
      expect(context.givenIdToken()).toBe('')
      return 'done'
    },
  )
  expect([done, progress]).toEqual(['done', expect.objectContaining({ request: github })])
  expect(step.lines).toContain('::debug::retrying')
})

test('a given ID token is masked when it is read', async () => {
  const path = join(step.temp, 'token')
  writeFileSync(path, `${JWT}\n`)
  const request = { ...github, idTokenFrom: { kind: 'file', path } } as const
  await runJob({}, { progress: {}, steps: new Steps(), inputs: {}, parse: () => request }, async ({ givenIdToken }) => {
    expect(step.masks).toEqual([])
    expect(givenIdToken()).toBe(JWT)
    expect(step.masks).toEqual([JWT])
  })
})

test('a variable that looks like an input is a warning before anything is parsed, and any other is not', async () => {
  const env = { INPUT_REPOSITORY: 'x', INPUT_VERSION: '1', INPUT_TOOL_VERSION: '2', 'INPUT_NODE-VERSION': '3' }
  let lines: readonly string[] = []
  const parse = () => {
    lines = [...step.lines]
    return github
  }
  await runJob(
    env,
    { progress: {}, steps: new Steps(), inputs: { repositories: undefined, verify: 'strict' }, parse },
    async () => {},
  )
  expect(lines.filter((line) => line.includes('INPUT_'))).toEqual([
    expect.stringMatching(
      /^::warning .*The variable INPUT_REPOSITORY is set, but this action has no input of that name\./,
    ),
  ])
})

test('the log names the hosts that were contacted and are not the services’ own, and the proxy, also after a failure', async () => {
  const contacted = { hosts: ['huggingface.co', '127.0.0.1:4566', 'evil\n::error::.test'], proxy: 'proxy:3128' }
  const parse = () => github
  const work = async ({ http }: { http: Http }) => {
    http.contacted = () => contacted
    throw new Error('it failed')
  }
  await expect(runJob({}, { progress: {}, steps: new Steps(), inputs: {}, parse }, work)).rejects.toThrow('it failed')
  expect(step.lines).toEqual([
    'Hosts contacted, other than the services’ own: 127.0.0.1:4566 and evil\\u{a}::error::.test',
    'Proxy used: proxy:3128',
  ])
})

test('the log names none when only the services’ own were contacted', async () => {
  const work = async ({ http }: { http: Http }) => {
    http.contacted = () => ({ hosts: ['huggingface.co', 'sts.eu-west-1.amazonaws.com'] })
  }
  await runJob({}, { progress: {}, steps: new Steps(), inputs: {}, parse: () => github }, work)
  expect(step.lines).toEqual([])
})
