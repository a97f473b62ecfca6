/** The identity of a pod that EKS gives a token and a role (IAM roles for service accounts), and what works like it. */
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { code, prose } from '../../text/message.ts'
import { printable, verbatim } from '../../text/printable.ts'
import { examineSession, logSession, type SessionContext, sessionOf } from '../assume-role.ts'
import type { Standing } from '../caller.ts'
import { callAws } from '../clients.ts'
import type { RunnerIdentity, SessionRequest } from '../request.ts'
import { said } from '../service-error.ts'
import { unavailable } from './explain.ts'

/** @throws `ActionError` `aws-identity-unavailable`. */
export async function assumeByWebIdentity(
  { tokenFile, role, sessionName }: RunnerIdentity & { kind: 'web-identity' },
  request: SessionRequest,
  document: string | undefined,
  { http, policy, mask, log, awsToken, clockOffsetMs = 0 }: SessionContext,
): Promise<Standing> {
  const { region, awsEndpoints: endpoints, roleSessionName, roleDurationSeconds } = request
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: role.arn,
    RoleSessionName: sessionName ?? roleSessionName,
    WebIdentityToken: awsToken?.({ kind: 'file', path: tokenFile }) ?? '',
    DurationSeconds: roleDurationSeconds,
    ...(document === undefined ? {} : { Policy: document }),
  })
  const answer = await callAws({
    Client: STSClient,
    service: 'STS',
    region,
    endpoints,
    what: `STS in ${region} to assume this runner’s own role`,
    http,
    policy,
    isRepeatable: true,
    isCounted: true,
    send: (client) => client.send(command),
    examine: (given) => examineSession(given, mask),
    explain: (error) =>
      unavailable({
        seen: said(error),
        expected: prose`a session of the role ${code(verbatim(role.arn))}, which ${code('AWS_ROLE_ARN')} names, by the token in ${code(printable(tokenFile, 200))}`,
        cause:
          'AWS’s own message is above: the role’s trust policy does not let in this service account, or the account has no OIDC provider for the cluster.',
        fix: prose`Check the role, its trust policy and the cluster’s OIDC provider (EKS user guide, "IAM roles for service accounts"). If this runner has another identity, unset ${code('AWS_WEB_IDENTITY_TOKEN_FILE')}.`,
      }),
  })
  const session = sessionOf(answer, role, clockOffsetMs)
  logSession(session, request, log)
  return { credentials: session.credentials, name: session.assumedRoleArn, role }
}
