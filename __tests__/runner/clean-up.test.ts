/** What post removes of what main delivered. */
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

const delivered = { directory: undefined, variables: [], gitConfigCount: undefined }

describe('the folder of this run', () => {
  test('is removed with everything in it', () => {
    const directory = folder('hf-oidc-1')
    post({ ...delivered, directory })
    expect(existsSync(directory)).toBe(false)
    expect(step.lines).toEqual(['Cleaned up: files removed.'])
  })

  test('may be gone already', () => {
    post({ ...delivered, directory: join(step.temp, 'hf-oidc-1') })
    expect(step.lines).toEqual(['Nothing to clean up.'])
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
    expect(step.lines).toEqual([expect.stringMatching(/^::warning::Did not remove .*, because it is not a folder of/)])
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

describe('the count of Git’s configuration', () => {
  test('goes back to what it was', () => {
    step.set({ GIT_CONFIG_COUNT: '3' })
    post({ ...delivered, gitConfigCount: 2 })
    expect(step.env).toEqual([['GIT_CONFIG_COUNT', '2']])
  })

  test.each(['2', '4', '', undefined])('stays when others changed it to %s since', (GIT_CONFIG_COUNT) => {
    step.set({ GIT_CONFIG_COUNT })
    post({ ...delivered, gitConfigCount: 2 })
    expect(step.env).toEqual([])
  })

  test('stays when the state holds something else', () => {
    step.set({ GIT_CONFIG_COUNT: '21' })
    for (const gitConfigCount of ['2', 1.5, null, {}]) post({ ...delivered, gitConfigCount })
    expect(step.env).toEqual([])
  })
})

describe('the list of uses that gave git a token', () => {
  const HF_OIDC_GIT = 'https://hub/a https://hub/b|https://hub/c|https://hub/a https://hub/b'
  const left = () => Object.fromEntries(step.env).HF_OIDC_GIT

  test.each([
    ['https://hub/a https://hub/b', 'https://hub/a https://hub/b|https://hub/c'],
    ['https://hub/c', 'https://hub/a https://hub/b|https://hub/a https://hub/b'],
    ['https://hub/d', undefined],
    ['', undefined],
    [7, undefined],
  ])('loses this use only: %j', (gitUse, expected) => {
    step.set({ HF_OIDC_GIT })
    post({ ...delivered, gitUse })
    expect(left()).toBe(expected)
  })

  test('is empty after the only use, and untouched without the runner’s file', () => {
    step.set({ HF_OIDC_GIT: 'https://hub/c' })
    post({ ...delivered, gitUse: 'https://hub/c' })
    expect(left()).toBe('')
    step.set({ GITHUB_ENV: undefined })
    post({ ...delivered, gitUse: 'https://hub/c' })
    expect(step.lines.join('')).not.toContain('HF_OIDC_GIT')
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

onPosix('a folder that cannot be removed is a warning, because it holds the token', () => {
  const directory = folder('hf-oidc-1')
  // A name that is too long makes `rm` fail wherever the test runs, also as root.
  post({ ...delivered, directory: `${directory}${'x'.repeat(300)}` })
  expect(step.lines).toEqual([
    expect.stringMatching(
      /^::warning::Could not remove the folder .* \(ENAMETOOLONG\)\. It holds the token: remove it/,
    ),
  ])
  rmSync(directory, { recursive: true })
})
