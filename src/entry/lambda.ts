/** Entry point of the rotation function on AWS Lambda: reads the environment, does one step of a rotation, logs. */
import type { AuditedFacts, AuditSink } from '../audit/audit-event.ts'
import { auditLine } from '../audit/audit-line.ts'
import { AuditRecord } from '../audit/audit-record.ts'
import { auditedHosts } from '../audit/foreign-hosts.ts'
import { toActionError } from '../errors/unforeseen.ts'
import type { Contacted } from '../net/http.ts'
import { withNetwork } from '../net/network.ts'
import { proxyPasswords } from '../net/proxy.ts'
import { stepNamed } from '../rotation/function/event.ts'
import { handleRotation } from '../rotation/function/handle.ts'
import { type FunctionRequest, parseFunction } from '../rotation/inputs/parse-function.ts'
import type { Outcome } from '../rotation/outcome.ts'
import { tokenFields } from '../rotation/report/report.ts'
import { consoleLog } from '../terminal/log.ts'
import { isRecord } from '../text/json.ts'
import { remember } from '../text/redact.ts'
import { Steps } from '../text/steps.ts'

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
  const steps = new Steps()
  const progress: FunctionProgress = {}
  const facts = () => functionFacts(event, context, progress)
  const record = new AuditRecord({ event: 'hf-oidc-action/function', steps, facts, sinks: [consoleSink] })
  try {
    await rotate(event, context, progress, steps)
    record.result = 'done'
  } catch (error) {
    const failure = toActionError(error)
    record.result = failure.code
    throw failure
  } finally {
    record.send()
  }
}

const consoleSink: AuditSink = (event) => consoleLog.info(`Audit: ${auditLine(event)}`)

/** What is known of the invocation so far. */
interface FunctionProgress {
  request?: FunctionRequest
  contacted?: () => Contacted
  outcome?: Outcome
}

async function rotate(event: unknown, context: LambdaContext, progress: FunctionProgress, steps: Steps): Promise<void> {
  // It must be in no text of ours, even if the event is refused.
  if (isRecord(event) && typeof event.RotationToken === 'string') remember(event.RotationToken)
  const { env } = process
  const credentials = {
    accessKeyId: env.AWS_ACCESS_KEY_ID ?? '',
    secretAccessKey: env.AWS_SECRET_ACCESS_KEY ?? '',
    sessionToken: env.AWS_SESSION_TOKEN ?? '',
  }
  for (const secret of [credentials.secretAccessKey, credentials.sessionToken, ...proxyPasswords(env)]) {
    remember(secret)
  }
  const request = parseFunction(env, context.invokedFunctionArn)
  progress.request = request
  const { role, awsEndpoints } = request
  const caller = { credentials, name: context.invokedFunctionArn, role, sessionPolicy: 'none', awsEndpoints }
  const limitMs = Math.max(1, context.getRemainingTimeInMillis() - RESERVE_MS)
  await withNetwork({ env, limitMs, maxAttempts: request.maxAttempts }, (network) => {
    progress.contacted = () => network.http.contacted()
    const onOutcome = (outcome: Outcome) => Object.assign(progress, { outcome })
    const tools = { ...network, request, caller, mask: remember, log: consoleLog, onOutcome }
    return steps.time('rotate', () => handleRotation(event, tools))
  })
}

/** `event`: as it came, so nothing about it is certain. */
function functionFacts(event: unknown, context: LambdaContext, progress: FunctionProgress): AuditedFacts {
  const { request, contacted, outcome } = progress
  const { Step, SecretId, ClientRequestToken } = isRecord(event) ? event : {}
  const step = stepNamed(Step) ?? Step
  return {
    org: request?.org,
    role: request?.role.arn,
    hosts: contacted && auditedHosts(contacted(), ''),
    details: {
      function: context.invokedFunctionArn,
      functionStep: step,
      secrets:
        SecretId === undefined
          ? undefined
          : [
              {
                secret: SecretId,
                versionId: ClientRequestToken,
                revoked: outcome?.revoked,
                ...tokenFields(outcome?.token),
              },
            ],
    },
  }
}
