/** Which of the service account's tokens stored values are: by the account's list, then by what the Hub says of a value. */
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import type { SecretContext } from '../context.ts'
import { versionInTokenName } from '../names.ts'
import { type HeldToken, heldEntry } from './held-entry.ts'

/** How long to wait after a first answer that a token in use does not exist, in milliseconds: it may be a passing fault. */
const PAUSE_MS = 1_000

/** A token that a version of a secret holds. */
export interface StoredToken {
  /** The hash of its value. */
  sha256: string
  /** The last four characters of its value. */
  tail: string
  /** Since when it is replaced, in milliseconds since the epoch; infinite while it is in use. */
  since: number
  /** The account's token that it is, where the account's list alone makes that certain. */
  entry: AccountToken | undefined
  /** Its value, a secret: kept while there is no `entry`, or while it may have to be revoked. */
  value: string | undefined
}

type EntriesContext = Pick<SecretContext, 'hub' | 'minter' | 'deadline'>

/** The account's list, read once, and what the Hub says about stored tokens, each asked about once. */
export class AccountEntries {
  readonly #context: EntriesContext
  readonly #tokens: readonly AccountToken[] | undefined
  readonly #byVersion = new Map<string, AccountToken[]>()
  readonly #owners = new Map<string, Promise<WhoAmI | undefined>>()

  private constructor(context: EntriesContext, tokens: readonly AccountToken[] | undefined) {
    this.#context = context
    this.#tokens = tokens
    for (const token of tokens ?? []) {
      const versionId = versionInTokenName(token.displayName)
      if (versionId === undefined) continue
      const others = this.#byVersion.get(versionId)
      if (others) others.push(token)
      else this.#byVersion.set(versionId, [token])
    }
  }

  /**
   * Reads the account's list, when there is an account.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  static async read(context: EntriesContext): Promise<AccountEntries> {
    return new AccountEntries(context, await context.minter?.tokens())
  }

  /** True when the account had a token with this id. */
  has(id: string): boolean {
    return this.#tokens?.some((token) => token.id === id) === true
  }

  /** The account's token that a version holds; undefined when the list alone does not make it certain. */
  certain(held: HeldToken): AccountToken | undefined {
    const minted = this.#context.minter?.idOf(held.token)
    if (minted !== undefined) return this.#tokens?.find(({ id }) => id === minted)
    return heldEntry(held, this.#byVersion.get(held.versionId) ?? [])
  }

  /**
   * True when the account's list is known, and shows no token named for this version with the same last characters. A token
   * that was renamed may still work.
   */
  isGone(versionId: string, { tail }: Pick<StoredToken, 'tail'>): boolean {
    const minted = this.#byVersion.get(versionId) ?? []
    return this.#tokens !== undefined && !minted.some((entry) => (tailOf(entry) ?? tail) === tail)
  }

  /**
   * Whose token it is; undefined when the Hub says twice that it does not accept the token: of one in use, four times.
   *
   * @throws what `HubClient.owner` throws; `ActionError` `deadline-exceeded`.
   */
  owner(stored: StoredToken): Promise<WhoAmI | undefined> {
    return this.#owners.get(stored.sha256) ?? this.ownerNow(stored)
  }

  /**
   * The same, asked again.
   *
   * @throws what `owner` throws.
   */
  ownerNow(stored: StoredToken): Promise<WhoAmI | undefined> {
    const asked = this.#ask(stored)
    this.#owners.set(stored.sha256, asked)
    return asked
  }

  async #ask({ value, since }: StoredToken): Promise<WhoAmI | undefined> {
    const { hub, deadline } = this.#context
    if (value === undefined) throw new TypeError('nothing is asked about a token that is known')
    const owner = await hub.owner(value)
    if (owner || since !== Number.POSITIVE_INFINITY) return owner
    await deadline.sleep(PAUSE_MS, 'the Hub to confirm that a token in use does not exist')
    return await hub.owner(value)
  }

  /** The account's token that `owner` is about, which the Hub says of this value; undefined when that is not certain. */
  ownedBy(owner: WhoAmI, { tail }: Pick<StoredToken, 'tail'>): AccountToken | undefined {
    const entry = this.#tokens && this.#context.minter?.entryOf(owner, this.#tokens)
    return entry && (tailOf(entry) ?? tail) === tail ? entry : undefined
  }

  /**
   * Whether a stored token is this entry of the account. `unclear`: it may be, and nothing rules it out. The Hub is asked only
   * if the last characters of both are the same, or are not listed.
   *
   * @throws what `owner` throws.
   */
  async compare(entry: AccountToken, stored: StoredToken): Promise<'same' | 'other' | 'unclear'> {
    if (stored.entry) return stored.entry.id === entry.id ? 'same' : 'other'
    const tail = tailOf(entry)
    if (tail !== undefined && tail !== stored.tail) return 'other'
    const owner = await this.owner(stored)
    // A token that works nowhere is none of the account's, unless it looks like one.
    if (!owner) return tail === undefined ? 'other' : 'unclear'
    if (!this.#context.minter?.mayOwn(owner)) return 'other'
    const found = this.ownedBy(owner, stored)
    if (found) return found.id === entry.id ? 'same' : 'other'
    const mayHaveItsName = owner.displayName === undefined || owner.displayName === entry.displayName
    return tail !== undefined || mayHaveItsName ? 'unclear' : 'other'
  }
}

/** The last four characters of its value; undefined when the Hub lists them differently or not at all. */
function tailOf({ last4 }: AccountToken): string | undefined {
  return last4?.length === 4 ? last4 : undefined
}
