/** Why a write failed on this machine, and who can change it. Loaded only then. */
import type { Explanation } from '../errors/action-error.ts'
import { runnerOperators } from '../platform/people.ts'
import { permissionModelAdvice } from '../platform/permission-model.ts'
import type { Platform } from '../platform/platform.ts'
import { block, code, prose } from '../text/message.ts'
import type { Place } from './place.ts'

type Advice = Pick<Explanation, 'cause' | 'fix' | 'forward'>

/** Cause and remedy by the system's word. Source: errno(3). */
export function adviceFor(word: string, place: Place | undefined, platform: Platform): Advice {
  switch (word) {
    case 'ERR_ACCESS_DENIED':
      return permissionModelAdvice()
    case 'EACCES':
    case 'EPERM':
      return notAllowed(place, platform)
    case 'ENOSPC':
    case 'EDQUOT':
      return {
        cause:
          word === 'EDQUOT'
            ? 'The quota of the runner’s user on this file system is used up.'
            : 'The runner’s disk is full: no space is left, or no more files can be created.',
        fix: 'Free space on the runner, for example by removing old work folders and images, and re-run the job.',
        forward: runnerOperators(platform),
      }
    case 'EROFS':
      return {
        cause: 'The file system is mounted read-only.',
        fix: prose`Mount it so that it can be written, or give the runner a different work folder. In a container, check its ${code('volumes:')} and ${code('options:')} for ${code('ro')} and ${code('--read-only')}.`,
        forward: runnerOperators(platform),
      }
    case 'ENOENT':
      return {
        cause: prose`The file or folder is gone: an earlier step, a cleanup on the machine or a concurrent job removed the runner’s files while this job was running${platform.container === 'job' ? ', or the container does not have the runner’s folders mounted' : ''}.`,
        fix: prose`Find out what empties ${code('RUNNER_TEMP')} (a step that cleans up, a scheduled task, a second runner with the same work folder), and let it leave running jobs alone. Then re-run the job.`,
        forward: runnerOperators(platform),
      }
    case 'ENOTDIR':
    case 'EISDIR':
    case 'ELOOP':
    case 'EEXIST':
      return {
        cause: 'Something else is where the runner’s file or folder should be.',
        fix: prose`Remove what is there, and check which step or image sets ${code('RUNNER_TEMP')} or one of the runner’s other variables.`,
        forward: runnerOperators(platform),
      }
    default:
      return {
        cause: 'The runner’s file system failed, or does not allow this.',
        fix: 'Check the disk of the runner and the log of the system, and re-run the job.',
        forward: runnerOperators(platform),
      }
  }
}

/** Refused although the place may exist: whose it is decides. */
function notAllowed(place: Place | undefined, platform: Platform): Advice {
  if (platform.os === 'win32') return windowsAccess(platform)
  const { container, user } = platform
  const owner = place?.owner
  if (container === 'job' || container === 'action') {
    return {
      cause: prose`The container’s user cannot write the runner’s files. They belong to the user under which the runner works${owner === undefined ? '' : ` (${owner})`}, and the image runs as a different one (${user.uid ?? 'unknown'}).`,
      fix: [
        'Run the container as the owner of these files, or as root:',
        block(`container:\n  image: your-image\n  options: --user ${owner ?? 'root'}`),
      ],
      forward: prose`Anyone who can change this workflow, or the maintainers of the image (its ${code('USER')}).`,
    }
  }
  return {
    cause:
      owner === undefined || owner === user.uid
        ? 'The mode, an access list or a security module (SELinux, AppArmor) does not let this step write there.'
        : prose`The place belongs to a different user (${owner}). An earlier job with ${code('sudo')} or a container probably left it behind.`,
    fix: prose`Let the runner’s user own its work folder (${code('RUNNER_TEMP')} and what is in it), and re-run the job. A self-hosted runner must not be started as root one time and as a user the next.`,
    forward: runnerOperators(platform),
  }
}

function windowsAccess(platform: Platform): Advice {
  return {
    cause: prose`The access list of the file or folder does not let the runner’s account write there, ${code('icacls')} could not change it, or another program (an antivirus) has it open.`,
    fix: [
      'Show the access list on the runner, and let the runner’s account have full control of its work folder:',
      block('icacls "$env:RUNNER_TEMP"'),
    ],
    forward: runnerOperators(platform),
  }
}
