/** Node's permission model may deny what the action cannot do without: noticed before anything is sent. */
import { ActionError } from '../errors/action-error.ts'
import { permissionModelAdvice } from '../platform/permission-model.ts'
import type { Platform } from '../platform/platform.ts'
import { code, codes, prose } from '../text/message.ts'

/**
 * Does nothing if the files that the action must write can be written as far as Node is concerned.
 *
 * @throws `ActionError` `delivery-failed`.
 */
export function requirePermissions({ permissions }: Platform): void {
  if (permissions.denied.length === 0) return
  throw new ActionError('delivery-failed', {
    failed: 'Node does not let the action write the runner’s files, so nothing was sent to GitHub, AWS or the Hub.',
    seen: prose`${code('--permission')} without write access to the places that ${codes(permissions.denied)} name`,
    expected: 'permission for Node to write these files',
    ...permissionModelAdvice(),
  })
}
