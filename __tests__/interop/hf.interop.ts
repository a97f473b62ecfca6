import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ORG } from '../../sandbox/index.ts'
import type { RunnerJob, StepResult } from '../../sandbox/runner.ts'
import { pythonTool } from '../../scripts/interop/paths.ts'
import { Stage } from '../e2e/stage.ts'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.set()
})

afterEach(() => stage.clear())

/** A later step that calls `hf`, with a home of its own: nothing is answered from a cache or an earlier login. */
function hf(runner: RunnerJob, ...args: string[]): Promise<StepResult> {
  const env = {
    HF_HOME: join(runner.temp, 'hf'),
    HF_HUB_DISABLE_TELEMETRY: '1',
    HF_HUB_DISABLE_UPDATE_CHECK: '1',
    NO_PROXY: '127.0.0.1',
  }
  return runner.run([pythonTool('hf'), ...args], { env })
}

/** Writes a small file, and uploads it as a workflow's step would. */
async function upload(runner: RunnerJob, text: string): Promise<StepResult> {
  await writeFile(join(runner.workspace, 'weights.txt'), text)
  return hf(runner, 'upload', `${ORG}/model`, './weights.txt', 'weights.txt')
}

const uploaded = () => stage.sandbox.hub.repos.get(`${ORG}/model`)?.files.get('weights.txt')?.toString()

describe('the hf client in a later step', () => {
  test('knows who it is, and uploads a file', async () => {
    const { runner, main } = await stage.main()
    expect(main.conclusion).toBe('success')

    const whoami = await hf(runner, 'auth', 'whoami')
    expect(whoami).toMatchObject({ conclusion: 'success' })
    expect(whoami.stdout).toContain(`${ORG}-ci`)

    const push = await upload(runner, 'weights of the model')
    expect(push).toMatchObject({ conclusion: 'success' })
    expect(uploaded()).toBe('weights of the model')
  })

  test('downloads a private dataset with a token that only reads', async () => {
    const { runner } = await stage.main({ with: { scope: 'read' } })
    const download = await hf(
      runner,
      'download',
      '--repo-type',
      'dataset',
      `${ORG}/data`,
      'train.csv',
      '--local-dir',
      '.',
    )
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
    expect(Object.keys(main.env)).toEqual(['HF_TOKEN_PATH'])
    const before = await hf(runner, 'auth', 'whoami')
    expect(before).toMatchObject({ conclusion: 'success' })
    expect(before.stdout).toContain(`${ORG}-ci`)

    await runner.finish()
    const after = await hf(runner, 'auth', 'whoami')
    expect(after.stdout).not.toContain(`${ORG}-ci`)
  })
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
