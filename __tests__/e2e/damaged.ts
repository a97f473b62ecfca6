/** A copy of the action that lacks some of its code: what runs from it does not need that code. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../sandbox/root.ts'

export interface DamagedCopy {
  /** The folder of the copied action. */
  path: string
  /** The files of the shared bundle that were left out. */
  removed: string[]
  /** Removes the copy. */
  remove: () => void
}

/** Copies the action without the files of the shared bundle that `lacks` chooses by their text and name. */
export function copyWithout(lacks: (text: string, name: string) => boolean): DamagedCopy {
  const path = mkdtempSync(join(tmpdir(), 'damaged-'))
  for (const name of ['action.yml', 'rotate', 'dist']) {
    cpSync(join(projectRoot, name), join(path, name), { recursive: true })
  }
  const shared = join(path, 'dist', 'shared')
  const removed = readdirSync(shared).filter((name) => lacks(readFileSync(join(shared, name), 'utf8'), name))
  for (const name of removed) rmSync(join(shared, name))
  return { path, removed, remove: () => rmSync(path, { recursive: true, force: true }) }
}
