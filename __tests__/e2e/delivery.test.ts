/** What later steps get, and what is left of it when the job has ended. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { ACCOUNT, REGION, trustPolicy } from '../../sandbox/index.ts'
import { Stage, warningsOf } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

/** A later step that asks the Hub who it is. */
const WHOAMI = [
  process.execPath,
  '-e',
  `fetch(process.env.HF_ENDPOINT + '/api/whoami-v2', { headers: { authorization: 'Bearer ' + process.env.HF_TOKEN } })
     .then(async (answer) => console.log(answer.status, (await answer.json()).name, 'token', process.env.HF_TOKEN))`,
]

test('a later step uses HF_TOKEN against the Hub, and the log shows ***', async () => {
  const { runner, main } = await stage.main()
  expect(main.exitCode).toBe(0)
  const later = await runner.run(WHOAMI)
  expect(later.stdout).toContain('200 acme-ci')
  expect(later.log).toContain('token ***')
  // The step above printed the token on purpose: it is not the action's leak.
  runner.steps.splice(runner.steps.indexOf(later), 1)
})

test('the happy path makes one call each, tells its story in about ten lines and warns of nothing', async () => {
  const { main } = await stage.main()
  expect(stage.sandbox.calls()).toEqual({
    'id-token': 1,
    jwks: 1,
    AssumeRoleWithWebIdentity: 1,
    GetSecretValue: 1,
    'whoami-v2': 1,
  })
  expect(main.annotations).toEqual([])
  const lines = main.log.trim().split('\n')
  expect(lines.length).toBeGreaterThanOrEqual(5)
  expect(lines.length).toBeLessThanOrEqual(10)
})

test('the keys are fetched while the ID token is being waited for', async () => {
  stage.sandbox.latencyMs = 100
  await stage.main()
  const [first, second] = stage.sandbox.github.service.calls
  expect(first && second && second.startedAt < first.endedAt).toBe(true)
})

test('every output says what it promises', async () => {
  const { main } = await stage.main()
  const arn = stage.sandbox.aws.secret('huggingface/acme/write').arn
  expect(main.outputs).toEqual({
    'hf-token': stage.sandbox.tokens.write,
    'hf-identity': 'acme-ci',
    'hf-token-expires-at': '',
    'hf-token-kind': 'fine-grained',
    'secret-arn': arn,
    'secret-version-id': expect.stringMatching(/^[\w-]{32,64}$/),
    'ecs-secret': `HF_TOKEN=${arn}:token::`,
    'aws-account-id': ACCOUNT,
    'oidc-subject': 'repo:octo-org/octo-repo:ref:refs/heads/main',
    'oidc-audience': 'acme',
  })
  expect(main.env).toEqual({ HF_TOKEN: stage.sandbox.tokens.write, HF_OIDC_VARIABLES: 'HF_TOKEN' })
  expect(main.masks).toContain(stage.sandbox.tokens.write)
})

test('the secret may be a plain string, with a line break at its end', async () => {
  stage.store(`${stage.sandbox.tokens.write}\n`)
  const { main } = await stage.main()
  expect(main.env).toEqual({ HF_TOKEN: stage.sandbox.tokens.write, HF_OIDC_VARIABLES: 'HF_TOKEN' })
  expect(main.outputs['ecs-secret']).toBe(`HF_TOKEN=${main.outputs['secret-arn']}`)
})

test('the secret may be binary', async () => {
  const arn = stage.sandbox.aws.addSecret({
    name: 'huggingface/acme/binary',
    binary: new TextEncoder().encode(stage.sandbox.tokens.write),
  })
  const { main } = await stage.main({ with: { 'secret-id': arn } })
  expect(main.env).toEqual({ HF_TOKEN: stage.sandbox.tokens.write, HF_OIDC_VARIABLES: 'HF_TOKEN' })
})

test('another key, another stage and several variables', async () => {
  const { aws, tokens } = stage.sandbox
  aws.putVersion('huggingface/acme/write', { value: JSON.stringify({ ci: tokens.write }), stages: ['NEXT'] })
  const { main } = await stage.main({
    with: { 'secret-key': 'ci', 'secret-version-stage': 'NEXT', 'export-env': 'HF_TOKEN, HUGGING_FACE_HUB_TOKEN' },
  })
  expect(main.env).toEqual({
    HF_TOKEN: tokens.write,
    HUGGING_FACE_HUB_TOKEN: tokens.write,
    HF_OIDC_VARIABLES: 'HF_TOKEN HUGGING_FACE_HUB_TOKEN',
  })
  expect(main.outputs['ecs-secret']).toMatch(/:ci:NEXT:$/)
})

test('nothing is exported when `export-env` is empty', async () => {
  const { main } = await stage.main({ with: { 'export-env': '' } })
  expect(main.env).toEqual({})
  expect(main.outputs['hf-token']).toBe(stage.sandbox.tokens.write)
})

test('the token file is for the runner’s user alone, and gone after post', async () => {
  const { runner, main } = await stage.main({ with: { 'export-file': 'true', 'export-env': '' } })
  const path = main.env.HF_TOKEN_PATH ?? ''
  expect(path.startsWith(join(runner.temp, 'hf-oidc-'))).toBe(true)
  const read = await runner.run([
    process.execPath,
    '-e',
    `process.stdout.write(String(require('fs').readFileSync(process.env.HF_TOKEN_PATH, 'utf8').length))`,
  ])
  expect(read.stdout).toBe(String(stage.sandbox.tokens.write.length))
  if (process.platform !== 'win32') {
    expect(statSync(path).mode & 0o777).toBe(0o600)
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700)
  }
  const [post] = await runner.finish()
  expect(post?.exitCode).toBe(0)
  expect(existsSync(dirname(path))).toBe(false)
  expect(await runner.filesLeft()).toEqual([])
})

test('a client that knows no variable finds the token in the home folder until post', async () => {
  const { runner, main } = await stage.main({ with: { 'export-file': 'hf-home', 'export-env': '' } })
  const path = join(runner.home, '.cache', 'huggingface', 'token')
  expect(main.log).toContain(path)
  expect(warningsOf(main)).toEqual([])
  expect(readFileSync(path, 'utf8')).toBe(stage.sandbox.tokens.write)
  expect(main.env).toHaveProperty('HF_TOKEN_PATH')
  const second = await stage.main({ with: { 'export-file': 'hf-home', scope: 'read' } }, runner)
  expect(warningsOf(second.main)).toContainEqual(expect.stringMatching(/token already exists, so this step left it/))
  const posts = await runner.finish()
  expect(posts.map(({ log }) => log).join('')).toMatch(
    /Cleaned up: .*hf-oidc-[\w-]+ removed; .*huggingface.token removed/,
  )
  expect(await runner.filesLeft()).toEqual([])
  expect(existsSync(join(runner.home, '.cache'))).toBe(false)
})

test('a token file of somebody else is neither overwritten nor removed', async () => {
  const runner = await stage.runner()
  const path = join(runner.workspace, 'token')
  const theirs = `${stage.sandbox.tokens.write}\n`
  writeFileSync(path, theirs)
  const { main } = await stage.main(
    { with: { 'export-file': 'hf-home' }, step: { env: { HF_HOME: runner.workspace } } },
    runner,
  )
  expect(main.exitCode).toBe(0)
  await runner.finish()
  expect(readFileSync(path, 'utf8')).toBe(theirs)
  rmSync(path)
})

test('git reaches a private repository on the Hub without a token in any URL or configuration of the user', async () => {
  const { runner, main } = await stage.main({ with: { 'git-credentials': 'true', 'export-env': '' } })
  expect(main.exitCode).toBe(0)
  const url = `${stage.sandbox.hub.url}/acme/model`
  const git = (...args: string[]) => runner.run(['git', ...args], { env: { GIT_TERMINAL_PROMPT: '0' } })
  const refs = await git('ls-remote', url)
  expect(refs.stdout).toMatch(/^[0-9a-f]{40}\s+(HEAD|refs\/heads\/main)$/m)
  // The machine's own helper must not see the token.
  const helpers = await git('config', '--get-urlmatch', 'credential.helper', url)
  expect(helpers.stdout).toContain('hf_oidc_git')
  const data = await git('ls-remote', `${stage.sandbox.hub.url}/datasets/acme/data`)
  expect(data.exitCode).toBe(0)
  // Nor may the token go to repositories of others on the same host.
  stage.sandbox.hub.addRepo({ type: 'model', name: 'acme2/model', private: true })
  const asked = stage.sandbox.hub.service.calls.length
  expect((await git('ls-remote', `${stage.sandbox.hub.url}/acme2/model`)).exitCode).not.toBe(0)
  const calls = stage.sandbox.hub.service.calls.slice(asked)
  expect(calls.map(({ request }) => request.headers.authorization)).toEqual(calls.map(() => undefined))
  await runner.finish()
  const after = await git('ls-remote', url)
  expect(after.exitCode).not.toBe(0)
  expect(await runner.filesLeft()).toEqual([])
})

test('a second use in the same job does not take the first one’s token for a static one', async () => {
  const { runner } = await stage.main({ with: { scope: 'read' } })
  const { main } = await stage.main({ with: { 'export-env': 'HF_WRITE_TOKEN' } }, runner)
  expect(warningsOf(main)).toEqual([])
  expect(main.env).toEqual({ HF_WRITE_TOKEN: stage.sandbox.tokens.write, HF_OIDC_VARIABLES: 'HF_TOKEN HF_WRITE_TOKEN' })
})

test('a use that overwrites an earlier one’s variable says so', async () => {
  const { runner } = await stage.main({ with: { 'export-file': 'true' } })
  const { main } = await stage.main({ with: { scope: 'read', 'export-file': 'true' } }, runner)
  expect(main.exitCode).toBe(0)
  expect(warningsOf(main)).toEqual([expect.stringMatching(/^HF_TOKEN and HF_TOKEN_PATH were set by an earlier use/)])
})

test('custom endpoints are in the log', async () => {
  const { main } = await stage.main()
  expect(main.log).toContain(`the Hub is ${stage.sandbox.hub.url}`)
  expect(main.log).toContain(`AWS_ENDPOINT_URL is ${stage.sandbox.aws.url}`)
})

test('git’s own configuration of the job is kept', async () => {
  const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'user.name', GIT_CONFIG_VALUE_0: 'Octo' }
  const { runner, main } = await stage.main({ env, with: { 'git-credentials': 'true' } })
  expect(main.env).toMatchObject({
    GIT_CONFIG_COUNT: '4',
    GIT_CONFIG_KEY_1: `credential.${stage.sandbox.hub.url}.helper`,
  })
  expect(main.env).not.toHaveProperty('GIT_CONFIG_KEY_0')
  const [post] = await runner.finish()
  expect(post?.env).toMatchObject({ GIT_CONFIG_COUNT: '1' })
})

test('post empties the variables for the post steps that follow', async () => {
  const { runner } = await stage.main()
  const [post] = await runner.finish()
  expect(post?.env).toEqual({ HF_TOKEN: '' })
  expect((await runner.run([process.execPath, '-e', 'console.log(JSON.stringify(process.env.HF_TOKEN))'])).stdout).toBe(
    '""\n',
  )
})

test('post accepts that its folder is gone, and does not remove folders of others', async () => {
  const { runner, main } = await stage.main({ with: { 'export-file': 'true' } })
  const file = main.env.HF_TOKEN_PATH
  // Without the file, `dirname` would name the folder that the tests run in.
  if (file === undefined) throw new Error(`nothing was delivered\n${main.log}`)
  rmSync(dirname(file), { recursive: true })
  const [post] = await runner.finish()
  expect(post?.exitCode).toBe(0)
  expect(post?.annotations).toEqual([])

  const second = await stage.runner()
  const others = join(second.temp, 'precious')
  mkdirSync(others)
  writeFileSync(join(others, 'file'), 'x')
  const played = await stage.main({}, second)
  played.main.state.delivered = JSON.stringify({ directory: others, variables: 'HF_TOKEN' })
  const [tampered] = await second.finish()
  expect(tampered?.exitCode).toBe(0)
  expect(warningsOf(tampered ?? played.main)[0]).toMatch(/^Did not remove /)
  expect(existsSync(join(others, 'file'))).toBe(true)
})

test('a static HF_TOKEN in the job is a warning, and its value is not shown', async () => {
  const value = 'hf_StaticStaticStaticStaticStaticStat'
  stage.secrets.push({ name: 'the static token', value })
  const { main } = await stage.main({ env: { HF_TOKEN: value } })
  expect(main.exitCode).toBe(0)
  expect(warningsOf(main)).toEqual([expect.stringContaining('HF_TOKEN was already set in this job')])
})

test('the placeholders fill in one naming convention for every scope', async () => {
  const { main } = await stage.main({
    with: { 'role-to-assume': `arn:aws:iam::${ACCOUNT}:role/hf-{org}-{scope}`, scope: 'read' },
  })
  expect(main.env).toMatchObject({ HF_TOKEN: stage.sandbox.tokens.read })
  expect(stage.sandbox.aws.sessions[0]).toMatchObject({
    roleArn: `arn:aws:iam::${ACCOUNT}:role/hf-acme-read`,
    roleSessionName: 'hf-oidc-octo-org-octo-repo-17000000001',
    durationSeconds: 900,
  })
})

test('the session may read this one secret, whatever the role may', async () => {
  await stage.main()
  const policy = stage.sandbox.aws.sessions[0]?.policy
  expect(JSON.parse(String(policy))).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Action: 'secretsmanager:GetSecretValue',
        Resource: [`arn:aws:secretsmanager:${REGION}:${ACCOUNT}:secret:huggingface/acme/write-??????`],
      },
      expect.objectContaining({ Action: 'kms:Decrypt' }),
    ],
  })
})

test('the audience may be the page of the organization', async () => {
  const { aws, github } = stage.sandbox
  const audience = `${stage.sandbox.hub.url}/acme`
  const provider = aws.addOidcProvider({ issuerUrl: github.issuer, clientIds: [audience], keys: () => github.jwks() })
  const issuer = github.issuer.replace('http://', '')
  aws.addRole({
    arn: `arn:aws:iam::${ACCOUNT}:role/by-page`,
    trustPolicy: trustPolicy(provider, {
      StringEquals: { [`${issuer}:aud`]: audience },
      StringLike: { [`${issuer}:sub`]: 'repo:octo-org/*' },
    }),
    policy: { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: 'secretsmanager:*', Resource: '*' }] },
  })
  const { main } = await stage.main({
    with: { audience: `${stage.sandbox.hub.url}/{org}`, 'role-to-assume': `arn:aws:iam::${ACCOUNT}:role/by-page` },
  })
  expect(main.outputs['oidc-audience']).toBe(audience)
})

test('several jobs at once on one machine do not disturb each other', async () => {
  const runners = await Promise.all(
    [1, 2, 3, 4].map(() => stage.main({ with: { 'export-file': 'true', 'git-credentials': 'true' } })),
  )
  const paths = runners.map(({ main }) => main.env.HF_TOKEN_PATH)
  expect(new Set(paths).size).toBe(4)
  const first = runners[0]
  await first?.runner.finish()
  for (const path of paths.slice(1)) expect(existsSync(path ?? '')).toBe(true)
})
