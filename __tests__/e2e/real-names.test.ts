/** The action with no endpoint overridden: the real host names, over TLS, through a company's proxy. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ACCOUNT, REGION, trustPolicy } from '../../sandbox/index.ts'
import { GITHUB_ISSUER, ID_TOKEN_HOST, Internet, type InternetOptions } from '../../sandbox/internet.ts'
import { recordMessage } from './recorded-messages.ts'
import { errorOf, type Play, Stage } from './stage.ts'

const ROLE = `arn:aws:iam::${ACCOUNT}:role/hf-publish`
let stage: Stage
let internet: Internet | undefined
let folder: string

beforeEach(async () => {
  stage = await Stage.set()
  folder = mkdtempSync(join(tmpdir(), 'ca-'))
})
afterEach(async () => {
  await internet?.close()
  internet = undefined
  rmSync(folder, { recursive: true, force: true })
  await stage.clear()
})

/** A job on github.com whose only way out is the proxy. */
async function onGitHub(options: InternetOptions = {}): Promise<Play> {
  const { github, aws } = stage.sandbox
  internet = await Internet.start(stage.sandbox, options)
  const ca = join(folder, 'ca.pem')
  writeFileSync(ca, internet.certificate)
  const provider = aws.addOidcProvider({ issuerUrl: GITHUB_ISSUER, clientIds: ['acme'], keys: () => github.jwks() })
  const host = new URL(GITHUB_ISSUER).host
  aws.addRole({
    arn: ROLE,
    trustPolicy: trustPolicy(provider, {
      StringEquals: {
        [`${host}:aud`]: 'acme',
        [`${host}:sub`]: 'repo:octo-org@123456/octo-repo@456789:environment:publish',
      },
    }),
    policy: {
      Version: '2012-10-17',
      Statement: [
        {
          Effect: 'Allow',
          Action: 'secretsmanager:GetSecretValue',
          Resource: `arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:huggingface/acme/write-??????`,
        },
      ],
    },
  })
  return {
    job: { issuer: GITHUB_ISSUER, subjectFormat: 'immutable', environment: 'publish' },
    with: { 'role-to-assume': ROLE },
    env: {
      AWS_ENDPOINT_URL: undefined,
      HF_ENDPOINT: undefined,
      GITHUB_SERVER_URL: 'https://github.com',
      HTTPS_PROXY: internet.proxyUrl,
      NODE_EXTRA_CA_CERTS: ca,
    },
  }
}

/** The same, with GitHub's own address for ID tokens. */
async function run(play: Play) {
  const runner = await stage.runner(play)
  const url = stage.sandbox.github.service.url
  const idTokenUrl = (stage.lastRequestUrl ?? '').replace(url, `https://${ID_TOKEN_HOST}`)
  return await stage.main({ ...play, step: { env: { ACTIONS_ID_TOKEN_REQUEST_URL: idTokenUrl } } }, runner)
}

test('every call goes to the real name, through the proxy, and the CA is honoured', async () => {
  const { main } = await run(await onGitHub())
  expect(main.log).not.toContain('Error')
  expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
  expect([...(internet?.tunnels ?? [])].sort()).toEqual([
    'huggingface.co:443',
    `${ID_TOKEN_HOST}:443`,
    `secretsmanager.${REGION}.amazonaws.com:443`,
    `sts.${REGION}.amazonaws.com:443`,
    'token.actions.githubusercontent.com:443',
  ])
})

test('a job without a publisher gets told what to enter, with the real issuer', async () => {
  const { env = {} } = await onGitHub()
  const { main } = await run({
    env,
    job: { issuer: GITHUB_ISSUER, environment: 'hub' },
    with: { 'role-to-assume': '', 'token-source': 'trusted-publisher', 'hf-resource': 'acme/model' },
  })
  expect(errorOf(main).title).toBe('exchange-rejected')
  expect(errorOf(main).message).toContain('provider: GitHub Actions')
  recordMessage('exchange-rejected/publisher-claims', errorOf(main).message, stage.sandbox)
})

test('a proxy with a user and a password', async () => {
  const credentials = { user: 'ci', password: 'p@ss word/long-enough' }
  stage.secrets.push({ name: 'the proxy’s password', value: credentials.password })
  const play = await onGitHub({ credentials })
  const proxy = `http://ci:${encodeURIComponent(credentials.password)}@${internet?.proxyUrl.replace('http://', '')}`
  const { main } = await run({ ...play, env: { ...play.env, HTTPS_PROXY: proxy } })
  expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
})

test('a proxy that asks for credentials is told from a refusal of the service', async () => {
  const play = await onGitHub({ credentials: { user: 'ci', password: 'long-enough' } })
  const { main } = await run({ ...play, with: { ...play.with, 'max-attempts': '1' } })
  expect(errorOf(main).title).toBe('network-unreachable')
  expect(errorOf(main).message).toContain('phase proxy: the proxy answered CONNECT with 407')
})

test('a host that the proxy does not let through is named', async () => {
  const play = await onGitHub()
  const { main } = await run({ ...play, with: { ...play.with, 'aws-region': 'eu-west-2', 'max-attempts': '1' } })
  expect(errorOf(main).title).toBe('network-unreachable')
  expect(errorOf(main).message).toMatch(/No answer from sts\.eu-west-2\.amazonaws\.com, through the proxy/)
  expect(errorOf(main).message).toContain('CONNECT with 403')
})

test('a certificate that nobody vouches for is a TLS failure, with the way to add a CA', async () => {
  const play = await onGitHub()
  const { main } = await run({
    ...play,
    env: { ...play.env, NODE_EXTRA_CA_CERTS: undefined },
    with: { ...play.with, 'max-attempts': '1' },
  })
  expect(errorOf(main).title).toBe('network-unreachable')
  expect(errorOf(main).message).toMatch(/phase TLS: (DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED|UNABLE)/)
  expect(errorOf(main).message).toContain('NODE_EXTRA_CA_CERTS')
})

test('a proxy that is not there', async () => {
  const play = await onGitHub()
  const { main } = await run({
    ...play,
    env: { ...play.env, HTTPS_PROXY: 'http://127.0.0.1:1' },
    with: { ...play.with, 'max-attempts': '1' },
  })
  expect(errorOf(main).message).toContain('through the proxy 127.0.0.1:1')
  expect(errorOf(main).message).toContain('phase proxy: ECONNREFUSED')
})
