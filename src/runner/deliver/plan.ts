/** What delivery will write, decided before anything is written, because the state that post needs is saved first. */
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { reachedPaths } from '../../hub/reach.ts'
import type { Job } from '../../identity/job.ts'
import type { Request } from '../../token/request.ts'
import { type GitEntry, type GitReach, gitConfig } from './git.ts'

/** Name of the state entry that main saves and post reads. */
export const DELIVERED_STATE = 'delivered'

/** What post must clean up. Holds no secret. */
export interface Delivered {
  /** A folder of this run alone, directly under `RUNNER_TEMP`; it is removed with everything in it. */
  directory: string | undefined
  /**
   * Variables that held the token; they are emptied for the post steps that follow. Not HF_TOKEN_PATH: the Hub's client
   * fails if it is empty, and treats a missing file as "not logged in".
   */
  variables: readonly string[]
  /** What this run configured git with, if it did. */
  git: DeliveredGit | undefined
}

/** What this run added to git's configuration. Holds no secret. */
export interface DeliveredGit {
  /** The number of this use in the job. */
  use: number
  /** `GIT_CONFIG_COUNT` before this run: the number of the first entry. */
  count: number
  entries: readonly GitEntry[]
}

/** Name of the state entry that main saves and post reads: a list of {@link HomeFile}. */
export const HOME_FILES_STATE = 'home-files'

/** A token file in the home folder that this run has written, or is about to. Holds no secret. */
export interface HomeFile {
  path: string
  /** SHA-256 of its content in hex: post removes nothing else. */
  sha256: string
  /** The topmost folder that was created for it; undefined if all of them existed. */
  created: string | undefined
}

export interface DeliveryPlan {
  /** The token's own file, when `export-file` asks for it. */
  tokenFile: string | undefined
  /** Where it also goes for clients that know no variable, when `export-file` is `hf-home`. */
  homeFiles: readonly string[]
  /** The answer of git's credential helper, when `git-credentials` asks for it. */
  gitAnswer: string | undefined
  delivered: Delivered
}

/** Our folders' names begin like this; post removes no other. */
export const DIRECTORY_PREFIX = 'hf-oidc-'

/** Where everything of this run will be; nothing is written yet. */
export function planDelivery(request: Request, job: Job): DeliveryPlan {
  const needsFiles = request.exportFile || request.gitCredentials
  const directory = needsFiles ? join(job.tempDirectory, DIRECTORY_PREFIX + randomUUID()) : undefined
  const file = (name: string) => join(directory ?? '', name)
  return {
    tokenFile: request.exportFile ? file('token') : undefined,
    homeFiles: request.exportHome ? job.hubTokenFiles : [],
    gitAnswer: request.gitCredentials ? file('git-credentials') : undefined,
    delivered: {
      directory,
      variables: request.exportEnv,
      git: request.gitCredentials
        ? {
            use: Math.max(-1, ...job.gitUses.map(({ number }) => number)) + 1,
            count: job.gitConfigCount,
            entries: gitConfig(request.hubEndpoint),
          }
        : undefined,
    },
  }
}

/** What git may use the token of this request for. */
export function gitReach({ hubEndpoint, org, source, repositories }: Request): GitReach {
  const paths = reachedPaths({
    org,
    resource: source.kind === 'trusted-publisher' ? source.resource : undefined,
    only:
      source.kind === 'service-account'
        ? repositories.filter(({ namespace }) => namespace === org).map(({ label }) => label)
        : [],
  })
  return { endpoint: hubEndpoint, paths }
}
