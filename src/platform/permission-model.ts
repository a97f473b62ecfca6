/** What to tell a user whose Node runs with `--permission`. Pure. */
import { code, prose } from '../text/message.ts'

/** What makes every run with Node's permission model fail, and how to change it. */
export function permissionModelAdvice() {
  return {
    cause: prose`Node runs with ${code('--permission')}, which denies files and child processes to every program. It is probably in ${code('NODE_OPTIONS')} of the runner, of the image or of the job. This is not a bug of the action.`,
    fix: prose`Remove ${code('--permission')} from ${code('NODE_OPTIONS')} for this step (${code('env:')}, ${code('NODE_OPTIONS: ""')}). Wherever else it is set, allow the action to read its own files, and to read and write ${code('RUNNER_TEMP')} and the files at ${code('GITHUB_ENV')}, ${code('GITHUB_OUTPUT')}, ${code('GITHUB_STATE')} and ${code('GITHUB_STEP_SUMMARY')}.`,
    forward: prose`Anyone who can change this workflow, the image or the runner’s environment, wherever ${code('NODE_OPTIONS')} is set.`,
  } as const
}
