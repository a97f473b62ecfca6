/** Where the interop tests find their tools. Nothing is installed outside of `.tools/` and the tools' own caches. */
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../../sandbox/root.ts'

const TOOLS = join(projectRoot, '.tools')
const exe = process.platform === 'win32' ? '.exe' : ''

/** Go commands by the module that holds them. Each lies in a folder that names its version. */
export const GO_TOOLS = {
  act: { module: 'github.com/nektos/act', version: 'v0.2.89' },
  actionlint: { module: 'github.com/rhysd/actionlint/cmd/actionlint', version: 'v1.7.12' },
} as const

export type GoTool = keyof typeof GO_TOOLS

export const goToolFolder = (name: GoTool) => join(TOOLS, `${name}-${GO_TOOLS[name].version}`)
export const goTool = (name: GoTool) => join(goToolFolder(name), name + exe)

/** The lists of pinned Python packages. */
export const PYTHON_PINS = ['requirements.txt', 'constraints.txt'].map((name) =>
  join(projectRoot, 'scripts', 'interop', name),
) as [requirements: string, constraints: string]

/** The virtual environment; its name changes with the pins. */
export function pythonFolder(): string {
  const hash = createHash('sha256')
  for (const file of PYTHON_PINS) hash.update(readFileSync(file))
  return join(TOOLS, `python-${hash.digest('hex').slice(0, 12)}`)
}

/** A command that a Python package brings, or `python` itself. */
export function pythonTool(name: 'python' | 'hf' | 'moto_server' | 'zizmor'): string {
  return join(pythonFolder(), process.platform === 'win32' ? 'Scripts' : 'bin', name + exe)
}
