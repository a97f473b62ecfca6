/** What GitHub says about a job: the claims of its ID token. */

/** How `sub` names owner and repository: by name alone, or by name and numeric id (repositories since 15 July 2026). */
export type SubjectFormat = 'name' | 'immutable'

/** A job, as far as GitHub's claims tell about it. Every number is a string, as in GitHub's tokens. */
export interface JobDescription {
  /** `owner/name`. */
  repository: string
  repositoryId: string
  repositoryOwnerId: string
  repositoryVisibility: 'public' | 'private' | 'internal'
  /** The full ref: `refs/heads/…`, `refs/tags/…` or `refs/pull/<number>/merge`. */
  ref: string
  refProtected: boolean
  sha: string
  /** Branches of a pull request; empty for any other event. */
  headRef: string
  baseRef: string
  eventName: string
  actor: string
  actorId: string
  /** The workflow's display name, and its file. */
  workflow: string
  workflowFile: string
  runId: string
  runNumber: string
  runAttempt: string
  checkRunId: string
  runnerEnvironment: 'github-hosted' | 'self-hosted'
  /** The deployment environment that the job names. */
  environment?: string | undefined
  enterprise?: string | undefined
  enterpriseId?: string | undefined
  subjectFormat: SubjectFormat
}

/** The claims of an ID token. `iat`, `nbf` and `exp` are numbers (seconds since 1970), all others strings. */
export type Claims = Record<string, unknown>

/** An ID token's life: `exp` − `iat`, in seconds. */
export const LIFETIME_SECONDS = 300
/** How far `nbf` lies before `iat`, in seconds. */
const NOT_BEFORE_SECONDS = 300

/**
 * The subject by GitHub's default rules: the environment wins over the pull request, which wins over the ref.
 * A `:` in an environment's name is written `%3A`. `pull_request_target` counts as a run on its ref.
 */
export function subject(job: JobDescription): string {
  const [owner = '', name = ''] = job.repository.split('/')
  const repository =
    job.subjectFormat === 'immutable' ? `${owner}@${job.repositoryOwnerId}/${name}@${job.repositoryId}` : job.repository
  return `repo:${repository}:${context(job)}`
}

function context(job: JobDescription): string {
  if (job.environment !== undefined) return `environment:${job.environment.replaceAll(':', '%3A')}`
  if (job.eventName === 'pull_request') return 'pull_request'
  return `ref:${job.ref}`
}

/** `owner/name/.github/workflows/file@ref`, as in `workflow_ref` and GITHUB_WORKFLOW_REF. */
export function workflowRef(job: JobDescription): string {
  return `${job.repository}/.github/workflows/${job.workflowFile}@${job.ref}`
}

/** `branch` or `tag`, as in `ref_type` and GITHUB_REF_TYPE. */
export function refType(job: JobDescription): 'branch' | 'tag' {
  return job.ref.startsWith('refs/tags/') ? 'tag' : 'branch'
}

/** All claims of an ID token for this job that is issued at `now`, in milliseconds since 1970. */
export function claims(
  job: JobDescription,
  token: { issuer: string; audience: string; jti: string; now: number },
): Claims {
  const iat = Math.floor(token.now / 1000)
  const [owner = ''] = job.repository.split('/')
  return {
    jti: token.jti,
    sub: subject(job),
    aud: token.audience,
    iss: token.issuer,
    nbf: iat - NOT_BEFORE_SECONDS,
    iat,
    exp: iat + LIFETIME_SECONDS,
    actor: job.actor,
    actor_id: job.actorId,
    base_ref: job.baseRef,
    check_run_id: job.checkRunId,
    ...(job.enterprise === undefined ? {} : { enterprise: job.enterprise }),
    ...(job.enterpriseId === undefined ? {} : { enterprise_id: job.enterpriseId }),
    ...(job.environment === undefined ? {} : { environment: job.environment }),
    event_name: job.eventName,
    head_ref: job.headRef,
    job_workflow_ref: workflowRef(job),
    job_workflow_sha: job.sha,
    ref: job.ref,
    ref_protected: String(job.refProtected),
    ref_type: refType(job),
    repository: job.repository,
    repository_id: job.repositoryId,
    repository_owner: owner,
    repository_owner_id: job.repositoryOwnerId,
    repository_visibility: job.repositoryVisibility,
    run_attempt: job.runAttempt,
    run_id: job.runId,
    run_number: job.runNumber,
    runner_environment: job.runnerEnvironment,
    sha: job.sha,
    workflow: job.workflow,
    workflow_ref: workflowRef(job),
    workflow_sha: job.sha,
  }
}
