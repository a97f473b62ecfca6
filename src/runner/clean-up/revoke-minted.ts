/** Edge of post: revokes the token that main minted, or says when it expires; all from saved state. */
import { getState } from '@actions/core'
import { revokeToken } from '../../hub/revoke.ts'
import { type OnOpen, withNetwork } from '../../net/network.ts'
import { proxyPasswords } from '../../net/proxy.ts'
import { isRecord, parseJson } from '../../text/json.ts'
import { printable } from '../../text/printable.ts'
import { changedVariables, decidingVariables, tellChanged } from '../deciding-variables.ts'
import { LEFT_STATE, MINTED_STATE, MINTING_STATE, mustReport, type SavedToken, tellExpiry } from '../ledger.ts'
import { mask, runnerLog } from '../log.ts'
import { logLeft } from './log-left.ts'
import { fateOf, isSavedToken, tellMisfits, tokenMisfits } from './saved-token.ts'

/** How long post may take, in milliseconds: the Hub's short incidents are over by then, and no job hangs for it. */
export const POST_MS = 120_000

/**
 * What became of the token that main minted: `none` was minted, it was `revoked` or `deleted`, it `expires` within the
 * hour, it was `kept` longer as the step asks, it was `left` although it should be gone, or it is `unknown` whether there is
 * one.
 */
export type MintedFate = 'none' | 'revoked' | 'deleted' | 'expires' | 'kept' | 'left' | 'unknown'

/** Revokes what must be revoked; a failure is a warning that says when the token expires. Never throws. */
export async function revokeMinted(env: NodeJS.ProcessEnv, onOpen: OnOpen): Promise<MintedFate> {
  const state = getState(MINTED_STATE)
  if (state !== '') return await revokeSaved(parseJson(state), env, onOpen)
  const left = parseJson(getState(LEFT_STATE))
  return isRecord(left) ? logLeft(fateOf(left)) : warnOfUnfinished(getState(MINTING_STATE))
}

/** On a runner that was tampered with, the state may be anything. */
async function revokeSaved(saved: unknown, env: NodeJS.ProcessEnv, onOpen: OnOpen): Promise<MintedFate> {
  if (!isRecord(saved)) return leave(tellMisfits([]))
  if (saved.kind === 'entry') {
    // With the code for AWS: most jobs need none of it.
    const { deleteMinted } = await import('./delete-minted.ts')
    return await deleteMinted(saved, env, onOpen)
  }
  for (const secret of [saved.value, ...proxyPasswords(env)]) if (typeof secret === 'string' && secret) mask(secret)
  if (!isSavedToken(saved)) return leave(tellMisfits(tokenMisfits(saved)))
  return mustReport(saved) ? await report(saved, env, onOpen) : logLeft(saved)
}

/** Sends the token only where main would have sent it. */
async function report(token: SavedToken, env: NodeJS.ProcessEnv, onOpen: OnOpen): Promise<MintedFate> {
  const changed = changedVariables(token.variables, decidingVariables(env))
  if (changed.length === 0) return await revoke(token, env, onOpen)
  return leave(`${tellChanged(changed)}, and this job’s token was not revoked. ${tellExpiry(token.expiresAt)}.`)
}

function leave(warning: string): 'left' {
  runnerLog.warning(warning)
  return 'left'
}

async function revoke(token: SavedToken, env: NodeJS.ProcessEnv, onOpen: OnOpen): Promise<MintedFate> {
  const { value, endpoint, expiresAt } = token
  try {
    await withNetwork({ env, limitMs: POST_MS, onRetry: runnerLog.debug }, (network) => {
      onOpen(network.http)
      return revokeToken(value, { endpoint, ...network })
    })
    runnerLog.info('Hub: revoked this job’s token. The Hub sends the token’s owner an email about it.')
    return 'revoked'
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : 'an error'
    const orphan = expiresAt === undefined ? ' If it belongs to a service account, a later run removes it.' : ''
    return leave(`This job’s token could not be revoked. ${tellExpiry(expiresAt)}.${orphan} ${printable(reason, 400)}`)
  }
}

/** The job ended after a token was requested and before it was saved: nobody has its value, but it may exist. */
function warnOfUnfinished(what: string): MintedFate {
  if (what === '') return 'none'
  runnerLog.warning(`The job ended while a token was being minted. The token may exist: ${printable(what, 400)}`)
  return 'unknown'
}
