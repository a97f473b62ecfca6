/** Opens a run on GitHub's runner: what `main` and the sub-actions have in common before their own work begins. */
import { foreignHosts } from '../audit/foreign-hosts.ts'
import type { AwsToken } from '../aws/assume-role.ts'
import type { Job } from '../identity/job.ts'
import type { IdTokenFrom } from '../identity/request.ts'
import { lookalikes } from '../inputs/near-misses.ts'
import type { RawInputs } from '../inputs/raw.ts'
import type { Contacted } from '../net/http.ts'
import { type NetworkContext, withNetwork } from '../net/network.ts'
import { proxyPasswords } from '../net/proxy.ts'
import type { Log, Mask } from '../text/log.ts'
import { listed, printable } from '../text/printable.ts'
import type { Steps } from '../text/steps.ts'
import { awsTokenFrom } from './aws-token.ts'
import { readIdToken } from './id-token.ts'
import { readInputs, readJob } from './inputs.ts'
import { mask, runnerLog } from './log.ts'
import { requirePermissions } from './permissions.ts'

/** What every program's request says about the run itself. */
interface RunRequest {
  idTokenFrom: IdTokenFrom
  timeoutMs: number
  maxAttempts: number | undefined
}

/** What a program works with on the runner. */
export interface JobContext<Request> extends NetworkContext {
  request: Request
  job: Job
  mask: Mask
  log: Log
  /** The ID token, masked, when `id-token-from` names a variable or a file. */
  givenIdToken: () => string
  steps: Steps
  /** What proves the runner's own identity to AWS, masked. */
  awsToken: AwsToken
}

export interface JobOptions<Request, Name extends string> {
  /** Filled in with what is known so far, for the report of a failure. */
  progress: { job?: Job; request?: Request; contacted?: () => Contacted }
  steps: Steps
  /** Every input with its default. */
  inputs: Readonly<Record<Name, string | undefined>>
  /** Turns the inputs of the step into a request. */
  parse: (raw: RawInputs<Name>, job: Job) => Request
  /** Returns what to call while answers are awaited. */
  whileWaiting?: (request: Request) => () => void
}

/**
 * Masks the secrets in the environment, reads the job, parses its inputs (after a warning of variables that look like one),
 * and does `work` with a network of its own.
 *
 * @throws what `parse` and `work` throw.
 */
export async function runJob<Request extends RunRequest, Name extends string, T>(
  env: NodeJS.ProcessEnv,
  { progress, steps, inputs, parse, whileWaiting }: JobOptions<Request, Name>,
  work: (context: JobContext<Request>) => Promise<T>,
): Promise<T> {
  const job = readJob(env)
  progress.job = job
  for (const secret of [job.idTokenRequest?.token, ...proxyPasswords(env)]) if (secret) mask(secret)
  const raw = readInputs(env, inputs)
  for (const warning of lookalikes(raw.unknown, Object.keys(inputs))) runnerLog.warning(warning)
  const request = parse(raw, job)
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
    async (network) => {
      const contacted = () => network.http.contacted()
      progress.contacted = contacted
      const awsToken = awsTokenFrom(env)
      try {
        return await work({ ...network, request, job, mask, log: runnerLog, givenIdToken, awsToken, steps })
      } finally {
        tellForeign(contacted(), job)
      }
    },
  )
}

/** The log names what an outsider could have put between this job and the services. */
function tellForeign(contacted: Contacted, { serverUrl }: Job): void {
  const hosts = foreignHosts(contacted, serverUrl)
  if (hosts.length > 0)
    runnerLog.info(
      `Hosts contacted, other than the services’ own: ${listed(hosts.map((host) => printable(host, 120)))}`,
    )
  if (contacted.proxy !== undefined) runnerLog.info(`Proxy used: ${printable(contacted.proxy, 120)}`)
}
