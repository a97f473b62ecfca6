/** Edge of post: revokes the token that main minted, or says when it expires; all from saved state. */
import { getState } from '@actions/core'
import { revokeToken } from '../../hub/revoke.ts'
import { inOneLine } from '../../net/calls-made.ts'
import { withNetwork } from '../../net/network.ts'
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

/** Revokes what must be revoked; a failure is a warning that says when the token expires. Never throws. */
export async function revokeMinted(env: NodeJS.ProcessEnv): Promise<void> {
  const state = getState(MINTED_STATE)
  if (state !== '') return await revokeSaved(parseJson(state), env)
  const left = parseJson(getState(LEFT_STATE))
  if (isRecord(left)) logLeft(fateOf(left))
  else warnOfUnfinished(getState(MINTING_STATE))
}

/** On a runner that was tampered with, the state may be anything. */
async function revokeSaved(saved: unknown, env: NodeJS.ProcessEnv): Promise<void> {
  if (!isRecord(saved)) return runnerLog.warning(tellMisfits([]))
  if (saved.kind === 'entry') {
    // With the code for AWS: most jobs need none of it.
    const { deleteMinted } = await import('./delete-minted.ts')
    return await deleteMinted(saved, env)
  }
  for (const secret of [saved.value, ...proxyPasswords(env)]) if (typeof secret === 'string' && secret) mask(secret)
  if (!isSavedToken(saved)) return runnerLog.warning(tellMisfits(tokenMisfits(saved)))
  if (mustReport(saved)) await report(saved, env)
  else logLeft(saved)
}

/** Sends the token only where main would have sent it. */
async function report(token: SavedToken, env: NodeJS.ProcessEnv): Promise<void> {
  const changed = changedVariables(token.variables, decidingVariables(env))
  if (changed.length === 0) return await revoke(token, env)
  runnerLog.warning(`${tellChanged(changed)}, and this job’s token was not revoked. ${tellExpiry(token.expiresAt)}.`)
}

async function revoke({ value, endpoint, expiresAt }: SavedToken, env: NodeJS.ProcessEnv): Promise<void> {
  try {
    await withNetwork({ env, limitMs: POST_MS, onRetry: runnerLog.debug }, (network) =>
      revokeToken(value, { endpoint, ...network }),
    )
    runnerLog.info('Hub: revoked this job’s token. The Hub sends the token’s owner an email about it.')
  } catch (error) {
    const orphan = expiresAt === undefined ? ' If it belongs to a service account, a later run removes it.' : ''
    runnerLog.warning(
      `This job’s token could not be revoked. ${tellExpiry(expiresAt)}.${orphan} ${printable(inOneLine(error), 400)}`,
    )
  }
}

/** The job ended after a token was requested and before it was saved: nobody has its value, but it may exist. */
function warnOfUnfinished(what: string): void {
  if (what === '') return
  runnerLog.warning(`The job ended while a token was being minted. The token may exist: ${printable(what, 400)}`)
}
