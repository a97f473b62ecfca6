/**
 * What later steps can do with what was delivered, on machines other than ours: a step of the same user, of a different
 * one (an image with `USER`), one that has RUNNER_TEMP at a different path (a container action), and one that does not
 * have it at all. For each: git where the token reaches and where it does not, git that has nothing to do with the Hub,
 * git-lfs, and the hf client.
 */
import { spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals'
import type { RunnerJob } from '../../sandbox/runner.ts'
import { pythonTool } from '../../scripts/interop/paths.ts'
import { Stage } from '../e2e/stage.ts'

const NOBODY = 65_534
/**
 * Starts a step without root's privileges. The files that were delivered are given to somebody else: the other way round,
 * the step's user might not be able to start the programs of these tests.
 */
const setpriv = ['setpriv', '--bounding-set=-all', '--inh-caps=-all']
/** Only root can give files to a different user. */
const canSwitch = process.geteuid?.() === 0 && spawnSync(setpriv[0] ?? '', [...setpriv.slice(1), 'true']).status === 0

/** What a program did. */
type Cell = 'works' | 'fails at once' | 'fails' | 'is not logged in'

const PROGRAMS = {
  'git, covered repository': 'git ls-remote "$HUB/acme/model" | grep -q refs/heads/main',
  'git, other organization': 'git ls-remote "$HUB/rivals/model"',
  'git, public repository': 'git clone -q "$HUB/rivals/public" public && test -s public/README.md',
  'git, nothing of the Hub': `
    git init -q one && cd one && git commit -q --allow-empty -m one && git status > /dev/null
    git clone -q "file://$PWD" ../two && git -C ../two fetch -q
    printf 'url=https://github.com\\n\\n' | git credential fill | grep -q of-the-machine`,
  'git-lfs': `
    git lfs install > /dev/null; git clone -q "$HUB/acme/model" clone
    test "$(wc -c < clone/weights.safetensors)" -eq 100000`,
  'hf with HF_TOKEN': '"$HF" auth whoami --format json | grep -q acme-ci',
  'hf with HF_TOKEN_PATH': 'export HF_TOKEN=; "$HF" auth whoami --format json | grep -q acme-ci',
} as const
type Program = keyof typeof PROGRAMS

const refused = { 'git, other organization': 'fails at once' } as const
const rest = {
  'git, public repository': 'works',
  'git, nothing of the Hub': 'works',
  'hf with HF_TOKEN': 'works',
} as const
const all = { 'git, covered repository': 'works', 'git-lfs': 'works', 'hf with HF_TOKEN_PATH': 'works' } as const
const none = { 'git, covered repository': 'fails at once', 'git-lfs': 'fails at once' } as const

const EXPECTED: Record<string, Record<Program, Cell>> = {
  'same user': { ...rest, ...refused, ...all },
  // The client reads the file on every call, and fails if it cannot.
  'different user': { ...rest, ...refused, ...none, 'hf with HF_TOKEN_PATH': 'fails' },
  'moved path': { ...rest, ...refused, ...all },
  'absent path': { ...rest, ...refused, ...none, 'hf with HF_TOKEN_PATH': 'is not logged in' },
}

let stage: Stage
let runner: RunnerJob
let homes: string
const rows: string[] = []

beforeEach(async () => {
  stage = await Stage.set()
  const { hub } = stage.sandbox
  hub.addRepo({ type: 'model', name: 'rivals/model', private: true, files: { 'README.md': 'rivals' } })
  hub.addRepo({ type: 'model', name: 'rivals/public', files: { 'README.md': 'public' } })
  homes = await mkdtemp(join(tmpdir(), 'homes-'))
  await chmod(homes, 0o755)
  const with_ = { 'git-credentials': 'true', 'export-file': 'true' }
  const played = await stage.main({ with: with_ })
  runner = played.runner
  expect(played.main).toMatchObject({ conclusion: 'success', annotations: [] })
  // As a runner's folders are.
  for (const folder of [runner.root, join(runner.root, 'work'), runner.temp]) await chmod(folder, 0o755)
  const push = `git lfs install > /dev/null; git clone -q "$HUB/acme/model" clone; cd clone
    git lfs track '*.safetensors' > /dev/null; head -c 100000 /dev/urandom > weights.safetensors
    git add .; git commit -qm weights; git push -q origin HEAD:main`
  expect((await step(push, { as: [], env: {} })).cell).toBe('works')
})

afterEach(async () => {
  await stage.clear()
  await rm(homes, { recursive: true, force: true })
})

afterAll(() => {
  const header = ['', ...Object.keys(PROGRAMS)]
  console.log(`${rows.length * Object.keys(PROGRAMS).length} cells:\n${header.join(' | ')}\n${rows.join('\n')}`)
})

interface Where {
  /** What starts the step. */
  as: readonly string[]
  /** Variables as the runner rewrites them. */
  env: Record<string, string>
}

/** Runs a script in a new home folder, where a person would be asked by a program that records it. */
async function step(script: string, { as, env }: Where): Promise<{ cell: Cell; log: string }> {
  const home = await mkdtemp(join(homes, 'home-'))
  const asked = join(home, 'asked')
  await writeFile(join(home, 'askpass'), `#!/bin/sh\necho "$*" >> '${asked}'\nsleep 600\n`)
  await chmod(join(home, 'askpass'), 0o755)
  await writeFile(
    join(home, '.gitconfig'),
    '[user]\n\tname = Mona\n\temail = m@example.com\n[credential]\n\thelper = store\n',
  )
  await writeFile(join(home, '.git-credentials'), 'https://me:of-the-machine@github.com\n')
  await writeFile(asked, '')
  await mkdir(join(home, 'work'))
  const result = await runner.run(
    [
      ...as,
      'bash',
      '-euo',
      'pipefail',
      '-c',
      `export HOME="$STEP_HOME" TMPDIR="$STEP_HOME"; cd "$HOME/work"; ${script}`,
    ],
    {
      timeoutMs: 60_000,
      env: {
        STEP_HOME: home,
        HF_HOME: join(home, 'hf'),
        HF: pythonTool('hf'),
        HUB: stage.sandbox.hub.url,
        HF_HUB_DISABLE_TELEMETRY: '1',
        HF_HUB_DISABLE_UPDATE_CHECK: '1',
        GIT_ASKPASS: join(home, 'askpass'),
        GIT_CONFIG_NOSYSTEM: '1',
        NO_PROXY: '127.0.0.1,localhost',
        ...env,
      },
    },
  )
  const log = `${result.stdout}${result.stderr}`
  const wasAsked = (await readFile(asked, 'utf8')) !== ''
  if (wasAsked || result.timedOut) return { cell: 'fails', log: `asked a person\n${log}` }
  if (result.conclusion === 'success') return { cell: 'works', log }
  if (log.includes('hf-oidc-action: git has no token for')) return { cell: 'fails at once', log }
  return { cell: log.includes('Not logged in') ? 'is not logged in' : 'fails', log }
}

/** Where a step's files are, and how to put everything back. */
async function place(name: string): Promise<Where & { restore: () => Promise<void> }> {
  const folder = join(runner.temp, String((await delivered()).split('/').at(-2)))
  const nothing = async () => {}
  if (name === 'same user') return { as: [], env: {}, restore: nothing }
  if (name === 'different user') {
    const give = async (user: number) => {
      for (const path of [...(await readdir(folder)).map((file) => join(folder, file)), folder]) {
        await chown(path, user, user)
      }
    }
    await give(NOBODY)
    return { as: setpriv, env: {}, restore: () => give(0) }
  }
  const elsewhere = join(homes, 'runner_temp')
  await mkdir(elsewhere)
  const moved = join(elsewhere, String(folder.split('/').at(-1)))
  await rename(folder, moved)
  // What the runner does for a container action: values that begin with the path.
  const exported = Object.assign({}, ...runner.steps.map(({ env }) => env)) as Record<string, string>
  const rewritten = Object.entries(exported)
    .filter(([, value]) => value.startsWith(runner.temp))
    .map(([key, value]) => [key, elsewhere + value.slice(runner.temp.length)])
  return {
    as: [],
    env: name === 'moved path' ? Object.fromEntries(rewritten) : {},
    restore: () => rename(moved, folder),
  }
}

const delivered = async () => runner.steps.find(({ env }) => env.HF_TOKEN_PATH)?.env.HF_TOKEN_PATH ?? ''

test.each(Object.entries(EXPECTED).filter(([name]) => canSwitch || name !== 'different user'))(
  '%s',
  async (name, expected) => {
    const { as, env, restore } = await place(name)
    const found: Record<string, string> = {}
    const logs: Record<string, string> = {}
    for (const [program, script] of Object.entries(PROGRAMS)) {
      const { cell, log } = await step(script, { as, env })
      found[program] = cell
      logs[program] = log
    }
    await restore()
    rows.push([name, ...Object.values(found)].join(' | '))
    const wrong = Object.entries(expected).filter(([program, cell]) => found[program] !== cell)
    expect(wrong.map(([program, cell]) => ({ program, cell, found: found[program], log: logs[program] }))).toEqual([])
  },
)
