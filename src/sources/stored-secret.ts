/** Identity → what one secret holds: AssumeRoleWithWebIdentity, then GetSecretValue. The session stays in memory. */
import { sessionPolicy } from '../aws/policies/session-policy.ts'
import { reachRole } from '../aws/reach-role.ts'
import { readSecret, type StoredSecret } from '../aws/read-secret.ts'
import { keysOf, type SecretContent } from '../aws/secret-content.ts'
import type { SecretShape } from '../aws/store-command.ts'
import type { AwsOrigin } from '../hub/token.ts'
import type { Identity } from '../identity/identity.ts'
import { awsOf, type SourceContext } from './token-source.ts'

/** What was read, and where. */
export interface Stored extends StoredSecret {
  /** One phrase: `huggingface/acme/write, version 1234 (AWSCURRENT)`. */
  label: string
  origin: AwsOrigin
}

/**
 * Reads the secret. `content`: what it must hold; `also`: names another key to read, next to that.
 *
 * @throws what `reachRole` and `readSecret` throw.
 */
export async function readStoredSecret(
  identity: Identity,
  context: SourceContext,
  content: SecretContent,
  also?: (key: string) => string,
): Promise<Stored> {
  const aws = awsOf(context.request)
  if (aws.fill) throw new TypeError('the claims are not filled in')
  const { http, policy, mask, log, steps } = context
  const document = sessionPolicy(aws.sessionPolicy, aws.role, aws.secret)
  const caller = await steps.time('aws-session', () => reachRole(identity, aws, document, context))

  const wanted = { secret: aws.secret, content, also, caller, http, policy, mask }
  const secret = await steps.time('secret', () => readSecret(wanted))
  const { stage, versionId } = aws.secret
  const label = `${aws.secret.id}, version ${secret.versionId} (${versionId === undefined ? stage : 'secret-version-id'})`
  log.info(`Secrets Manager: read ${label}`)
  const origin: AwsOrigin = {
    accountId: caller.role.account,
    assumedRoleArn: caller.name,
    ...(caller.via ? { via: caller.via } : {}),
    secretArn: secret.arn,
    secretVersionId: secret.versionId,
    secretStage: versionId === undefined ? stage : '',
    ...keyIn(secret.shape, keysOf(content, aws.secret)[0] ?? ''),
    holdsToken: content === 'token',
  }
  return { ...secret, label, origin }
}

/** Where the value is in the secret. */
function keyIn(shape: SecretShape, key: string): Pick<AwsOrigin, 'secretKey' | 'isNested'> {
  if (shape.kind !== 'object') return { secretKey: undefined }
  const { path = [key] } = shape
  return path.length === 1 ? { secretKey: path[0] } : { secretKey: key, isNested: true }
}
