/** The one interface behind which a Hub token is obtained. Adding a source is adding a file. */
import type { Identity } from '../identity/identity.ts'
import type { AwsRequest, Job, Request } from '../inputs/request.ts'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import type { Log, Mask } from '../report/log.ts'

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

/** What the source knows of the token, for kinds of which whoami-v2 tells less. Times in milliseconds since the epoch. */
export type Evidence =
  /**
   * Kept somewhere and used again: whoami-v2 tells all. `howToStore`: for messages, how a person puts another token in
   * its place; no other kind has it, because where those come from, no token must be stored.
   */
  | { kind: 'stored'; howToStore: string }
  /** Made for this job with these permissions; whoami-v2 tells all. */
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

export interface TokenSource {
  /** Trades the verified identity for a token. */
  obtain(identity: Identity): Promise<HubToken>
}

/** A token that exists because of this run, and must not outlive it by more than an hour. */
export interface MintedToken {
  value: string
  /** The Hub that made it. */
  endpoint: string
  /** Milliseconds since the epoch; undefined if it does not expire, or the Hub did not say. */
  expiresAt: number | undefined
}

/** What every source is made with. */
export interface SourceWorld {
  request: Request
  job: Job
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  /** Makes a new identity when the ID token ended before it was used; used once at most. */
  renew: () => Promise<Identity>
  ledger: MintingLedger
}

/** Keeps count of tokens that are made, so that none is left behind unnoticed. Each call may throw `delivery-failed`. */
export interface MintingLedger {
  /** Right before a token may be made; `what` is shown if the job ends before anything else is known. */
  begin(what: string): void
  /** As soon as the token is masked, before anything else. */
  made(token: MintedToken): void
  /** It is certain that none was made. */
  refused(): void
}

/** The part of the request that sources on AWS need; `parse.ts` has made sure of it. */
export function awsOf(request: Request): AwsRequest {
  if (!request.aws) throw new TypeError('this token source needs AWS')
  return request.aws
}
