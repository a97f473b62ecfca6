/** Post removes the token files that main wrote to the home folder, if they are still what main wrote. */
import { rmdirSync } from 'node:fs'
import { basename, dirname, isAbsolute, relative } from 'node:path'
import { isRecord, parseJson } from '../../text/json.ts'
import { printable } from '../../text/printable.ts'
import { hashOf } from '../copies.ts'
import type { HomeFile } from '../deliver/plan.ts'
import { runnerLog } from '../log.ts'
import type { Remover } from '../remove.ts'
import { readSmallFile } from '../small-file.ts'
import { shownPath, tellLeft } from '../tell-removal.ts'

/** Far more than any token has, in bytes. */
const MAX_TOKEN = 16_384

/** Removes what it can and reports the rest. Returns the removed paths, and how many files the state lists. */
export function removeHomeFiles(state: string, remover: Remover): { removed: string[]; count: number } {
  const files = readHomeFiles(state)
  return { removed: files.filter((file) => remove(file, remover)).map(({ path }) => path), count: files.length }
}

/** The state may be missing or, on a runner that was tampered with, anything. */
function readHomeFiles(state: string): HomeFile[] {
  const saved = parseJson(state)
  return (Array.isArray(saved) ? saved : [])
    .filter(isRecord)
    .flatMap(({ path, sha256, created }) =>
      typeof path === 'string' && isAbsolute(path) && basename(path) === 'token' && typeof sha256 === 'string'
        ? [{ path, sha256, created: typeof created === 'string' ? created : undefined }]
        : [],
    )
}

/** Returns whether the file was there and is gone. */
function remove(file: HomeFile, remover: Remover): boolean {
  const shown = shownPath(file.path)
  try {
    if (!remover.retry(() => isStillOurs(file))) {
      runnerLog.info(`Left ${shown} alone: it is no longer the file that this action wrote.`)
      return false
    }
  } catch (error) {
    const code = printable((error as NodeJS.ErrnoException).code, 40)
    // Nothing is there, or a folder of the path is a file.
    if (code === 'ENOENT' || code === 'ENOTDIR') runnerLog.info(`${shown} was already gone.`)
    else {
      remover.noteLeft(file.path, code)
      runnerLog.warning(
        `${shown} could not be read (${code}), and may still be there with this job’s token. Remove it yourself.`,
      )
    }
    return false
  }
  const removal = remover.file(file.path)
  const warning = tellLeft(removal)
  if (warning !== undefined) runnerLog.warning(warning)
  if (removal.outcome === 'gone') runnerLog.info(`${shown} was already gone.`)
  if (removal.outcome !== 'removed') return false
  removeEmptyFolders(file)
  return true
}

/** Whether it is a regular file with the same content. A link is not followed, and a pipe not waited for. */
function isStillOurs({ path, sha256 }: HomeFile): boolean {
  try {
    // Another program may have added the end of the line.
    return hashOf(readSmallFile(path, MAX_TOKEN).bytes.toString('latin1').trimEnd()) === sha256
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // Something else than a small regular file, or a link. FreeBSD's word for it is EMLINK.
    if (code === undefined || ['ELOOP', 'EMLINK'].includes(code)) return false
    throw error
  }
}

/** Removes the folders that were created for the file, as far as nobody else has put anything there. */
function removeEmptyFolders({ path, created }: HomeFile): void {
  if (created === undefined) return
  try {
    for (let folder = dirname(path); !relative(created, folder).startsWith('..'); folder = dirname(folder)) {
      rmdirSync(folder)
    }
  } catch {
    // Somebody else uses the folder by now.
  }
}
