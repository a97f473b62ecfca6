/** The action with no endpoint overridden: the real host names, over TLS, through a company's proxy. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { REGION } from '../../sandbox/index.ts'
import { GITHUB_ISSUER, ID_TOKEN_HOST, type InternetOptions } from '../../sandbox/internet.ts'
import { GitHubCom } from './github-com.ts'
import { recordMessage } from './recorded-messages.ts'
import { errorOf, type Play, Stage } from './stage.ts'

let stage: Stage
let world: GitHubCom

beforeEach(async () => {
  stage = await Stage.set()
  world = new GitHubCom(stage)
})
afterEach(async () => {
  await world.close()
  await stage.clear()
})

const onGitHub = (options?: InternetOptions) => world.play(options)
const run = (play: Play) => world.run(play)

test('every call goes to the real name, through the proxy, and the CA is honoured', async () => {
  const { main } = await run(await onGitHub())
  expect(main.log).not.toContain('Error')
  expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.write })
  expect([...(world.internet?.tunnels ?? [])].sort()).toEqual([
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
  const proxy = `http://ci:${encodeURIComponent(credentials.password)}@${world.internet?.proxyUrl.replace('http://', '')}`
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
