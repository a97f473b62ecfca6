/** Edge: whether the git that this step finds reads its configuration from variables. */
import { accessSync, constants } from 'node:fs'
import { delimiter, isAbsolute, join } from 'node:path'
import { code, type Prose, prose } from '../text/message.ts'
import { printable, quoted } from '../text/printable.ts'

/** The first git that reads `GIT_CONFIG_COUNT`; older ones ignore it. Source: git's release notes 2.31. */
const OLDEST = [2, 31] as const

/** How long `git --version` may take, in milliseconds: it reads no repository, but a virus scanner may look at it first. */
const LIMIT_MS = 10_000

/** Runs a program without a shell, and returns what it prints. Throws a system error or what the program ended with. */
export type RunProgram = (path: string, args: readonly string[]) => string

const runProgram: RunProgram = (path, args) => {
  // Loading it takes time, and only few jobs need it.
  const { execFileSync } = process.getBuiltinModule('node:child_process')
  const env = { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, HOME: process.env.HOME }
  return execFileSync(path, args, {
    encoding: 'utf8',
    timeout: LIMIT_MS,
    maxBuffer: 65_536,
    stdio: ['ignore', 'pipe', 'ignore'],
    env,
  })
}

const NEEDS = prose`${code('git-credentials')} requires git ${OLDEST.join('.')} or later`
const FIX = prose`install one before this step, or remove ${code('git-credentials')}`

/** What is wrong with the git of this step, as a line about `git-credentials`; undefined if nothing is. */
export function gitProblem(env: NodeJS.ProcessEnv, run: RunProgram = runProgram): Prose | undefined {
  const program = findGit(env.PATH ?? '')
  if (program === undefined) {
    return prose`${NEEDS}, and this step finds no git in ${code('PATH')}: ${FIX} (in a job with ${code('container:')}, the image must contain git)`
  }
  const path = code(printable(program, 200))
  let printed: string
  try {
    printed = run(program, ['--version'])
  } catch (error) {
    return prose`${NEEDS}, and ${path} did not print its version (${reasonOf(error)}): ${FIX}`
  }
  if (isRecent(printed)) return undefined
  return prose`${NEEDS}, because older versions ignore the variables that configure it: ${FIX} (${path} printed ${quoted(printed.trim(), 80)})`
}

/** By its absolute path: the system might look into the working directory first, where the job's own files are. */
function findGit(path: string): string | undefined {
  const name = process.platform === 'win32' ? 'git.exe' : 'git'
  return path
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => join(folder, name))
    .find(isProgram)
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function isRecent(printed: string): boolean {
  const [, major, minor] = /^git version (\d+)\.(\d+)/.exec(printed) ?? []
  const [first, second] = [Number(major), Number(minor)]
  return first > OLDEST[0] || (first === OLDEST[0] && second >= OLDEST[1])
}

/** Without its text, which may quote anything. */
function reasonOf(error: unknown): string {
  const { code: name, status } = error as NodeJS.ErrnoException & { status?: number | null }
  return printable(name ?? (typeof status === 'number' ? `exit code ${status}` : 'it was stopped'), 40)
}
