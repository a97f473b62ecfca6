/** The one way through: Request → Identity → HubToken → VerifiedToken. Touches neither runner nor environment. */
import type { Identity } from '../identity/identity.ts'
import { prove } from '../identity/prove.ts'
import { preloadSource, selectSource } from '../sources/select.ts'
import type { SourceContext } from '../sources/token-source.ts'
import { listed } from '../text/printable.ts'
import type { Progress } from './progress.ts'
import type { Request } from './request.ts'
import { warnOfVariables } from './warn-of-variables.ts'

/** What a run works with: what its source needs, and what only the run itself needs. */
export interface RunContext extends Omit<SourceContext, 'renew' | 'request'> {
  request: Request
  /** The ID token, when `id-token-from` names a variable or a file. */
  givenIdToken: () => string
  /** Filled in step by step. */
  progress: Progress
}

/**
 * Obtains a verified token for the job, or throws an `ActionError` with the code of the first check that failed.
 */
export async function run(context: RunContext): Promise<Required<Progress>> {
  const { job, http, policy, log, progress } = context
  warnOfVariables(context.request, job, log)
  const { endpointOverrides } = context.request
  if (endpointOverrides.length > 0) log.info(`Custom endpoints: ${listed(endpointOverrides)}`)
  const renew = () => prove({ ...context, onIdentity: (identity) => Object.assign(progress, { identity }) })
  const identity = await renew()
  const request = complete(context.request, identity)
  progress.request = request
  const source = await selectSource({ ...context, request, renew })
  const hubToken = await source.obtain(identity)
  progress.origin = hubToken.origin

  const { HubClient, verifyToken } = await loadHub()
  const hub = new HubClient({ endpoint: request.hubEndpoint, http, policy })
  const token = await verifyToken(hubToken, { request, hub, log })
  progress.token = token
  if (token.identity) {
    log.info(`Hub: ${token.identity}, ${token.kind} token, ${reach(request)}, ${life(token.expiresAt)}`)
  }
  return { job, request, identity: progress.identity ?? identity, origin: hubToken.origin, token }
}

/** The request with what only the claims can fill in. */
function complete(request: Request, identity: Identity): Request {
  return request.aws?.fill ? { ...request, aws: request.aws.fill(identity) } : request
}

const loadHub = () => import('./hub.ts')

/**
 * Loads code that is slow to load, in the order in which it is needed: each call loads the next piece. A call while an
 * answer is awaited (`whileWaiting` of `Http`) costs no time. Anything else is loaded when it is needed.
 * `deliver`: loads what delivers the token, the last piece.
 */
export function preloader({ source }: Request, deliver: () => Promise<unknown>): () => void {
  const pieces: (() => Promise<unknown>)[] = [
    () => Promise.all([import('../identity/verify.ts'), preloadSource(source.kind)]),
    loadHub,
    deliver,
  ]
  // A piece that cannot be loaded fails where it is needed.
  return () =>
    void pieces
      .shift()?.()
      .catch(() => {})
}

/** What the token is for, in words. */
function reach({ scope, org, source }: Request): string {
  return source.kind === 'trusted-publisher' ? `${scope} ${source.resource}` : `${scope} in ${org}`
}

function life(expiresAt: number | undefined): string {
  return expiresAt === undefined ? 'no known expiry' : `expires at ${new Date(expiresAt).toISOString()}`
}
