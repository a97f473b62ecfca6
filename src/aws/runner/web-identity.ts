/** The identity of a pod that EKS gives a token and a role (IAM roles for service accounts), and what works like it. */
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { ActionError } from '../../errors/action-error.ts'
import { examineSession, logSession, type SessionContext, sessionOf } from '../assume-role.ts'
import type { Standing } from '../caller.ts'
import { callAws } from '../clients.ts'
import { PolicyTooLarge, saysPolicyTooLarge } from '../policy-too-large.ts'
import type { RunnerIdentity, SessionAsked } from '../request.ts'

/** @throws `ActionError` `aws-identity-unavailable`, `sts-failed`, `network-unreachable`, `deadline-exceeded`. */
export async function assumeByWebIdentity(
  runner: RunnerIdentity & { kind: 'web-identity' },
  { identity, request, document }: SessionAsked,
  { http, policy, mask, log, awsToken, clockOffsetMs = 0 }: SessionContext,
): Promise<Standing> {
  const { tokenFile, role, sessionName } = runner
  const { region, awsEndpoints: endpoints, roleSessionName, roleDurationSeconds } = request
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: role.arn,
    RoleSessionName: sessionName ?? roleSessionName,
    WebIdentityToken: awsToken?.({ kind: 'file', path: tokenFile }) ?? '',
    DurationSeconds: roleDurationSeconds,
    ...(document === undefined ? {} : { Policy: document }),
  })
  let isTooLarge = false
  const answer = await callAws({
    Client: STSClient,
    service: 'STS',
    region,
    endpoints,
    what: `STS in ${region} to assume this runner’s own role`,
    http,
    policy,
    isRepeatable: true,
    counted: 'all',
    send: (client) => client.send(command),
    examine: (given) => examineSession(given, mask),
    explain: async (error) => {
      const { podRefused } = await import('./explain-refusal.ts')
      isTooLarge = saysPolicyTooLarge(error)
      return podRefused({ error, identity, request }, runner)
    },
  }).catch((error: unknown) => {
    throw isTooLarge && error instanceof ActionError ? new PolicyTooLarge(error) : error
  })
  const session = sessionOf(answer, role, clockOffsetMs)
  logSession(session, request, log)
  return { credentials: session.credentials, name: session.assumedRoleArn, role }
}
