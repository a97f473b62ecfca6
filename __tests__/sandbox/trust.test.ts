/** A sandbox that trusts an issuer elsewhere, as `platforms.yml` has it trust GitHub's. */
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createSigner } from '../../sandbox/github/keys.ts'
import { GitHub, type JobOptions } from '../../sandbox/github.ts'
import { ORG, REGION, roleArn, Sandbox } from '../../sandbox/index.ts'
import { publishedKeys } from '../../sandbox/published-keys.ts'

let elsewhere: GitHub
let sandbox: Sandbox
beforeEach(async () => {
  elsewhere = await GitHub.start()
  sandbox = await Sandbox.start()
})
afterEach(async () => {
  await Promise.all([sandbox.close(), elsewhere.close()])
})

const trust = (repository = 'octo-org/octo-repo') =>
  sandbox.trust({ issuer: elsewhere.issuer, repository, keys: publishedKeys(elsewhere.issuer) })

async function idToken(audience: string, options: JobOptions = {}): Promise<string> {
  const { idTokenRequestUrl, idTokenRequestToken } = elsewhere.startJob(options)
  const headers = { authorization: `Bearer ${idTokenRequestToken}` }
  const answer = await fetch(`${idTokenRequestUrl}&audience=${audience}`, { headers })
  return ((await answer.json()) as { value: string }).value
}

async function assume(options: JobOptions = {}): Promise<string> {
  const client = new STSClient({ region: REGION, endpoint: sandbox.aws.url, maxAttempts: 1 })
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: roleArn('write'),
    RoleSessionName: 'run',
    WebIdentityToken: await idToken(ORG, options),
  })
  return await client.send(command).then(
    () => 'assumed',
    (error: Error) => error.name,
  )
}

async function exchange(options: JobOptions = {}): Promise<number> {
  const answer = await fetch(`${sandbox.hub.url}/oauth/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
      subject_token: await idToken(sandbox.hub.url, options),
      resource: 'acme/model',
    }),
  })
  return answer.status
}

describe('a job elsewhere', () => {
  test('is a stranger to a sandbox that was not told to trust it', async () => {
    expect([await assume(), await exchange()]).toEqual(['InvalidIdentityTokenException', 400])
  })

  test.each<JobOptions>([{}, { subjectFormat: 'immutable' }, { environment: 'publish' }])(
    'of the trusted repository gets a session and a token: %j',
    async (options) => {
      trust()
      expect([await assume(options), await exchange(options)]).toEqual(['assumed', 200])
    },
  )

  test.each(['octo-org/other', 'octo-org/octo-repo2', 'evil/octo-repo'])('of %s does not', async (repository) => {
    trust()
    expect([await assume({ repository }), await exchange({ repository })]).toEqual(['AccessDenied', 400])
  })

  test('takes nothing from the sandbox’s own jobs', async () => {
    trust()
    const theirs = elsewhere
    elsewhere = sandbox.github
    try {
      expect([await assume(), await exchange()]).toEqual(['assumed', 200])
    } finally {
      elsewhere = theirs
    }
  })

  test('is not let in with a key that its issuer does not publish', async () => {
    trust()
    const mint: JobOptions['mint'] = async (claims) => (await createSigner()).sign(claims)
    expect(await assume({ mint })).toBe('InvalidIdentityTokenException')
  })
})

describe('the keys of an issuer', () => {
  test('are fetched once, and again after a failure', async () => {
    const keys = publishedKeys(elsewhere.issuer)
    elsewhere.service.inject('jwks', { kind: 'answer', status: 503 })
    await expect(keys()).rejects.toThrow(/^HTTP 503 from /)
    await keys()
    expect(await keys()).toEqual(elsewhere.jwks())
    expect(elsewhere.service.count('jwks')).toBe(2)
  })

  test('are not fetched without TLS', () => {
    expect(() => publishedKeys('http://issuer.example')).toThrow('is not an https: URL')
  })
})
