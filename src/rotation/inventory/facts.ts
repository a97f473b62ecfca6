/** What an inventory found out, before anybody judges it. Nothing here is secret. Times in milliseconds since the epoch. */
import type { SecretDescription } from '../../aws/secret-versions.ts'
import type { ActionError } from '../../errors/action-error.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { Members } from '../../hub/members.ts'
import type { AccountToken, ServiceAccount } from '../../hub/service-accounts.ts'

/** What was found out, or why it was not, in words that follow "unknown: ". */
export type Found<T> = { is: T } | { unknown: string }

/** What is known about a token that is stored in a version. */
export type StoredToken =
  /** One of the service account's tokens. */
  | { kind: 'listed'; entry: AccountToken }
  /** Any other token that the Hub accepts. */
  | { kind: 'other'; who: TokenOwner }
  /** The Hub said twice that it does not accept it. */
  | { kind: 'refused' }
  /** Nobody asked, or nobody answered. */
  | { kind: 'unknown'; why: string }

/** What whoami-v2 says of a token, as far as an inventory shows it. */
export type TokenOwner = Pick<
  WhoAmI,
  'principal' | 'id' | 'name' | 'createdAt' | 'expiresAt' | 'orgs' | 'orgsAreListed' | 'displayName'
>

/** One version that has a label, or that AWS lists without one. */
export interface VersionFacts {
  versionId: string
  labels: readonly string[]
  /** When it was stored; undefined when it was not read, or AWS does not say. */
  storedAt: number | undefined
  /** Undefined when there is no token in it, or it was not read. */
  token: StoredToken | undefined
  /** Why there is no token. */
  problem: string | undefined
  /** When the proof next to the token was recorded, and whether it is about this very token. */
  proof: { provenAt: number; isOfToken: boolean } | undefined
}

export interface SecretFacts {
  /** Its name as listed. */
  secret: string
  scope: string
  /** Undefined when it could not be described. */
  description: SecretDescription | undefined
  versions: readonly VersionFacts[]
  /** What could not be done. */
  errors: readonly ActionError[]
}

/** The service account whose tokens an inventory lists. */
export interface AccountFacts {
  account: ServiceAccount
  /** Its tokens; undefined when the Hub does not list them. */
  tokens: readonly AccountToken[] | undefined
}

export interface InventoryFacts {
  secrets: readonly SecretFacts[]
  /** Undefined when none was asked for. */
  account: AccountFacts | ActionError | undefined
  members: Found<Members>
  /** The slugs of all service accounts of the organization. */
  serviceAccounts: Found<ReadonlySet<string>>
  /** Ids of the account's tokens that may be in a version, although that is not certain; with the secret. */
  possiblyHeld: ReadonlyMap<string, string>
}
