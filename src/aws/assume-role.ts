/** Identity → AWS session: AssumeRoleWithWebIdentity. */
import {
  AssumeRoleWithWebIdentityCommand,
  type AssumeRoleWithWebIdentityCommandOutput,
  type Credentials,
  STSClient,
} from '@aws-sdk/client-sts'
import { ActionError } from '../errors/action-error.ts'
import type { Identity } from '../identity/identity.ts'
import { withEarlierCalls } from '../net/calls-made.ts'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import type { Log, Mask } from '../text/log.ts'
import { code, prose } from '../text/message.ts'
import type { AwsCaller, AwsCredentials } from './caller.ts'
import { callAws } from './clients.ts'
import { PolicyTooLarge, saysPolicyTooLarge } from './policy-too-large.ts'
import type { Role, SessionRequest } from './request.ts'
import type { ServiceError } from './service-error.ts'

/** What opening a session needs. */
export interface SessionContext {
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  /** Makes a new identity when the ID token expired before it was used; called once at most. */
  renew: () => Promise<Identity>
  /** Milliseconds to add to this machine's time when a request is signed. Default: none. */
  clockOffsetMs?: number
  /** What proves the runner's own identity, masked; only a runner has it. */
  awsToken?: AwsToken
}

/** The content of a file, or of the variable for containers; undefined when that is not set. */
export type AwsToken = (place: { kind: 'file'; path: string } | { kind: 'variable' }) => string | undefined

/** Temporary credentials, masked. */
export interface AwsSession {
  credentials: AwsCredentials
  expiration: Date | undefined
  assumedRoleArn: string
}

/** Thrown when the ID token expired before STS saw it: then a new one is requested, once. */
class IdTokenExpired extends Error {
  readonly failure: ActionError

  constructor(failure: ActionError) {
    super(failure.message)
    this.failure = failure
  }
}

/**
 * A session of the role, limited by the session policy `document` if there is one. STS is called at its regional
 * endpoint, without AWS credentials.
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
): Promise<AwsCaller> {
  const { role, sessionPolicy, awsEndpoints } = request
  const { credentials, assumedRoleArn } = await assumeByIdToken(identity, request, document, context)
  return { credentials, name: assumedRoleArn, role, sessionPolicy, awsEndpoints }
}

/** One session of `request.role`, by the job's ID token; throws like {@link openSession}. */
export async function assumeByIdToken(
  identity: Identity,
  request: SessionRequest,
  document: string | undefined,
  context: SessionContext,
): Promise<AwsSession> {
  const { log, renew, policy } = context
  const startsWithMs = policy.deadline.remainingMs()
  const session = await assumeRole(identity, request, document, context).catch(async (error: unknown) => {
    if (!(error instanceof IdTokenExpired)) throw error
    log.debug('STS says that the ID token has expired: requesting a new one, once')
    const renewed = await renew()
    return await assumeRole(renewed, request, document, context).catch((again: unknown) => {
      const failure = again instanceof IdTokenExpired ? again.failure : again
      const elapsedMs = startsWithMs - policy.deadline.remainingMs()
      throw failure instanceof Error ? withEarlierCalls(failure, error.failure, elapsedMs) : failure
    })
  })
  logSession(session, request, log)
  return session
}

/** Logs whose session it is. */
export function logSession({ expiration, assumedRoleArn }: AwsSession, request: SessionRequest, log: Log): void {
  log.info(`AWS: assumed ${assumedRoleArn} in ${request.region}`)
  log.debug(
    `AWS: the session expires at ${expiration?.toISOString() ?? 'an unknown time'}; session policy: ${request.sessionPolicy}`,
  )
}

async function assumeRole(
  identity: Identity,
  request: SessionRequest,
  Policy: string | undefined,
  { http, mask, policy }: SessionContext,
): Promise<AwsSession> {
  const { region, role, awsEndpoints: endpoints } = request
  const command = new AssumeRoleWithWebIdentityCommand({
    RoleArn: role.arn,
    RoleSessionName: request.roleSessionName,
    WebIdentityToken: identity.idToken,
    DurationSeconds: request.roleDurationSeconds,
    ...(Policy === undefined ? {} : { Policy }),
  })
  let isExpired = false
  let isTooLarge = false
  const answer = await callAws({
    Client: STSClient,
    service: 'STS',
    region,
    endpoints,
    what: `STS in ${region} to assume the role`,
    http,
    policy,
    // Another session expires like this one.
    isRepeatable: true,
    counted: 'all',
    send: (client) => client.send(command),
    examine: (given) => examineSession(given, mask),
    explain: async (refusal) => {
      const { explainSts } = await import('./explain-sts.ts')
      isExpired = saysExpired(refusal)
      isTooLarge = saysPolicyTooLarge(refusal)
      return explainSts(refusal, identity, request)
    },
  }).catch((error: unknown) => {
    if (isTooLarge && error instanceof ActionError) throw new PolicyTooLarge(error)
    throw isExpired && error instanceof ActionError ? new IdTokenExpired(error) : error
  })
  return sessionOf(answer, role, identity.clockOffsetMs)
}

/** The credentials in an answer of STS that {@link examineSession} has masked. `clockOffsetMs`: to sign with them. */
export function sessionOf(
  answer: Pick<AssumeRoleWithWebIdentityCommandOutput, 'Credentials' | 'AssumedRoleUser'>,
  role: Role,
  clockOffsetMs: number,
): AwsSession {
  const credentials = credentialsIn(answer.Credentials)
  if (!credentials) throw withoutCredentials()
  return {
    credentials: { ...credentials, clockOffsetMs },
    expiration: answer.Credentials?.Expiration,
    assumedRoleArn: answer.AssumedRoleUser?.Arn ?? role.arn,
  }
}

type Given = Pick<AssumeRoleWithWebIdentityCommandOutput, 'Credentials'>

/** What is wrong with an answer that holds no credentials: another attempt may bring some. Masks them before anything can fail. */
export function examineSession({ Credentials }: Given, mask: Mask): ActionError | undefined {
  for (const secret of [Credentials?.SecretAccessKey, Credentials?.SessionToken]) if (secret) mask(secret)
  return Credentials === undefined ? withoutCredentials() : undefined
}

/** Undefined unless all three are there. */
function credentialsIn(given: Credentials | undefined): AwsCredentials | undefined {
  const { AccessKeyId, SecretAccessKey, SessionToken } = given ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken) return undefined
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

function saysExpired({ name, message }: ServiceError): boolean {
  return /^ExpiredToken/.test(name) || (/^IDPRejectedClaim/.test(name) && /expired/i.test(message))
}

function withoutCredentials(): ActionError {
  return new ActionError('sts-failed', {
    failed: 'STS returned no credentials.',
    seen: 'a response without AccessKeyId, SecretAccessKey or SessionToken',
    expected: 'a response with all three',
    fix: prose`Check where ${code('AWS_ENDPOINT_URL_STS')} or ${code('AWS_ENDPOINT_URL')} points: the service there does not respond like STS.`,
  })
}
