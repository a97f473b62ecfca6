/** Main removes folders that earlier runs of this action left: not every runner empties its temporary folder. */
import { lstatSync, readdirSync, type Stats } from 'node:fs'
import { join } from 'node:path'
import { listed } from '../../text/printable.ts'
import type { SweptFolders } from '../../token/progress.ts'
import { DIRECTORY_PREFIX } from '../deliver/plan.ts'
import { runnerLog } from '../log.ts'
import { Remover } from '../remove.ts'
import { shownPath, tellLeftInFolder } from '../tell-removal.ts'

/** The longest time that a job may run, in milliseconds: a younger folder may be in use. Source: GitHub Docs, "Limits". */
const LONGEST_JOB_MS = 5 * 86_400_000

/** The prefix and a UUID, as main names its folders. */
const OUR_NAME = new RegExp(`^${DIRECTORY_PREFIX}[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

export interface SweepOptions {
  now?: number
  /** Whose folders are removed. Undefined on Windows, where Node does not say to whom a folder belongs: nothing is. */
  userId?: number | undefined
}

/** Removes this user's folders in `temp` that no job can use any more, and says so. Returns their paths. Never throws. */
export function sweepFolders(temp: string, options: SweepOptions = {}): SweptFolders {
  const { now = Date.now(), userId = process.geteuid?.() } = options
  if (temp === '' || userId === undefined) return { removed: [], left: [] }
  // No patience: main has work to do, and the next run comes by here again.
  const remover = new Remover({ userId, patienceMs: 0 })
  const removals = namesIn(temp)
    .filter((name) => OUR_NAME.test(name))
    .map((name) => join(temp, name))
    .filter((path) => isAbandoned(statsOf(path), userId, now))
    .map((path) => remover.folder(path))
  for (const warning of removals.flatMap(tellLeftInFolder)) runnerLog.warning(warning)
  const swept = remover.paths
  if (swept.removed.length > 0) {
    runnerLog.info(`Removed what an earlier run of this action left behind: ${listed(swept.removed.map(shownPath))}.`)
  }
  return swept
}

function isAbandoned(stats: Stats | undefined, userId: number, now: number): boolean {
  // A link is no folder, whatever it points to.
  return stats?.isDirectory() === true && stats.uid === userId && now - stats.mtimeMs > LONGEST_JOB_MS
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
  } catch {
    // Writing the token there reports what is wrong with it.
    return []
  }
}

/** Undefined if it is gone by now, as when two runs sweep at the same time. */
function statsOf(path: string): Stats | undefined {
  try {
    return lstatSync(path, { throwIfNoEntry: false })
  } catch {
    return undefined
  }
}
