/**
 * Edge of post: deletes the token that main minted for a service account, by its ID, silently. Everything comes from
 * saved state: inputs are evaluated again in post, and later steps can set any variable. Loaded only when needed.
 */
import { presentsIdToken } from '../../aws/request.ts'
import { ServiceAccounts } from '../../hub/service-accounts.ts'
import { checkTokenShape } from '../../hub/token-shape.ts'
import { prove } from '../../identity/prove.ts'
import { inOneLine } from '../../net/calls-made.ts'
import { type OnOpen, withNetwork } from '../../net/network.ts'
import { proxyPasswords } from '../../net/proxy.ts'
import { readStoredSecret } from '../../sources/stored-secret.ts'
import type { SourceContext } from '../../sources/token-source.ts'
import { awsOf } from '../../sources/token-source.ts'
import { printable } from '../../text/printable.ts'
import { Steps } from '../../text/steps.ts'
import { awsTokenFrom } from '../aws-token.ts'
import { changedVariables, decidingVariables, tellChanged } from '../deciding-variables.ts'
import { readJob } from '../inputs.ts'
import type { SavedDeletion } from '../ledger.ts'
import { mask, runnerLog } from '../log.ts'
import { isDeletion, misfits } from './saved-deletion.ts'
import { tellMisfits } from './saved-token.ts'

/** How long this may take, in milliseconds: nothing comes after it. */
const LIMIT_MS = 120_000

const LATER = 'A later run that uses this service account deletes it.'

/** Deletes the token; anything that prevents it is a warning. Never throws. `saved`: as it was in the state. */
export async function deleteMinted(
  saved: Record<string, unknown>,
  env: NodeJS.ProcessEnv,
  onOpen: OnOpen,
): Promise<'deleted' | 'left'> {
  if (!isDeletion(saved)) return leave(`${tellMisfits(misfits(saved))} ${LATER}`)
  const name = printable(saved.displayName, 120)
  const changed = changedVariables(saved.variables, decidingVariables(env))
  if (changed.length > 0) {
    return leave(`${tellChanged(changed)}, and the token "${name}" of this job was not deleted. ${LATER}`)
  }
  if (saved.request.idTokenFrom.kind !== 'github') {
    return leave(
      `The post step cannot get a second ID token from \`id-token-from\`, so the token "${name}" of this job was not deleted. ${LATER}`,
    )
  }
  try {
    await remove(saved, env, onOpen)
    runnerLog.info(`Hub: deleted this job’s token "${name}"`)
    return 'deleted'
  } catch (error) {
    return leave(`This job’s token "${name}" could not be deleted. ${LATER} ${printable(inOneLine(error), 400)}`)
  }
}

function leave(warning: string): 'left' {
  runnerLog.warning(warning)
  return 'left'
}

async function remove(saved: SavedDeletion, env: NodeJS.ProcessEnv, onOpen: OnOpen): Promise<void> {
  const { request, accountId, tokenId } = saved
  const job = readJob(env)
  for (const secret of [job.idTokenRequest?.token, ...proxyPasswords(env)]) if (secret) mask(secret)
  await withNetwork({ env, limitMs: LIMIT_MS, onRetry: runnerLog.debug }, async ({ http, policy }) => {
    onOpen(http)
    const tools = { http, policy, mask, log: runnerLog, job }
    // Main has warned about the clock already.
    const proof = { isRenewal: true, isCheckedLater: presentsIdToken(awsOf(request)) }
    const renew = () => prove({ ...tools, ...proof, request, givenIdToken: () => '', onIdentity: () => {} })
    const own = { awsToken: awsTokenFrom(env), ledger: NO_LEDGER, steps: new Steps(), swept: [] }
    const context: SourceContext = { ...tools, ...own, request, renew }
    const stored = await readStoredSecret(await renew(), context, 'admin-token')
    const admin = checkTokenShape(stored.values[0] ?? '', `The secret ${stored.label}`, [])
    const access = { endpoint: request.hubEndpoint, http, policy }
    const secret = { input: 'secret-id', id: awsOf(request).secret.id }
    const accounts = new ServiceAccounts(access, request.org, admin, secret)
    await accounts.remove({ id: accountId }, { id: tokenId })
  })
}

/** Nothing is minted here. */
const NO_LEDGER = { begin() {}, made() {}, refused() {} }
