/** What to say about what was removed, and about what is still there. */
import { printable } from '../text/printable.ts'
import { type FolderRemoval, NOT_EMPTY, type Removal } from './remove.ts'

/** A path for a sentence. */
export function shownPath(path: string): string {
  return printable(path, 300)
}

/** One sentence for each file that is left of a folder, or for the folder itself; empty if all of it is gone. */
export function tellLeftInFolder(removal: FolderRemoval): string[] {
  return [...removal.files, ...(removal.reason === NOT_EMPTY ? [] : [removal])].flatMap((one) => tellLeft(one) ?? [])
}

/** What to say about a file or folder that is left, or that has other names; undefined if there is nothing to say. */
export function tellLeft({ path, outcome, reason, isEmpty, otherNames }: Removal): string | undefined {
  const shown = shownPath(path)
  if (outcome === 'left') {
    return isEmpty
      ? `${shown} is still there (${reason}), but it is empty now, so it no longer holds this job’s token. Remove it yourself.`
      : `${shown} is still there (${reason}), and may hold this job’s token. Remove it yourself.`
  }
  if (otherNames === 0) return undefined
  const names = otherNames === 1 ? 'another name (a hard link)' : `${otherNames} other names (hard links)`
  return `${shown} was removed, but the file has ${names}, under which it may still hold this job’s token. Find and remove that, too.`
}
