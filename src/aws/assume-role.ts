/** Identity → AWS session: AssumeRoleWithWebIdentity. */
import { AssumeRoleWithWebIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { ActionError } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import type { Log, Mask } from '../text/log.ts'
import { clientOptions } from './clients.ts'
import type { SessionRequest } from './request.ts'
import { isPassing, serviceError } from './service-error.ts'

/** Keys for calls of AWS. */
export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
}

/** Temporary credentials, masked; they never leave the process. */
export interface AwsSession {
  credentials: AwsCredentials & { expiration: Date | undefined }
  assumedRoleArn: string
}

/** What opening a session needs. */
export interface SessionContext {
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  /** Makes a new identity when the ID token ended before it was used; used once at most. */
  renew: () => Promise<Identity>
}

/** Thrown when the ID token ended before STS saw it: then a new one is asked for, once. */
class IdTokenEnded extends Error {
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
 * The session for one role, limited by the session policy `document` if there is one. The regional endpoint; no AWS
 * credentials are needed for it.
 *
 * @throws `ActionError` `role-trust-rejected`, `oidc-provider-missing`, `audience-not-registered`, `sts-failed`,
 * `network-unreachable`, `deadline-exceeded`, and what `renew` throws.
 * Source: STS API reference, AssumeRoleWithWebIdentity.
 */
export async function openSession(
  identity: Identity,
  request: SessionRequest,
  document: string | undefined,
  context: SessionContext,
): Promise<AwsSession> {
  const session = await assumeRole(identity, request, document, context).catch(async (error: unknown) => {
    if (!(error instanceof IdTokenEnded)) throw error
    context.log.debug('STS says that the ID token has ended: asking for a new one, once')
    const renewed = await context.renew()
    return await assumeRole(renewed, request, document, context).catch((again: unknown) => {
      throw again instanceof IdTokenEnded ? again.failure : again
    })
  })
  const until = session.credentials.expiration?.toISOString() ?? 'unknown'
  context.log.info(`AWS: assumed ${session.assumedRoleArn} in ${request.region}`)
  context.log.debug(`AWS: the session ends at ${until}; session policy: ${request.sessionPolicy}`)
  return session
}

async function assumeRole(
  identity: Identity,
  request: SessionRequest,
  Policy: string | undefined,
  { http, mask, policy }: SessionContext,
): Promise<AwsSession> {
  const what = `STS in ${request.region} to assume the role`
  const { region, awsEndpoints: endpoints } = request
  const client = new STSClient(clientOptions({ service: 'STS', region, endpoints, http, what }))
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

async function refuse(thrown: unknown, identity: Identity, request: SessionRequest): Promise<never> {
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
