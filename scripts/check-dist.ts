/** Fails when the committed `dist/` is not what the sources build to, or when it is larger than promised. */
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { projectRoot } from '../sandbox/root.ts'
import { build } from './build.ts'

/** The largest size of each entry's folder, in bytes. */
const LIMITS = { main: 900_000, post: 100_000, rotate: 800_000, lambda: 600_000 } as const

/** What a runner downloads at most, in bytes: about what `git archive` makes of the files that are not left out. */
const DOWNLOAD_LIMIT = 500_000
const DOWNLOADED = ['dist/main', 'dist/post', 'dist/rotate']

const files = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort()

const dist = join(projectRoot, 'dist')
const fresh = mkdtempSync(join(tmpdir(), 'hf-oidc-dist-'))
try {
  await build(fresh)
  const names = [...new Set([...files(dist), ...files(fresh)])]
  const read = (folder: string, name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8')
    } catch {
      return undefined
    }
  }
  const different = names.filter((name) => read(dist, name) !== read(fresh, name))
  if (different.length > 0) {
    console.error(`dist/ is not what the sources build to:\n${different.map((name) => `  ${name}`).join('\n')}`)
    console.error('Run `npm run build` and commit the result.')
    process.exitCode = 1
  }
  for (const [entry, limit] of Object.entries(LIMITS)) {
    const folder = join(dist, entry)
    const size = files(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
    console.log(`dist/${entry}: ${size} bytes of at most ${limit}`)
    if (size > limit) process.exitCode = 1
  }
  const contents = DOWNLOADED.flatMap((folder) =>
    files(join(projectRoot, folder)).map((name) => readFileSync(join(projectRoot, folder, name))),
  )
  const download = gzipSync(Buffer.concat(contents)).length
  console.log(`a runner downloads ${download} bytes of at most ${DOWNLOAD_LIMIT}, compressed`)
  if (download > DOWNLOAD_LIMIT) process.exitCode = 1
  if (process.exitCode === undefined) console.log(`dist/ is what the sources build to (${names.length} files).`)
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
