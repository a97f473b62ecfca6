/** The one way through: Request → Identity → HubToken → VerifiedToken. Reads as the design does; no edge is touched. */
import type { JSONWebKeySet } from 'jose'
import { ActionError } from './errors/action-error.ts'
import { askForIdToken, explainMissingIdToken } from './identity/ask.ts'
import { checkClaims } from './identity/claims.ts'
import type { Identity } from './identity/identity.ts'
import { fetchKeys } from './identity/keys.ts'
import { exportedVariables, type Job, type Request } from './inputs/request.ts'
import type { Log } from './report/log.ts'
import type { Progress } from './report/progress.ts'
import type { SourceWorld } from './sources/token-source.ts'
import { listed } from './text/printable.ts'

/** What a run works with: what its source is made with, and what only the run itself needs. */
export interface World extends Omit<SourceWorld, 'renew'> {
  /** The ID token, when `id-token-from` names a variable or a file. */
  givenIdToken: () => string
  /** Filled in step by step. */
  progress: Progress
}

/**
 * Obtains a verified token for the job, or throws an `ActionError` with the code of the first check that failed.
 */
export async function run(world: World): Promise<Required<Progress>> {
  const { request, job, http, policy, log, progress } = world
  warnOfVariables(request, job, log)
  if (request.endpointOverrides.length > 0)
    log.info(`Other endpoints than the services’ own: ${listed(request.endpointOverrides)}`)
  const identity = await prove(world)
  const { selectSource } = await import('./sources/select.ts')
  const source = await selectSource({ ...world, renew: () => prove(world) })
  const hubToken = await source.obtain(identity)
  progress.origin = hubToken.origin

  const [{ HubClient }, { verifyToken }] = await loadHub()
  const hub = new HubClient({ endpoint: request.hubEndpoint, http, policy })
  const token = await verifyToken(hubToken, { request, hub, log })
  progress.token = token
  if (token.identity) {
    log.info(`Hub: ${token.identity}, ${token.kind} token, ${reach(request)}, ${life(token.expiresAt)}`)
  }
  return { job, request, identity: progress.identity ?? identity, origin: hubToken.origin, token }
}

/** Everything that must hold of an ID token before it is used, the first one and a renewed one alike. */
async function prove(world: World): Promise<Identity> {
  const { request, log, progress } = world
  const identity = await identify(world)
  progress.identity = identity
  const rules = request.claimRules
  log.info(`ID token verified: ${identity.subject}`)
  log.debug(
    `issuer ${identity.issuer}, key ${identity.keyId}, ends ${new Date(identity.expiresAt * 1000).toISOString()}`,
  )
  checkClaims(identity, rules)
  if (rules.length > 0) log.info(`Claims: ${rules.length} of ${rules.length} rules match`)
  return identity
}

const loadHub = () => Promise.all([import('./hub/client.ts'), import('./hub/verify.ts')])

/**
 * Code that is slow to load, in the order in which it is needed. Each call loads the next piece: made while an answer
 * is being waited for (`whileWaiting` of `Http`), it costs no time. What was not loaded then is loaded when needed.
 */
export function preloader({ aws }: Request): () => void {
  const pieces: (() => Promise<unknown>)[] = [
    () => Promise.all([import('./identity/verify.ts'), ...(aws ? [import('./sources/stored-secret.ts')] : [])]),
    loadHub,
    ...(aws ? [() => import('./aws/read-secret.ts')] : []),
    () => import('./deliver/deliver.ts'),
  ]
  // A piece that cannot be loaded fails where it is needed.
  return () =>
    void pieces
      .shift()?.()
      .catch(() => {})
}

/** Obtains the ID token and, at the same time, the keys that verify it. */
async function identify(world: World): Promise<Identity> {
  const { audience, issuer, idTokenFrom } = world.request
  const asked = obtainIdToken(world)
  const fetched = keysOf(world)
  // Whichever fails first is thrown below; the other must not count as unhandled meanwhile.
  asked.catch(() => {})
  fetched.catch(() => {})
  const idToken = await asked
  const { verifyIdToken } = await import('./identity/verify.ts')

  let first: typeof fetched | undefined = fetched
  const keys = () => {
    const answer = first ?? keysOf(world)
    first = undefined
    return answer
  }
  return await verifyIdToken(idToken, { issuer, audience, keys, foreign: idTokenFrom.kind !== 'github' })
}

async function obtainIdToken({ request, job, http, policy, mask, log, givenIdToken }: World): Promise<string> {
  const { audience, idTokenFrom } = request
  if (idTokenFrom.kind !== 'github') {
    const place = idTokenFrom.kind === 'env' ? `the variable ${idTokenFrom.name}` : 'the file given'
    log.info(`Taking the ID token from ${place}`)
    return givenIdToken()
  }
  if (!job.idTokenRequest) throw await explainMissingIdToken(job)
  log.info(`Asking GitHub for an ID token with the audience ${audience}`)
  return await askForIdToken({ request: job.idTokenRequest, audience, http, mask, policy })
}

async function keysOf({ request, job, http, policy }: World): Promise<JSONWebKeySet> {
  const foreign = request.idTokenFrom.kind !== 'github'
  // Nothing is asked of anybody for a job that has no ID token.
  if (!foreign && !job.idTokenRequest) return { keys: [] }
  return await fetchKeys(request.issuer, foreign, http, policy)
}

/** A static token beside ours, and an earlier use's variable that this one replaces, are worth knowing before they hurt. */
function warnOfVariables(request: Request, { presetVariables, ownVariables }: Job, log: Log): void {
  const names = [...new Set(['HF_TOKEN', 'HUGGING_FACE_HUB_TOKEN', ...request.exportEnv])]
  const preset = names.filter((name) => presetVariables.has(name) && !ownVariables.has(name))
  if (preset.length > 0) {
    log.warning(
      `${preset.join(', ')} was already set in this job: a static Hugging Face token seems to be in use. Remove it from the workflow's \`env:\` and from the repository's secrets; this action replaces it.`,
    )
  }
  const replaced = exportedVariables(request).filter((name) => presetVariables.has(name) && ownVariables.has(name))
  if (replaced.length > 0) {
    log.warning(
      `${replaced.join(', ')} was set by an earlier use of this action in this job, and will hold this one's token from now on. To have both, give this step another \`export-env\`, or \`export-file\` to one of them only.`,
    )
  }
}

/** What the token is for, in words. */
function reach({ scope, org, source }: Request): string {
  return source.kind === 'trusted-publisher' ? `${scope} ${source.resource}` : `${scope} in ${org}`
}

function life(expiresAt: number | undefined): string {
  return expiresAt === undefined ? 'no end date' : `until ${new Date(expiresAt).toISOString()}`
}

/** Any failure as an `ActionError`: what nobody foresaw becomes `internal-error`, without text that may hold a secret. */
export function toActionError(error: unknown): ActionError {
  if (error instanceof ActionError) return error
  const name = error instanceof Error ? error.name : typeof error
  const place = error instanceof Error ? /([\w.-]+\.js:\d+:\d+)/.exec(stackFrames(error))?.[1] : undefined
  return new ActionError('internal-error', {
    failed: 'The action itself failed: this is a bug, and no token was delivered.',
    seen: `${name}${place ? ` at ${place}` : ''}`,
    cause: 'a case that nobody foresaw, or a damaged download of the action.',
    fix: 'Re-run the job; if it stays, report it with the code, the line above and the version of the action. Do not paste secrets.',
  })
}

/** The stack without its first lines: the message may quote anything. */
function stackFrames({ stack = '' }: Error): string {
  return stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n')
}
