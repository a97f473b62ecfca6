/** What is known so far: filled in during the run, so that the report of a failure can show it. */
import type { Origin } from '../hub/token.ts'
import type { VerifiedToken } from '../hub/verdict/verify.ts'
import type { Identity } from '../identity/identity.ts'
import type { Job } from '../identity/job.ts'
import type { Request } from './request.ts'

export interface Progress {
  job?: Job
  request?: Request
  identity?: Identity
  origin?: Origin
  token?: VerifiedToken
}
