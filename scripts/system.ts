/** Programs that the machine itself must have: looked for, and on a bare Debian or Ubuntu installed. */
import { spawnSync } from 'node:child_process'

/** Something is missing and cannot be installed from here. The message says what, and what to do. */
export class MissingTool extends Error {}

export interface SystemTool {
  /** What the message calls it, e.g. `Go`. */
  name: string
  /** True when it is there and usable. */
  works: () => boolean
  /** The packages that bring it on Debian and Ubuntu. */
  packages: readonly string[]
}

/** Runs a program to its end, showing what it prints. Throws when it fails. */
export function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): void {
  const { status, signal, error } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'], env })
  if (error) throw new Error(`${program} could not be started: ${error.message}`)
  if (status !== 0) throw new Error(`${program} ${args.join(' ')} exited with ${status ?? signal}`)
}

/** What the program prints on stdout, or undefined when it is not there or fails. */
export function output(program: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  return status === 0 ? stdout.trim() : undefined
}

/**
 * Makes sure that the tools which `who` needs are there. What is missing is installed by `apt-get` when this runs as
 * root on a machine that has it.
 *
 * @throws MissingTool naming every tool that is still missing.
 */
export function need(who: string, tools: readonly SystemTool[]): void {
  let missing = tools.filter(({ works }) => !works())
  if (missing.length > 0 && process.getuid?.() === 0 && output('apt-get', ['--version']) !== undefined) {
    const packages = [...new Set(missing.flatMap((tool) => tool.packages))]
    console.log(`Installing ${packages.join(', ')} with apt-get`)
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    run('apt-get', ['update', '-q'], env)
    run('apt-get', ['install', '-q', '-y', '--no-install-recommends', ...packages], env)
    missing = missing.filter(({ works }) => !works())
  }
  if (missing.length === 0) return
  const lines = missing.map(({ name, packages }) => `  ${name} (on Debian and Ubuntu: ${packages.join(', ')})`)
  throw new MissingTool(`Install the tools that ${who} need:\n${lines.join('\n')}`)
}
