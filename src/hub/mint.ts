/** Mints a token of a service account, and leaves none behind whose value nobody has. */
import type { Log } from '../report/log.ts'
import type { ServiceAccount, ServiceAccounts } from './service-accounts.ts'

export interface MintOptions {
  account: ServiceAccount
  /** Unlike that of any other token: by it a token is found whose value was lost. */
  displayName: string
  permissions: readonly string[]
  log: Log
  /** Called with the value before anything else happens to it. */
  onValue: (value: string) => void
  /** Called when a token may exist whose value was lost, and it could not be found and removed. */
  onDoubt: () => void
}

/**
 * The new token; `id` is undefined when the Hub did not say. When an answer is lost, the token that may have been made
 * is looked for by its name and removed, and another try follows.
 *
 * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
 */
export async function mintToken(
  accounts: ServiceAccounts,
  { account, displayName, permissions, log, onValue, onDoubt }: MintOptions,
): Promise<{ value: string; id: string | undefined }> {
  /** Removes tokens of this name but the one with this id; true when there were any. */
  const removeOthers = async (own?: string): Promise<boolean> => {
    const others = (await accounts.tokens(account)).filter(
      (token) => token.displayName === displayName && token.id !== own,
    )
    for (const token of others) await accounts.remove(account, token)
    if (others.length > 0) log.info('Hub: removed a token whose value was lost on its way')
    return others.length > 0
  }
  let lost = false
  const onLost = async () => {
    lost = !(await removeOthers().catch(() => false))
    if (lost) onDoubt()
  }
  const minted = await accounts.mint(account, displayName, permissions, onLost)
  onValue(minted.value)
  // A slow Hub may have made the lost one after we had looked for it. Without its own id, ours would be among them.
  if (lost && minted.id !== undefined) await removeOthers(minted.id).catch(() => {})
  return minted
}
