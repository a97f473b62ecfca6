/** `npm run test:interop -- <Jest's options>`: the action against code that no one here wrote. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from '../sandbox/root.ts'
import { compile } from './compile.ts'
import { installTools } from './interop/install.ts'
import { MissingTool } from './system.ts'

try {
  installTools()
  compile()
  const jest = join(projectRoot, 'node_modules', 'jest', 'bin', 'jest.js')
  const config = join(projectRoot, 'scripts', 'interop', 'jest.json')
  const args = ['--experimental-vm-modules', '--no-warnings', jest, '--config', config, '--runInBand']
  const { status } = spawnSync(process.execPath, [...args, ...process.argv.slice(2)], {
    cwd: projectRoot,
    stdio: ['ignore', 'inherit', 'inherit'],
  })
  process.exitCode = status ?? 1
} catch (error) {
  console.error(error instanceof MissingTool ? error.message : error)
  process.exitCode = 1
}
