/** What pipelines do with the delivered token: the Python client from end to end, and git with large files. */
import { mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { ORG } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import type { RunnerJob, StepResult } from '../../sandbox/runner.ts'
import { pythonTool } from '../../scripts/interop/paths.ts'
import { Stage } from '../e2e/stage.ts'
import { SOURCES } from './sources.ts'

let stage: Stage

beforeEach(async () => {
  stage = await Stage.set()
})

afterEach(() => stage.clear())

/** Variables of a later step that uses the Python client, which uploads through Xet. */
const client = async (runner: RunnerJob, variables: Record<string, string> = {}) => ({
  HF_HOME: await mkdtemp(join(runner.temp, 'hf-')),
  HF_HUB_DISABLE_TELEMETRY: '1',
  HF_HUB_DISABLE_UPDATE_CHECK: '1',
  NO_PROXY: '127.0.0.1,localhost',
  ...variables,
})

async function python(runner: RunnerJob, variables: Record<string, string> = {}): Promise<StepResult> {
  const script = join(projectRoot, '__tests__', 'interop', 'hub-flow.py')
  const folder = await mkdtemp(join(runner.temp, 'flow-'))
  const command = [pythonTool('python'), script, `${ORG}/model`, folder]
  return runner.run(command, { env: await client(runner, variables) })
}

/** What the script saw, with a token that writes. */
const FLOW = {
  head: true,
  files: [
    '.gitattributes',
    'README.md',
    'other.bin',
    'v1/config.json',
    'v1/floats.bin',
    'v1/model.safetensors',
    'v1/text.bin',
  ],
  same: [true, true, true, true],
  lfs: ['other.bin', 'v1/floats.bin', 'v1/model.safetensors', 'v1/text.bin'],
  'pull request': 'refs/pr/1',
  refs: ['refs/heads/dev', 'refs/heads/main', 'refs/pr/1', 'refs/tags/v1.0'],
  commits: [
    'Several at once',
    'Upload folder using huggingface_hub',
    'Upload small.txt with huggingface_hub',
    'initial commit',
  ],
  write: true,
}

describe.each(Object.entries(SOURCES))('with a token of %s', (_name, { inputs, identity }) => {
  test('the Python client uploads, commits, downloads, branches and opens a pull request', async () => {
    const { runner, main } = await stage.main({ with: inputs(stage.sandbox) })
    expect(main).toMatchObject({ conclusion: 'success' })
    const flow = await python(runner)
    expect(flow.stderr).not.toContain('Traceback')
    expect(JSON.parse(flow.stdout.trim().split('\n').at(-1) ?? '')).toEqual({ whoami: identity, ...FLOW })
    expect(stage.sandbox.hub.service.count('xet-upload')).toBeGreaterThan(1)
  })
})

test('without Xet, the Python client uploads over LFS', async () => {
  const { runner } = await stage.main()
  const flow = await python(runner, { HF_HUB_DISABLE_XET: '1' })
  expect(JSON.parse(flow.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject(FLOW)
  expect(stage.sandbox.hub.service.count('xet-upload')).toBe(0)
  expect(stage.sandbox.hub.service.count('lfs-upload')).toBe(4)
})

describe('the client’s own keyless exchange', () => {
  const variables = { HF_OIDC_RESOURCE: `${ORG}/model`, GITHUB_ACTIONS: 'true' }

  test('works without the action, for its own resource', async () => {
    const runner = await stage.runner()
    const flow = await python(runner, variables)
    expect(JSON.parse(flow.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject(FLOW)
    expect(stage.sandbox.hub.service.count('oauth-token (trusted publisher)')).toBe(1)
    expect(stage.sandbox.aws.service.calls).toEqual([])
  })

  test('takes precedence over the token that the action delivered, which warns of it', async () => {
    const { runner, main } = await stage.main({ env: { HF_OIDC_RESOURCE: `${ORG}/model` } })
    expect(main.annotations).toMatchObject([{ level: 'warning', message: expect.stringContaining('HF_OIDC_RESOURCE') }])
    const flow = await python(runner, variables)
    expect(JSON.parse(flow.stdout.trim().split('\n').at(-1) ?? '')).toMatchObject(FLOW)
    expect(stage.sandbox.hub.service.count('oauth-token (trusted publisher)')).toBe(1)
  })

  test('is refused for a repository that has no Trusted Publisher, before anything is sent to it', async () => {
    const runner = await stage.runner()
    const flow = await python(runner, { ...variables, HF_OIDC_RESOURCE: `datasets/${ORG}/data` })
    expect(flow).toMatchObject({ conclusion: 'failure' })
    expect(stage.sandbox.hub.service.count('commit')).toBe(0)
  })
})
