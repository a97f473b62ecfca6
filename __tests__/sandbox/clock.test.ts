/** The sandbox's one clock: time passes for GitHub, AWS, the Hub and the processes of a job alike. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { DescribeSecretCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager'
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { decodeJwt } from 'jose'
import { ORG, REGION, roleArn, Sandbox, secretName } from '../../sandbox/index.ts'

const DAY = 86_400_000

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await Sandbox.start()
})

afterEach(async () => {
  await sandbox.close()
})

async function idToken(): Promise<string> {
  const { idTokenRequestUrl, idTokenRequestToken } = sandbox.github.startJob()
  const headers = { authorization: `Bearer ${idTokenRequestToken}` }
  const answer = await fetch(`${idTokenRequestUrl}&audience=${ORG}`, { headers })
  return ((await answer.json()) as { value: string }).value
}

function assume(token: string) {
  const client = new STSClient({ region: REGION, endpoint: sandbox.aws.url, maxAttempts: 1 })
  return client.send(
    new AssumeRoleWithWebIdentityCommand({
      RoleArn: roleArn('rotate'),
      RoleSessionName: 'later',
      WebIdentityToken: token,
      DurationSeconds: 900,
    }),
  )
}

/** The SDK of this process does not know the sandbox's time, unless it is told how far ahead that is. */
function secrets(systemClockOffset = 0): SecretsManagerClient {
  const credentials = sandbox.aws.openSession(roleArn('rotate'))
  const config = { region: REGION, endpoint: sandbox.aws.url, maxAttempts: 1, credentials }
  return new SecretsManagerClient({ ...config, systemClockOffset })
}

const read = new DescribeSecretCommand({ SecretId: secretName('read') })

async function whoami(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` }
  return (await fetch(`${sandbox.hub.url}/api/whoami-v2`, { headers })).status
}

async function node(code: string): Promise<string> {
  const { env } = sandbox.startJob()
  return (await promisify(execFile)(process.execPath, ['-p', code], { env })).stdout.trim()
}

describe('when time passes', () => {
  test("yesterday's ID token is refused, and today's is taken", async () => {
    const old = await idToken()
    sandbox.advance(DAY)
    await expect(assume(old)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
    const { iat = 0, nbf = 0, exp = 0 } = decodeJwt(await idToken())
    expect(Math.abs(iat * 1000 - Date.now() - DAY)).toBeLessThan(60_000)
    expect([iat - nbf, exp - iat]).toEqual([300, 300])
    const { Credentials } = await assume(await idToken())
    expect(Credentials?.Expiration?.getTime()).toBeGreaterThan(Date.now() + DAY)
  })

  test('sessions end', async () => {
    const client = secrets(DAY)
    sandbox.advance(DAY / 2 + 1000)
    await expect(client.send(read)).rejects.toMatchObject({ name: 'ExpiredTokenException' })
  })

  test('signatures must be of the new time', async () => {
    sandbox.advance(DAY)
    await expect(secrets().send(read)).rejects.toMatchObject({ name: 'InvalidSignatureException' })
    await secrets(DAY).send(read)
  })

  test.each([
    [-301_000, /^Signature expired: \d{8}T\d{6}Z is now earlier than \d{8}T\d{6}Z \(\d{8}T\d{6}Z - 5 min\.\)$/],
    [302_000, /^Signature not yet current: \d{8}T\d{6}Z is still later than \d{8}T\d{6}Z \(\d{8}T\d{6}Z \+ 5 min\.\)$/],
  ])('signatures that are %i ms off are refused, with the times', async (offset, message) => {
    await expect(secrets(offset).send(read)).rejects.toMatchObject({
      name: 'InvalidSignatureException',
      message: expect.stringMatching(message),
    })
  })

  test.each([-290_000, 290_000])('signatures that are %i ms off are taken', async (offset) => {
    await secrets(offset).send(read)
  })

  test('the SDK finds out by itself when it may try again', async () => {
    sandbox.advance(DAY)
    const credentials = sandbox.aws.openSession(roleArn('rotate'))
    await new SecretsManagerClient({ region: REGION, endpoint: sandbox.aws.url, credentials }).send(read)
  })

  test('what changes in a secret changes then', async () => {
    sandbox.advance(DAY)
    const client = secrets(DAY)
    await client.send(new PutSecretValueCommand({ SecretId: secretName('read'), SecretString: '{}' }))
    const { CreatedDate, LastChangedDate } = await client.send(read)
    expect(CreatedDate?.getTime()).toBeLessThanOrEqual(Date.now())
    expect(LastChangedDate?.getTime()).toBeGreaterThanOrEqual(Date.now() + DAY - 60_000)
    expect(sandbox.aws.secret(secretName('read')).versions.at(-1)?.createdAt.getTime()).toBeGreaterThan(Date.now())
  })

  test("the Hub's tokens expire, unless a test stops the Hub's clock", async () => {
    const token = sandbox.hub.addOrgToken(ORG, undefined, { expiresAt: new Date(Date.now() + 60_000) })
    sandbox.advance(DAY)
    expect(await whoami(token)).toBe(401)
    sandbox.hub.now = Date.now
    expect(await whoami(token)).toBe(200)
  })

  test('it passes on from where it was', () => {
    sandbox.advance(DAY)
    sandbox.advance(DAY)
    for (const { now } of [sandbox.github, sandbox.aws, sandbox.hub]) {
      expect(Math.abs(now() - Date.now() - 2 * DAY)).toBeLessThan(1000)
    }
  })
})

describe('a process of a job', () => {
  test('has nothing of a clock in its environment when no time was skipped', () => {
    for (const env of [sandbox.environment(), sandbox.startJob().env]) {
      expect(Object.keys(env).filter((name) => /CLOCK|NODE/.test(name))).toEqual([])
    }
  })

  test("believes the sandbox's time, whichever way it asks", async () => {
    sandbox.advance(DAY)
    const ways = '[Date.now(), +new Date(), Date.parse(Date()), +new (class extends Date {})()]'
    const times: number[] = JSON.parse(await node(`JSON.stringify(${ways})`))
    for (const time of times) expect(Math.abs(time - Date.now() - DAY)).toBeLessThan(10_000)
  })

  test('may have a machine whose clock is off', async () => {
    sandbox.advance(DAY)
    sandbox.runnerAheadMs = -DAY / 2
    const time = Number(await node('Date.now()'))
    expect(Math.abs(time - Date.now() - DAY / 2)).toBeLessThan(10_000)
    expect(Math.abs(sandbox.github.now() - Date.now() - DAY)).toBeLessThan(1000)
    sandbox.runnerAheadMs = -DAY
    expect(sandbox.environment()).not.toHaveProperty('NODE_OPTIONS')
  })

  test('finds all the rest of time as it was', async () => {
    sandbox.advance(DAY)
    const checks = [
      'new Date(0).getTime() === 0',
      'new Date(2026, 0, 2).getDate() === 2',
      'Date.UTC(1970, 0, 1) === 0',
      'new Date() instanceof Date',
      'new Date().constructor === Date',
      'structuredClone(new Date(7)).getTime() === 7',
      'performance.now() < 60_000',
      'Math.abs(performance.timeOrigin - (Date.now() - 86_400_000)) < 60_000',
      'Date.length === 7 && Date.name === "Date"',
    ]
    expect(JSON.parse(await node(`JSON.stringify([${checks}])`))).toEqual(checks.map(() => true))
  })
})
