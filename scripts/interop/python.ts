/** The Python tools: a virtual environment with pinned packages. */
import { existsSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { output, run, type SystemTool } from '../system.ts'
import { PYTHON_PINS, pythonFolder, pythonTool } from './paths.ts'

/** What the pinned packages ask for. */
const OLDEST = [3, 11] as const

/** The first of these that is new enough and can make virtual environments. */
const candidates = process.platform === 'win32' ? ['python', 'py'] : ['python3', '/usr/bin/python3']
const probe = `import sys, venv, ensurepip; sys.exit(sys.version_info < (${OLDEST.join(', ')}))`
const interpreter = () => candidates.find((program) => output(program, ['-c', probe]) !== undefined)

export const python: SystemTool = {
  name: `Python ${OLDEST.join('.')} or newer with the venv module`,
  works: () => pythonToolsAreThere() || interpreter() !== undefined,
  packages: ['python3', 'python3-venv', 'ca-certificates'],
}

/** Written last: an environment without it is not whole. */
const marker = () => join(pythonFolder(), 'complete')

export function pythonToolsAreThere(): boolean {
  return existsSync(marker()) && output(pythonTool('python'), ['-c', 'import huggingface_hub, moto']) !== undefined
}

/** Installs from scratch, with pip's own configuration (index, proxy, certificates). */
export function installPythonTools(): void {
  const program = interpreter()
  if (!program) throw new Error('python was there a moment ago')
  const folder = pythonFolder()
  rmSync(folder, { recursive: true, force: true })
  run(program, ['-m', 'venv', folder])
  const [requirements, constraints] = PYTHON_PINS
  const pip = ['-m', 'pip', 'install', '--quiet', '--no-input', '--disable-pip-version-check']
  run(pythonTool('python'), [...pip, '--only-binary', ':all:', '-r', requirements, '-c', constraints])
  writeFileSync(`${marker()}.new`, '')
  renameSync(`${marker()}.new`, marker())
}
