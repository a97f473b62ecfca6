/** The one interface behind which a Hub token is obtained. Adding a source means adding a file. */
import type { AwsToken } from '../aws/assume-role.ts'
import type { AwsRequest } from '../aws/request.ts'
import type { MintingLedger } from '../hub/ledger.ts'
import type { HubToken } from '../hub/token.ts'
import type { Identity } from '../identity/identity.ts'
import type { Job } from '../identity/job.ts'
import type { Http } from '../net/http.ts'
import type { RetryPolicy } from '../net/retry.ts'
import type { Log, Mask } from '../text/log.ts'
import type { Steps } from '../text/steps.ts'
import type { ObtainRequest } from './request.ts'

export interface TokenSource {
  /** Exchanges the verified identity for a token. */
  obtain(identity: Identity): Promise<HubToken>
}

/** What every source works with. */
export interface SourceContext {
  request: ObtainRequest
  job: Job
  http: Http
  policy: RetryPolicy
  mask: Mask
  log: Log
  /** Proves the identity again when the ID token expired before it was used; called once at most. */
  renew: () => Promise<Identity>
  /** What proves the runner's own identity to AWS, masked. */
  awsToken?: AwsToken
  ledger: MintingLedger
  steps: Steps
  /** Tokens of earlier runs that this one removes: filled in on the way. */
  swept: string[]
  /** The time by the issuer's clock, in milliseconds since the epoch. Default: this machine's. */
  now?: () => number
}

/** The part of the request that sources on AWS need; `parse.ts` guarantees it. */
export function awsOf(request: ObtainRequest): AwsRequest {
  if (!request.aws) throw new TypeError('this token source needs AWS')
  return request.aws
}
