/** `.github/workflows/platforms.yml`, which only GitHub can run as a whole: what can be checked of it here. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { projectRoot } from '../../sandbox/root.ts'

interface Step {
  id?: string
  name?: string
  if?: string
  uses?: string
  run?: string
  with?: Record<string, unknown>
}

interface Workflow {
  on: Record<string, unknown>
  permissions: object
  jobs: Record<
    string,
    { permissions: Record<string, string>; strategy: { matrix: { os: string[] } }; if?: string; steps: Step[] }
  >
}

interface Action {
  inputs?: Record<string, { required?: boolean }>
  runs: { using: string; main?: string; post?: string; image?: string }
}

const read = (...path: string[]) => readFileSync(join(projectRoot, ...path), 'utf8')
const text = read('.github', 'workflows', 'platforms.yml')
const workflow = parse(text) as Workflow
const job = workflow.jobs.platform
if (!job) throw new Error('there is no job "platform"')
const { steps } = job
const actionOf = (uses: string) => parse(read(uses, 'action.yml')) as Action
const local = steps.flatMap(({ uses, ...step }) => (uses?.startsWith('./') ? [{ ...step, uses }] : []))

test('the workflow runs on the six hosted systems, with a real ID token and no other right', () => {
  expect(job.strategy.matrix.os).toEqual([
    'ubuntu-24.04',
    'ubuntu-24.04-arm',
    'macos-15',
    'macos-15-intel',
    'windows-2025',
    'windows-11-arm',
  ])
  expect(workflow.permissions).toEqual({})
  expect(job.permissions).toEqual({ contents: 'read', 'id-token': 'write' })
  // A pull request’s code must not get an ID token of this repository.
  expect(Object.keys(workflow.on)).toEqual(['push', 'workflow_dispatch'])
})

describe('a step', () => {
  test.each(steps.filter(({ run }) => run?.includes('node')))('runs a script that exists: $run', ({ run = '' }) => {
    const [, script = ''] = /^node (scripts\/platforms\/[\w-]+\.ts)$/.exec(run) ?? []
    expect({ run, exists: existsSync(join(projectRoot, script)) && script !== '' }).toEqual({ run, exists: true })
  })

  test.each(local)('uses a local action that exists, with inputs that it has: $uses', ({ uses, with: given = {} }) => {
    const { inputs = {}, runs } = actionOf(uses)
    expect(Object.keys(given).filter((name) => !(name in inputs))).toEqual([])
    expect(Object.keys(inputs).filter((name) => inputs[name]?.required === true && !(name in given))).toEqual([])
    for (const file of [runs.main, runs.post, runs.image]) {
      if (file !== undefined) expect(existsSync(join(projectRoot, uses, file))).toBe(true)
    }
  })

  test('reads only outputs that the sandbox’s start writes', () => {
    const written = /tell\('GITHUB_OUTPUT', \{ ([^}]*) \}\)/.exec(read('scripts', 'platforms', 'start.ts'))?.[1] ?? ''
    const names = written.split(',').map((member) => member.split(':')[0]?.trim())
    const used = [...text.matchAll(/steps\.sandbox\.outputs\.([\w-]+)/g)].map(([, name]) => name)
    expect(used.length).toBeGreaterThan(0)
    expect(used.filter((name) => !names.includes(name))).toEqual([])
    expect(steps.filter(({ id }) => id === 'sandbox')).toHaveLength(1)
  })

  test('uses other people’s actions by the same commit as the other workflows', () => {
    const foreign = steps.flatMap(({ uses }) => (uses && !uses.startsWith('./') ? [uses] : []))
    const others = readdirSync(join(projectRoot, '.github', 'workflows'))
      .filter((name) => name !== 'platforms.yml')
      .map((name) => read('.github', 'workflows', name))
    for (const uses of foreign) {
      expect(uses).toMatch(/@[0-9a-f]{40}$/)
      expect(others.some((other) => other.includes(uses))).toBe(true)
    }
  })

  test('in a container runs on Linux only', () => {
    const inContainer = local.filter(({ uses }) => actionOf(uses).runs.using === 'docker')
    expect(inContainer.map(({ if: condition }) => condition?.includes("runner.os == 'Linux'"))).toEqual([true, true])
  })
})

describe('what is left is looked for', () => {
  test('after every post of the action, because posts run in reverse order', () => {
    const uses = local.map((step) => step.uses)
    const first = uses.indexOf('./')
    expect(uses.indexOf('./.github/actions/nothing-left')).toBeLessThan(first)
    expect(first).toBeGreaterThan(0)
    const { runs } = actionOf('./.github/actions/nothing-left')
    expect(runs).toEqual({ using: 'node24', main: 'main.mjs', post: 'post.mjs' })
  })

  test('for every variable that a step exports', () => {
    const post = read('.github', 'actions', 'nothing-left', 'post.mjs')
    const exported = local
      .filter(({ uses }) => uses === './')
      .map((step) => String(step.with?.['export-env'] ?? 'HF_TOKEN'))
    for (const name of exported) expect(post).toContain(`'${name}'`)
  })
})

test('every use of the action names a different source', () => {
  const sources = local
    .filter(({ uses }) => uses === './')
    .map((step) => step.with?.['token-source'] ?? 'secrets-manager')
  expect(sources).toEqual(['secrets-manager', 'service-account', 'trusted-publisher'])
})
