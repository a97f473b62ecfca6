/** What to tell a user whose runner does not accept what the action writes. */
import { ActionError } from '../errors/action-error.ts'
import { code, joined, type Prose, prose, type Wording } from '../text/message.ts'
import { printable } from '../text/printable.ts'

/** `delivery-failed`; `failed` is a whole sentence. */
export function deliveryFailed(failed: string, seen: Wording): ActionError {
  return new ActionError('delivery-failed', {
    failed,
    seen,
    expected: prose`writable files at ${code('GITHUB_ENV')}, ${code('GITHUB_OUTPUT')} and ${code('GITHUB_STATE')}, and a writable ${code('RUNNER_TEMP')}`,
    cause: 'The runner’s disk is full or read-only, or the action was not started by a GitHub runner.',
    fix: 'Free space on the runner and re-run the job. If a self-hosted runner is older than 2.327, update it.',
  })
}

/** `delivery-failed` because a token file in the home folder could not be written. */
export function homeFileFailed(failed: string, path: string, error: unknown): ActionError {
  return new ActionError('delivery-failed', {
    failed,
    seen: prose`${writeFailed(error)}, at ${code(printable(path, 200))}`,
    expected: 'a place where the runner’s user can create a file',
    cause:
      'The folder belongs to a different user, a file is where a folder should be, or the disk is full or read-only.',
    fix: prose`Set ${code('HF_HOME')} for the job to a folder that the runner’s user can write. If all later clients know ${code('HF_TOKEN')} or ${code('HF_TOKEN_PATH')}, use ${code('export-file: true')} instead.`,
  })
}

/** What was seen: the system's error code, without its message, which may quote what was written. */
export function writeFailed(error: unknown): string {
  return `a write that failed with ${printable((error as NodeJS.ErrnoException).code ?? 'an error', 40)}`
}

/** What was seen: variables without a value. */
export function notSet(names: readonly string[]): Prose {
  return prose`no value in ${joined(names.map(code), ' and ')}`
}
