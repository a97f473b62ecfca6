import { CreateSecretCommand } from '@aws-sdk/client-secrets-manager'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { ACCOUNT, type Minting } from '../../sandbox/index.ts'
import { errorOf, type Play, Stage } from '../e2e/stage.ts'
import { Moto } from './moto.ts'

let moto: Moto
let stage: Stage

beforeAll(async () => {
  moto = await Moto.start()
})

afterAll(() => moto.close())

beforeEach(async () => {
  moto.calls.length = 0
  stage = await Stage.set()
})

afterEach(async () => {
  stage.secrets.push(...moto.issuedSecrets())
  await stage.clear()
})

/** Plays main and post against moto; the sandbox's own AWS must hear nothing. */
async function play(inputs: Record<string, string>, rest: Play = {}) {
  const env = { AWS_ENDPOINT_URL: moto.url }
  const played = await stage.play({ ...rest, env, with: inputs })
  expect(stage.sandbox.aws.service.calls).toEqual([])
  // Post proves the identity again to delete a service account's token.
  const times = inputs['token-source'] === 'service-account' ? 2 : 1
  expect(stage.sandbox.github.service.count('id-token')).toBe(times)
  expect(moto.issuedSecrets()).toHaveLength(2 * times)
  return played
}

/** Creates a secret under a new name, by the real SDK. */
async function create(name: string, value: string) {
  return moto.client.send(new CreateSecretCommand({ Name: name, SecretString: value }))
}

const operations = () => moto.calls.map(({ operation }) => operation)

describe('with moto in the place of AWS', () => {
  test('a job gets its token', async () => {
    const token = stage.sandbox.tokens.write
    const { ARN, VersionId } = await create('happy/acme/write', JSON.stringify({ token }))

    const { main, posts } = await play({ 'secret-id': 'happy/{org}/{scope}' })

    expect(main).toMatchObject({ conclusion: 'success', env: { HF_TOKEN: token } })
    expect(main.outputs).toMatchObject({
      'hf-token': token,
      'secret-arn': ARN,
      'secret-version-id': VersionId,
      'aws-account-id': ACCOUNT,
    })
    expect(operations()).toEqual(['AssumeRoleWithWebIdentity', 'GetSecretValue'])
    expect(posts).toMatchObject([{ conclusion: 'success' }])
  })

  test('a second role is assumed with the session of the first one, and reads a path of the secret', async () => {
    const token = stage.sandbox.tokens.write
    await create('chained/acme/write', JSON.stringify({ hub: { token } }))
    const { main } = await stage.play({
      env: { AWS_ENDPOINT_URL: moto.url },
      with: {
        'secret-id': 'chained/{org}/{scope}',
        'secret-key': 'hub.token',
        'role-chain': `arn:aws:iam::${ACCOUNT}:role/hf-reader external-id=acme:hub`,
      },
    })
    expect(main).toMatchObject({ conclusion: 'success', env: { HF_TOKEN: token } })
    expect(main.log).toContain(`AWS: assumed arn:aws:sts::${ACCOUNT}:assumed-role/hf-reader/`)
    expect(operations()).toEqual(['AssumeRoleWithWebIdentity', 'AssumeRole', 'GetSecretValue'])
    expect(moto.issuedSecrets()).toHaveLength(4)
  })

  test('a plain-string secret is the token itself', async () => {
    const token = stage.sandbox.tokens.write
    await create('plain/acme/write', token)
    const { main } = await play({ 'secret-id': 'plain/{org}/{scope}' })
    expect(main).toMatchObject({ conclusion: 'success', env: { HF_TOKEN: token } })
  })

  test.each<[string, (minting: Minting) => object, (minting: Minting) => Record<string, string>]>([
    [
      'service-account',
      ({ adminToken }) => ({ token: adminToken }),
      ({ serviceAccount }) => ({ 'service-account': serviceAccount.id }),
    ],
    [
      'token-exchange',
      ({ clientId, clientSecret }) => ({ client_id: clientId, client_secret: clientSecret }),
      ({ member }) => ({ member }),
    ],
  ])('%s mints with what the secret holds, and the token dies with the job', async (source, secret, inputs) => {
    const { hub, minting } = stage.sandbox
    await create(`minting/acme/${source}`, JSON.stringify(secret(minting)))

    const { main, posts } = await play({
      'token-source': source,
      'secret-id': `minting/{org}/${source}`,
      revoke: 'true',
      ...inputs(minting),
    })

    expect(main).toMatchObject({ conclusion: 'success', annotations: [] })
    expect(hub.minted).toEqual([main.env.HF_TOKEN])
    const once = ['AssumeRoleWithWebIdentity', 'GetSecretValue']
    expect(operations()).toEqual(source === 'service-account' ? [...once, ...once] : once)
    expect(posts).toMatchObject([{ conclusion: 'success', annotations: [] }])
    expect(hub.minted.filter((token) => hub.isAlive(token))).toEqual([])
  })

  test('a secret that does not exist is told as secret-not-found', async () => {
    const { main } = await play({ 'secret-id': 'nowhere/{org}/{scope}' })
    expect(main.conclusion).toBe('failure')
    expect(errorOf(main).title).toBe('secret-not-found')
    expect(errorOf(main).message).toContain('nowhere/acme/write')
    expect(operations()).toEqual(['AssumeRoleWithWebIdentity', 'GetSecretValue'])
  })

  test('a version stage that does not exist is told as secret-not-found', async () => {
    await create('staged/acme/write', JSON.stringify({ token: stage.sandbox.tokens.write }))
    const { main } = await play({ 'secret-id': 'staged/{org}/{scope}', 'secret-version-stage': 'AWSPENDING' })
    expect(main.conclusion).toBe('failure')
    expect(errorOf(main).title).toBe('secret-not-found')
    expect(operations()).toEqual(['AssumeRoleWithWebIdentity', 'GetSecretValue'])
  })

  test('a secret without the key is told as secret-malformed', async () => {
    const token = stage.sandbox.tokens.write
    await create('keyless/acme/write', JSON.stringify({ value: token }))
    const { main } = await play({ 'secret-id': 'keyless/{org}/{scope}' })
    expect(main.conclusion).toBe('failure')
    expect(errorOf(main).title).toBe('secret-malformed')
  })

  test('a token that may do more than asked is told as token-over-scoped', async () => {
    await create('wide/acme/read', JSON.stringify({ token: stage.sandbox.tokens.write }))
    const { main } = await play({ 'secret-id': 'wide/{org}/{scope}', scope: 'read' })
    expect(main.conclusion).toBe('failure')
    expect(errorOf(main).title).toBe('token-over-scoped')
    expect(errorOf(main).message).toContain('repo.write')
    expect(main.outputs).toEqual({})
    expect(main.env).toEqual({})
  })
})
