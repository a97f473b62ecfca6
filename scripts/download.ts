/** What a runner downloads: the archive that GitHub makes of the repository, without the files marked `export-ignore`. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'

/** An archive, as a runner downloads it. */
export interface Download {
  /** The size of the compressed archive, in bytes. */
  size: number
  /** The size of each file in it, in bytes, not compressed. */
  files: Map<string, number>
}

/** A commit has an author and a date; always the same ones, so that the same files have the same size. */
const AUTHOR = { NAME: 'x', EMAIL: 'x', DATE: '2000-01-01T00:00:00Z' }

/**
 * The download, if the files of the work tree were committed as they are (ignored files are not). Nothing is committed
 * or staged.
 *
 * @throws `Error` with what git says, outside a git repository for example.
 */
export function downloadOfWorkTree(root: string): Download {
  const scratch = mkdtempSync(join(tmpdir(), 'hf-oidc-download-'))
  try {
    const objects = join(scratch, 'objects')
    mkdirSync(objects)
    const env = {
      ...process.env,
      GIT_INDEX_FILE: join(scratch, 'index'),
      GIT_OBJECT_DIRECTORY: objects,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: git(root, ['rev-parse', '--path-format=absolute', '--git-path', 'objects']),
      ...Object.fromEntries(
        ['AUTHOR', 'COMMITTER'].flatMap((who) =>
          Object.entries(AUTHOR).map(([what, value]) => [`GIT_${who}_${what}`, value]),
        ),
      ),
    }
    git(root, ['add', '--all', '.'], env)
    const tree = git(root, ['write-tree'], env)
    return downloadOf(root, git(root, ['commit-tree', tree, '-m', 'x'], env), env)
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
}

/** The download of a commit. */
export function downloadOf(root: string, commit: string, env?: NodeJS.ProcessEnv): Download {
  const tar = run(root, ['archive', '--format=tar', '--prefix=hf-oidc-action/', commit], env)
  return { size: gzipSync(tar).length, files: filesIn(tar) }
}

/** The files that are larger than before, or new, and by how many bytes; the largest growth first. */
export function grownFiles(
  files: ReadonlyMap<string, number>,
  before: ReadonlyMap<string, number>,
): [file: string, growth: number][] {
  return [...files]
    .map(([file, size]): [string, number] => [file, size - (before.get(file) ?? 0)])
    .filter(([, growth]) => growth > 0)
    .sort(([, one], [, other]) => other - one)
}

/** The size of each file in an archive without its top folder. Source: POSIX, "pax Interchange Format". */
function filesIn(tar: Buffer): Map<string, number> {
  const files = new Map<string, number>()
  const BLOCK = 512
  for (let at = 0; at + BLOCK <= tar.length; ) {
    const field = (start: number, length: number) =>
      tar.toString('utf8', at + start, at + start + length).replace(/\0.*/s, '')
    const size = Number.parseInt(field(124, 12), 8) || 0
    const isFile = field(156, 1) === '0'
    const path = [field(345, 155), field(0, 100)].filter((part) => part !== '').join('/')
    if (isFile) files.set(path.slice(path.indexOf('/') + 1), size)
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  return files
}

function git(root: string, args: readonly string[], env?: NodeJS.ProcessEnv): string {
  return run(root, args, env).toString('utf8').trim()
}

function run(root: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env): Buffer {
  return execFileSync('git', args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], maxBuffer: 100_000_000 })
}
