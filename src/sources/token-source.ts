/** The one interface behind which a Hub token is obtained. Adding a source is adding a file. */
import type { Identity } from '../identity/identity.ts'

/** Where a token came from: for outputs, the summary and the audit event. Nothing here is secret. */
export interface Origin {
  /** One phrase: `huggingface/acme/write, version 1234 (AWSCURRENT)`. */
  label: string
  awsAccountId: string
  /** The role session, as CloudTrail shows it. */
  assumedRoleArn: string
  secretArn: string
  secretVersionId: string
  /** The staging label that was asked for. */
  secretStage: string
  /** The key that was read, when the secret is a JSON object. */
  secretKey: string | undefined
}

/** A token, masked, shaped like one of the Hub's, and not yet confirmed by the Hub. */
export interface HubToken {
  /** The secret. */
  readonly value: string
  readonly origin: Origin
}

export interface TokenSource {
  /** Trades the verified identity for a token. */
  obtain(identity: Identity): Promise<HubToken>
}
