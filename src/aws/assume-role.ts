/** Identity → AWS session: AssumeRoleWithWebIdentity. */
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { ActionError } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import type { AwsRequest } from '../inputs/request.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import type { Mask } from '../report/log.ts'
import { clientOptions } from './clients.ts'
import { isPassing, serviceError } from './service-error.ts'
import { sessionPolicy } from './session-policy.ts'

/** Temporary credentials, masked; they never leave the process. */
export interface AwsSession {
  credentials: { accessKeyId: string; secretAccessKey: string; sessionToken: string; expiration: Date | undefined }
  assumedRoleArn: string
}

/** Thrown when the ID token ended before STS saw it: the caller may ask for a new one, once. */
export class IdTokenEnded extends Error {
  readonly failure: ActionError

  constructor(failure: ActionError) {
    super(failure.message)
    this.failure = failure
  }
}

/** Answers that another try can cure, beside load. Source: STS API reference, and what users of OIDC federation report. */
const PASSING_NAME = /^IDPCommunicationError/
const PASSING_TEXT = /couldn.t retrieve verification key/i

/**
 * The session for one role. The regional endpoint; no AWS credentials are needed for it.
 *
 * @throws {@link IdTokenEnded}; `ActionError` `role-trust-rejected`, `oidc-provider-missing`,
 * `audience-not-registered`, `sts-failed`, `network-unreachable`, `deadline-exceeded`.
 * Source: STS API reference, AssumeRoleWithWebIdentity.
 */
export async function assumeRole(
  identity: Identity,
  request: AwsRequest,
  http: Http,
  mask: Mask,
  policy: RetryPolicy,
): Promise<AwsSession> {
  const what = `STS in ${request.region} to assume the role`
  const client = new STSClient(clientOptions(http, request.region, what))
  const Policy = sessionPolicy(request.sessionPolicy, request.role, request.secret)
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: request.role.arn,
    RoleSessionName: request.roleSessionName,
    WebIdentityToken: identity.idToken,
    DurationSeconds: request.roleDurationSeconds,
    ...(Policy === undefined ? {} : { Policy }),
  })
  return await retry(what, policy, async () => {
    const answer = await client.send(command).catch((error: unknown) => refuse(error, identity, request))
    const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = answer.Credentials ?? {}
    if (SecretAccessKey) mask(SecretAccessKey)
    if (SessionToken) mask(SessionToken)
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
      throw new ActionError('sts-failed', {
        failed: 'STS answered without credentials.',
        seen: 'an answer with no AccessKeyId, SecretAccessKey or SessionToken',
        fix: 'Check what `AWS_ENDPOINT_URL_STS` or `AWS_ENDPOINT_URL` points to: it does not answer as STS does.',
      })
    }
    return {
      credentials: {
        accessKeyId: AccessKeyId,
        secretAccessKey: SecretAccessKey,
        sessionToken: SessionToken,
        expiration: Expiration,
      },
      assumedRoleArn: answer.AssumedRoleUser?.Arn ?? request.role.arn,
    }
  })
}

async function refuse(thrown: unknown, identity: Identity, request: AwsRequest): Promise<never> {
  const error = serviceError(thrown)
  const { explainSts } = await import('./explain-sts.ts')
  const failure = explainSts(error, identity, request)
  const ended =
    /^ExpiredToken/.test(error.name) || (/^IDPRejectedClaim/.test(error.name) && /expired/i.test(error.message))
  if (ended) throw new IdTokenEnded(failure)
  if (isPassing(error) || PASSING_NAME.test(error.name) || PASSING_TEXT.test(error.message))
    throw new TryAgain(failure, error.afterMs)
  throw failure
}
