/** Identity → what one secret holds: AssumeRoleWithWebIdentity, then GetSecretValue. The session lives in memory only. */
import { type AwsSession, assumeRole, IdTokenEnded } from '../aws/assume-role.ts'
import type { StoredSecret } from '../aws/read-secret.ts'
import type { Identity } from '../identity/identity.ts'
import { type AwsOrigin, awsOf, type SourceWorld } from './token-source.ts'

/** What was read, and where. */
export interface Stored extends StoredSecret {
  /** One phrase: `huggingface/acme/write, version 1234 (AWSCURRENT)`. */
  label: string
  origin: AwsOrigin
}

/**
 * Reads the secret. `keys`: what to take out of it; with one key the secret may also be a plain string.
 *
 * @throws what `assumeRole` and `readSecret` throw.
 */
export async function readStoredSecret(
  identity: Identity,
  world: SourceWorld,
  keys: readonly string[],
  holdsToken: boolean,
): Promise<Stored> {
  const aws = awsOf(world.request)
  const { http, policy, mask, log } = world
  const session = await openSession(identity, world)
  const until = session.credentials.expiration?.toISOString() ?? 'unknown'
  log.info(`AWS: assumed ${session.assumedRoleArn} in ${aws.region}`)
  log.debug(`AWS: the session ends at ${until}; session policy: ${aws.sessionPolicy}`)

  const { readSecret } = await import('../aws/read-secret.ts')
  const secret = await readSecret(session, aws, keys, http, mask, policy)
  const label = `${aws.secret.id}, version ${secret.versionId} (${aws.secret.stage})`
  log.info(`Secrets Manager: read ${label}`)
  const origin: AwsOrigin = {
    accountId: aws.role.account,
    assumedRoleArn: session.assumedRoleArn,
    secretArn: secret.arn,
    secretVersionId: secret.versionId,
    secretStage: aws.secret.stage,
    secretKey: secret.isObject ? keys[0] : undefined,
    holdsToken,
  }
  return { ...secret, label, origin }
}

async function openSession(identity: Identity, world: SourceWorld): Promise<AwsSession> {
  const { request, http, mask, policy, log, renew } = world
  const aws = awsOf(request)
  try {
    return await assumeRole(identity, aws, http, mask, policy)
  } catch (error) {
    if (!(error instanceof IdTokenEnded)) throw error
    log.debug('STS says that the ID token has ended: asking for a new one, once')
  }
  try {
    return await assumeRole(await renew(), aws, http, mask, policy)
  } catch (error) {
    throw error instanceof IdTokenEnded ? error.failure : error
  }
}
