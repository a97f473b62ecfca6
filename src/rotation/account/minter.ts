/** The service account whose tokens go into the secrets. */
import { ActionError } from '../../errors/action-error.ts'
import type { HubAccess } from '../../hub/call.ts'
import { isMadeSince, mintToken } from '../../hub/mint.ts'
import {
  type AccountToken,
  type AdminSecret,
  type ServiceAccount,
  ServiceAccounts,
} from '../../hub/service-accounts.ts'
import type { WhoAmI } from '../../hub/whoami.ts'
import type { Log, Mask } from '../../text/log.ts'
import { listed, printable } from '../../text/printable.ts'
import { rotatedTokenName, versionOfToken } from '../names/token-name.ts'
import { entryOf } from './entry.ts'

/** A token of the account that was made for a version of one secret. */
export interface RotatedToken extends AccountToken {
  versionId: string
}

/** A token that this run made. */
export interface NewToken {
  /** A secret: the caller masks it. */
  value: string
  displayName: string
  /** Undefined when the Hub did not say. */
  id: string | undefined
  /** When minting began, in milliseconds since the epoch. */
  startedAt: number
}

export interface MinterOptions {
  access: HubAccess
  org: string
  /** The admin token: a secret that never leaves this object. */
  admin: string
  adminSecret: AdminSecret
  /** Name or id. */
  account: string
  mask: Mask
  log: Log
}

/** Mints and removes tokens of one account. Every method throws `exchange-rejected` and what calls of the Hub throw. */
export class Minter {
  readonly #accounts: ServiceAccounts
  readonly #account: ServiceAccount
  readonly #mask: Mask
  readonly #log: Log
  readonly #first: readonly AccountToken[]
  /** Ids of what this run minted, by value. */
  readonly #minted = new Map<string, string>()
  /** The same, without a second try: between two, what was known of a token may have changed. */
  readonly #once: ServiceAccounts

  private constructor(
    accounts: ServiceAccounts,
    once: ServiceAccounts,
    account: ServiceAccount,
    first: readonly AccountToken[],
    mask: Mask,
    log: Log,
  ) {
    this.#first = first
    this.#once = once
    this.#accounts = accounts
    this.#account = account
    this.#mask = mask
    this.#log = log
  }

  /** Finds the account, and looks at its tokens. */
  static async open({ access, org, admin, adminSecret, account, mask, log }: MinterOptions): Promise<Minter> {
    const accounts = new ServiceAccounts(access, org, admin, adminSecret)
    const policy = { ...access.policy, maxAttempts: 1 }
    const once = new ServiceAccounts({ ...access, policy }, org, admin, adminSecret)
    const found = await accounts.find(account)
    return new Minter(accounts, once, found, await accounts.tokens(found), mask, log)
  }

  /** The service account's name, for messages. */
  get accountName(): string {
    return printable(this.#account.name, 80)
  }

  /** The tokens that were made for this secret and were alive when the run began. */
  firstTokensFor(arn: string): RotatedToken[] {
    return tokensFor(arn, this.#first)
  }

  /** Ids of all tokens that were alive when the run began. */
  get firstIds(): string[] {
    return this.#first.map(({ id }) => id)
  }

  /** The tokens that were made for this secret and are alive now. */
  async tokensFor(arn: string): Promise<RotatedToken[]> {
    return tokensFor(arn, await this.tokens())
  }

  /** The account's tokens that are alive now. */
  async tokens(): Promise<AccountToken[]> {
    return await this.#accounts.tokens(this.#account)
  }

  /** The id of a token that this run minted, by its value; undefined for any other. */
  idOf(value: string): string | undefined {
    return this.#minted.get(value)
  }

  /** The one of these tokens of the account that `who` tells of; undefined when that is not certain. */
  entryOf(who: WhoAmI, tokens: readonly AccountToken[]): AccountToken | undefined {
    return entryOf(who, this.#account, tokens)
  }

  /** A new token for this version, masked. */
  async mint(arn: string, versionId: string, permissions: readonly string[]): Promise<NewToken> {
    const displayName = rotatedTokenName(arn, versionId)
    const startedAt = Date.now()
    const before = new Set(this.firstIds)
    const { value, id } = await mintToken(this.#accounts, {
      account: this.#account,
      displayName,
      permissions,
      before,
      log: this.#log,
      onValue: this.#mask,
      onDoubt: () =>
        this.#log.warning(
          `The answer to minting was lost. A token may exist, named "${displayName}", of the service account ${printable(this.#account.name, 80)}; nobody has its value. The next run removes it.`,
        ),
    })
    this.#log.info(`Hub: minted a token of ${printable(this.#account.name, 80)} with ${listed(permissions)}`)
    // A new token cannot have an id that another one had before.
    if (id === undefined || before.has(id)) return { value, displayName, id: undefined, startedAt }
    this.#minted.set(value, id)
    return { value, displayName, id, startedAt }
  }

  /**
   * What the account has of a token that this run minted: the one with its id. Without an id, those of its name that were
   * made since then, also for a try whose answer was lost.
   */
  async findMinted({ id, displayName, startedAt }: NewToken): Promise<AccountToken[]> {
    const before = new Set(this.firstIds)
    return (await this.tokens()).filter(
      (token) =>
        !before.has(token.id) &&
        (id === undefined ? token.displayName === displayName && isMadeSince(token, startedAt) : token.id === id),
    )
  }

  /** Revokes a token if the Hub does it at the first try; false when it did not. */
  async removeOnce(token: AccountToken): Promise<boolean> {
    try {
      await this.#once.remove(this.#account, token)
      return true
    } catch (error) {
      if (error instanceof ActionError) return false
      throw error
    }
  }

  /** Revokes a token at once; it is fine if it is gone. */
  async remove(token: AccountToken): Promise<void> {
    await this.#accounts.remove(this.#account, token)
  }
}

function tokensFor(arn: string, tokens: readonly AccountToken[]): RotatedToken[] {
  return tokens.flatMap((token) => {
    const versionId = versionOfToken(token.displayName, arn)
    return versionId === undefined ? [] : [{ ...token, versionId }]
  })
}
