/** The token file in the home folder, for clients that know no variable: written only where nothing is. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { saveState, warning } from '@actions/core'
import { ActionError } from '../../errors/action-error.ts'
import { printable } from '../../text/printable.ts'
import { hashOf } from '../copies.ts'
import { homeFileFailed } from '../delivery-failed.ts'
import { HOME_FILES_STATE, type HomeFile } from './plan.ts'
import { writeNewPrivateFile } from './private-file.ts'

/**
 * Writes the token to those of the paths where nothing is, and warns about the others. Returns where it is now.
 * `failed` says in a whole sentence what it means if a file cannot be written.
 *
 * @throws `ActionError` `delivery-failed` when a file cannot be written.
 */
export function writeHomeFiles(paths: readonly string[], token: string, failed: string): string[] {
  const written: HomeFile[] = []
  for (const path of paths) {
    try {
      const created = mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
      const file = { path, sha256: hashOf(token), created }
      // Post must know about a file before it exists, but must not remove one that this step did not write.
      saveState(HOME_FILES_STATE, [...written, file])
      if (writeNewPrivateFile(path, token)) {
        written.push(file)
        continue
      }
      saveState(HOME_FILES_STATE, written)
    } catch (error) {
      throw error instanceof ActionError ? error : homeFileFailed(failed, path, error)
    }
    warning(
      `${printable(path)} already exists, so this step left it alone. Clients that read neither HF_TOKEN nor HF_TOKEN_PATH will use its content instead of this step’s token. If nothing needs the file, remove it in an earlier step. If it belongs to another job, or to an earlier use of this action, set HF_HOME to a different folder.`,
    )
  }
  return written.map(({ path }) => path)
}
