/** Fails when the committed `dist/` is not what the sources build to, or when it is larger than promised. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { projectRoot } from '../sandbox/root.ts'
import { type Built, build } from './build.ts'
import { copiesIn } from './chunks.ts'
import { DOWNLOAD_LIMIT, SIZE_LIMITS } from './dist-limits.ts'
import { downloadOf, downloadOfWorkTree, grownFiles } from './download.ts'
import { packageFolder } from './licenses.ts'

const dist = join(projectRoot, 'dist')

const limits: Readonly<Record<string, number>> = SIZE_LIMITS

/** Prints a problem; the check fails, and goes on to find the others. */
function fail(problem: string): void {
  console.error(problem)
  process.exitCode = 1
}

function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
}

function compare(fresh: string): void {
  const read = (folder: string, name: string) => {
    try {
      return readFileSync(join(folder, name), 'utf8')
    } catch {
      return undefined
    }
  }
  const names = [...new Set([...filesIn(dist), ...filesIn(fresh)])].sort()
  const different = names.filter((name) => read(dist, name) !== read(fresh, name))
  if (different.length > 0) {
    fail(`dist/ is out of date:\n${list(different)}\nRun \`npm run build\` and commit the result.`)
  }
}

/** What each program can load, and what only it needs: that is what it adds to the download. */
function reportPrograms({ programs }: Built, folder: string): void {
  const sizeOf = (names: string[]) => {
    const contents = Buffer.concat(names.map((name) => readFileSync(join(folder, name))))
    return { size: contents.length, compressed: gzipSync(contents).length }
  }
  for (const [name, files] of programs) {
    const others = new Set([...programs].flatMap(([other, theirs]) => (other === name ? [] : theirs)))
    const all = sizeOf(files)
    const added = sizeOf(files.filter((file) => !others.has(file)))
    const limit = limits[name] ?? 0
    console.log(
      `${name}: can load ${inBytes(all.size)} (${inBytes(all.compressed)} compressed; limit ${inBytes(limit)}); adds ${inBytes(added.size)} (${inBytes(added.compressed)} compressed)`,
    )
    if (all.size > limit) fail(`${name} exceeds its limit in scripts/dist-limits.ts.`)
  }
}

/** A package in two files of one bundle is downloaded twice. Our own modules are small enough to allow it. */
function reportCopies({ modules }: Built): void {
  const copies = copiesIn(modules)
  const packages = copies.filter(({ path }) => packageFolder(path))
  for (const { path, files } of packages) fail(`${homeOf(path)} is duplicated in ${files.join(', ')}`)
  const extra = copies.reduce((sum, { size, files }) => sum + size * (files.length - 1), 0)
  console.log(`${copies.length - packages.length} modules of src/ are duplicated: ${inBytes(extra)} of extra source.`)
}

function reportDownload({ modules }: Built): void {
  const { size, files } = downloadOfWorkTree(projectRoot)
  console.log(`A runner downloads ${inBytes(size)}, compressed (limit ${inBytes(DOWNLOAD_LIMIT)}).`)
  if (size <= DOWNLOAD_LIMIT) return
  const contents = (file: string) => {
    const homes = new Set((modules.get(file.replace(/^dist\//, '')) ?? []).map(({ path }) => homeOf(path)))
    return homes.size > 0 ? `: ${[...homes].join(', ')}` : ''
  }
  const growth = grownFiles(files, downloadOf(projectRoot, 'HEAD').files)
  const lines = growth.slice(0, 12).map(([file, more]) => `${file} +${inBytes(more)}${contents(file)}`)
  fail(
    lines.length > 0
      ? `The download is too large. Uncompressed growth since the last commit:\n${list(lines)}`
      : 'The download is too large, as it was in the last commit.',
  )
}

/** The package of a module, or the folder of `src/`. */
function homeOf(path: string): string {
  return relative(projectRoot, packageFolder(path) ?? dirname(path))
    .replaceAll('\\', '/')
    .replace(/^(?:.*\/)?node_modules\/|^build\//, '')
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `  ${line}`).join('\n')
}

function inBytes(size: number): string {
  return `${size.toLocaleString('en')} bytes`
}

const fresh = mkdtempSync(join(tmpdir(), 'hf-oidc-dist-'))
try {
  const built = await build(fresh)
  compare(fresh)
  reportPrograms(built, fresh)
  reportCopies(built)
  reportDownload(built)
  if (process.exitCode === undefined) console.log('dist/ is up to date.')
} finally {
  rmSync(fresh, { recursive: true, force: true })
}
