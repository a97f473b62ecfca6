/** Where the project lies, whether this runs from the sources or from the compiled copy in `build/`. */
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The project's root: the nearest folder above this file that holds `package.json` and is not `build/`. */
export const projectRoot: string = find(dirname(fileURLToPath(import.meta.url)))

function find(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    const isRoot = existsSync(join(folder, 'package.json')) && basename(folder) !== 'build'
    if (isRoot) return folder
    if (dirname(folder) === folder) throw new Error(`no package.json above ${start}`)
  }
}
