/** The credentials of a container: ECS's task role, EKS Pod Identity, and what speaks like them. */
import { code, prose } from '../../text/message.ts'
import { printable } from '../../text/printable.ts'
import type { SessionContext } from '../assume-role.ts'
import type { RunnerIdentity } from '../request.ts'
import { askNearby, seenStatus } from './ask.ts'
import { unavailable } from './explain.ts'
import { type RunnerKeys, readKeys } from './keys.ts'

/** @throws `ActionError` `aws-identity-unavailable`. */
export async function containerKeys(
  { url, tokenFile }: RunnerIdentity & { kind: 'container' },
  context: SessionContext,
): Promise<RunnerKeys> {
  const failure = (seen: string) =>
    unavailable({
      seen,
      expected: prose`credentials from ${code(printable(url, 200))}`,
      cause: prose`The task has no role (${code('taskRoleArn')}), the pod has no association, the token for the endpoint is missing, or the variable was set for a different machine.`,
      fix: prose`Give the task or the pod a role. On EKS, check that the Pod Identity agent runs on the node. If this job does not run in such a container, unset ${code('AWS_CONTAINER_CREDENTIALS_RELATIVE_URI')} and ${code('AWS_CONTAINER_CREDENTIALS_FULL_URI')}.`,
    })
  const token = context.awsToken?.(tokenFile === undefined ? { kind: 'variable' } : { kind: 'file', path: tokenFile })
  const answer = await askNearby(
    {
      method: 'GET',
      url: new URL(url),
      ...(token === undefined ? {} : { headers: { authorization: token } }),
      what: 'the credentials of this container',
    },
    context,
    failure,
  )
  if (answer.status !== 200) throw failure(seenStatus(answer))
  const keys = readKeys(answer.body.toString('utf8'), context.mask)
  if (!keys) throw failure('an answer without AccessKeyId, SecretAccessKey and Token')
  return keys
}
