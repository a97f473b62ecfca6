/** The service account whose tokens go into the secrets. */
import { parseSecretArn } from '../../aws/secret-arn.ts'
import { ActionError } from '../../errors/action-error.ts'
import type { HubAccess } from '../../hub/call.ts'
import { impliedMembership, membershipIn, plainMembership } from '../../hub/facts/rights.ts'
import type { StatedToken } from '../../hub/facts/stated-token.ts'
import type { Membership, WhoAmI } from '../../hub/facts/whoami.ts'
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
import { entryOf, mayOwn } from './entry.ts'
import { type HeldToken, heldEntry } from './held-entry.ts'
import { type KnownToken, knownToken } from './known-token.ts'
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
  /** What the Hub says that it is; undefined when only whoami-v2 can tell what it may do. */
  stated?: StatedToken | undefined
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

/** Whose token it is, and what shows its owner's place in the organization. */
type Owned = Pick<WhoAmI, 'name' | 'orgs' | 'grants'>

/** Mints and revokes tokens of one account. Every method throws `exchange-rejected` and what calls of the Hub throw. */
export class Minter {
  readonly #parts: MinterParts
  /** Ids of the tokens that this run minted, by value. */
  readonly #minted = new Map<string, string>()
  readonly #first: TokenIndex
  /** What tokens are minted with, by what is wanted: the Hub is asked for the IDs of repositories once in a run. */
  readonly #rights = new Map<string, Promise<MintRights>>()
  /** The account's place in the organization, once whoami-v2 has said it. */
  #place: Membership | undefined
  #learning: Promise<Owned> | undefined

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

  /** False when it is certain that `who` is about a token of another account. */
  mayOwn(who: WhoAmI): boolean {
    return mayOwn(this.#parts.account, who)
  }

  /**
   * The rights of a token for exactly these repositories, whose ids the Hub is asked for.
   *
   * @throws what `rightsToMint` throws, such as `exchange-rejected` for a repository that the admin token cannot see.
   */
  async rightsToMint({ permissions, repositories }: Wanted): Promise<MintRights> {
    const key = JSON.stringify([permissions, repositories])
    const asked = this.#rights.get(key) ?? this.#parts.rightsToMint({ permissions, repositories })
    this.#rights.set(key, asked)
    // A failure may have passed when somebody asks again.
    asked.catch(() => this.#rights.delete(key))
    return await asked
  }

  /**
   * The account's entry for a version's token among these tokens; without any, those that were alive when the run began.
   * Undefined when it is not certain which one it is, or when it has expired: then only whoami-v2 can tell.
   */
  held(token: HeldToken, now: number, tokens = this.#parts.first ?? []): AccountToken | undefined {
    const entry = heldEntry(token, tokens)
    return entry?.expiresAt !== undefined && entry.expiresAt <= now ? undefined : entry
  }

  /**
   * What the Hub said of a token of the account, next to what it is minted for; undefined when it did not say what the token
   * may do.
   *
   * @throws what {@link rightsToMint} throws.
   */
  async known(token: StatedToken, wanted: Wanted): Promise<KnownToken | undefined> {
    const { org, account } = this.#parts
    const known = knownToken(token, { org, account, wanted, rights: await this.rightsToMint(wanted) })
    return known && this.#place ? { ...known, who: { ...known.who, orgs: [this.#place] } } : known
  }

  /** True when `who` is the account. */
  isOwner({ name }: Pick<WhoAmI, 'name'>): boolean {
    return name === this.#parts.account.slug
  }

  /**
   * Has `ask` find out the account's place in the organization, once in a run: whoever calls meanwhile waits for the answer,
   * and asks if there was none, or one about somebody else. `ask`: what whoami-v2 says of a token that belongs to the
   * organization.
   *
   * @throws what `ask` throws.
   */
  async learnPlace(ask: () => Promise<Owned>): Promise<void> {
    while (this.#learning !== undefined) await this.#learning.catch(() => {})
    if (this.#place) return
    this.#learning = ask()
    try {
      const who = await this.#learning
      // A person's pending token says nothing of the account.
      if (this.isOwner(who)) this.#place = placeIn(who, this.#parts.org)
    } finally {
      this.#learning = undefined
    }
  }

  /** A new token for this version, masked. */
  async mint(arn: string, versionId: string, wanted: Wanted): Promise<NewToken> {
    const { minting, account, mask, log, org } = this.#parts
    const rights = await this.rightsToMint(wanted)
    const displayName = rotatedTokenName(arn, versionId)
    const startedAt = Date.now()
    const before = this.#first.ids
    const minted = await mintToken(minting(), {
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
    const { value } = minted
    const { permissions, repositories } = wanted
    const reach = mintedFor(
      org,
      permissions,
      repositories.map(({ label }) => label),
    )
    const secret = parseSecretArn(arn)?.name ?? arn
    log.info(`Hub: minted a token of ${this.accountName} for ${secret} with ${listed(permissions)} (${plain(reach)})`)
    if (writesOnlyItsOwn(permissions)) {
      log.warning(
        `The new token for ${secret} writes only to repositories that it creates itself: it cannot write to those that the previous token created.`,
      )
    }
    // A new token cannot have an id that another one had before.
    const id = minted.id === undefined || before.has(minted.id) ? undefined : minted.id
    if (id !== undefined) this.#minted.set(value, id)
    const stated = await this.#stated({ displayName, createdAt: minted.createdAt, ...minted.granted }, id)
    return { value, displayName, id, startedAt, stated }
  }

  /** What the answer said of a new token, or else what the account's list says. */
  async #stated(answer: StatedToken, id: string | undefined): Promise<StatedToken | undefined> {
    if (answer.permissions !== undefined) return answer
    const tokens = id === undefined ? undefined : await this.tokens().catch(() => undefined)
    return tokens?.find((token) => token.id === id)
  }

  /**
   * The account's entry for a token that this run minted: the one with its id, whatever the list says, which may lag
   * behind. Without an id, all of its name that were created since then, those of a try whose answer was lost included.
   * Empty when it is not certain that any is: then the token may exist, and cannot be found.
   */
  async findMinted({ id, displayName, startedAt }: NewToken): Promise<AccountToken[]> {
    if (id !== undefined) return [{ id, displayName, createdAt: undefined }]
    const before = this.#first.ids
    const tokens = (await this.tokens()) ?? []
    return tokens.filter(
      (token) => !before.has(token.id) && token.displayName === displayName && isMadeSince(token, startedAt),
    )
  }

  /** Revokes a token if the Hub does so at the first try; why it did not, if it did not. */
  async removeOnce(token: AccountToken): Promise<ActionError | undefined> {
    const { once, account } = this.#parts
    try {
      await once.remove(account, token)
      return undefined
    } catch (error) {
      if (error instanceof ActionError) return error
      throw error
    }
  }

  /** Revokes a token at once; a token that is already gone is no failure. */
  async remove(token: AccountToken): Promise<void> {
    const { accounts, account } = this.#parts
    await accounts.remove(account, token)
  }
}

/** A service account may not be in the list of members: then another answer would say no more. */
function placeIn(who: Owned, org: string): Membership {
  return membershipIn(who, org) ?? impliedMembership(who, org) ?? plainMembership(org)
}

function unlisted(account: string): string {
  return `The Hub does not list the tokens of the service account ${account}. Tokens that an interrupted run minted and never stored cannot be found: check the account's tokens on the Hub from time to time.`
}
