/** Outages of each call of a rotation, in virtual time: it goes on when the service does, and no route is asked without end. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { roleArn, Sandbox } from '../../sandbox/index.ts'
import { MOST_CALLS } from '../../src/net/backoff.ts'
import { CallCount } from '../../src/net/calls-made.ts'
import type { HttpRequest } from '../../src/net/http.ts'
import { ROTATION_INPUTS } from '../../src/rotation/inputs/definitions.ts'
import { parseRotation } from '../../src/rotation/inputs/parse.ts'
import { type Rotation, rotateAll } from '../../src/rotation/run.ts'
import { readInputs, readJob } from '../../src/runner/inputs.ts'
import { Steps } from '../../src/text/steps.ts'
import { FAULTS, type Played, path, playDuring, preload } from '../token/outages.ts'

const SECONDS = [1, 2, 5, 10, 20]
const TIMEOUT_MS = 60_000

const aws =
  (operation: string, about = '') =>
  ({ headers, body }: HttpRequest) =>
    headers?.['x-amz-target']?.endsWith(`.${operation}`) === true && Buffer.from(body ?? '').includes(about)
const hasAction = ({ body }: HttpRequest) => typeof body === 'string' && body.includes('Action=AssumeRole')

/** The calls of a run that replaces a minted token, and revokes the previous one at once. */
const CALLS: Record<string, (request: HttpRequest) => boolean> = {
  'ID token': ({ url }) => url.searchParams.has('audience'),
  keys: path(/jwks$/),
  STS: hasAction,
  'GetSecretValue of the admin secret': aws('GetSecretValue', 'service-accounts'),
  DescribeSecret: aws('DescribeSecret'),
  'GetSecretValue of the secret': aws('GetSecretValue', 'acme/write'),
  PutSecretValue: aws('PutSecretValue'),
  UpdateSecretVersionStage: aws('UpdateSecretVersionStage'),
  'list of service accounts': path(/service-accounts$/),
  'list of tokens': path(/service-accounts\/[^/]+$/),
  'minting a token': path(/service-accounts\/[^/]+\/tokens$/, 'POST'),
  'deleting a token': path(/service-accounts\/[^/]+\/tokens\/[^/]+$/, 'DELETE'),
  DescribeServices: aws('DescribeServices'),
  UpdateService: aws('UpdateService'),
}

let sandbox: Sandbox
beforeEach(async () => {
  sandbox = await Sandbox.start()
  await preload()
  await playRotation(() => false, 0)
})
afterEach(() => sandbox.close())

async function playRotation(
  is: (request: HttpRequest) => boolean,
  seconds: number,
): Promise<Played & { ids: string[] }> {
  const sent = new Map<string, number>()
  const counting = (request: HttpRequest) => {
    const { method, url, headers, body } = request
    const key = `${method} ${url.href} ${headers?.['x-amz-target'] ?? ''} ${Buffer.from(body ?? '').toString()}`
    if (is(request)) sent.set(key, (sent.get(key) ?? 0) + 1)
    return is(request)
  }
  const { env } = sandbox.startJob()
  const job = readJob(env)
  const raw = readInputs(env, ROTATION_INPUTS)
  const given = {
    'hf-org': 'acme',
    'role-to-assume': roleArn('rotate'),
    'admin-secret-id': 'huggingface/acme/service-accounts',
    'service-account': 'ci',
    secrets: 'huggingface/acme/write scope=write',
    'ecs-services': 'prod/inference',
    force: 'true',
    grace: '0s',
  }
  const request = parseRotation({ ...raw, values: { ...raw.values, ...given } }, job)
  const quiet = () => {}
  const failures: string[] = []
  const played = await playDuring(
    { is: counting, meet: FAULTS['HTTP 503'], seconds, limitMs: TIMEOUT_MS },
    async (network) => {
      const rotation: Rotation = await rotateAll({
        ...network,
        request,
        job,
        policy: { deadline: network.deadline, calls: new CallCount(), random: () => 0.5 },
        mask: quiet,
        log: { info: quiet, debug: quiet, warning: quiet },
        steps: new Steps(),
        givenIdToken: () => '',
        onIdentity: quiet,
        onBegun: quiet,
        random: () => 0,
      })
      failures.push(...rotation.secrets.flatMap(({ errors }) => errors.map(String)))
      failures.push(...rotation.services.flatMap(({ error }) => (error ? [String(error)] : [])))
      if (failures.length > 0) throw new Error(failures.join('\n'))
    },
  )
  return { ...played, most: Math.max(0, ...sent.values()), ids: [...sent.keys()] }
}

test.each(Object.entries(CALLS))('an outage of 1 to 20 seconds of one call ends in success: %s', async (_name, is) => {
  for (const seconds of SECONDS) {
    const { outcome, calls } = await playRotation(is, seconds)
    expect([seconds, outcome]).toEqual([seconds, 'served'])
    expect(calls).toBeGreaterThan(1)
  }
})

test.each(Object.entries(CALLS))('an outage that does not end costs ten calls at most: %s', async (_name, is) => {
  const { outcome, most } = await playRotation(is, 86_400)
  expect(String(outcome)).toMatch(/after (?:[2-9]|10) attempts in /)
  expect(most).toBeGreaterThan(1)
  expect(most).toBeLessThanOrEqual(MOST_CALLS)
})
