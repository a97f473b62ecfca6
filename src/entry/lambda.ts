/** Entry point of the rotation function on AWS Lambda: reads the environment, does one step of a rotation, logs. */
import { toActionError } from '../errors/unforeseen.ts'
import { withNetwork } from '../net/network.ts'
import { proxyPasswords } from '../net/proxy.ts'
import { handleRotation } from '../rotation/function/handle.ts'
import { parseFunction } from '../rotation/inputs/parse-function.ts'
import { consoleLog } from '../terminal/log.ts'
import { remember } from '../text/redact.ts'

/** The part of Lambda's context object that is used. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
  invokedFunctionArn: string
}

/** The part of the function's time that is kept for reporting, in milliseconds. */
const RESERVE_MS = 500

/**
 * Handles a rotation event of Secrets Manager: `{SecretId, ClientRequestToken, Step}`. When it throws, Secrets Manager
 * retries the step.
 *
 * @throws `ActionError`, whose message says what to do.
 * Source: Secrets Manager user guide, "Rotation by Lambda function".
 */
export async function handler(event: unknown, context: LambdaContext): Promise<void> {
  const { env } = process
  try {
    const credentials = {
      accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
      secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
      sessionToken: env.AWS_SESSION_TOKEN ?? '',
    }
    for (const secret of [credentials.secretAccessKey, credentials.sessionToken, ...proxyPasswords(env)]) {
      remember(secret)
    }
    const request = parseFunction(env, context.invokedFunctionArn)
    const { role, awsEndpoints } = request
    const caller = { credentials, name: context.invokedFunctionArn, role, sessionPolicy: 'none', awsEndpoints }
    const limitMs = Math.max(1, context.getRemainingTimeInMillis() - RESERVE_MS)
    await withNetwork({ env, limitMs, maxAttempts: request.maxAttempts }, (network) =>
      handleRotation(event, { ...network, request, caller, mask: remember, log: consoleLog }),
    )
  } catch (error) {
    throw toActionError(error)
  }
}
