/** What to tell a user whose runner does not take what the action writes. */
import { ActionError } from '../errors/action-error.ts'
import { code, prose } from '../text/message.ts'

/** `delivery-failed`. */
export function deliveryFailed(failed: string, seen: string): ActionError {
  return new ActionError('delivery-failed', {
    failed,
    seen,
    expected: prose`writable files at ${code('GITHUB_ENV')}, ${code('GITHUB_OUTPUT')} and ${code('GITHUB_STATE')}, and a writable ${code('RUNNER_TEMP')}`,
    cause: 'The runner’s disk is full or read-only, or the action was started by something that is not a runner.',
    fix: 'Free space on the runner and re-run the job. Update a self-hosted runner that is older than 2.327.',
  })
}
