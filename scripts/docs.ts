/**
 * Keeps the documents true. `npm run docs` updates what comes from the code, and lists what you have to fix yourself;
 * `npm run docs -- --check` writes nothing, and fails on both. `scripts/docs/` has one file per check.
 */
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectRoot } from '../sandbox/root.ts'
import { documents } from './docs/documents.ts'
import { onDisk } from './docs/project.ts'

const check = process.argv.includes('--check')
const { written, problems } = documents(onDisk())
for (const { path, text } of check ? [] : written) {
  writeFileSync(join(projectRoot, path), text)
  console.log(`Updated ${path}.`)
}
const open = problems.filter(({ stale }) => check || !stale)
for (const { path, line, says } of open) console.error(`${path}:${line}: ${says}`)
if (open.length > 0) {
  const stale = open.filter((problem) => problem.stale).length
  console.error(`${open.length} problems.${stale > 0 ? ` \`npm run docs\` fixes ${stale} of them.` : ''}`)
  process.exitCode = 1
} else {
  console.log('The documents match the code.')
}
