/** Edge of post: removes the copies that `hf auth login` and Git made of the token that main delivered. */
import { randomUUID } from 'node:crypto'
import { closeSync, fchmodSync, fchownSync, openSync, renameSync, writeSync } from 'node:fs'
import { isAbsolute } from 'node:path'
import { getState } from '@actions/core'
import { isRecord, parseJson } from '../../text/json.ts'
import { listed, printable } from '../../text/printable.ts'
import {
  COPIES_STATE,
  type CopyFile,
  copyFiles,
  type Fingerprint,
  type FoundFile,
  findFile,
  type SavedCopies,
} from '../copies.ts'
import { runnerLog } from '../log.ts'
import { Remover } from '../remove.ts'
import { tellLeft } from '../tell-removal.ts'
import { withoutCopies } from './copy-text.ts'

/**
 * Removes every copy that it can, and warns about the rest. Returns the files that held one. Never throws: the job must not
 * fail because of it.
 */
export function removeCopies(env: NodeJS.ProcessEnv, remover = new Remover()): string[] {
  const saved = readSaved(getState(COPIES_STATE))
  if (!saved) return []
  const files = new Map([...saved.files, ...copyFiles(env)].map((file) => [`${file.kind} ${file.path}`, file]))
  const removed = [...files.values()].filter((file) => remove(file, saved, remover)).map(({ path }) => path)
  if (removed.length > 0) {
    const copies = removed.length === 1 ? 'a copy' : 'copies'
    runnerLog.info(`Removed ${copies} of this job’s token from ${listed(removed.map(shown))}.`)
  }
  return removed
}

/** Returns whether a copy was there and is gone. */
function remove({ kind, path }: CopyFile, { before, ...ours }: SavedCopies, remover: Remover): boolean {
  let found: FoundFile | undefined
  try {
    found = findFile(path)
  } catch (error) {
    return unread(path, error, remover)
  }
  if (!found) return false
  const remainder = withoutCopies(kind, found.text, ours)
  if (remainder === 'none here') return false
  if (before.includes(path)) {
    runnerLog.info(`${shown(path)} already held this job’s token before this step, so the post step did not change it.`)
    return false
  }
  if (found.isLink) return left(remover, path, 'the path is a symbolic link')
  if (remainder === 'unknown form') return left(remover, path, 'the post step does not recognize the file’s format')
  try {
    return rewrite({ kind, path }, ours, remover)
  } catch (error) {
    return left(remover, path, `the file could not be changed (${reasonOf(error)})`)
  }
}

/**
 * Whoever reads the file meanwhile sees the one or the other text, and never a part of it. The file is read again after the
 * draft exists: Git's own writers take `.lock` as their lock. Returns whether a copy was removed.
 */
function rewrite({ kind, path }: CopyFile, ours: Fingerprint, remover: Remover): boolean {
  const draft = kind === 'git' ? `${path}.lock` : `${path}.hf-oidc-${randomUUID()}`
  const opened = createDraft(draft)
  let isDraft = true
  try {
    const found = findFile(path)
    const remainder = found ? withoutCopies(kind, found.text, ours) : 'none here'
    if (!found || typeof remainder === 'string') return false
    if (remainder.kept === undefined) {
      const removal = remover.file(path)
      const warning = tellLeft(removal)
      if (warning !== undefined) runnerLog.warning(warning)
      return removal.outcome === 'removed'
    }
    writeSync(opened, remainder.kept, null, 'latin1')
    fchownSync(opened, found.uid, found.gid)
    // After the owner: a change of owner takes bits of the mode away.
    fchmodSync(opened, found.mode)
    renameSync(draft, path)
    // Another writer may have its own lock there by now.
    isDraft = false
    return true
  } finally {
    closeSync(opened)
    if (isDraft) {
      // Not with the other one: nobody delivered it.
      const { outcome, reason } = new Remover().file(draft)
      // It holds what others wrote to the file, and not this job's token.
      if (outcome === 'left') {
        runnerLog.warning(`The post step’s own file ${shown(draft)} is still there (${reason}). Remove it yourself.`)
      }
    }
  }
}

/** How long to wait for a lock, and how often to look. */
const LOCK_MS = 1_000
const LOOK_MS = 50

/** Creates the file, and waits a little for another one to go. */
function createDraft(path: string): number {
  for (let waitedMs = 0; ; waitedMs += LOOK_MS) {
    try {
      return openSync(path, 'wx', 0o600)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || waitedMs >= LOCK_MS) throw error
    }
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, LOOK_MS)
  }
}

function left(remover: Remover, path: string, why: string): false {
  remover.noteLeft(path, why)
  runnerLog.warning(
    `${shown(path)} holds a copy of this job’s token. The post step did not remove it, because ${why}. Remove it yourself.`,
  )
  return false
}

function unread(path: string, error: unknown, remover: Remover): false {
  const reason = reasonOf(error)
  // A folder that is a file, or a link to nothing: there is no such file.
  if (reason === 'ENOENT' || reason === 'ENOTDIR') return false
  remover.noteLeft(path, reason)
  runnerLog.warning(
    `The post step could not check whether ${shown(path)} holds a copy of this job’s token (${reason}), and did not change it.`,
  )
  return false
}

/** The system's error code, or what is there instead of a small file. */
function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException
  return printable(code ?? message, 60)
}

function shown(path: string): string {
  return printable(path, 300)
}

const HASH = /^[0-9a-f]{64}$/
/** The state may be missing (main delivered nothing) or, on a runner that was tampered with, anything. */
function readSaved(state: string): SavedCopies | undefined {
  const saved = parseJson(state)
  if (!isRecord(saved) || typeof saved.hash !== 'string' || !HASH.test(saved.hash)) return undefined
  const { hash, length, files, before } = saved
  if (typeof length !== 'number') return undefined
  return {
    hash,
    length,
    files: Array.isArray(files) ? files.filter(isCopyFile) : [],
    before: Array.isArray(before) ? before.filter((path) => typeof path === 'string') : [],
  }
}

function isCopyFile(value: unknown): value is CopyFile {
  if (!isRecord(value) || typeof value.path !== 'string' || !isAbsolute(value.path)) return false
  return value.kind === 'token' || value.kind === 'stored' || value.kind === 'git'
}
