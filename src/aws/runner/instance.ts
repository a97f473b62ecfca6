/** The credentials of an EC2 instance, by version 2 of its metadata service; never by version 1, which asks for no token. */
import { block, code, prose } from '../../text/message.ts'
import { printable, quoted } from '../../text/printable.ts'
import type { SessionContext } from '../assume-role.ts'
import type { RunnerIdentity } from '../request.ts'
import { askNearby, seenStatus } from './ask.ts'
import { unavailable } from './explain.ts'
import { type RunnerKeys, readKeys } from './keys.ts'

const ROLES = '/latest/meta-data/iam/security-credentials/'
/** How long the token for the metadata is valid, in seconds: for the two requests that follow. */
const TOKEN_SECONDS = 60

/**
 * @throws `ActionError` `aws-identity-unavailable`.
 * Source: EC2 user guide, "Use IMDSv2", "Retrieve security credentials from instance metadata".
 */
export async function instanceKeys(
  { endpoint }: RunnerIdentity & { kind: 'instance' },
  context: SessionContext,
): Promise<RunnerKeys> {
  const token = await metadataToken(endpoint, context)
  context.mask(token)
  const read = async (path: string) => {
    const answer = await askNearby(
      {
        method: 'GET',
        url: new URL(path, endpoint),
        headers: { 'x-aws-ec2-metadata-token': token },
        what: 'the credentials of this instance',
      },
      context,
      (seen) => noService(endpoint, seen),
    )
    if (answer.status !== 200) throw noRole(seenStatus(answer))
    return answer.body.toString('utf8')
  }
  const [role = ''] = (await read(ROLES)).trim().split('\n')
  if (!/^[\w+=,.@-]{1,64}$/.test(role)) throw noRole(`the role ${quoted(role, 80)}`)
  const keys = readKeys(await read(`${ROLES}${role}`), context.mask)
  if (!keys) throw noRole(`no usable credentials for the role ${printable(role)}`)
  return keys
}

async function metadataToken(endpoint: string, context: SessionContext): Promise<string> {
  const answer = await askNearby(
    {
      method: 'PUT',
      url: new URL('/latest/api/token', endpoint),
      headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(TOKEN_SECONDS) },
      what: 'a token for the metadata of this instance',
    },
    context,
    (seen) => noService(endpoint, seen),
  )
  const token = answer.body.toString('utf8').trim()
  if (answer.status !== 200) throw noService(endpoint, seenStatus(answer))
  if (!/^[\x21-\x7e]{8,4096}$/.test(token)) throw noService(endpoint, 'an answer that is not a token')
  return token
}

function noService(endpoint: string, seen: string) {
  return unavailable({
    seen,
    expected: prose`a token from the metadata service at ${code(printable(endpoint))}`,
    cause: prose`This runner is not an EC2 instance, its metadata service is turned off, or the job runs in a container: by default, the service’s answer does not get that far (hop limit 1).`,
    fix: [
      'If it is an instance, turn the service on, and for containers set the hop limit to 2:',
      block(
        'aws ec2 modify-instance-metadata-options --instance-id INSTANCE_ID --http-endpoint enabled --http-tokens required --http-put-response-hop-limit 2',
      ),
      prose`On ECS and EKS, give the task or the pod a role of its own instead. On any other machine, set ${code('aws-identity: oidc')}.`,
    ],
  })
}

function noRole(seen: string) {
  return unavailable({
    seen,
    expected: 'an instance with a role',
    cause: 'The instance has no instance profile, or its role was deleted.',
    fix: [
      'Attach an instance profile with a role:',
      block('aws ec2 associate-iam-instance-profile --instance-id INSTANCE_ID --iam-instance-profile Name=PROFILE'),
    ],
  })
}
