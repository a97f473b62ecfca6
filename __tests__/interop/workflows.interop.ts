import { spawnSync } from 'node:child_process'
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { projectRoot } from '../../sandbox/root.ts'
import { goTool, pythonTool } from '../../scripts/interop/paths.ts'

const LIMIT_MS = 60_000

/** Files of the project; the test fails when a pattern finds none. */
function files(...patterns: string[]): string[] {
  return patterns.flatMap((pattern) => {
    const found = globSync(pattern, { cwd: projectRoot }).sort()
    expect({ pattern, found: found.length > 0 }).toEqual({ pattern, found: true })
    return found
  })
}

/** What the linter says, and nothing when it is content. */
function complaints(program: string, args: string[], cwd = projectRoot): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LIMIT_MS,
  })
  if (error) throw error
  return status === 0 ? '' : `${stdout}${stderr}(ended with ${status})`
}

/** Without the two linters that it would call if the machine happens to have them. */
const actionlint = (paths: string[], project?: string) =>
  complaints(goTool('actionlint'), ['-no-color', '-shellcheck=', '-pyflakes=', ...paths], project)

/** Without the audits that ask GitHub. */
const zizmor = (paths: string[]) =>
  complaints(pythonTool('zizmor'), [
    ...['--offline', '--no-progress', '--color', 'never', '--strict-collection'],
    ...['--config', join('.github', 'zizmor.yml')],
    ...paths,
  ])

const WORKFLOWS = '.github/workflows/*.yml'
const EXAMPLES = 'examples/**/*.yml'
const ACTIONS = ['action.yml', 'rotate/action.yml']

describe("this repository's own workflows", () => {
  test('actionlint finds nothing', () => {
    expect(actionlint(files(WORKFLOWS))).toBe('')
  })

  test('zizmor finds nothing, in both actions and in the updates either', () => {
    expect(zizmor(files(WORKFLOWS, '.github/dependabot.yml', '.github/actions/*/action.yml', ...ACTIONS))).toBe('')
  })
})

describe('the examples', () => {
  test('actionlint finds nothing, and every input and output is one that its action has', () => {
    const project = mkdtempSync(join(tmpdir(), 'examples-'))
    try {
      const copy = (name: string, change = (text: string) => text) => {
        mkdirSync(dirname(join(project, name)), { recursive: true })
        writeFileSync(join(project, name), change(readFileSync(join(projectRoot, name), 'utf8')))
      }
      for (const name of files(...ACTIONS, 'dist/{main,post,rotate}/index.js')) copy(name)
      // It compares with an action.yml only where the action is local.
      const local = (text: string) => text.replaceAll(/org\/hf-oidc-action(\/rotate)?@v1/g, '.$1/')
      for (const name of files(EXAMPLES)) copy(name, local)
      // A project, to actionlint, is what has these.
      for (const folder of ['.git', join('.github', 'workflows')]) mkdirSync(join(project, folder), { recursive: true })

      expect(actionlint(files(EXAMPLES), project)).toBe('')
    } finally {
      rmSync(project, { recursive: true, force: true })
    }
  })

  test('zizmor finds nothing', () => {
    expect(zizmor(files(EXAMPLES))).toBe('')
  })
})
