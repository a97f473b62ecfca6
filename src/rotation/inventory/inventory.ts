/** An inventory: what was found out, judged. Nothing here is secret. Times in milliseconds since the epoch. */
import type { ActionError } from '../../errors/action-error.ts'
import type { FailOn } from '../request.ts'
import type { VersionFacts } from './facts.ts'
import type { OwnerOfToken } from './membership.ts'

/** When a token was last used. */
export type LastUse = { at: number } | 'never' | 'unknown'

/** What may fail the step, and why what may fail it is not known. */
export interface Verdict {
  findings: readonly FailOn[]
  /** By finding: why nobody knows whether there is one. */
  unknown: Readonly<Partial<Record<FailOn, string>>>
}

/** The token in the current version. */
export interface CurrentToken {
  /** `refused`: the Hub does not accept it. `unread`: nobody could look. */
  state: 'accepted' | 'refused' | 'unknown' | 'none' | 'unread'
  createdAt: number | undefined
  expiresAt: number | undefined
  dueAt: number | undefined
  lastUse: LastUse
  owner: OwnerOfToken | undefined
}

/** What a version is to the secret. */
export type VersionRole = 'current' | 'pending' | 'previous' | 'retired' | 'other' | 'unlabeled'

export interface VersionRow {
  versionId: string
  role: VersionRole
  labels: readonly string[]
  storedAt: number | undefined
  /** When its token was replaced, as far as a label says it. */
  retiredAt: number | undefined
  /** What is in it, in a few words, if that is not a token. */
  problem: string | undefined
}

export interface SecretRow extends Verdict {
  secret: string
  scope: string
  arn: string | undefined
  token: CurrentToken
  versionId: string | undefined
  storedAt: number | undefined
  proof: VersionFacts['proof']
  /** A person should replace the token soon. */
  isDueSoon: boolean
  versions: readonly VersionRow[]
  /** Undefined when the secret could not be described. */
  rotationEnabled: boolean | undefined
  primaryRegion: string | undefined
  owningService: string | undefined
  deletedAt: number | undefined
  /** Tokens that were minted for this secret and that no version of it holds. */
  orphans: readonly TokenRow[]
  errors: readonly ActionError[]
}

/** What a token of the service account that no listed secret holds is, as far as its name tells. */
export type Origin =
  /** A rotation minted it for this version of a listed secret. */
  | { kind: 'rotation'; secret: string; versionId: string }
  | { kind: 'rotation of another secret' }
  /** The main action minted it for one job. */
  | { kind: 'job' }
  /** A person or another program. */
  | { kind: 'other' }

export interface TokenRow extends Verdict {
  id: string
  /** One line; anyone who manages the account may have chosen it. */
  name: string
  createdAt: number | undefined
  expiresAt: number | undefined
  lastUse: LastUse
  origin: Origin
  /** `fresh`: a run may be about to store it. `possibly held`: a version may hold it, although that is not certain. */
  state: 'not held' | 'fresh' | 'possibly held'
}

export interface AccountRow {
  name: string
  /** How many tokens it has; undefined when the Hub does not list them. */
  total: number | undefined
  /** Those that no listed secret certainly holds. */
  tokens: readonly TokenRow[]
}

export interface Inventory {
  org: string
  takenAt: number
  secrets: readonly SecretRow[]
  /** Undefined when none was asked for; a failure when it could not be listed. */
  account: AccountRow | ActionError | undefined
}

/** How much attention a row needs: the more, the higher. */
export function order({ findings, unknown, errors = [] }: Verdict & { errors?: readonly unknown[] }): number {
  const isUnknown = Object.keys(unknown).length > 0
  return (errors.length > 0 ? 4 : 0) + (findings.length > 0 ? 2 : 0) + (isUnknown ? 1 : 0)
}
