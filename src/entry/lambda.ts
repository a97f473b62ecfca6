/** Entry point of the rotation function on AWS Lambda: reads the environment, does one step, logs. */
import { toActionError } from '../errors/unforeseen.ts'
import { withNetwork } from '../net/network.ts'
import { proxyPasswords } from '../net/proxy.ts'
import { handleRotation } from '../rotation/function/handle.ts'
import { parseFunction } from '../rotation/inputs/parse-function.ts'
import type { Log } from '../text/log.ts'
import { verbatim } from '../text/printable.ts'
import { remember } from '../text/redact.ts'

/** What is used of Lambda's context object. */
export interface LambdaContext {
  getRemainingTimeInMillis(): number
  invokedFunctionArn: string
}

/** Kept of the function's time for what is to be said at the end, in milliseconds. */
const RESERVE_MS = 500

const log: Log = {
  info: (message) => console.log(verbatim(message, 4000)),
  debug: () => {},
  warning: (message) => console.warn(verbatim(message, 4000)),
}

/**
 * Handles a rotation event of Secrets Manager: `{SecretId, ClientRequestToken, Step}`. Secrets Manager tries a step
 * again that throws.
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
      handleRotation(event, { ...network, request, caller, mask: remember, log }),
    )
  } catch (error) {
    throw toActionError(error)
  }
}
