/** Files that only the runner's own user can read: access is checked before anything is written to them. */
import fs from 'node:fs'
import { code, prose } from '../../text/message.ts'
import { Remover } from '../remove.ts'
import { keepOwnerOnly, type Run, runProgram } from './access-list.ts'
import { notPrivate } from './not-private.ts'

/** What decides how access is limited; a test plays another system with it. */
export interface AccessOptions {
  platform?: NodeJS.Platform
  /** Runs Windows's own program. */
  run?: Run
  /** What the system says about an opened file or folder. */
  statsOf?: (opened: number) => Pick<fs.Stats, 'mode' | 'uid'>
}

/**
 * Creates a folder for the owner only (mode 0700). Throws if the folder exists.
 *
 * @throws `ActionError` `delivery-failed` if others have access to it.
 */
export function makePrivateDirectory(path: string, options: AccessOptions = {}): void {
  const { platform = process.platform, run = runProgram } = options
  fs.mkdirSync(path, { mode: 0o700 })
  if (platform === 'win32') {
    keepOwnerOnly(path, 'folder', run)
    return
  }
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants
  const opened = fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
  try {
    requirePrivate(path, opened, options)
  } finally {
    fs.closeSync(opened)
  }
}

/**
 * Writes a new file with mode 0600, in a folder for the owner only. Throws if there is a file or link already.
 *
 * @throws `ActionError` `delivery-failed` if others have access to it; then it is removed again.
 */
export function writePrivateFile(path: string, content: string, options: AccessOptions = {}): void {
  const opened = fs.openSync(path, 'wx', 0o600)
  // On Windows, the folder's access list applies to what is in it.
  fill(path, opened, () => {
    if ((options.platform ?? process.platform) !== 'win32') requirePrivate(path, opened, options)
    fs.writeFileSync(opened, content)
  })
}

/**
 * Writes a new file for the owner only, in a folder that others may read. Returns false, and changes nothing, if
 * anything is there already, even a link to nowhere.
 *
 * @throws `ActionError` `delivery-failed` if others have access to it; then it is removed again.
 */
export function writeNewPrivateFile(path: string, content: string, options: AccessOptions = {}): boolean {
  const { platform = process.platform, run = runProgram } = options
  let opened: number
  try {
    opened = fs.openSync(path, 'wx', 0o600)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  fill(path, opened, () => {
    if (platform === 'win32') keepOwnerOnly(path, 'file', run)
    else requirePrivate(path, opened, options)
    fs.writeFileSync(opened, content)
  })
  return true
}

/** Closes the file, and removes it if `write` throws: half a token would not be recognized as ours later. */
function fill(path: string, opened: number, write: () => void): void {
  let isWritten = false
  try {
    write()
    isWritten = true
  } finally {
    fs.closeSync(opened)
    if (!isWritten) new Remover().file(path)
  }
}

/** A file system may ignore the mode that a file or folder is created with, or give it to somebody else. */
function requirePrivate(path: string, opened: number, { platform, statsOf = fs.fstatSync }: AccessOptions): void {
  const { mode, uid } = statsOf(opened)
  const user = process.geteuid?.()
  const fails = (seen: ReturnType<typeof prose>) => notPrivate(path, seen, platform ?? process.platform)
  if ((mode & 0o077) !== 0) {
    throw fails(
      prose`its mode is ${code((mode & 0o7777).toString(8).padStart(4, '0'))}, although a private one was requested`,
    )
  }
  if (user !== undefined && uid !== user) {
    throw fails(prose`it belongs to user ${String(uid)}, although this step runs as user ${String(user)}`)
  }
}
