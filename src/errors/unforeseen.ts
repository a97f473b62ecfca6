/** An unexpected error, as one that a user can read. */
import { permissionModelAdvice } from '../platform/permission-model.ts'
import { code, link, prose } from '../text/message.ts'
import { ActionError } from './action-error.ts'

/** Where such errors are reported. */
export const REPORT_TO = 'https://github.com/org/hf-oidc-action/issues'

/**
 * Any failure as an `ActionError`. An unexpected one becomes `internal-error`, with the class of the error and the place
 * in the code, and without its text, which may hold a secret. The error itself is kept as `cause` for the debug log,
 * where it is redacted.
 */
export function toActionError(error: unknown): ActionError {
  if (error instanceof ActionError) return error
  const kind = error instanceof Error ? classOf(error) : typeof error
  const place = error instanceof Error ? placeOf(error) : undefined
  const seen = place === undefined ? kind : prose`${kind} at ${code(place)}`
  // Node's own word for what its permission model denies.
  if (error instanceof Error && 'code' in error && error.code === 'ERR_ACCESS_DENIED') {
    const failed = 'Node does not let the action do its work on this machine.'
    return new ActionError('delivery-failed', { failed, seen, ...permissionModelAdvice() }, error)
  }
  return new ActionError(
    'internal-error',
    {
      failed: 'The action itself failed: this is a bug, and no token was delivered.',
      seen,
      cause: 'A case that the action does not handle, or a damaged download of the action.',
      fix: prose`Re-run the job with debug logging. If the problem persists, report it at ${link(REPORT_TO)} with the error code, the "Seen" line and the version of the action. The debug log shows the original error without this run's secrets; still, read it before you share it.`,
    },
    error,
  )
}

/** The class, and the code that Node gives its own errors: `Error (ERR_MODULE_NOT_FOUND)`. */
function classOf({ name, code: ofNode }: Error & { code?: unknown }): string {
  return typeof ofNode === 'string' && /^[A-Z][A-Z0-9_]{2,60}$/.test(ofNode) ? `${name} (${ofNode})` : name
}

/** The place in a file of the action or, if it is in none, in Node. */
function placeOf(error: Error): string | undefined {
  const frames = stackFrames(error)
  return /([\w.-]+\.[cm]?[jt]s:\d+:\d+)/.exec(frames)?.[1] ?? /\((node:[\w/]+:\d+:\d+)\)/.exec(frames)?.[1]
}

/** The stack without its first lines: the message may quote anything. */
function stackFrames({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}
