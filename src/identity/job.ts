/** The job as the runner describes it. */
import type { Platform } from '../platform/platform.ts'

/** What the runner says about the job. None of it is trusted for more than messages and the places of files. */
export interface Job {
  idTokenRequest: { url: string; token: string } | undefined
  serverUrl: string
  repository: string
  runId: string
  runAttempt: string
  eventName: string
  actor: string
  workflow: string
  /** The folder for files of this job; empty if the runner names none. */
  tempDirectory: string
  /** Where clients look for a token file that know no variable for it; empty if the job names no absolute path. */
  hubTokenFiles: readonly string[]
  /** Names of the environment variables that had a value when the action began. */
  presetVariables: ReadonlySet<string>
  /** Variables that an earlier use of this action in the same job exported. */
  ownVariables: ReadonlySet<string>
  /** The variables that are set and decide what a client of the Hub does; no secrets. Empty values are kept. */
  clientVariables: Readonly<Record<string, string>>
  /** Earlier uses of this action that gave git a token: each one's number, and the URL prefixes that its token reaches. */
  gitUses: readonly { number: number; prefixes: readonly string[] }[]
  /** `GIT_CONFIG_COUNT` of the job so far. */
  gitConfigCount: number
  /** The machine and the forge. */
  platform: Platform
}
