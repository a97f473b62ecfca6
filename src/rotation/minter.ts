/** The service account whose tokens go into the secrets. */
import { ActionError } from '../errors/action-error.ts'
import type { HubAccess } from '../hub/call.ts'
import { mintToken } from '../hub/mint.ts'
import { type AccountToken, type AdminSecret, type ServiceAccount, ServiceAccounts } from '../hub/service-accounts.ts'
import type { Log, Mask } from '../report/log.ts'
import { listed, printable } from '../text/printable.ts'
import { rotatedTokenName, versionOfToken } from './token-name.ts'

/** A token of the account that was made for a version of one secret. */
export interface RotatedToken extends AccountToken {
  versionId: string
}

/** A token that this run made. */
export interface NewToken {
  value: string
  displayName: string
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
    return tokensFor(arn, await this.#accounts.tokens(this.#account))
  }

  /** A new token for this version, masked. */
  async mint(arn: string, versionId: string, permissions: readonly string[]): Promise<NewToken> {
    const displayName = rotatedTokenName(arn, versionId)
    const { value } = await mintToken(this.#accounts, {
      account: this.#account,
      displayName,
      permissions,
      log: this.#log,
      onValue: this.#mask,
      onDoubt: () =>
        this.#log.warning(
          `The answer to minting was lost. A token may exist, named "${displayName}", of the service account ${printable(this.#account.name, 80)}; nobody has its value. The next run removes it.`,
        ),
    })
    this.#log.info(`Hub: minted a token of ${printable(this.#account.name, 80)} with ${listed(permissions)}`)
    return { value, displayName }
  }

  /** Revokes the account's token of this name; false when it has none. */
  async removeNamed(displayName: string): Promise<boolean> {
    const found = (await this.#accounts.tokens(this.#account)).filter((token) => token.displayName === displayName)
    for (const token of found) await this.#accounts.remove(this.#account, token)
    return found.length > 0
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
