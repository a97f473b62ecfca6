/** The one way through: Request → Identity → HubToken → VerifiedToken. Touches neither runner nor environment. */
import { presentsIdToken } from '../aws/request.ts'
import type { Identity } from '../identity/identity.ts'
import { prove } from '../identity/prove.ts'
import { sharedAudienceWarning } from '../inputs/shared-audience.ts'
import { preloadSource, selectSource } from '../sources/select.ts'
import type { SourceContext } from '../sources/token-source.ts'
import { listed } from '../text/printable.ts'
import { sha256 } from '../text/sha256.ts'
import type { Done, Progress } from './progress.ts'
import type { Request } from './request.ts'
import { warnOfVariables } from './warn-of-variables.ts'

/** What a run works with: what its source needs, and what only the run itself needs. */
export interface RunContext extends Omit<SourceContext, 'renew' | 'request' | 'swept' | 'now'> {
  request: Request
  /** The ID token, when `id-token-from` names a variable or a file. */
  givenIdToken: () => string
  /** Filled in step by step. */
  progress: Progress
}

/**
 * Obtains a verified token for the job, or throws an `ActionError` with the code of the first check that failed.
 */
export async function run(context: RunContext): Promise<Done> {
  const { job, http, policy, log, steps, progress } = context
  const swept: string[] = []
  Object.assign(progress, { steps, swept })
  sayWhatIsUnusual(context)
  const { aws } = context.request
  const proof = {
    ...context,
    isCheckedLater: aws === undefined || presentsIdToken(aws),
    onIdentity: (identity: Identity) => void Object.assign(progress, { identity }),
  }
  const identity = await steps.time('id-token', () => prove(proof))
  const now = () => Date.now() + identity.clockOffsetMs
  const request = complete(context.request, identity)
  progress.request = request
  const renew = () => steps.time('id-token', () => prove({ ...proof, isRenewal: true }))
  const source = await selectSource({ ...context, request, renew, swept, now })
  const hubToken = await source.obtain(identity)
  const { origin, evidence } = hubToken
  const tokenSha256 = sha256(hubToken.value)
  Object.assign(progress, { origin, evidence, tokenSha256 })

  const { HubClient, verifyToken } = await loadHub()
  const hub = new HubClient({ endpoint: request.hubEndpoint, http, policy })
  const token = await steps.time('verify', () => verifyToken(hubToken, { request, hub, log, now: now() }))
  progress.token = token
  if (token.identity) {
    log.info(`Hub: ${token.identity}, ${token.kind} token, ${reach(request)}, ${life(token.expiresAt)}`)
  }
  return { job, request, identity: progress.identity ?? identity, origin, evidence, tokenSha256, token, steps, swept }
}

function sayWhatIsUnusual({ request, job, log }: RunContext): void {
  warnOfVariables(request, job, log)
  const shared = request.aws && sharedAudienceWarning(request)
  if (shared) log.warning(shared)
  if (request.endpointOverrides.length > 0) log.info(`Custom endpoints: ${listed(request.endpointOverrides)}`)
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
