/** Identity → what one secret holds: AssumeRoleWithWebIdentity, then GetSecretValue. The session stays in memory. */
import { openSession } from '../aws/assume-role.ts'
import { sessionPolicy } from '../aws/policies/session-policy.ts'
import { readSecret, type StoredSecret } from '../aws/read-secret.ts'
import { keysOf, type SecretContent } from '../aws/secret-content.ts'
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
 * Reads the secret. `content`: what it must hold; `also`: another key to read.
 *
 * @throws what `openSession` and `readSecret` throw.
 */
export async function readStoredSecret(
  identity: Identity,
  context: SourceContext,
  content: SecretContent,
  also?: string,
): Promise<Stored> {
  const aws = awsOf(context.request)
  const { http, policy, mask, log, steps } = context
  const document = sessionPolicy(aws.sessionPolicy, aws.role, aws.secret)
  const caller = await steps.time('aws-session', () => openSession(identity, aws, document, context))

  const wanted = { secret: aws.secret, content, also, caller, http, policy, mask }
  const secret = await steps.time('secret', () => readSecret(wanted))
  const label = `${aws.secret.id}, version ${secret.versionId} (${aws.secret.stage})`
  log.info(`Secrets Manager: read ${label}`)
  const origin: AwsOrigin = {
    accountId: aws.role.account,
    assumedRoleArn: caller.name,
    secretArn: secret.arn,
    secretVersionId: secret.versionId,
    secretStage: aws.secret.stage,
    secretKey: secret.shape.kind === 'object' ? keysOf(content, aws.secret)[0] : undefined,
    holdsToken: content === 'token',
  }
  return { ...secret, label, origin }
}
