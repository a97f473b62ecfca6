/** Edge of post: revokes the token that main minted, or says when it expires; all from saved state. */
import { getState } from '@actions/core'
import { revokeToken } from '../../hub/revoke.ts'
import { isAllowedUrl } from '../../net/endpoint.ts'
import { withNetwork } from '../../net/network.ts'
import { proxyPasswords } from '../../net/proxy.ts'
import { isRecord, parseJson } from '../../text/json.ts'
import { listed, printable } from '../../text/printable.ts'
import { changedVariables, type DecidingVariables, decidingVariables } from '../deciding-variables.ts'
import {
  LEFT_STATE,
  MINTED_STATE,
  MINTING_STATE,
  mustReport,
  type RevocableToken,
  type SavedDeletion,
  tellExpiry,
} from '../ledger.ts'
import { mask, runnerLog } from '../log.ts'
import { logLeft } from './log-left.ts'

/** How long post may take, in milliseconds: the Hub's short incidents are over by then, and no job hangs for it. */
export const POST_MS = 120_000
/** How often post tries. More than main does by default: nothing comes after it. */
export const POST_ATTEMPTS = 6

/** Revokes what must be revoked; a failure is a warning that says when the token expires. Never throws. */
export async function revokeMinted(env: NodeJS.ProcessEnv): Promise<void> {
  const state = getState(MINTED_STATE)
  const deletion = readDeletion(state)
  if (deletion) {
    // With the code for AWS: most jobs need none of it.
    const { deleteMinted } = await import('./delete-minted.ts')
    return await deleteMinted(deletion, env)
  }
  const token = readToken(state)
  if (token?.value) {
    for (const secret of [token.value, ...proxyPasswords(env)]) mask(secret)
    if (mustReport(token)) await report(token, state, env)
    else logLeft(token)
    return
  }
  const left = readToken(getState(LEFT_STATE))
  if (left) logLeft(left)
  else warnOfUnfinished(getState(MINTING_STATE))
}

/** Sends the token only where main would have sent it. */
async function report(token: RevocableToken, state: string, env: NodeJS.ProcessEnv): Promise<void> {
  const saved = parseJson(state)
  const before = isRecord(saved) && isRecord(saved.variables) ? (saved.variables as DecidingVariables) : {}
  const changed = changedVariables(before, decidingVariables(env))
  if (changed.length === 0) return await revoke(token, env)
  runnerLog.warning(
    `A later step changed ${listed(changed.map((name) => printable(name, 80)))}, which decides where calls go or whom TLS trusts. The post step therefore made no calls, and this job’s token was not revoked. ${tellExpiry(token.expiresAt)}.`,
  )
}

/** The state may be missing (no token was minted) or, on a runner that was tampered with, anything. */
function readToken(state: string): RevocableToken | undefined {
  const saved = parseJson(state)
  if (!isRecord(saved)) return undefined
  const { value, endpoint, expiresAt, revoke } = saved
  return {
    value: typeof value === 'string' ? value : '',
    endpoint: typeof endpoint === 'string' ? endpoint : '',
    // What `Date` can show: ECMA-262, "Time Values and Time Range".
    expiresAt: typeof expiresAt === 'number' && Math.abs(expiresAt) <= 8.64e15 ? expiresAt : undefined,
    revoke: revoke === 'true' || revoke === 'false' ? revoke : 'auto',
  }
}

/** IDs become part of a path. */
const ID = /^[A-Za-z0-9_-]{1,64}$/

/** Saved by {@link SavedLedger} alone, for a program of the same version: what a path is made of is checked again. */
function readDeletion(state: string): SavedDeletion | undefined {
  const saved = parseJson(state)
  if (!isRecord(saved) || saved.kind !== 'entry') return undefined
  const { accountId, tokenId, displayName, request, variables } = saved
  const isWhole = [accountId, tokenId].every((id) => typeof id === 'string' && ID.test(id))
  if (!isWhole || typeof displayName !== 'string' || !isRecord(request) || !isRecord(variables)) return undefined
  return saved as unknown as SavedDeletion
}

async function revoke({ value, endpoint, expiresAt }: RevocableToken, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    if (!URL.canParse(endpoint) || !isAllowedUrl(new URL(endpoint)))
      throw new TypeError('The saved endpoint is not valid.')
    await withNetwork({ env, limitMs: POST_MS, maxAttempts: POST_ATTEMPTS, onRetry: runnerLog.debug }, (network) =>
      revokeToken(value, { endpoint, ...network }),
    )
    runnerLog.info('Hub: revoked this job’s token. The Hub sends the token’s owner an email about it.')
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'an error'
    const orphan = expiresAt === undefined ? ' If it belongs to a service account, a later run removes it.' : ''
    runnerLog.warning(
      `This job’s token could not be revoked. ${tellExpiry(expiresAt)}.${orphan} ${printable(reason, 400)}`,
    )
  }
}

/** The job ended after a token was requested and before it was saved: nobody has its value, but it may exist. */
function warnOfUnfinished(what: string): void {
  if (what === '') return
  runnerLog.warning(`The job ended while a token was being minted. The token may exist: ${printable(what, 400)}`)
}
