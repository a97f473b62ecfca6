/** What the steps of `.github/workflows/platforms.yml` share: where the sandbox is, and how a check reports. */
import { spawnSync } from 'node:child_process'
import { appendFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { projectRoot } from '../../sandbox/root.ts'

/** Written by `start.ts`. Its tokens work in this job's sandbox only. */
export const WORLD_FILE = join(projectRoot, 'build', 'platforms.json')

export interface World {
  hub: string
  /** Every token that must be gone when the job ends. */
  tokens: string[]
}

export function readWorld(): World {
  return JSON.parse(readFileSync(WORLD_FILE, 'utf8')) as World
}

export function writeWorld(world: World): void {
  mkdirSync(dirname(WORLD_FILE), { recursive: true })
  writeFileSync(WORLD_FILE, JSON.stringify(world), { mode: 0o600 })
}

/** A variable that an earlier step must have set. */
export function variable(name: string): string {
  const value = process.env[name]
  if (!value) throw new Error(`${name} is not set`)
  return value
}

/** A program's end; it is killed after `limitMs`, which counts as a failure of the check that called it. */
export function run(
  program: string,
  args: readonly string[],
  { input = '', env = {}, cwd, limitMs = 60_000 }: RunOptions = {},
): { status: number; text: string } {
  const ended = spawnSync(program, args, {
    input,
    cwd,
    env: Object.fromEntries(Object.entries({ ...process.env, ...env }).filter(([, value]) => value !== undefined)),
    encoding: 'utf8',
    timeout: limitMs,
    windowsHide: true,
  })
  if (ended.error) throw new Error(`${program} ${args[0] ?? ''}: ${ended.error.message}`)
  return { status: ended.status ?? -1, text: `${ended.stdout}${ended.stderr}` }
}

export interface RunOptions {
  input?: string
  env?: Record<string, string | undefined>
  cwd?: string
  limitMs?: number
}

/** Makes every check, says how each ended, and lets the step fail if one did. */
export async function check(checks: Record<string, () => void | Promise<void>>): Promise<void> {
  for (const [name, act] of Object.entries(checks)) {
    try {
      await act()
      report(`- ✔ ${name}`)
    } catch (error) {
      report(`- ✘ ${name}: ${error instanceof Error ? error.message : error}`)
      process.exitCode = 1
    }
  }
}

function report(line: string): void {
  console.log(line)
  if (process.env.GITHUB_STEP_SUMMARY) appendFileSync(process.env.GITHUB_STEP_SUMMARY, `${line}\n`)
}

export function must(isTrue: boolean, otherwise: string): void {
  if (!isTrue) throw new Error(otherwise)
}
