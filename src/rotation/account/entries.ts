/** Which of the service account's tokens a stored value is: by what the Hub says about it, never by a name alone. */
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import type { SecretContext } from '../context.ts'

/** How long to wait after a first answer that a token in use does not exist, in milliseconds: it may be a passing fault. */
const PAUSE_MS = 1_000

/** What the Hub says about stored tokens. Its answers are kept, and the account's list is read once. */
export class AccountEntries {
  readonly #context: Pick<SecretContext, 'hub' | 'minter' | 'deadline'>
  readonly #inUse: ReadonlySet<string>
  readonly #owners = new Map<string, WhoAmI | undefined>()
  /** Boxed: that the Hub does not list them is an answer too. */
  #list: { tokens: readonly AccountToken[] | undefined } | undefined

  /** `inUse`: tokens (secrets) that count as gone only when the Hub has said so twice. */
  constructor(context: Pick<SecretContext, 'hub' | 'minter' | 'deadline'>, inUse: ReadonlySet<string>) {
    this.#context = context
    this.#inUse = inUse
  }

  /**
   * Whose token it is; undefined when it does not exist on the Hub.
   *
   * @throws what `HubClient.owner` throws; `ActionError` `deadline-exceeded`.
   */
  async owner(token: string): Promise<WhoAmI | undefined> {
    return this.#owners.has(token) ? this.#owners.get(token) : await this.ownerNow(token)
  }

  /**
   * The same, asked again.
   *
   * @throws what `owner` throws.
   */
  async ownerNow(token: string): Promise<WhoAmI | undefined> {
    const { hub, deadline } = this.#context
    let owner = await hub.owner(token)
    if (!owner && this.#inUse.has(token)) {
      await deadline.sleep(PAUSE_MS, 'the Hub to confirm that a token in use does not exist')
      owner = await hub.owner(token)
    }
    this.#owners.set(token, owner)
    return owner
  }

  /**
   * The account's token with this value; undefined when the account does not have it, or when that is not certain.
   *
   * @throws what `owner` throws, and what every call of the Hub throws.
   */
  async find(token: string): Promise<AccountToken | undefined> {
    const { minter } = this.#context
    const minted = minter?.idOf(token)
    const owner = minted === undefined ? await this.owner(token) : undefined
    if (!minter || (minted === undefined && !owner)) return undefined
    this.#list ??= { tokens: await minter.tokens() }
    const { tokens } = this.#list
    if (owner) return tokens && minter.entryOf(owner, tokens)
    return tokens?.find(({ id }) => id === minted)
  }

  /**
   * True when a token in use, other than `token`, may be this entry of the account.
   *
   * @throws what `find` throws.
   */
  async isInUse(entry: AccountToken, token: string): Promise<boolean> {
    for (const used of this.#inUse) {
      if (used === token) continue
      const found = await this.find(used)
      // When it is not certain which entry it is, its name is enough to leave that entry alone.
      if (found ? found.id === entry.id : (await this.owner(used))?.displayName === entry.displayName) return true
    }
    return false
  }
}
