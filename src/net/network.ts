/** Opens the network for one piece of work and closes it again: deadline, proxy, transport and retry policy together. */
import type { Platform } from '../platform/platform.ts'
import { CallCount } from './calls-made.ts'
import { Deadline } from './deadline.ts'
import { Http } from './http.ts'
import { proxyFromEnvironment, unusedProxyVariable } from './proxy.ts'
import type { RetryPolicy } from './retry.ts'

/** What every call needs. */
export interface NetworkContext {
  http: Http
  policy: RetryPolicy
  deadline: Deadline
}

/** Gets what makes the calls, before the first one: the audit event says where they went. */
export type OnOpen = (http: Pick<Http, 'contacted'>) => void

export interface NetworkOptions {
  /** Holds the proxy's variables. */
  env: NodeJS.ProcessEnv
  /** For all of the work together. */
  limitMs: number
  /** The most attempts at one call, if the user limits them. */
  maxAttempts?: number | undefined
  /** Called before each wait for another attempt. */
  onRetry?: (message: string) => void
  /** Called before a wait that may take most of the time. */
  onLongWait?: (message: string) => void
  /** Called while answers are awaited: time for other work. */
  whileWaiting?: () => void
  /** The machine, for messages. */
  platform?: Platform
}

/** Does `work` with a network of its own. However it ends, calls that are still in progress are aborted. */
export async function withNetwork<T>(
  { env, limitMs, maxAttempts, onRetry, onLongWait, whileWaiting, platform }: NetworkOptions,
  work: (network: NetworkContext) => Promise<T>,
): Promise<T> {
  const deadline = new Deadline(limitMs)
  const unusedProxy = unusedProxyVariable(env)
  const http = new Http(deadline, proxyFromEnvironment(env), { unusedProxy, ...(whileWaiting ? { whileWaiting } : {}) })
  try {
    const calls = new CallCount()
    const policy = {
      maxAttempts,
      deadline,
      calls,
      ...(onRetry ? { onRetry } : {}),
      ...(onLongWait ? { onLongWait } : {}),
      ...(platform ? { platform } : {}),
    }
    return await work({ http, deadline, policy })
  } finally {
    deadline.stop()
    http.close()
  }
}
