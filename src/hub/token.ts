/** A Hub token before the Hub has confirmed it, and what its source knows of it. */
import type { Wording } from '../text/message.ts'

/** What the source knows of the token, for kinds of which whoami-v2 tells less. Times in milliseconds since the epoch. */
export type Evidence =
  /**
   * Kept somewhere and used again: whoami-v2 tells everything. `howToStore`: for messages, how a person replaces it. No
   * other kind has it: the secrets that those come from must never hold the token itself.
   */
  | { kind: 'stored'; howToStore: Wording }
  /** Minted for this job with these permissions: whoami-v2 tells everything. */
  | { kind: 'minted'; asked: readonly string[] }
  /** Bound to one resource by the Hub: a repository (`datasets/acme/data`) or a user's name. */
  | { kind: 'resource'; resource: string; expiresAt: number | undefined }
  /** An OAuth token with these scopes. */
  | { kind: 'oauth'; asked: readonly string[]; granted: readonly string[]; expiresAt: number | undefined }

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
  secretArn: string
  secretVersionId: string
  /** The staging label that was asked for. */
  secretStage: string
  /** The key that was read, when the secret is a JSON object. */
  secretKey: string | undefined
  /** Whether the secret holds the token itself, so that others can read it there too. */
  holdsToken: boolean
}
