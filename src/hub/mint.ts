/** Mints a token of a service account, and leaves no token behind whose value nobody has. */
import { MAX_DRIFT_SECONDS } from '../identity/clock.ts'
import type { Log } from '../text/log.ts'
import type { AccountToken, MintedToken, ServiceAccount } from './account-answers.ts'
import type { MintRights } from './mint-rights.ts'
import type { ServiceAccounts } from './service-accounts.ts'

export interface MintOptions {
  account: ServiceAccount
  /** Unique among all tokens: by it, a token whose value was lost is found. */
  displayName: string
  rights: MintRights
  /** IDs of tokens that existed before: none of them can be the lost one. */
  before?: ReadonlySet<string>
  log: Log
  /** Called with the new token before anything else happens to it. */
  onMinted: (minted: MintedToken) => void
  /** Called when a token may exist whose value was lost, and it could not be found and removed. */
  onDoubt: () => void
}

/** How much the clocks of the Hub and of this machine may differ, in milliseconds: with more, no ID token is accepted. */
const MAX_SKEW_MS = MAX_DRIFT_SECONDS * 1000

/** True when the Hub created the token after `startedAt` (milliseconds since the epoch), as far as two clocks can tell. */
export function isMadeSince({ createdAt }: AccountToken, startedAt: number): boolean {
  return createdAt !== undefined && createdAt >= startedAt - MAX_SKEW_MS
}

/**
 * The new token, and what the Hub says that it granted. When an answer is lost, the token that may have been minted
 * is looked for by its name and removed, and a retry follows.
 *
 * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
 */
export async function mintToken(
  accounts: ServiceAccounts,
  { account, displayName, rights, before = new Set(), log, onMinted, onDoubt }: MintOptions,
): Promise<MintedToken> {
  const startedAt = Date.now()
  /**
   * Removes tokens of this name that were created since then, except the one with this ID; true when there were any. False
   * as well when the Hub does not list the tokens: then there may be some.
   */
  const removeOthers = async (own?: string): Promise<boolean> => {
    const others = ((await accounts.tokens(account)) ?? []).filter(
      (token) =>
        token.displayName === displayName && token.id !== own && !before.has(token.id) && isMadeSince(token, startedAt),
    )
    for (const token of others) await accounts.remove(account, token)
    if (others.length > 0) log.info('Hub: removed a token whose value was lost in transit')
    return others.length > 0
  }
  let lost = false
  const onLost = async () => {
    lost = !(await removeOthers().catch(() => false))
    if (lost) onDoubt()
  }
  const minted = await accounts.mint(account, displayName, rights, onLost)
  onMinted(minted)
  // A slow Hub may have created the lost one after we looked for it. Without its ID, our own would be among them.
  if (lost && minted.id !== undefined) await removeOthers(minted.id).catch(() => {})
  return minted
}
