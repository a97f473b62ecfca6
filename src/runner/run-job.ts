/** Opens a run on GitHub's runner: what `main` and the sub-actions have in common before their own work begins. */
import type { Job } from '../identity/job.ts'
import type { IdTokenFrom } from '../identity/request.ts'
import { type NetworkContext, withNetwork } from '../net/network.ts'
import { proxyPasswords } from '../net/proxy.ts'
import type { Log, Mask } from '../text/log.ts'
import { readIdToken } from './id-token.ts'
import { readJob } from './inputs.ts'
import { mask, runnerLog } from './log.ts'
import { requirePermissions } from './permissions.ts'

/** What every program's request says about the run itself. */
interface RunRequest {
  idTokenFrom: IdTokenFrom
  timeoutMs: number
  maxAttempts: number
}

/** What a program works with on the runner. */
export interface JobContext<Request> extends NetworkContext {
  request: Request
  job: Job
  mask: Mask
  log: Log
  /** The ID token, masked, when `id-token-from` names a variable or a file. */
  givenIdToken: () => string
}

export interface JobOptions<Request> {
  /** Filled in with what is known so far, for the report of a failure. */
  progress: { job?: Job; request?: Request }
  /** Turns the inputs of the step into a request. */
  parse: (job: Job) => Request
  /** Returns what to call while answers are awaited. */
  whileWaiting?: (request: Request) => () => void
}

/**
 * Masks the secrets in the environment, reads the job, parses its inputs, and does `work` with a network of its own.
 *
 * @throws what `parse` and `work` throw.
 */
export async function runJob<Request extends RunRequest, T>(
  env: NodeJS.ProcessEnv,
  { progress, parse, whileWaiting }: JobOptions<Request>,
  work: (context: JobContext<Request>) => Promise<T>,
): Promise<T> {
  const job = readJob(env)
  progress.job = job
  for (const secret of [job.idTokenRequest?.token, ...proxyPasswords(env)]) if (secret) mask(secret)
  const request = parse(job)
  progress.request = request
  requirePermissions(job.platform)
  const givenIdToken = () => {
    const idToken = readIdToken(request.idTokenFrom, env)
    mask(idToken)
    return idToken
  }
  return await withNetwork(
    {
      env,
      limitMs: request.timeoutMs,
      maxAttempts: request.maxAttempts,
      onRetry: runnerLog.debug,
      onLongWait: runnerLog.info,
      platform: job.platform,
      ...(whileWaiting ? { whileWaiting: whileWaiting(request) } : {}),
    },
    (network) => work({ ...network, request, job, mask, log: runnerLog, givenIdToken }),
  )
}
