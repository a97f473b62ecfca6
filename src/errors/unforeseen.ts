/** What nobody foresaw, as an error that a user can read. */
import { ActionError } from './action-error.ts'

/** Any failure as an `ActionError`: what nobody foresaw becomes `internal-error`, without text that may hold a secret. */
export function toActionError(error: unknown): ActionError {
  if (error instanceof ActionError) return error
  const name = error instanceof Error ? error.name : typeof error
  const place = error instanceof Error ? /([\w.-]+\.js:\d+:\d+)/.exec(stackFrames(error))?.[1] : undefined
  return new ActionError('internal-error', {
    failed: 'The action itself failed: this is a bug, and no token was delivered.',
    seen: `${name}${place ? ` at ${place}` : ''}`,
    cause: 'a case that nobody foresaw, or a damaged download of the action.',
    fix: 'Re-run the job; if it stays, report it with the code, the line above and the version of the action. Do not paste secrets.',
  })
}

/** The stack without its first lines: the message may quote anything. */
function stackFrames({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}
