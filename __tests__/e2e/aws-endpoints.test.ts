/** Where the calls of AWS go: documented variables decide, and no file that an earlier job left on the machine. */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { REGION } from '../../sandbox/index.ts'
import { Internet } from '../../sandbox/internet.ts'
import { projectRoot } from '../../sandbox/root.ts'
import type { RunnerJob } from '../../sandbox/runner.ts'
import { Service } from '../../sandbox/service.ts'
import { TRAPS } from './leftover-traps.ts'
import { DAY } from './rotation-world.ts'
import { errorOf, Stage } from './stage.ts'

let stage: Stage
let internet: Internet
/** Where everything that was left behind points, and how many connections came there. */
let server: Server
let trapUrl: string
let connections: number
/** Where a variable points, and gets answers. */
let trap: Service
let folder: string

beforeEach(async () => {
  stage = await Stage.set()
  internet = await Internet.start(stage.sandbox)
  trap = new Service('aws', { operation: () => 'trapped', handle: () => ({ status: 500 }) })
  await trap.listen()
  connections = 0
  server = createServer((socket) => {
    connections += 1
    socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  trapUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  folder = mkdtempSync(join(tmpdir(), 'aws-'))
  writeFileSync(join(folder, 'ca.pem'), internet.certificate)
})
afterEach(async () => {
  await Promise.all([internet.close(), trap.close(), new Promise((resolve) => server.close(resolve))])
  rmSync(folder, { recursive: true, force: true })
  await stage.clear()
})

/** AWS is at its real names, behind the proxy; GitHub's issuer and the Hub are on loopback. */
const realNames = () => ({
  AWS_ENDPOINT_URL: undefined,
  HTTPS_PROXY: internet.proxyUrl,
  NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'),
})
const reached = () => [...new Set(internet.tunnels)].sort()
const own = (...services: string[]) => services.map((service) => `${service}.${REGION}.amazonaws.com:443`)

describe('what an earlier job left behind receives nothing', () => {
  const kinds = Object.entries(TRAPS)

  test.each(kinds)(`%s (one of ${kinds.length} kinds of configuration)`, async (_kind, plant) => {
    const runner = await stage.runner({ env: realNames() })
    const env = plant({ home: runner.home, folder, work: runner.workspace, url: trapUrl })
    const { main } = await stage.main({ step: { env } }, runner)
    expect([connections, main.exitCode, reached()]).toEqual([0, 0, own('secretsmanager', 'sts')])
    expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
    expect(main.log).not.toContain(new URL(trapUrl).host)
  })

  /** All that can be together; of the AWS configuration, the last one counts. */
  const plantAll = ({ home, workspace }: RunnerJob) => {
    const all = kinds.filter(([kind]) => kind !== 'a file that is not text').map(([, plant]) => plant)
    const [every] = kinds.filter(([kind]) => kind === 'every setting at once').map(([, plant]) => plant)
    const place = { home, folder, work: workspace, url: trapUrl }
    return Object.assign({}, ...[...all, every].map((plant) => plant?.(place))) as Record<string, string>
  }

  test('all of them in a rotation with a service', async () => {
    stage.sandbox.advance(8 * DAY)
    const runner = await stage.runner({ env: realNames() })
    const { main } = await stage.rotate(
      { with: { 'ecs-services': 'prod/inference' }, step: { env: plantAll(runner) } },
      runner,
    )
    expect([connections, main.exitCode, reached()]).toEqual([0, 0, own('ecs', 'secretsmanager', 'sts')])
    expect(main.outputs.rotated).toBe('2')
  })

  test.each(Object.keys(TRAPS).filter((kind) => kind.startsWith('AWS: ')))(
    'but it would: the AWS SDK on its own falls into the trap of %s',
    async (kind) => {
      const home = join(folder, 'home')
      mkdirSync(home)
      const env = TRAPS[kind]?.({ home, folder, work: folder, url: trapUrl })
      const call = `import { STSClient, AssumeRoleWithWebIdentityCommand } from '@aws-sdk/client-sts'
        const input = { RoleArn: 'arn:aws:iam::123456789012:role/x', RoleSessionName: 'xx', WebIdentityToken: 'x' }
        await new STSClient({ region: 'eu-west-1', maxAttempts: 1 }).send(new AssumeRoleWithWebIdentityCommand(input)).catch(() => {})`
      await promisify(execFile)(process.execPath, ['--input-type=module', '-e', call], {
        cwd: projectRoot,
        env: { PATH: process.env.PATH, HOME: home, ...env },
      })
      expect(connections).toBeGreaterThan(0)
    },
  )
})

test('settings of the AWS SDK that are not documented here have no effect', async () => {
  const { main } = await stage.main({
    env: {
      AWS_DEFAULTS_MODE: 'nonsense',
      AWS_RETRY_MODE: 'nonsense',
      AWS_MAX_ATTEMPTS: 'nonsense',
      AWS_AUTH_SCHEME_PREFERENCE: 'nonsense',
      AWS_SIGV4A_SIGNING_REGION_SET: 'nonsense',
      AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'nonsense',
      AWS_SDK_UA_APP_ID: 'nonsense',
    },
  })
  expect(main.exitCode).toBe(0)
  const agents = stage.sandbox.aws.service.calls.map(({ request }) => String(request.headers['user-agent']))
  expect(agents.filter((agent) => agent.includes('nonsense'))).toEqual([])
})

describe('a variable', () => {
  test('for one service beats the one for all, which the log names', async () => {
    const { main } = await stage.main({
      env: { AWS_ENDPOINT_URL: trap.url, AWS_ENDPOINT_URL_STS: stage.sandbox.aws.url },
      with: { 'max-attempts': '1' },
    })
    expect(trap.calls).toHaveLength(1)
    expect(errorOf(main).title).toBe('secret-failed')
    expect(main.log).toContain(`AWS_ENDPOINT_URL is ${trap.url} and AWS_ENDPOINT_URL_STS is ${stage.sandbox.aws.url}`)
  })

  test('with an endpoint is ignored with AWS_IGNORE_CONFIGURED_ENDPOINT_URLS', async () => {
    const { main } = await stage.main({
      env: { ...realNames(), AWS_ENDPOINT_URL: trap.url, AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'TRUE' },
    })
    expect([trap.calls, main.exitCode, reached()]).toEqual([[], 0, own('secretsmanager', 'sts')])
    expect(main.log).not.toContain(trap.url)
  })

  test.each(['true', 'TRUE', '1', 'yes', 'On'])(
    'AWS_USE_FIPS_ENDPOINT=%s leads to the FIPS endpoint',
    async (value) => {
      const { main } = await stage.main({
        env: { ...realNames(), AWS_USE_FIPS_ENDPOINT: value },
        with: { 'max-attempts': '1' },
      })
      expect(errorOf(main).message).toContain(`No answer from sts-fips.${REGION}.amazonaws.com`)
    },
  )

  test('for FIPS or dual-stack endpoints that says neither yes nor no is named, before any call', async () => {
    const { main } = await stage.main({
      env: { AWS_USE_FIPS_ENDPOINT: 'maybe', AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    })
    expect(errorOf(main).title).toBe('input-invalid')
    expect(errorOf(main).message).toContain('`AWS_USE_FIPS_ENDPOINT` must be true or false (got "maybe")')
    expect(errorOf(main).message).toContain('`AWS_USE_DUALSTACK_ENDPOINT` cannot be combined with a custom endpoint')
    expect(stage.sandbox.calls()).toEqual({})
  })
})

test('the bundles hold nothing that opens a shared configuration file', () => {
  const dist = join(projectRoot, 'dist')
  const bundles = readdirSync(dist, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'))
  // The SDK opens these files with `fs/promises` only; see NEVER_CALLED in scripts/build.ts.
  expect(bundles.filter((name) => readFileSync(join(dist, name), 'utf8').includes('fs/promises'))).toEqual([])
  expect(bundles.length).toBeGreaterThan(0)
})
