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

/** What was seen: the system's error code, without its message, which may quote what was written. */
export function writeFailed(error: unknown): string {
  return `a write that failed with ${printable((error as NodeJS.ErrnoException).code ?? 'an error', 40)}`
}

/** What was seen: variables without a value. */
export function notSet(names: readonly string[]): Prose {
  return prose`no value in ${joined(names.map(code), ' and ')}`
}
