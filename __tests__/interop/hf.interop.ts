import { mkdir, mkdtemp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ORG } from '../../sandbox/index.ts'
import type { RunnerJob, StepResult } from '../../sandbox/runner.ts'
import { pythonTool } from '../../scripts/interop/paths.ts'
import { Stage } from '../e2e/stage.ts'
import { SOURCES } from './sources.ts'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.set()
})

afterEach(() => stage.clear())

/** A later step that calls `hf`, with a new home each time: nothing is answered from a cache or an earlier login. */
async function hf(runner: RunnerJob, args: string[], variables: Record<string, string> = {}): Promise<StepResult> {
  const env = {
    HF_HOME: await mkdtemp(join(runner.temp, 'hf-')),
    HF_HUB_DISABLE_TELEMETRY: '1',
    HF_HUB_DISABLE_UPDATE_CHECK: '1',
    NO_PROXY: '127.0.0.1',
    ...variables,
  }
  return runner.run([pythonTool('hf'), ...args], { env })
}

const WHOAMI = ['auth', 'whoami', '--format', 'json']

/** Whom `hf auth whoami` names. */
function userOf({ conclusion, stdout }: StepResult): string {
  expect(conclusion).toBe('success')
  return (JSON.parse(stdout) as { user: string }).user
}

/** Writes a small file, and uploads it as a workflow's step would. */
async function upload(runner: RunnerJob, text: string): Promise<StepResult> {
  await writeFile(join(runner.workspace, 'weights.txt'), text)
  return hf(runner, ['upload', `${ORG}/model`, './weights.txt', 'weights.txt'])
}

const uploaded = () => stage.sandbox.hub.repos.get(`${ORG}/model`)?.files.get('weights.txt')?.toString()

describe('the hf client in a later step', () => {
  test.each(Object.entries(SOURCES))(
    'with a token of %s knows who it is, uploads a file, and is refused when the job has ended',
    async (_name, { inputs, identity, minted, revoked }) => {
      const { hub } = stage.sandbox
      const { runner, main } = await stage.main({ with: inputs(stage.sandbox) })
      expect(main).toMatchObject({ conclusion: 'success', annotations: [] })
      const { HF_TOKEN = '' } = main.env
      expect(hub.isAlive(HF_TOKEN)).toBe(true)

      expect(userOf(await hf(runner, WHOAMI))).toBe(identity)
      expect(await upload(runner, 'weights of the model')).toMatchObject({ conclusion: 'success' })
      expect(uploaded()).toBe('weights of the model')
      expect(hub.repos.get(`${ORG}/model`)?.commits[0].author).toBe(identity)

      expect(await runner.finish()).toMatchObject([{ conclusion: 'success', annotations: [] }])
      const later = await hf(runner, WHOAMI)
      expect(later).toMatchObject({ conclusion: 'failure', stderr: expect.stringContaining('Not logged in') })
      // Nor does it help to have kept the token, unless it is a stored one, or one that expires within the hour.
      const kept = await hf(runner, WHOAMI, { HF_TOKEN })
      if (revoked) {
        expect(kept).toMatchObject({ conclusion: 'failure', stderr: expect.stringContaining('Invalid user token') })
      } else expect(userOf(kept)).toBe(identity)
      expect(hub.minted).toEqual(minted ? [HF_TOKEN] : [])
      expect(hub.isAlive(HF_TOKEN)).toBe(!revoked)
    },
  )

  test('downloads a private dataset with a token that only reads', async () => {
    const { runner } = await stage.main({ with: { scope: 'read' } })
    const what = ['--repo-type', 'dataset', `${ORG}/data`, 'train.csv']
    const download = await hf(runner, ['download', ...what, '--local-dir', '.'])
    expect(download).toMatchObject({ conclusion: 'success' })
    expect(await runner.filesLeft()).toContainEqual({
      path: 'GITHUB_WORKSPACE/train.csv',
      text: 'text,label\nhello,1\n',
    })
  })

  test('is refused an upload with a token that only reads', async () => {
    const { runner } = await stage.main({ with: { scope: 'read' } })
    const push = await upload(runner, 'weights of the model')
    expect(push).toMatchObject({ conclusion: 'failure' })
    expect(push.stdout + push.stderr).toContain('403')
    expect(uploaded()).toBeUndefined()
  })

  test('finds the token in the file when no variable holds it, until the job ends', async () => {
    const { runner, main } = await stage.main({ with: { 'export-env': '', 'export-file': 'true' } })
    expect(Object.keys(main.env)).toEqual(['HF_TOKEN_PATH', 'HF_OIDC_VARIABLES'])
    expect(userOf(await hf(runner, WHOAMI))).toBe(`${ORG}-ci`)

    await runner.finish()
    const after = await hf(runner, WHOAMI)
    expect(after).toMatchObject({ conclusion: 'failure', stdout: '' })
  })
})

describe('`hf auth login` in a later step', () => {
  const OTHER = 'hf_OtherOtherOtherOtherOtherOtherOther'
  const LOGIN = ['auth', 'login', '--add-to-git-credential', '--token']

  test.each(Object.entries(SOURCES))(
    'copies a token of %s to the home folder, and post removes the copies and nothing else',
    async (_name, { inputs }) => {
      const { runner, main } = await stage.main({ with: inputs(stage.sandbox) })
      const { HF_TOKEN = '' } = main.env
      const cache = join(runner.home, '.cache', 'huggingface')
      const credentials = 'https://somebody:password@example.com\n'
      await mkdir(cache, { recursive: true })
      await writeFile(join(runner.home, '.gitconfig'), '[credential]\n\thelper = store\n')
      await writeFile(join(runner.home, '.git-credentials'), credentials, { mode: 0o600 })
      await writeFile(join(cache, 'stored_tokens'), `[other]\nhf_token = ${OTHER}\n\n`, { mode: 0o600 })

      const login = await runner.run([pythonTool('hf'), ...LOGIN, HF_TOKEN], {
        env: { HF_HUB_DISABLE_TELEMETRY: '1', HF_HUB_DISABLE_UPDATE_CHECK: '1', NO_PROXY: '127.0.0.1' },
      })
      expect(login).toMatchObject({ conclusion: 'success' })
      const copies = async () => (await runner.filesLeft()).filter(({ text }) => text.includes(HF_TOKEN))
      expect((await copies()).map(({ path }) => path)).toEqual([
        'HOME/.cache/huggingface/stored_tokens',
        'HOME/.cache/huggingface/token',
        'HOME/.git-credentials',
      ])

      const [post] = await runner.finish()
      expect(post?.annotations).toEqual([])
      expect(post?.log).toContain('Removed copies of this job’s token from ')
      expect(await copies()).toEqual([])
      const left = Object.fromEntries((await runner.filesLeft()).map(({ path, text }) => [path, text]))
      expect(left).toMatchObject({
        'HOME/.git-credentials': credentials,
        'HOME/.cache/huggingface/stored_tokens': `[other]\nhf_token = ${OTHER}\n\n`,
      })
      expect(left).not.toHaveProperty(['HOME/.cache/huggingface/token'])
    },
  )
})

test('a client that knows no variable finds the token in the home folder, until the job ends', async () => {
  const { runner } = await stage.main({ with: { 'export-env': '', 'export-file': 'hf-home' } })
  const env = { HF_HUB_DISABLE_TELEMETRY: '1', HF_HUB_DISABLE_UPDATE_CHECK: '1', NO_PROXY: '127.0.0.1' }
  const whoami = () => runner.run(['env', '-u', 'HF_TOKEN_PATH', pythonTool('hf'), ...WHOAMI], { env })
  expect(userOf(await whoami())).toBe(`${ORG}-ci`)

  await runner.finish()
  expect(await whoami()).toMatchObject({ conclusion: 'failure', stderr: expect.stringContaining('Not logged in') })
})

describe('git in a later step', () => {
  const lsRemote = (runner: RunnerJob) =>
    runner.run(['git', 'ls-remote', `${stage.sandbox.hub.url}/${ORG}/model`], {
      env: { GIT_TERMINAL_PROMPT: '0', GIT_CONFIG_NOSYSTEM: '1', NO_PROXY: '127.0.0.1' },
    })

  test('reads a private repository until the job ends', async () => {
    const { runner } = await stage.main({ with: { 'git-credentials': 'true', 'export-env': '' } })
    const before = await lsRemote(runner)
    expect(before).toMatchObject({ conclusion: 'success' })
    expect(before.stdout).toContain('refs/heads/main')

    await runner.finish()
    expect(await lsRemote(runner)).toMatchObject({ conclusion: 'failure', stdout: '' })
  })

  test('is refused the private repository without the action', async () => {
    const runner = await stage.runner()
    expect(await lsRemote(runner)).toMatchObject({ conclusion: 'failure', stdout: '' })
  })
})
