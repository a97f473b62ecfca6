/** What is known so far: filled in as the run goes on, so that a failure can be reported with all that was learnt. */
import type { VerifiedToken } from '../hub/verify.ts'
import type { Identity } from '../identity/identity.ts'
import type { Job, Request } from '../inputs/request.ts'
import type { Origin } from '../sources/token-source.ts'

export interface Progress {
  job?: Job
  request?: Request
  identity?: Identity
  origin?: Origin
  token?: VerifiedToken
}
