/** Edge of main: what becomes of a minted token that post does not know about. */
import type { NetworkContext } from '../../net/network.ts'
import { mustReport, type RevocableToken, tellExpiry } from '../ledger.ts'
import { runnerLog } from '../log.ts'
import { logLeft } from './log-left.ts'

/** Revokes the token now, or logs when it expires. A token that could not be revoked is a warning. Never throws. */
export async function revokeUnsaved(token: RevocableToken, { http, policy }: NetworkContext): Promise<void> {
  if (!mustReport(token)) return void logLeft(token)
  const { value, endpoint, expiresAt } = token
  try {
    const { revokeToken } = await import('../../hub/revoke.ts')
    await revokeToken(value, { endpoint, http, policy })
  } catch {
    runnerLog.warning(
      `A token was minted, but it could neither be saved for the post step nor revoked. ${tellExpiry(expiresAt)}: revoke it on the Hub.`,
    )
  }
}
