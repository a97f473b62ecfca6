/** A copy of the action in which some of the code is missing or broken. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { projectRoot } from '../../sandbox/root.ts'

export interface DamagedCopy {
  /** The folder of the copied action. */
  path: string
  /** The files of the shared bundle that were left out or broken. */
  removed: string[]
  /** Removes the copy. */
  remove: () => void
}

/** Chooses files of the shared bundle by their text and name. */
type Choice = (text: string, name: string) => boolean

/** Copies the action without the files that `lacks` chooses. */
export function copyWithout(lacks: Choice): DamagedCopy {
  return damagedCopy(lacks, (file) => rmSync(file))
}

/** Copies the action with `text` in place of the files that `broken` chooses. */
export function copyWith(text: string, broken: Choice): DamagedCopy {
  return damagedCopy(broken, (file) => writeFileSync(file, text))
}

function damagedCopy(choice: Choice, damage: (file: string) => void): DamagedCopy {
  const path = mkdtempSync(join(tmpdir(), 'damaged-'))
  for (const name of ['action.yml', 'rotate', 'dist']) {
    cpSync(join(projectRoot, name), join(path, name), { recursive: true })
  }
  const shared = join(path, 'dist', 'shared')
  const removed = readdirSync(shared).filter((name) => choice(readFileSync(join(shared, name), 'utf8'), name))
  for (const name of removed) damage(join(shared, name))
  return { path, removed, remove: () => rmSync(path, { recursive: true, force: true }) }
}
