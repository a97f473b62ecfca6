/** The job as the runner describes it. */

/** What the runner says about the job; none of it is trusted for more than messages and file places. */
export interface Job {
  idTokenRequest: { url: string; token: string } | undefined
  serverUrl: string
  repository: string
  runId: string
  runAttempt: string
  eventName: string
  actor: string
  workflow: string
  /** Where files of this job may be put; empty if the runner gives none. */
  tempDirectory: string
  /** Names of the environment variables that had a value when the action began. */
  presetVariables: ReadonlySet<string>
  /** Variables that an earlier use of this action in the same job exported. */
  ownVariables: ReadonlySet<string>
  /** `GIT_CONFIG_COUNT` of the job so far. */
  gitConfigCount: number
}
