/** What post does after later steps have changed the job: everything that it needs comes from saved state. */
import { mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { devNull } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import { roleArn } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { DECIDING_VARIABLES } from '../../src/runner/deciding-variables.ts'
import { Stage, warningsOf } from './stage.ts'

/** A server to which nothing may ever be sent. */
let received = 0
const trap = createServer((_request, response) => {
  received += 1
  response.end('{}')
})
trap.on('connection', () => {
  received += 1
})
let trapUrl = ''
beforeAll(async () => {
  await new Promise<void>((resolve) => trap.listen(0, '127.0.0.1', resolve))
  const address = trap.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  trapUrl = `http://127.0.0.1:${address.port}`
})
afterAll(() => {
  trap.close()
})

let stage: Stage
beforeEach(async () => {
  received = 0
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const inputs = {
  'token-source': 'service-account',
  'role-to-assume': roleArn('accounts'),
  'secret-id': 'huggingface/acme/service-accounts',
  'service-account': 'ci',
}
const alive = () => stage.sandbox.hub.serviceAccountTokens('acme', 'ci').length

/** The services’ calls since main. */
function forget(): void {
  const { github, aws, hub } = stage.sandbox
  for (const { service } of [github, aws, hub]) service.calls.length = 0
}

/** Where a variable must have a certain value for Node to start at all; any other one gets the address of the trap. */
const VALUES: Readonly<Record<string, string>> = {
  AWS_USE_FIPS_ENDPOINT: 'true',
  AWS_USE_DUALSTACK_ENDPOINT: 'true',
  NODE_COMPILE_CACHE: devNull,
  NODE_OPTIONS: '--no-deprecation',
  NODE_TLS_REJECT_UNAUTHORIZED: '0',
  NODE_USE_ENV_PROXY: '1',
  NODE_USE_SYSTEM_CA: '1',
  NO_PROXY: '*',
  OPENSSL_CONF: devNull,
  SSLKEYLOGFILE: devNull,
}
const CHANGED = [
  ...DECIDING_VARIABLES,
  'ACTIONS_ID_TOKEN_REQUEST_URL',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  'AWS_ENDPOINT_URL_STS',
  'DYLD_INSERT_LIBRARIES',
  'RESOLV_HOST_CONF',
  'http_proxy',
  'https_proxy',
  'no_proxy',
]

describe('post makes no call after a later step has changed a variable that decides where calls go', () => {
  const exchange = (member: string) => ({
    'token-source': 'token-exchange',
    'role-to-assume': roleArn('exchange'),
    'secret-id': 'huggingface/acme/oauth',
    member,
    revoke: 'true',
  })

  test.each<['auto' | 'true', string]>([
    ['auto', 'was not deleted. A later run that uses this service account deletes it.'],
    ['true', 'this job’s token was not revoked. It expires at '],
  ])('with `revoke: %s`, whichever it is', async (revoke, consequence) => {
    const { minting, hub } = stage.sandbox
    const { runner, main } = await stage.main({ with: revoke === 'auto' ? inputs : exchange(minting.member) })
    expect(main.exitCode).toBe(0)
    forget()
    const state = Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value])
    for (const name of CHANGED) {
      const env = { ...Object.fromEntries(state), [name]: VALUES[name.toUpperCase()] ?? trapUrl }
      const post = await runner.run([process.execPath, join(projectRoot, 'dist', 'post', 'index.js')], { env })
      const found = [post.exitCode, warningsOf(post), received, stage.sandbox.calls(), hub.service.count('revoke')]
      const warning = expect.stringMatching(new RegExp(`^A later step changed ${name}, which decides .*${consequence}`))
      expect({ name, found }).toEqual({ name, found: [0, [warning], 0, {}, 0] })
    }
    const [token = ''] = hub.minted
    expect(hub.isAlive(token)).toBe(true)
    // Nothing else has kept post from it.
    await runner.finish()
    expect([hub.isAlive(token), hub.service.count('revoke')]).toEqual([false, revoke === 'true' ? 1 : 0])
  })
})

describe('copies of the token that a later step made in the home folder', () => {
  const stored = (name: string, token: string) => `[${name}]\nhf_token = ${token}\n\n`
  const OTHER = 'hf_OtherOtherOtherOtherOtherOtherOther'

  test.each(['secrets-manager', 'service-account'])('are removed, and nothing else: %s', async (source) => {
    const { runner, main } = await stage.main(source === 'service-account' ? { with: inputs } : {})
    const token = main.outputs['hf-token'] ?? ''
    const cache = join(runner.home, '.cache', 'huggingface')
    await mkdir(cache, { recursive: true })
    await writeFile(join(cache, 'token'), token)
    await writeFile(join(cache, 'stored_tokens'), stored('ci', token) + stored('other', OTHER))
    const credential = (value: string) => `https://hf_user:${value}@huggingface.co\n`
    await writeFile(join(runner.home, '.git-credentials'), credential(OTHER) + credential(token))

    const [post] = await runner.finish()
    expect(post?.annotations).toEqual([])
    const files = [join(cache, 'token'), join(cache, 'stored_tokens'), join(runner.home, '.git-credentials')]
    expect(post?.log).toContain(`Removed copies of this job’s token from ${files[0]}, ${files[1]} and ${files[2]}.`)
    expect(await runner.filesLeft()).toEqual(
      expect.arrayContaining([
        { path: 'HOME/.cache/huggingface/stored_tokens', text: stored('other', OTHER) },
        { path: 'HOME/.git-credentials', text: credential(OTHER) },
      ]),
    )
    expect(JSON.stringify(await runner.filesLeft())).not.toContain(token)
  })

  test('are reported if post must not change the file', async () => {
    const { runner, main } = await stage.main()
    const link = join(runner.home, '.git-credentials')
    const target = join(runner.temp, 'elsewhere')
    await writeFile(target, `https://hf_user:${main.outputs['hf-token']}@huggingface.co\n`)
    await symlink(target, link)
    const [post] = await runner.finish()
    expect(warningsOf(post ?? main)).toEqual([
      `${link} holds a copy of this job’s token. The post step did not remove it, because the path is a symbolic link. Remove it yourself.`,
    ])
    // The test has put it there: it is not the action's leak.
    await rm(target)
  })
})

test('inputs that mean something else in post change nothing', async () => {
  const { runner } = await stage.main({ with: inputs })
  const env = {
    INPUT_REVOKE: 'false',
    'INPUT_HF-ORG': 'rivals',
    'INPUT_ROLE-TO-ASSUME': '',
    'INPUT_HF-ENDPOINT': trapUrl,
  }
  forget()
  const [post] = await runner.finish({ env })
  expect(post?.log).toContain('Hub: deleted this job’s token "')
  expect([received, alive()]).toEqual([0, 0])
  expect(stage.sandbox.calls()).toEqual({
    'id-token': 1,
    jwks: 1,
    AssumeRoleWithWebIdentity: 1,
    GetSecretValue: 1,
    'delete-token': 1,
  })
})

test('a later run removes what post had to leave', async () => {
  const { runner } = await stage.main({ with: inputs })
  await runner.finish({ env: { HF_ENDPOINT: trapUrl } })
  stage.sandbox.advance(86_400_000 + 60_000)
  const second = await stage.main({ with: inputs })
  await second.runner.finish()
  expect(alive()).toBe(0)
})

test('post says so when it cannot get an ID token, and what becomes of the token', async () => {
  const { runner, main } = await stage.main({ with: inputs })
  stage.sandbox.github.service.inject('id-token', { kind: 'answer', status: 400 }, 99)
  const [post] = await runner.finish()
  expect(warningsOf(post ?? main)).toEqual([
    expect.stringMatching(/could not be deleted\. A later run .*oidc-request-failed/),
  ])
  expect(alive()).toBe(1)
})

test('an ID token from a file is not asked for again', async () => {
  const { runner, main } = await stage.main({ with: inputs })
  const saved = JSON.parse(main.state.minted ?? '{}') as { request: object }
  main.state.minted = JSON.stringify({
    ...saved,
    request: { ...saved.request, idTokenFrom: { kind: 'file', path: '/x' } },
  })
  forget()
  const [post] = await runner.finish()
  expect(warningsOf(post ?? main)).toEqual([
    expect.stringContaining('cannot get a second ID token from `id-token-from`'),
  ])
  expect(stage.sandbox.calls()).toEqual({})
})

test.each<[string, (saved: Record<string, unknown>) => unknown]>([
  ['an ID that leaves the path', (saved) => ({ ...saved, accountId: '../x' })],
  ['no request', ({ request: _, ...saved }) => saved],
  [
    'another issuer',
    (saved) => ({ ...saved, request: { ...(saved.request as object), issuer: 'http://evil.example' } }),
  ],
  ['a text', () => 'x'],
])('state that main did not write is not used, and a warning says so: %s', async (_what, forge) => {
  const { runner, main } = await stage.main({ with: inputs })
  main.state.minted = JSON.stringify(forge(JSON.parse(main.state.minted ?? '{}') as Record<string, unknown>))
  forget()
  const [post] = await runner.finish()
  expect(post?.exitCode).toBe(0)
  expect(warningsOf(post ?? main)).toEqual([expect.stringContaining('The saved state of this step is not valid')])
  expect([stage.sandbox.calls(), alive()]).toEqual([{}, 1])
})
