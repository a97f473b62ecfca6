/**
 * `npm run docs:messages [-- <Jest's options>]`: builds `dist/`, lets the end-to-end tests record their messages in
 * `docs/messages/` and the outages their table, removes those that no test makes any more, and writes the documents.
 */
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../sandbox/root.ts'
import { build } from './build.ts'
import { orphanedMessages } from './docs/messages.ts'
import { onDisk } from './docs/project.ts'

function run(script: string, args: readonly string[] = []): number {
  const env = { ...process.env, UPDATE_MESSAGES: '1' }
  return (
    spawnSync(process.execPath, [join(projectRoot, 'scripts', script), ...args], { env, stdio: 'inherit' }).status ?? 1
  )
}

const project = onDisk()
const tests = project
  .list('__tests__/e2e/*.test.ts')
  .filter((path) => project.read(path)?.includes('recordMessage('))
  .map((path) => path.replace(/\.ts$/, '.js'))
  .concat('__tests__/token/outages.test.js')
await build(join(projectRoot, 'dist'))
// A test that fails may have recorded its message all the same: what it expects of the old wording is to be changed too.
const failed = run('jest.ts', [...tests, ...process.argv.slice(2)]) !== 0
for (const path of orphanedMessages(project)) {
  rmSync(join(projectRoot, path))
  console.log(`Removed ${path}: no test records it.`)
}
const problems = run('docs.ts') !== 0
if (failed) console.error('Some tests failed. Update their expectations, and check what they recorded.')
process.exitCode = failed || problems ? 1 : 0
