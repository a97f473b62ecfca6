/**
 * `.github/workflows/platforms.yml` under `act`, as far as that goes: one Linux, no containers, no hosted system, and ID
 * tokens of a second sandbox's issuer instead of GitHub's.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Sandbox } from '../../sandbox/index.ts'
import { projectRoot } from '../../sandbox/root.ts'
import { type ActRun, push } from './act.ts'

const LIMIT_MS = 240_000

/** Its issuer stands for GitHub's. */
let github: Sandbox
beforeEach(async () => {
  github = await Sandbox.start()
})
afterEach(() => github.close())

const NOOP = {
  'action.yml': 'name: Nothing\ndescription: Does nothing\nruns: { using: node24, main: main.cjs }\n',
  'main.cjs': '',
}
const FILES = ['.github/actions', 'action.yml', 'dist', 'package.json', 'sandbox', 'scripts', 'src']

/** The workflow, with what is installed here already instead of `npm ci`. */
function workflow(): string {
  const text = readFileSync(join(projectRoot, '.github', 'workflows', 'platforms.yml'), 'utf8')
  const installed = text.replace('npm ci --ignore-scripts', `ln -s ${join(projectRoot, 'node_modules')} node_modules`)
  expect(installed).not.toBe(text)
  return installed
}

async function play(text: string): Promise<ActRun> {
  const { job } = github.startJob()
  const foreign = [...text.matchAll(/uses: (actions\/[\w-]+@[0-9a-f]{40})/g)].map(([, name = '']) => name)
  const run = await push({
    workflow: text,
    env: {
      ACTIONS_ID_TOKEN_REQUEST_URL: job.idTokenRequestUrl,
      ACTIONS_ID_TOKEN_REQUEST_TOKEN: job.idTokenRequestToken,
      PLATFORMS_ISSUER: github.github.issuer,
    },
    actions: Object.fromEntries(foreign.map((name) => [name, NOOP])),
    files: FILES,
    platform: 'ubuntu-24.04',
    args: ['--matrix', 'os:ubuntu-24.04'],
    limitMs: LIMIT_MS,
  })
  // GitHub's runner ends it with the job, `act` does not.
  const [, pid] = /The sandbox is running \(process (\d+)\)/.exec(run.log) ?? []
  if (pid !== undefined) process.kill(Number(pid))
  return run
}

/** The lines of the log that say what went wrong. */
const wrong = (log: string) => log.split('\n').filter((line) => /✘|::error|❌|Error: /.test(line))

test(
  'the workflow gets, checks, and removes every kind of token',
  async () => {
    const { exitCode, log } = await play(workflow())
    expect([exitCode, wrong(log)]).toEqual([0, []])
    for (const proven of [
      'the Hub accepts the token in HF_TOKEN',
      'only the runner’s user can read the file',
      'a commit is pushed',
      'the credential manager was not told the token',
      'another user cannot read the token file',
      'Git works for another user, without the token',
    ]) {
      expect(log).toContain(`✔ ${proven}`)
    }
    // A stored token, one that is minted for the job, and one that the Hub exchanges; post proves itself once more.
    expect(github.calls()).toMatchObject({ 'id-token': 4 })
    expect(log).toContain('Nothing is left: no folder, no variable, and none of 4 tokens.')
  },
  LIMIT_MS,
)

test(
  'the workflow fails when something is left',
  async () => {
    const steps = `      - run: cp "$HF_TOKEN_PATH" "$RUNNER_TEMP/copy"\n        shell: bash\n`
    const { exitCode, log } = await play(workflow().replace('      - name: A second local user\n', `${steps}$&`))
    expect({ exitCode, log }).toMatchObject({ exitCode: 1 })
    expect(log).toMatch(/the file \S*copy holds a token/)
  },
  LIMIT_MS,
)
