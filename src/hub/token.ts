/** A Hub token before the Hub has confirmed it, and what its source knows of it. */
import type { Wording } from '../text/message.ts'
import type { RecordedProof } from './proof.ts'
import type { HubRepository } from './repository.ts'

/** What the source knows of the token: which answer decides is in `verdict/`. Times in milliseconds since the epoch. */
export type Evidence =
  /**
   * Kept somewhere and used again: whoami-v2 tells everything. `howToStore`: for messages, how a person replaces it. No
   * other kind has it: the secrets that those come from must never hold the token itself. `proof`: what a rotation
   * recorded next to the token.
   */
  | { kind: 'stored'; howToStore: Wording; proof?: RecordedProof | undefined }
  /** Minted for a service account. */
  | MintedEvidence
  /**
   * Bound to one resource by the Hub: a repository (`datasets/acme/data`) or a user's name. `scopes`: what the exchange
   * says that it granted; undefined when it does not say.
   */
  | { kind: 'resource'; resource: string; scopes: readonly string[] | undefined; expiresAt: number | undefined }
  /** An OAuth token with these scopes, for the member with this e-mail address. */
  | {
      kind: 'oauth'
      member: string
      asked: readonly string[]
      granted: readonly string[]
      expiresAt: number | undefined
    }

export interface MintedEvidence {
  kind: 'minted'
  /** The permissions that were requested, wherever they hold. */
  asked: readonly string[]
  /** What the Hub says that it granted; undefined when only whoami-v2 can tell. */
  granted: readonly string[] | undefined
  /** What it granted in more places than requested, in words. */
  beyond: readonly string[]
  /** The repositories that the permissions on repositories are for; empty: the whole organization. */
  repositories: readonly HubRepository[]
}

/** A token, masked, shaped like one of the Hub's, and not yet confirmed by the Hub. */
export interface HubToken {
  /** The secret. */
  readonly value: string
  readonly origin: Origin
  readonly evidence: Evidence
}

/** Where a token came from: for outputs, the summary and the audit event. Nothing here is secret. */
export interface Origin {
  /** One phrase: `huggingface/acme/write, version 1234 (AWSCURRENT)`. */
  label: string
  /** What was used on the AWS side; undefined when there is none. */
  aws: AwsOrigin | undefined
}

export interface AwsOrigin {
  accountId: string
  /** The role session, as CloudTrail shows it. */
  assumedRoleArn: string
  /** The sessions through which it was reached, in order. */
  via?: readonly string[]
  secretArn: string
  secretVersionId: string
  /** The staging label that was asked for; empty when a version was. */
  secretStage: string
  /** The key or the path that was read, when the secret is a JSON object. */
  secretKey: string | undefined
  /** Whether that is a path to an object inside the object. */
  isNested?: boolean
  /** Whether the secret holds the token itself, so that others can read it there too. */
  holdsToken: boolean
}
