/** The token source `secrets-manager`: a stored, rotated token, read with a session that may read nothing else. */
import { type AwsSession, assumeRole, IdTokenEnded } from '../aws/assume-role.ts'
import { checkTokenShape } from '../hub/token-shape.ts'
import type { Identity } from '../identity/identity.ts'
import type { AwsRequest } from '../inputs/request.ts'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import type { Log, Mask } from '../report/log.ts'
import type { TokenSource } from './token-source.ts'

export interface SecretsManagerOptions {
  request: AwsRequest
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  /** Makes a new identity when the ID token ended before STS saw it; used once at most. */
  renew: () => Promise<Identity>
}

/** AssumeRoleWithWebIdentity, then GetSecretValue; the session lives in memory only. */
export function secretsManagerSource(options: SecretsManagerOptions): TokenSource {
  const { request, http, policy, mask, log } = options
  return {
    async obtain(identity) {
      const session = await openSession(identity, options)
      const until = session.credentials.expiration?.toISOString() ?? 'unknown'
      log.info(`AWS: assumed ${session.assumedRoleArn} in ${request.region}`)
      log.debug(`AWS: the session ends at ${until}; session policy: ${request.sessionPolicy}`)

      const { readSecret } = await import('../aws/read-secret.ts')
      const secret = await readSecret(session, request, http, mask, policy)
      const label = `${request.secret.id}, version ${secret.versionId} (${request.secret.stage})`
      log.info(`Secrets Manager: read ${label}`)
      const fix = `Store the token alone: aws secretsmanager put-secret-value --region ${request.secret.region} --secret-id ${request.secret.id} --secret-string file://secret.json\nwhere secret.json holds {"${request.secret.key}": "hf_…"}`
      return {
        value: checkTokenShape(secret.value, `The secret ${label}`, fix),
        origin: {
          label,
          awsAccountId: request.role.account,
          assumedRoleArn: session.assumedRoleArn,
          secretArn: secret.arn,
          secretVersionId: secret.versionId,
          secretStage: request.secret.stage,
          secretKey: secret.key,
        },
      }
    },
  }
}

async function openSession(identity: Identity, options: SecretsManagerOptions): Promise<AwsSession> {
  const { request, http, mask, policy, log, renew } = options
  try {
    return await assumeRole(identity, request, http, mask, policy)
  } catch (error) {
    if (!(error instanceof IdTokenEnded)) throw error
    log.debug('STS says that the ID token has ended: asking for a new one, once')
  }
  try {
    return await assumeRole(await renew(), request, http, mask, policy)
  } catch (error) {
    throw error instanceof IdTokenEnded ? error.failure : error
  }
}
