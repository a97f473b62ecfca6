/** Edge: reads a text file of the repository that an input names. */
import { realpathSync } from 'node:fs'
import { isAbsolute, relative, resolve, sep } from 'node:path'
import { type Prose, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { readSmallFile } from './small-file.ts'

/** The text, or what is wrong with the file: the rest of a sentence that begins with the name of the input. */
export type FileText = { text: string } | { problem: string | Prose }

/** Far more than any list has, in bytes. */
export const MAX_LIST_FILE = 1_048_576

/**
 * The text of the file, which must be in `workspace`, wherever links on the way to it lead. `workspace`: where the
 * repository is checked out; empty when the runner does not say.
 */
export function readWorkspaceFile(path: string, workspace: string): FileText {
  if (workspace === '')
    return { problem: 'needs GITHUB_WORKSPACE, which is not set: this runner checks out no repository' }
  if (path.split(/[/\\]/).includes('..')) return { problem: 'must not contain ".."' }
  const full = resolve(workspace, path)
  if (!isInside(full, workspace)) {
    return { problem: 'must be a path inside the repository, such as .github/huggingface-secrets.txt' }
  }
  try {
    const real = realpathSync(full)
    if (!isInside(real, realpathSync(workspace))) {
      return { problem: 'must not lead out of the repository through a symbolic link' }
    }
    return textOf(readSmallFile(real, MAX_LIST_FILE).bytes)
  } catch (error) {
    return { problem: whatIsWrong(error as NodeJS.ErrnoException) }
  }
}

function isInside(path: string, folder: string): boolean {
  const way = relative(folder, path)
  return way !== '' && way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way)
}

/** UTF-8, with or without a byte order mark. */
function textOf(bytes: Buffer): FileText {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!text.includes('\0')) return { text }
  } catch {
    // Below.
  }
  return { problem: 'names a file that is not UTF-8 text' }
}

function whatIsWrong({ code, message }: NodeJS.ErrnoException): string | Prose {
  if (code === 'ENOENT' || code === 'ENOTDIR') {
    return prose`names a file that does not exist; check out the repository before this step, and give the path from its root`
  }
  if (code === 'EISDIR') return 'names a directory'
  return code === undefined
    ? `names ${printable(message, 80)}`
    : `names a file that cannot be read (${printable(code, 40)})`
}
