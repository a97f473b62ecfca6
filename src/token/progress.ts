/** What is known so far: filled in during the run, so that the report of a failure can show it. */
import type { Evidence, Origin } from '../hub/token.ts'
import type { VerifiedToken } from '../hub/verdict/verify.ts'
import type { Identity } from '../identity/identity.ts'
import type { Job } from '../identity/job.ts'
import type { Contacted } from '../net/http.ts'
import type { Steps } from '../text/steps.ts'
import type { Request } from './request.ts'

export interface Progress {
  job?: Job
  request?: Request
  identity?: Identity
  origin?: Origin
  evidence?: Evidence
  /** Of the token that was obtained, whether it was delivered or refused. */
  tokenSha256?: string
  token?: VerifiedToken
  steps?: Steps
  /** Where calls went so far. */
  contacted?: () => Contacted
  /** Names of tokens that earlier runs left behind and this run removed. */
  swept?: readonly string[]
  sweptFolders?: SweptFolders
}

/** Folders that earlier runs left on this machine: those that this run removed, and those that are still there. */
export interface SweptFolders {
  removed: readonly string[]
  left: readonly string[]
}

/** Everything that a run that succeeded has found out. */
export type Done = Required<Omit<Progress, 'contacted' | 'sweptFolders'>>
