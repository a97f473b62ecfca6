/** The service account whose tokens go into the secrets. */
import { ActionError } from '../../errors/action-error.ts'
import type { HubAccess } from '../../hub/call.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import { isMadeSince, mintToken } from '../../hub/mint.ts'
import { type MintRights, mintedFor, writesOnlyItsOwn } from '../../hub/mint-rights.ts'
import { type MintFor, rightsToMint } from '../../hub/repository-ids.ts'
import {
  type AccountToken,
  type AdminSecret,
  type ServiceAccount,
  ServiceAccounts,
} from '../../hub/service-accounts.ts'
import { CallCount } from '../../net/calls-made.ts'
import type { RetryPolicy } from '../../net/retry.ts'
import type { Log, Mask } from '../../text/log.ts'
import { plain } from '../../text/message.ts'
import { listed, printable } from '../../text/printable.ts'
import { rotatedTokenName } from '../names.ts'
import { entryOf } from './entry.ts'
import { type RotatedToken, TokenIndex } from './token-index.ts'

export type { RotatedToken }

/** What a token is minted with, and the repositories that it is minted for; without any, the whole organization. */
export type Wanted = Pick<MintFor, 'permissions' | 'repositories'>

/** A token that this run minted. */
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
  /** Slug, id, or name. */
  account: string
  mask: Mask
  log: Log
}

interface MinterParts {
  accounts: ServiceAccounts
  /** The same, without retries: between two tries, what was known about a token may have changed. */
  once: ServiceAccounts
  /** The same for one token: looking for a lost one is part of its path. */
  minting: () => ServiceAccounts
  account: ServiceAccount
  rightsToMint: (wanted: Wanted) => Promise<MintRights>
  /** The account's tokens when the run began; undefined when the Hub did not list them. */
  first: readonly AccountToken[] | undefined
  mask: Mask
  log: Log
  org: string
}

/** Mints and revokes tokens of one account. Every method throws `exchange-rejected` and what calls of the Hub throw. */
export class Minter {
  readonly #parts: MinterParts
  /** Ids of the tokens that this run minted, by value. */
  readonly #minted = new Map<string, string>()
  readonly #first: TokenIndex

  private constructor(parts: MinterParts) {
    this.#parts = parts
    this.#first = new TokenIndex(parts.first ?? [])
  }

  /** Finds the account and lists its tokens. */
  static async open({ access, org, admin, adminSecret, account, mask, log }: MinterOptions): Promise<Minter> {
    const { calls: _run, ...policy } = access.policy
    const open = (more: Partial<RetryPolicy>) =>
      new ServiceAccounts({ ...access, policy: { ...policy, ...more } }, org, admin, adminSecret)
    const accounts = open({ calls: new CallCount('failures') })
    const once = open({ maxAttempts: 1 })
    const minting = () => open({ calls: new CallCount() })
    const found = await accounts.find(account)
    const first = await accounts.tokens(found)
    if (!first) log.warning(unlisted(printable(found.name, 80)))
    const rights = (wanted: Wanted) => rightsToMint({ access: { ...access, policy }, org, admin, ...wanted })
    return new Minter({ accounts, once, minting, account: found, rightsToMint: rights, first, mask, log, org })
  }

  /** The service account's name, for messages. */
  get accountName(): string {
    return printable(this.#parts.account.name, 80)
  }

  /** The tokens that were minted for this secret and were alive when the run began, as far as the Hub lists them. */
  firstTokensFor(arn: string): RotatedToken[] {
    return this.#first.of(arn)
  }

  /** Ids of all tokens that were alive when the run began, as far as the Hub lists them. */
  get firstIds(): string[] {
    return [...this.#first.ids]
  }

  /** The tokens that were minted for this secret and are alive now, as far as the Hub lists them. */
  async tokensFor(arn: string): Promise<RotatedToken[]> {
    return new TokenIndex((await this.tokens()) ?? []).of(arn)
  }

  /** The account's tokens that are alive now; undefined when the Hub does not list them: then nobody knows which. */
  async tokens(): Promise<AccountToken[] | undefined> {
    const { accounts, account } = this.#parts
    return await accounts.tokens(account)
  }

  /** The id of a token that this run minted, by its value; undefined for any other. */
  idOf(value: string): string | undefined {
    return this.#minted.get(value)
  }

  /** The one of these tokens of the account that `who` is about; undefined when that is not certain. */
  entryOf(who: WhoAmI, tokens: readonly AccountToken[]): AccountToken | undefined {
    return entryOf(who, this.#parts.account, tokens)
  }

  /**
   * The rights of a token for exactly these repositories, whose ids the Hub is asked for.
   *
   * @throws what `rightsToMint` throws, such as `exchange-rejected` for a repository that the admin token cannot see.
   */
  async rightsToMint({ permissions, repositories }: Wanted): Promise<MintRights> {
    return await this.#parts.rightsToMint({ permissions, repositories })
  }

  /** A new token for this version, masked. */
  async mint(arn: string, versionId: string, wanted: Wanted): Promise<NewToken> {
    const { minting, account, mask, log, org } = this.#parts
    const rights = await this.rightsToMint(wanted)
    const displayName = rotatedTokenName(arn, versionId)
    const startedAt = Date.now()
    const before = this.#first.ids
    const { value, id } = await mintToken(minting(), {
      account,
      displayName,
      rights,
      before,
      log,
      onMinted: ({ value }) => mask(value),
      onDoubt: () =>
        log.warning(
          `The response to the request for a new token was lost. The service account ${this.accountName} may have a token named "${displayName}" whose value nobody has. The next run will remove it.`,
        ),
    })
    const { permissions, repositories } = wanted
    const reach = mintedFor(
      org,
      permissions,
      repositories.map(({ label }) => label),
    )
    log.info(`Hub: minted a token of ${this.accountName} with ${listed(permissions)} (${plain(reach)})`)
    if (writesOnlyItsOwn(permissions)) {
      log.warning(
        'The new token writes only to repositories that it creates itself: it cannot write to those that the previous token created.',
      )
    }
    // A new token cannot have an id that another one had before.
    if (id === undefined || before.has(id)) return { value, displayName, id: undefined, startedAt }
    this.#minted.set(value, id)
    return { value, displayName, id, startedAt }
  }

  /**
   * The account's entry for a token that this run minted: the one with its id. Without an id, all of its name that were
   * created since then, those of a try whose answer was lost included. Undefined when neither its id is known nor the
   * tokens are listed: then it may exist, and cannot be found.
   */
  async findMinted({ id, displayName, startedAt }: NewToken): Promise<AccountToken[] | undefined> {
    const before = this.#first.ids
    const tokens = await this.tokens()
    if (!tokens) return id === undefined ? undefined : [{ id, displayName, createdAt: undefined }]
    return tokens.filter(
      (token) =>
        !before.has(token.id) &&
        (id === undefined ? token.displayName === displayName && isMadeSince(token, startedAt) : token.id === id),
    )
  }

  /** Revokes a token if the Hub does so at the first try; false when it did not. */
  async removeOnce(token: AccountToken): Promise<boolean> {
    const { once, account } = this.#parts
    try {
      await once.remove(account, token)
      return true
    } catch (error) {
      if (error instanceof ActionError) return false
      throw error
    }
  }

  /** Revokes a token at once; a token that is already gone is no failure. */
  async remove(token: AccountToken): Promise<void> {
    const { accounts, account } = this.#parts
    await accounts.remove(account, token)
  }
}

function unlisted(account: string): string {
  return `The Hub does not list the tokens of the service account ${account}. Tokens that an interrupted run minted and never stored cannot be found: check the account's tokens on the Hub from time to time.`
}
