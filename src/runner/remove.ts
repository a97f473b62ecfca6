/**
 * Edge: the only code that deletes. It empties a file, unlinks it, tries again while something holds it, and then looks
 * whether it is gone. What it returns is what it saw.
 */
import fs from 'node:fs'
import { join } from 'node:path'
import { printable } from '../text/printable.ts'

/** What became of a path. */
export interface Removal {
  path: string
  /** `gone`: nothing was there. `left`: something is still there, or nobody can tell. */
  outcome: 'removed' | 'gone' | 'left'
  /** Why it is left, in a few words. */
  reason: string | undefined
  /** It is left, and was emptied: what it held is gone. */
  isEmpty: boolean
  /** It was removed, and the file has other names (hard links) that still hold what it held. */
  otherNames: number
}

/** What became of a folder and what is in it. */
export interface FolderRemoval extends Removal {
  /** Files below it that are left, or that have other names. */
  files: readonly Removal[]
}

/** The part of `node:fs` that deleting takes. */
export type RemoveFileSystem = Pick<
  typeof fs,
  | 'closeSync'
  | 'existsSync'
  | 'fchmodSync'
  | 'fstatSync'
  | 'ftruncateSync'
  | 'lstatSync'
  | 'openSync'
  | 'readdirSync'
  | 'rmdirSync'
  | 'unlinkSync'
>

/** Why a folder is left because of what is in it. */
export const NOT_EMPTY = 'it is not empty'

/** What another attempt can cure: a program (an antivirus scanner, a backup) that has the file open for a moment. */
const PASSING = new Set(['EACCES', 'EBUSY', 'EEXIST', 'EMFILE', 'ENFILE', 'ENOTEMPTY', 'EPERM'])
/** How long one remover waits in all, in milliseconds: scanners let go within a second or two. */
const PATIENCE_MS = 5_000
const FIRST_PAUSE_MS = 50
const LONGEST_PAUSE_MS = 800

/** Waits on this thread: nothing else happens in post meanwhile. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms)
}

export interface RemoverOptions {
  fs?: RemoveFileSystem
  /** Waits that many milliseconds. */
  wait?: (ms: number) => void
  /** How long it waits in all, in milliseconds. */
  patienceMs?: number
  /** The user that files must belong to before they are emptied; undefined on Windows. */
  userId?: number | undefined
}

/** Removes files and folders. One patience for all of them, so that post ends soon whatever is held. */
export class Remover {
  #patienceMs: number
  readonly #fs: RemoveFileSystem
  readonly #wait: (ms: number) => void
  readonly #userId: number | undefined
  readonly #removals: Removal[] = []

  constructor(options: RemoverOptions = {}) {
    const { fs: given = fs, wait = pause, patienceMs = PATIENCE_MS, userId = process.geteuid?.() } = options
    this.#patienceMs = patienceMs
    this.#fs = given
    this.#wait = wait
    this.#userId = userId
  }

  /** Removes a file, or a link instead of what it points to. Leaves a folder. Never throws. */
  file(path: string): Removal {
    return this.#keep(this.#file(path, path))
  }

  /** Removes a folder with everything in it, if it belongs to the user. Follows no link. Never throws. */
  folder(path: string): FolderRemoval {
    const files: Removal[] = []
    return { ...this.#keep(this.#folder(path, path, files)), files }
  }

  /** Notes that something is left which this remover was not asked to remove. */
  noteLeft(path: string, reason: string): void {
    this.#keep(left(path, reason))
  }

  /** What was removed so far, and what is left. */
  get paths(): { removed: string[]; left: string[] } {
    const which = (wanted: Removal['outcome']) =>
      this.#removals.filter(({ outcome }) => outcome === wanted).map(({ path }) => path)
    return { removed: which('removed'), left: which('left') }
  }

  #keep(removal: Removal): Removal {
    this.#removals.push(removal)
    return removal
  }

  /** What `work` returns, with more attempts while something holds a file. Throws what the last attempt throws. */
  retry<T>(work: () => T): T {
    for (let nextMs = FIRST_PAUSE_MS; ; nextMs = Math.min(2 * nextMs, LONGEST_PAUSE_MS)) {
      try {
        return work()
      } catch (error) {
        if (!(PASSING.has(codeOf(error)) && this.#pause(nextMs))) throw error
      }
    }
  }

  /** Waits, if there is patience left for it. */
  #pause(ms: number): boolean {
    if (ms > this.#patienceMs) return false
    this.#wait(ms)
    this.#patienceMs -= ms
    return true
  }

  /** `shown`: the path as the user knows it. */
  #file(path: string, shown: string): Removal {
    const found = this.#look(path)
    if (found === undefined) return ended(shown, 'gone')
    if (typeof found === 'string') return left(shown, found)
    if (found.isDirectory()) return left(shown, 'it is a folder')
    let isEmpty = false
    let isUnlinked = false
    const reason = this.#insist(path, () => {
      isEmpty ||= this.#empty(path, found)
      this.#fs.unlinkSync(path)
      isUnlinked = true
    })
    if (reason !== undefined) return { ...left(shown, reason), isEmpty }
    return { ...ended(shown, isUnlinked ? 'removed' : 'gone'), otherNames: found.isFile() ? found.nlink - 1 : 0 }
  }

  #folder(path: string, shown: string, files: Removal[]): Removal {
    const found = this.#look(path)
    if (found === undefined) return ended(shown, 'gone')
    if (typeof found === 'string') return left(shown, found)
    if (!found.isDirectory()) return left(shown, 'it is not a folder')
    if (!this.#isOwn(found)) return left(shown, 'it belongs to a different user')
    try {
      if (!this.#clear(path, shown, files)) return left(shown, NOT_EMPTY)
    } catch (error) {
      return left(shown, reasonOf(error))
    }
    const reason = this.#insist(path, () => this.#fs.rmdirSync(path))
    return reason === undefined ? ended(shown, 'removed') : { ...left(shown, reason), isEmpty: this.#isBare(path) }
  }

  /** Removes what is in a folder. Returns whether all of it is gone. */
  #clear(path: string, shown: string, files: Removal[]): boolean {
    const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = fs.constants
    // Windows has neither flag, and opens no folder.
    if (O_DIRECTORY === undefined) return this.#clearEntries(path, shown, files)
    const opened = this.#fs.openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    try {
      this.#unlock(opened)
      // Through the opened folder, where the system allows it: another one may be at the path by now.
      const through = `/proc/self/fd/${opened}`
      return this.#clearEntries(this.#fs.existsSync(through) ? through : path, shown, files)
    } finally {
      this.#fs.closeSync(opened)
    }
  }

  #clearEntries(path: string, shown: string, files: Removal[]): boolean {
    const removals = this.#fs.readdirSync(path, { withFileTypes: true }).map((entry) => {
      const [at, name] = [join(path, entry.name), join(shown, entry.name)]
      return entry.isDirectory() ? this.#folder(at, name, files) : this.#file(at, name)
    })
    const telling = removals.filter(({ outcome, otherNames }) => outcome === 'left' || otherNames > 0)
    // A folder in it that is not empty is explained by its own files.
    files.push(...telling.filter(({ reason }) => reason !== NOT_EMPTY))
    return !removals.some(({ outcome }) => outcome === 'left')
  }

  /** Nothing can be removed from a folder that its owner may not write to. Throws if it is a different user's. */
  #unlock(opened: number): void {
    const stats = this.#fs.fstatSync(opened)
    if (!this.#isOwn(stats)) throw new Error('it belongs to a different user')
    if ((stats.mode & 0o700) !== 0o700) this.#fs.fchmodSync(opened, 0o700)
  }

  /**
   * Empties a regular file of the user that has this name only: through another name, somebody may need what is in it.
   * Returns whether it did.
   */
  #empty(path: string, found: fs.Stats): boolean {
    if (!this.#isSingle(found)) return false
    const { O_WRONLY, O_NOFOLLOW = 0, O_NONBLOCK = 0 } = fs.constants
    let opened: number | undefined
    try {
      opened = this.#fs.openSync(path, O_WRONLY | O_NOFOLLOW | O_NONBLOCK)
      const stats = this.#fs.fstatSync(opened)
      // Another file may be at the path by now.
      if (!this.#isSingle(stats) || stats.ino !== found.ino || stats.dev !== found.dev) return false
      this.#fs.ftruncateSync(opened, 0)
      return true
    } catch {
      // Unlinking may still work; if it does not, the report says that the file was not emptied.
      return false
    } finally {
      if (opened !== undefined) this.#fs.closeSync(opened)
    }
  }

  #isSingle(stats: fs.Stats): boolean {
    return stats.isFile() && stats.nlink === 1 && this.#isOwn(stats)
  }

  #isOwn({ uid }: fs.Stats): boolean {
    return this.#userId === undefined || uid === this.#userId
  }

  /** Attempts until nothing is at the path. Returns why something still is. */
  #insist(path: string, attempt: () => void): string | undefined {
    for (let nextMs = FIRST_PAUSE_MS; ; nextMs = Math.min(2 * nextMs, LONGEST_PAUSE_MS)) {
      let error: unknown
      try {
        attempt()
      } catch (thrown) {
        error = thrown
      }
      // Some versions of Node report success for a path with other than ASCII characters, and do nothing.
      if (this.#look(path) === undefined) return undefined
      const isPassing = error === undefined || PASSING.has(codeOf(error))
      if (!(isPassing && this.#pause(nextMs))) return error === undefined ? 'no error' : reasonOf(error)
    }
  }

  /** What is at the path; undefined for nothing, and a reason if nobody can tell. */
  #look(path: string): fs.Stats | string | undefined {
    try {
      return this.#fs.lstatSync(path, { throwIfNoEntry: false })
    } catch (error) {
      // A folder of the path is a file: there is nothing at the path.
      return codeOf(error) === 'ENOTDIR' ? undefined : reasonOf(error)
    }
  }

  #isBare(path: string): boolean {
    try {
      return this.#fs.readdirSync(path).length === 0
    } catch {
      return false
    }
  }
}

function ended(path: string, outcome: 'removed' | 'gone'): Removal {
  return { path, outcome, reason: undefined, isEmpty: false, otherNames: 0 }
}

function left(path: string, reason: string): Removal {
  return { path, outcome: 'left', reason, isEmpty: false, otherNames: 0 }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? ''
}

/** The system's error code, or our own words. */
function reasonOf(error: unknown): string {
  return printable(codeOf(error) || (error as Error).message, 60)
}
