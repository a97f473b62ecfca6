/** What to tell a user whose machine cannot keep a file private. */
import { ActionError } from '../../errors/action-error.ts'
import { code, type Prose, prose } from '../../text/message.ts'
import { printable } from '../../text/printable.ts'

/** `delivery-failed`: private access to `path` was requested, and this is what is there instead. */
export function notPrivate(path: string, seen: Prose, platform: NodeJS.Platform): ActionError {
  return new ActionError('delivery-failed', {
    failed:
      'The token is valid, but it was not written to a file, because other users of the machine may be able to read it.',
    seen: prose`${code(printable(path, 200))}: ${seen}`,
    expected:
      platform === 'win32'
        ? 'an access list that names only the owner'
        : 'a file or folder of the user that this step runs as, with access for no other user',
    cause:
      platform === 'win32'
        ? prose`The file system keeps no access lists (FAT, some network shares), or a policy of the machine blocks ${code('icacls')}.`
        : 'The file system does not keep owners and access modes (FAT, some network shares, a Windows folder in WSL or in a container).',
    fix: prose`Put the runner’s work folder, or the folder in ${code('HF_HOME')}, on a file system that keeps them. Or remove ${code('export-file')} and ${code('git-credentials')} from this step: ${code('export-env')} and the outputs need no file of this action.`,
  })
}
