/** Where the calls of AWS go: documented variables decide, and no file that an earlier job left on the machine. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { REGION } from '../../sandbox/index.ts'
import { Internet } from '../../sandbox/internet.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { Service } from '../../sandbox/service.ts'
import { DAY } from './rotation-world.ts'
import { errorOf, Stage } from './stage.ts'

let stage: Stage
let internet: Internet
/** Where the files that were left behind send every call. */
let trap: Service
let folder: string

beforeEach(async () => {
  stage = await Stage.set()
  internet = await Internet.start(stage.sandbox)
  trap = new Service('aws', { operation: () => 'trapped', handle: () => ({ status: 500 }) })
  await trap.listen()
  folder = mkdtempSync(join(tmpdir(), 'aws-'))
  writeFileSync(join(folder, 'ca.pem'), internet.certificate)
})
afterEach(async () => {
  await Promise.all([internet.close(), trap.close()])
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

/** Settings that change where calls go, or that make the SDK refuse to work. */
const settings = () => `
endpoint_url = ${trap.url}
ignore_configured_endpoint_urls = false
use_fips_endpoint = true
use_dualstack_endpoint = true
region = us-gov-west-1
defaults_mode = nonsense
retry_mode = nonsense
max_attempts = nonsense
credential_process = nonsense
`
const services = () => `
[services trap]
${['sts', 'secrets_manager', 'ecs'].map((id) => `${id} =\n  endpoint_url = ${trap.url}`).join('\n')}
`

/** What an earlier job can leave behind: a name, and what it does to the next one. */
const LEFTOVERS: readonly [string, (home: string) => Record<string, string>][] = [
  ['the default profile', (home) => files(home, `[default]${settings()}`)],
  ['lines outside of any profile', (home) => files(home, settings())],
  ['a section of services', (home) => files(home, `[default]\nservices = trap\n${services()}`)],
  ['the credentials file', (home) => files(home, '', `[default]${settings()}`)],
  [
    'a profile in AWS_PROFILE',
    (home) => ({ ...files(home, `[profile old]${settings()}services = trap\n${services()}`), AWS_PROFILE: 'old' }),
  ],
  ['a profile that does not exist', (home) => ({ ...files(home, ''), AWS_PROFILE: 'nowhere' })],
  ['a file in AWS_CONFIG_FILE', () => ({ AWS_CONFIG_FILE: file('config', `[default]${settings()}`) })],
  [
    'a file in AWS_SHARED_CREDENTIALS_FILE',
    () => ({ AWS_SHARED_CREDENTIALS_FILE: file('credentials', `[default]${settings()}`) }),
  ],
]

function files(home: string, config: string, credentials = ''): Record<string, string> {
  mkdirSync(join(home, '.aws'), { recursive: true })
  writeFileSync(join(home, '.aws', 'config'), config)
  writeFileSync(join(home, '.aws', 'credentials'), credentials)
  return {}
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

describe('a shared AWS configuration file receives nothing', () => {
  test.each(LEFTOVERS)('%s', async (_name, leave) => {
    const runner = await stage.runner({ env: realNames() })
    const { main } = await stage.main({ step: { env: leave(runner.home) } }, runner)
    expect([trap.calls, main.exitCode, reached()]).toEqual([[], 0, own('secretsmanager', 'sts')])
    expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
  })

  test('in a rotation with a service', async () => {
    stage.sandbox.advance(8 * DAY)
    const runner = await stage.runner({ env: realNames() })
    files(runner.home, `[default]${settings()}services = trap\n${services()}`)
    const { main } = await stage.rotate({ with: { 'ecs-services': 'prod/inference' } }, runner)
    expect([trap.calls, main.exitCode, reached()]).toEqual([[], 0, own('ecs', 'secretsmanager', 'sts')])
    expect(main.outputs.rotated).toBe('2')
  })
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

  test.each(['true', 'TRUE', '1'])('AWS_USE_FIPS_ENDPOINT=%s leads to the FIPS endpoint', async (value) => {
    const { main } = await stage.main({
      env: { ...realNames(), AWS_USE_FIPS_ENDPOINT: value },
      with: { 'max-attempts': '1' },
    })
    expect(errorOf(main).message).toContain(`No answer from sts-fips.${REGION}.amazonaws.com`)
  })

  test('for FIPS or dual-stack endpoints that says neither yes nor no is named, before any call', async () => {
    const { main } = await stage.main({
      env: { AWS_USE_FIPS_ENDPOINT: 'yes', AWS_USE_DUALSTACK_ENDPOINT: 'true' },
    })
    expect(errorOf(main).title).toBe('input-invalid')
    expect(errorOf(main).message).toContain('`AWS_USE_FIPS_ENDPOINT` must be true or false (got "yes")')
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
