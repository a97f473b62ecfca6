/** The runner's own AWS identity → credentials, by AWS's three providers for machines. Loaded only when it is asked for. */
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { ActionError } from '../../errors/action-error.ts'
import { verbatim } from '../../text/printable.ts'
import type { SessionContext } from '../assume-role.ts'
import type { AwsCredentials, Standing } from '../caller.ts'
import { callAws } from '../clients.ts'
import type { Role, RunnerIdentity, SessionAsked } from '../request.ts'
import { containerKeys } from './container.ts'
import { instanceKeys } from './instance.ts'
import { assumeByWebIdentity } from './web-identity.ts'

/**
 * Who the runner is at AWS.
 *
 * @throws `ActionError` `aws-identity-unavailable`, `sts-failed`, `network-unreachable`, `deadline-exceeded`.
 */
export async function becomeRunner(
  runner: RunnerIdentity,
  asked: SessionAsked,
  context: SessionContext,
): Promise<Standing> {
  const { log } = context
  if (runner.kind === 'web-identity') return await assumeByWebIdentity(runner, asked, context)
  const given = runner.kind === 'container' ? await containerKeys(runner, context) : await instanceKeys(runner, context)
  const { role } = given
  const keys = { ...given.keys, clockOffsetMs: context.clockOffsetMs ?? 0 }
  const standing = await whoIs(keys, asked, context).catch((error: unknown) => {
    // The role that is assumed next is named; who assumes it, only messages need to know.
    if (!asked.request.way?.hops.length || !(error instanceof ActionError)) throw error
    log.debug(`AWS: nobody knows whose credentials this runner has: ${error.summary}`)
    return { credentials: keys, name: 'the runner’s own AWS identity', role: undefined }
  })
  log.info(`AWS: this runner is ${verbatim(standing.name)} (${WHERE[runner.kind]})`)
  return { ...standing, role: role ?? standing.role }
}

const WHERE = { container: 'credentials of its container', instance: 'credentials of its instance' } as const

/** Source: STS API reference, GetCallerIdentity: needs no permission. */
async function whoIs(
  credentials: AwsCredentials,
  { identity, request }: SessionAsked,
  { http, policy }: SessionContext,
): Promise<Standing> {
  const { region, awsEndpoints: endpoints } = request
  const what = `STS in ${region} to say who this runner is`
  const { Arn } = await callAws({
    Client: STSClient,
    service: 'STS',
    region,
    endpoints,
    what,
    http,
    policy,
    credentials,
    isRepeatable: true,
    counted: 'all',
    send: (client) => client.send(new GetCallerIdentityCommand({})),
    explain: async (error) => {
      const { callerRefused } = await import('./explain-refusal.ts')
      return callerRefused({ error, identity, request })
    },
  })
  const name = typeof Arn === 'string' ? Arn : ''
  return { credentials, name, role: roleIn(name) }
}

/** The role of a session's ARN, which does not have the role's path. */
function roleIn(sessionArn: string): Role | undefined {
  const [, partition, account, name] =
    /^arn:([\w-]+):sts::(\d{12}):assumed-role\/([\w+=,.@-]+)\//.exec(sessionArn) ?? []
  if (!partition || !account || !name) return undefined
  return { arn: `arn:${partition}:iam::${account}:role/${name}`, partition, account }
}
