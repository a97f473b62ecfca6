/** Compiles and runs the tests: `npm run jest -- <Jest's options>`. Jest needs a flag of Node's for ES modules. */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { projectRoot } from '../sandbox/root.ts'
import { compile } from './compile.ts'

compile()
const jest = join(projectRoot, 'node_modules', 'jest', 'bin', 'jest.js')
const args = ['--experimental-vm-modules', '--no-warnings', jest, ...process.argv.slice(2)]
process.exitCode = spawnSync(process.execPath, args, { cwd: projectRoot, stdio: 'inherit' }).status ?? 1
