/** Which git is good enough, and what the reader is told about any other. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join, relative } from 'node:path'
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals'
import { gitProblem } from '../../src/runner/git-version.ts'
import { readInputs } from '../../src/runner/inputs.ts'
import { plain } from '../../src/text/message.ts'
import { INPUTS } from '../../src/token/inputs/definitions.ts'
import { Step } from './step.ts'

const onPosix = process.platform === 'win32' ? test.skip : test

let folder: string
let step: Step | undefined
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-version-'))
})
afterEach(() => step?.end())
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A folder with a program `git` that runs this shell code. */
function program(name: string, script: string): string {
  const bin = join(folder, name)
  mkdirSync(bin)
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`)
  chmodSync(join(bin, 'git'), 0o755)
  return bin
}

const told = (
  env: NodeJS.ProcessEnv,
  ...run: Parameters<typeof gitProblem> extends [unknown, ...infer R] ? R : never
) => plain(gitProblem(env, ...run) ?? '')
/** What is said about a git that prints this. */
const printing = (text: string) => told({ PATH: process.env.PATH }, () => text)

test.each([
  'git version 2.31.0',
  'git version 2.39.5 (Apple Git-154)',
  'git version 2.49.0.windows.1\r\n',
  'git version 3.0.0',
  'git version 10.1',
])('%j is good enough', (text) => expect(printing(text)).toBe(''))

test.each([
  'git version 2.30.2',
  'git version 2.9.0',
  'git version 1.99.1',
  'hub version 2.99',
  '',
  'x'.repeat(100_000),
])('%# is too old, or is none', (text) => {
  expect(printing(text)).toMatch(
    /^`?git-credentials`? requires git 2\.31 or later, because older versions ignore the variables that configure it: install one/,
  )
  expect(printing(text).length).toBeLessThan(700)
})

test('what git prints starts no workflow command', () => {
  expect(printing('git version 2.1\n::add-mask::x')).not.toContain('\n')
})

test('a step without git is told so, and what a container needs', () => {
  const expected = /this step finds no git in `?PATH`?: install one .* the image must contain git\)$/
  for (const PATH of [undefined, '', folder, join(folder, 'none')]) expect(told({ PATH })).toMatch(expected)
})

onPosix('a git in the working directory is not started', () => {
  const bin = program('here', 'echo git version 2.40.0')
  for (const PATH of [relative(process.cwd(), bin), '.', ['', '.'].join(delimiter)]) {
    expect(told({ PATH })).toContain('finds no git')
  }
  expect(told({ PATH: bin })).toBe('')
})

onPosix('a git that fails is told apart from an old one', () => {
  expect(told({ PATH: program('fails', 'exit 3') })).toContain('did not print its version (exit code 3)')
  expect(told({ PATH: program('killed', 'kill -9 $$') })).toContain('did not print its version (it was stopped)')
  expect(told({ PATH: program('silent', ':') })).toContain('printed ""')
})

onPosix('git gets nothing of the job', () => {
  process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN = 'secret'
  const bin = program(
    'env',
    `env > '${join(folder, 'seen')}'; grep -q secret '${join(folder, 'seen')}' || echo git version 2.40.0`,
  )
  expect(told({ PATH: bin })).toBe('')
  delete process.env.ACTIONS_ID_TOKEN_REQUEST_TOKEN
})

onPosix('only a step with `git-credentials` starts git, and an old one is a problem with the inputs', () => {
  step = new Step({ PATH: program('old', `echo git version 2.25.1; echo started >> '${join(folder, 'started')}'`) })
  const problems = (value: string) => {
    step?.set({ 'INPUT_GIT-CREDENTIALS': value })
    return readInputs(process.env, INPUTS).environmentProblems.map((one) => plain(one))
  }
  for (const value of ['', 'false', 'False', 'x']) expect(problems(value)).toEqual([])
  for (const value of ['true', 'True', 'TRUE']) expect(problems(value)).toEqual([expect.stringContaining('2.25.1')])
})
