/** What post removes of what main delivered. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { cleanUp } from '../../src/runner/clean-up/clean-up.ts'
import { hashOf } from '../../src/runner/copies.ts'
import { DELIVERED_STATE, HOME_FILES_STATE } from '../../src/runner/deliver/plan.ts'
import { Step } from './step.ts'

const onPosix = process.platform === 'win32' ? test.skip : test

let step: Step
beforeEach(() => {
  step = new Step({ GIT_CONFIG_COUNT: undefined })
})
afterEach(() => step.end())

/** Post's work for this state. */
function post(state: unknown): void {
  step.set({ [`STATE_${DELIVERED_STATE}`]: typeof state === 'string' ? state : JSON.stringify(state) })
  cleanUp(process.env)
}

/** A folder with a file in it. */
function folder(...path: string[]): string {
  const directory = join(step.temp, ...path)
  mkdirSync(directory, { recursive: true })
  writeFileSync(join(directory, 'token'), 'secret')
  return directory
}

const delivered = { directory: undefined, variables: [], git: undefined }

describe('the folder of this run', () => {
  test('is removed with everything in it', () => {
    const directory = folder('hf-oidc-1')
    post({ ...delivered, directory })
    expect(existsSync(directory)).toBe(false)
    expect(step.lines).toEqual([`Cleaned up: ${directory} removed.`])
  })

  test('may be gone already', () => {
    const directory = join(step.temp, 'hf-oidc-1')
    post({ ...delivered, directory })
    expect(step.lines).toEqual([`${directory} was already gone.`])
  })

  /** Folders that post must not touch, whatever the state says. */
  const FOREIGN: [string, () => string][] = [
    ['another name', () => folder('precious')],
    ['a place below another folder of RUNNER_TEMP', () => folder('precious', 'hf-oidc-1')],
    ['a place beside RUNNER_TEMP', () => folder('..', 'hf-oidc-1')],
    ['RUNNER_TEMP itself', () => join(folder('x'), '..')],
    ['a file', () => join(folder('x'), 'token')],
  ]

  test.each(FOREIGN)('is not one with %s', (_what, make) => {
    const directory = make()
    post({ ...delivered, directory })
    expect(existsSync(directory)).toBe(true)
    expect(step.lines).toEqual([
      expect.stringMatching(/^::warning.*::Did not remove .*, because it is not a folder of/),
    ])
  })

  test('is not a file with our name', () => {
    const path = join(step.temp, 'hf-oidc-file')
    writeFileSync(path, 'x')
    post({ ...delivered, directory: path })
    expect(existsSync(path)).toBe(true)
  })

  test('is nowhere when the runner has no temporary folder', () => {
    const directory = folder('hf-oidc-1')
    const before = process.cwd()
    process.chdir(step.temp)
    try {
      for (const RUNNER_TEMP of [undefined, '']) {
        step.set({ RUNNER_TEMP })
        for (const named of [directory, 'hf-oidc-1']) post({ ...delivered, directory: named })
      }
    } finally {
      process.chdir(before)
    }
    expect(existsSync(directory)).toBe(true)
  })

  onPosix('is not reached through a link', () => {
    const precious = folder('precious')
    const link = join(step.temp, 'hf-oidc-link')
    symlinkSync(precious, link, 'dir')
    for (const directory of [link, `${link}/`]) post({ ...delivered, directory })
    expect([existsSync(link), existsSync(join(precious, 'token'))]).toEqual([true, true])
  })

  test('with a link in it takes only the link away', () => {
    const precious = folder('precious')
    const directory = folder('hf-oidc-1')
    symlinkSync(precious, join(directory, 'link'), 'junction')
    post({ ...delivered, directory })
    expect([existsSync(directory), existsSync(join(precious, 'token'))]).toEqual([false, true])
  })
})

describe('variables', () => {
  test('are emptied for the post steps that follow', () => {
    post({ ...delivered, variables: ['HF_TOKEN', 'HUB'] })
    expect(step.env).toEqual([
      ['HF_TOKEN', ''],
      ['HUB', ''],
    ])
    expect(step.lines).toEqual(['Cleaned up: HF_TOKEN and HUB emptied.'])
  })

  test('with other names are not, because they could write other lines', () => {
    post({ ...delivered, variables: ['A\nEVIL=1', 'A=B', '1A', '', 7, null, ['LIST'], 'OK'] })
    expect(step.env).toEqual([['OK', '']])
  })

  test('cannot be emptied without the runner’s file, and nothing is claimed or thrown', () => {
    for (const GITHUB_ENV of [undefined, join(step.temp, 'no', 'such', 'file')]) {
      step.set({ GITHUB_ENV })
      post({ ...delivered, variables: ['HF_TOKEN'] })
    }
    expect(step.lines).toEqual([])
  })
})

describe('git’s configuration', () => {
  const ENTRIES: [string, string][] = [
    ['credential.https://hub.helper', ''],
    ['credential.https://hub.helper', '!x'],
  ]
  const git = { use: 1, count: 1, entries: ENTRIES }
  /** The job's variables after main; `more` is what later steps changed. */
  const job = (more: NodeJS.ProcessEnv = {}) => ({
    HF_OIDC_GIT: '0 https://hub/a|1 https://hub/b https://hub/c|2 https://hub/d',
    HF_OIDC_GIT_HELPER: 'code',
    HF_OIDC_GIT_ANSWER_1: '/temp/answer',
    GIT_CONFIG_KEY_0: 'user.name',
    GIT_CONFIG_VALUE_0: 'Octo',
    ...Object.fromEntries(
      ENTRIES.flatMap(([key, value], at) => [
        [`GIT_CONFIG_KEY_${at + 1}`, key],
        [`GIT_CONFIG_VALUE_${at + 1}`, value],
      ]),
    ),
    GIT_CONFIG_COUNT: '3',
    ...more,
  })
  const others = { HF_OIDC_GIT: '0 https://hub/a|2 https://hub/d', HF_OIDC_GIT_ANSWER_1: '' }
  /** What post changes. */
  const changes = (more: NodeJS.ProcessEnv, saved: unknown = git) => {
    step.set(job(more))
    post({ ...delivered, git: saved })
    return Object.fromEntries(step.env)
  }
  afterEach(() => step.set(Object.fromEntries(Object.keys(job()).map((name) => [name, undefined]))))

  test('is what it was before', () => expect(changes({})).toEqual({ GIT_CONFIG_COUNT: '1', ...others }))

  test('keeps what later steps put on top, without our entries', () => {
    expect(changes({ GIT_CONFIG_COUNT: '4' })).toEqual({
      GIT_CONFIG_KEY_1: 'hf-oidc-action.removed',
      GIT_CONFIG_VALUE_1: '',
      GIT_CONFIG_KEY_2: 'hf-oidc-action.removed',
      GIT_CONFIG_VALUE_2: '',
      ...others,
    })
  })

  test.each(['1', '2', '', undefined])('keeps the count %s of a later step', (GIT_CONFIG_COUNT) =>
    expect(changes({ GIT_CONFIG_COUNT })).not.toHaveProperty('GIT_CONFIG_COUNT'),
  )

  test('keeps entries that a later step has replaced', () => {
    const found = changes({ GIT_CONFIG_COUNT: '4', GIT_CONFIG_KEY_1: 'theirs', GIT_CONFIG_VALUE_2: '!theirs' })
    expect(found).toEqual(others)
  })

  test('is usable by git with the entries that post has taken out', () => {
    const env = { ...job({ GIT_CONFIG_COUNT: '4', GIT_CONFIG_KEY_3: 'a.b', GIT_CONFIG_VALUE_3: 'c' }) }
    Object.assign(env, changes({ GIT_CONFIG_COUNT: '4' }))
    const run = (...args: string[]) =>
      spawnSync('git', args, { env: { ...env, PATH: process.env.PATH }, cwd: step.temp, encoding: 'utf8' })
    expect([run('config', 'a.b').stdout, run('config', 'user.name').stdout]).toEqual(['c\n', 'Octo\n'])
    expect(run('init', '-q', 'repository').status).toBe(0)
  })

  test('loses the helper’s code with the last use', () => {
    expect(changes({ HF_OIDC_GIT: '1 https://hub/b' })).toMatchObject({ HF_OIDC_GIT: '', HF_OIDC_GIT_HELPER: '' })
  })

  test.each([
    ['a use that is not on the list', { ...git, use: 7 }, { GIT_CONFIG_COUNT: '1' }],
    ['no count', { ...git, count: '1' }, {}],
    ['a negative count', { ...git, count: -1 }, {}],
    ['no entries', { ...git, entries: 'x' }, {}],
    ['entries of another form', { ...git, entries: [null, ['a'], 'b', ['c', 1]] }, others],
    ['a text', 'x', {}],
  ])('is left alone as far as the state has %s', (_what, saved, expected) =>
    expect(changes({}, saved)).toEqual(expected),
  )

  test('is untouched without the runner’s file', () => {
    step.set({ ...job(), GITHUB_ENV: undefined })
    post({ ...delivered, git })
    expect(step.lines.join('')).not.toContain('GIT')
  })
})

test('token files in the home folder are removed, and the reader is told', () => {
  const path = join(folder('home'), 'token')
  const files = [{ path, sha256: hashOf('secret') }]
  step.set({ [`STATE_${HOME_FILES_STATE}`]: JSON.stringify(files) })
  post(delivered)
  post(delivered)
  expect(step.lines).toEqual([`Cleaned up: ${path} removed.`, `${path} was already gone.`])
})

test.each(['', 'null', '[]', '"x"', '{', '{"directory":7,"variables":"HF_TOKEN"}'])(
  'state that main did not write is ignored: %s',
  (state) => {
    post(state)
    expect([step.lines, step.env]).toEqual([['Nothing to clean up.'], []])
  },
)

onPosix('a folder that cannot be looked at is a warning, because it may hold the token', () => {
  const directory = folder('hf-oidc-1')
  // A name that is too long makes the system refuse wherever the test runs, also as root.
  post({ ...delivered, directory: `${directory}${'x'.repeat(300)}` })
  expect(step.lines).toEqual([
    expect.stringMatching(
      /^::warning.*::.* is still there \(ENAMETOOLONG\), and may hold this job’s token\. Remove it/,
    ),
  ])
  rmSync(directory, { recursive: true })
})
