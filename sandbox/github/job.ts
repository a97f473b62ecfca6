/** One job of a workflow run: what its runner sets, and the ID tokens it was given. */
import { createHash, randomUUID } from 'node:crypto'
import { type Claims, claims, type JobDescription, refType, workflowRef } from './claims.ts'
import type { Signer } from './keys.ts'

/** Makes the JWT instead of GitHub, so that a test can forge one. */
export type Mint = (claims: Claims, signer: Signer) => string | Promise<string>

/** What a test says about a job. Every option has a default: a push to main of `octo-org/octo-repo`. */
export interface JobOptions extends Partial<JobDescription> {
  /** `permissions: id-token: write`. Default true. */
  idTokenPermission?: boolean
  /** A pull request from a fork: `pull_request` by default, or `pull_request_target`, which does get a token. */
  forkPullRequest?: boolean
  /** The same, and the fork has been deleted since. */
  deletedFork?: boolean
  /** The repository is itself a fork of another one. */
  repositoryIsFork?: boolean
  /** Claims to add or to replace (also `sub`, `aud`, `iss`, `exp`); `undefined` removes one. */
  claims?: Claims
  /** The `iss` of its tokens. Default: the server's own issuer. */
  issuer?: string
  mint?: Mint
}

/** What a job has of the server that it is made on. */
export interface JobServer {
  url: string
  /** The `iss` of tokens for which a test says nothing else. */
  issuer: string
  now: () => number
}

const PULL_REQUEST_NUMBER = 7
const DEPENDABOT = 'dependabot[bot]'

export class Job {
  readonly description: JobDescription
  /** Every JWT handed out for this job, in order. */
  readonly issued: string[] = []
  /** Empty when the job gets no ID token. */
  readonly idTokenRequestToken: string
  readonly idTokenRequestUrl: string
  readonly issuer: string
  readonly #serverUrl: string
  readonly #now: () => number
  readonly #options: JobOptions

  /** Made by {@link GitHub.startJob}. `number` is unique on that server. */
  constructor({ url: serverUrl, issuer, now }: JobServer, number: number, options: JobOptions) {
    const isPullRequest = isOfFork(options) || (options.eventName ?? '').startsWith('pull_request')
    const eventName = options.eventName ?? (isPullRequest ? 'pull_request' : 'push')
    const defaults: JobDescription = {
      repository: 'octo-org/octo-repo',
      repositoryId: '456789',
      repositoryOwnerId: '123456',
      repositoryVisibility: 'private',
      ref: eventName === 'pull_request' ? `refs/pull/${PULL_REQUEST_NUMBER}/merge` : 'refs/heads/main',
      refProtected: false,
      sha: '4f2d8c1a6b7e903d5c8f1e2a7b6d4c3f0a9e8b71',
      headRef: isPullRequest ? 'improve-the-model' : '',
      baseRef: isPullRequest ? 'main' : '',
      actor: 'octocat',
      actorId: '583231',
      workflow: 'Publish',
      workflowFile: 'publish.yml',
      runId: String(17_000_000_000 + number),
      runNumber: String(41 + number),
      runAttempt: '1',
      checkRunId: String(48_000_000_000 + number),
      runnerEnvironment: 'github-hosted',
      environment: undefined,
      enterprise: undefined,
      enterpriseId: undefined,
      subjectFormat: 'name',
      eventName,
    }
    this.description = { ...defaults, ...given(options, defaults) }
    this.#serverUrl = serverUrl
    this.#now = now
    this.#options = options
    this.issuer = options.issuer ?? issuer
    const run = this.description.runId
    if (this.#getsIdToken) {
      this.idTokenRequestUrl = `${serverUrl}/_apis/pipelines/workflows/${run}/jobs/${number}/idtoken?api-version=2.0`
      this.idTokenRequestToken = requestToken(serverUrl, run, number)
    } else {
      this.idTokenRequestUrl = ''
      this.idTokenRequestToken = ''
    }
  }

  get #getsIdToken(): boolean {
    if (this.#options.idTokenPermission === false) return false
    if (this.description.actor === DEPENDABOT && this.description.eventName !== 'schedule') return false
    return !(isOfFork(this.#options) && this.description.eventName === 'pull_request')
  }

  /** The owner's URL: the audience of a token that was asked for without one. */
  get ownerUrl(): string {
    return `${this.#serverUrl}/${this.#owner}`
  }

  get #owner(): string {
    return this.description.repository.split('/')[0] ?? ''
  }

  /** The claims of a token for `audience` issued now, with a `jti` of its own. */
  claims(audience: string): Claims {
    const all = {
      ...claims(this.description, { issuer: this.issuer, audience, jti: randomUUID(), now: this.#now() }),
      ...this.#options.claims,
    }
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
  }

  /** A JWT for `audience`, signed with `signer` or forged by the job's `mint`. */
  async issue(audience: string, signer: Signer): Promise<string> {
    const body = this.claims(audience)
    const token = await (this.#options.mint ?? sign)(body, signer)
    this.issued.push(token)
    return token
  }

  /** What the runner sets for each step, files and paths aside. */
  get environment(): Record<string, string> {
    const job = this.description
    return {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_SERVER_URL: this.#serverUrl,
      GITHUB_API_URL: `${this.#serverUrl}/api/v3`,
      GITHUB_GRAPHQL_URL: `${this.#serverUrl}/api/graphql`,
      GITHUB_REPOSITORY: job.repository,
      GITHUB_REPOSITORY_ID: job.repositoryId,
      GITHUB_REPOSITORY_OWNER: this.#owner,
      GITHUB_REPOSITORY_OWNER_ID: job.repositoryOwnerId,
      GITHUB_RUN_ID: job.runId,
      GITHUB_RUN_NUMBER: job.runNumber,
      GITHUB_RUN_ATTEMPT: job.runAttempt,
      GITHUB_ACTOR: job.actor,
      GITHUB_ACTOR_ID: job.actorId,
      GITHUB_TRIGGERING_ACTOR: job.actor,
      GITHUB_EVENT_NAME: job.eventName,
      GITHUB_REF: job.ref,
      GITHUB_REF_NAME: job.ref.replace(/^refs\/(heads|tags|pull)\//, ''),
      GITHUB_REF_TYPE: refType(job),
      GITHUB_REF_PROTECTED: String(job.refProtected),
      GITHUB_HEAD_REF: job.headRef,
      GITHUB_BASE_REF: job.baseRef,
      GITHUB_SHA: job.sha,
      GITHUB_JOB: 'publish',
      GITHUB_WORKFLOW: job.workflow,
      GITHUB_WORKFLOW_REF: workflowRef(job),
      GITHUB_WORKFLOW_SHA: job.sha,
      RUNNER_ENVIRONMENT: job.runnerEnvironment,
      RUNNER_OS: 'Linux',
      RUNNER_ARCH: 'X64',
      ...(this.#getsIdToken
        ? {
            ACTIONS_ID_TOKEN_REQUEST_URL: this.idTokenRequestUrl,
            ACTIONS_ID_TOKEN_REQUEST_TOKEN: this.idTokenRequestToken,
          }
        : {}),
    }
  }

  /** The webhook payload that the runner writes to the file at GITHUB_EVENT_PATH, in its essentials. */
  get event(): object {
    const job = this.description
    const [owner, name] = job.repository.split('/')
    const repository = {
      id: Number(job.repositoryId),
      name,
      full_name: job.repository,
      private: job.repositoryVisibility !== 'public',
      fork: this.#options.repositoryIsFork === true,
      owner: { login: owner, id: Number(job.repositoryOwnerId) },
    }
    const sender = { login: job.actor, id: Number(job.actorId) }
    if (!job.eventName.startsWith('pull_request')) return { ref: job.ref, after: job.sha, repository, sender }
    const fork = this.#options.deletedFork
      ? null
      : { ...repository, id: 998877, full_name: `${job.actor}/${name}`, fork: true, owner: sender }
    const head = isOfFork(this.#options) ? fork : repository
    return {
      action: 'synchronize',
      number: PULL_REQUEST_NUMBER,
      pull_request: {
        number: PULL_REQUEST_NUMBER,
        user: sender,
        head: { ref: job.headRef, sha: job.sha, repo: head },
        base: { ref: job.baseRef, repo: repository },
      },
      repository,
      sender,
    }
  }
}

function isOfFork({ forkPullRequest, deletedFork }: JobOptions): boolean {
  return forkPullRequest === true || deletedFork === true
}

const sign: Mint = (claims, signer) => signer.sign(claims)

/** Looks random, is the same for the same job, and unlike that of any other. */
function requestToken(serverUrl: string, runId: string, number: number): string {
  const seed = `${serverUrl} ${runId} ${number}`
  const part = (name: string) => createHash('sha512').update(`${name} ${seed}`).digest('base64url')
  return `${part('header').slice(0, 40)}.${part('payload')}${part('more')}.${part('signature')}`
}

/** The options that describe the job and have a value. */
function given(options: JobOptions, defaults: JobDescription): Partial<JobDescription> {
  return Object.fromEntries(Object.entries(options).filter(([name, value]) => name in defaults && value !== undefined))
}
