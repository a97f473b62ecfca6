/** The SDK's clients as the action sets them up: where they send, and what they do not ask the machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DescribeServicesCommand, ECSClient } from '@aws-sdk/client-ecs'
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { clientOptions } from '../../src/aws/clients.ts'
import { type AwsEndpoints, type AwsService, customEndpoint } from '../../src/aws/endpoints.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http } from '../../src/net/http.ts'

const OWN: AwsEndpoints = { urls: {}, useFips: false, useDualstack: false }
const credentials = { accessKeyId: 'ASIAEXAMPLE', secretAccessKey: 'key', sessionToken: 'token' }

/** Everything that the SDK reads when it is not told: each of these would change what a client does. */
const ELSEWHERE = {
  AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_STS: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_SECRETS_MANAGER: 'http://127.0.0.1:1',
  AWS_ENDPOINT_URL_ECS: 'http://127.0.0.1:1',
  AWS_REGION: 'us-gov-west-1',
  AWS_DEFAULTS_MODE: 'mobile',
  AWS_RETRY_MODE: 'adaptive',
  AWS_MAX_ATTEMPTS: '9',
  AWS_AUTH_SCHEME_PREFERENCE: 'sigv4a',
  AWS_SIGV4A_SIGNING_REGION_SET: '*',
  AWS_DISABLE_CLOCK_SKEW_CORRECTION: 'true',
  AWS_SDK_UA_APP_ID: 'elsewhere',
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_USE_DUALSTACK_ENDPOINT: 'true',
}
/** The same in a profile. */
const PROFILE = `
[default]
endpoint_url = http://127.0.0.1:1
region = us-gov-west-1
defaults_mode = mobile
retry_mode = adaptive
max_attempts = 9
auth_scheme_preference = sigv4a
sigv4a_signing_region_set = *
disable_clock_skew_correction = true
sdk_ua_app_id = elsewhere
use_fips_endpoint = true
use_dualstack_endpoint = true
`

let before: NodeJS.ProcessEnv
let folder: string
let http: Http
let deadline: Deadline
beforeEach(() => {
  before = { ...process.env }
  folder = mkdtempSync(join(tmpdir(), 'aws-'))
  for (const name of ['config', 'credentials']) writeFileSync(join(folder, name), PROFILE)
  process.env.AWS_CONFIG_FILE = join(folder, 'config')
  process.env.AWS_SHARED_CREDENTIALS_FILE = join(folder, 'credentials')
  deadline = new Deadline(60_000)
  http = new Http(deadline, async () => undefined)
})
afterEach(() => {
  deadline.stop()
  http.close()
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name]
  Object.assign(process.env, before)
  rmSync(folder, { recursive: true, force: true })
})

/** A client, and the URL that its first call goes to. */
function clientOf(service: AwsService, region: string, endpoints: AwsEndpoints) {
  const sent: string[] = []
  const requestHandler = {
    ...clientOptions({ service, region, endpoints }).requestHandler,
    handle: async ({ protocol, hostname, path }: { protocol: string; hostname: string; path: string }) => {
      sent.push(`${protocol}//${hostname}${path}`)
      throw new Error('not sent')
    },
  }
  const options = {
    ...clientOptions({ service, region, endpoints }),
    requestHandler,
    credentials,
  }
  const send = async (call: Promise<unknown>) => {
    const error = await call.catch((thrown: Error) => thrown.message)
    return sent[0] ?? error
  }
  if (service === 'STS') {
    const client = new STSClient(options)
    const input = { RoleArn: 'arn', RoleSessionName: 'name', WebIdentityToken: 'token' }
    return { client, url: () => send(client.send(new AssumeRoleWithWebIdentityCommand(input))) }
  }
  if (service === 'ECS') {
    const client = new ECSClient(options)
    return { client, url: () => send(client.send(new DescribeServicesCommand({ services: ['x'] }))) }
  }
  const client = new SecretsManagerClient(options)
  return { client, url: () => send(client.send(new GetSecretValueCommand({ SecretId: 'x' }))) }
}

const SERVICES = ['STS', 'SECRETS_MANAGER', 'ECS'] as const
const urls = async (region: string, endpoints: AwsEndpoints = OWN) =>
  await Promise.all(SERVICES.map((service) => clientOf(service, region, endpoints).url()))

describe.each([
  ['given by variables', () => Object.assign(process.env, ELSEWHERE)],
  ['given by a profile', () => {}],
])('settings of the SDK that are %s', (_where, arrange) => {
  beforeEach(() => void arrange())

  test.each(SERVICES)('do not reach a client of %s', async (service) => {
    const { client, url } = clientOf(service, 'eu-west-1', OWN)
    const config = client.config as unknown as Record<string, unknown>
    const setting = async (name: string) => {
      const value = config[name]
      return [name, typeof value === 'function' ? await value() : value] as const
    }
    const names = [
      'region',
      'defaultsMode',
      'retryMode',
      'maxAttempts',
      'authSchemePreference',
      ...(service === 'STS' ? ['sigv4aSigningRegionSet'] : []),
      'disableClockSkewCorrection',
      'userAgentAppId',
      'useFipsEndpoint',
      'useDualstackEndpoint',
    ]
    expect(Object.fromEntries(await Promise.all(names.map(setting)))).toEqual({
      region: 'eu-west-1',
      defaultsMode: 'legacy',
      retryMode: 'standard',
      maxAttempts: 1,
      authSchemePreference: [],
      disableClockSkewCorrection: false,
      useFipsEndpoint: false,
      useDualstackEndpoint: false,
    })
    expect(await url()).toMatch(/^https:\/\/(?:sts|secretsmanager|ecs)\.eu-west-1\.amazonaws\.com\/$/)
  })
})

describe('a service is called at its own endpoint', () => {
  test.each([
    ['eu-west-1', 'amazonaws.com'],
    ['us-gov-west-1', 'amazonaws.com'],
    ['cn-north-1', 'amazonaws.com.cn'],
    ['us-iso-east-1', 'c2s.ic.gov'],
    ['us-isob-east-1', 'sc2s.sgov.gov'],
    ['eu-isoe-west-1', 'cloud.adc-e.uk'],
    ['us-isof-south-1', 'csp.hci.ic.gov'],
    ['eusc-de-east-1', 'amazonaws.eu'],
  ])('in %s', async (region, suffix) => {
    expect(await urls(region)).toEqual(
      ['sts', 'secretsmanager', 'ecs'].map((name) => `https://${name}.${region}.${suffix}/`),
    )
  })

  test('for FIPS', async () => {
    const fips = { ...OWN, useFips: true }
    expect(await urls('us-east-1', fips)).toEqual(
      ['sts', 'secretsmanager', 'ecs'].map((name) => `https://${name}-fips.us-east-1.amazonaws.com/`),
    )
    expect((await urls('us-gov-west-1', fips))[0]).toBe('https://sts.us-gov-west-1.amazonaws.com/')
  })

  test('for IPv6, which Secrets Manager answers under its usual name', async () => {
    const hosts = (names: string[]) => names.map((name) => `https://${name}/`)
    expect(await urls('eu-west-1', { ...OWN, useDualstack: true })).toEqual(
      hosts(['sts.eu-west-1.api.aws', 'secretsmanager.eu-west-1.amazonaws.com', 'ecs.eu-west-1.api.aws']),
    )
    expect(await urls('us-east-1', { ...OWN, useFips: true, useDualstack: true })).toEqual(
      hosts([
        'sts-fips.us-east-1.api.aws',
        'secretsmanager-fips.us-east-1.amazonaws.com',
        'ecs-fips.us-east-1.api.aws',
      ]),
    )
  })
})

test('a custom endpoint is that of the service, then that of all', async () => {
  const endpoints = {
    ...OWN,
    urls: { AWS_ENDPOINT_URL: 'https://aws.example.com/all', AWS_ENDPOINT_URL_STS: 'https://vpce-1.example.com' },
  }
  expect(SERVICES.map((service) => customEndpoint(service, endpoints))).toEqual([
    'https://vpce-1.example.com',
    'https://aws.example.com/all',
    'https://aws.example.com/all',
  ])
  expect(await urls('eu-west-1', endpoints)).toEqual([
    'https://vpce-1.example.com/',
    'https://aws.example.com/all/',
    'https://aws.example.com/all/',
  ])
})
