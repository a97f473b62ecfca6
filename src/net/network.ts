/** Opens the way out for one piece of work, and closes it again: deadline, proxy, transport and retry policy together. */
import { Deadline } from './deadline.ts'
import { Http } from './http.ts'
import { proxyFromEnvironment } from './proxy.ts'
import type { RetryPolicy } from './retry.ts'

/** What every call is made with. */
export interface NetworkContext {
  http: Http
  policy: RetryPolicy
  deadline: Deadline
}

export interface NetworkOptions {
  /** Where the proxy's variables are. */
  env: NodeJS.ProcessEnv
  /** For all of the work together, in milliseconds. */
  limitMs: number
  /** How often one call is made at most. */
  maxAttempts: number
  /** Told about each wait before another attempt. */
  onRetry?: (message: string) => void
  /** Called while answers are awaited: time for other work. */
  whileWaiting?: () => void
}

/** Does `work` with a network of its own. However it ends, calls that are still under way are given up. */
export async function withNetwork<T>(
  { env, limitMs, maxAttempts, onRetry, whileWaiting }: NetworkOptions,
  work: (network: NetworkContext) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(limitMs)
  const http = new Http(deadline, proxyFromEnvironment(env), whileWaiting ? { whileWaiting } : {})
  try {
    return await work({ http, deadline, policy: { maxAttempts, deadline, ...(onRetry ? { onRetry } : {}) } })
  } finally {
    deadline.stop()
    http.close()
  }
}
