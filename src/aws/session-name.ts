/** The role session name: what CloudTrail shows, and what leads back to the run. */
import type { Job } from '../identity/job.ts'

/** The longest name that STS takes, in characters. */
export const MAX_SESSION_NAME = 64

/**
 * `hf-oidc-<owner>-<repository>-<run id>`, or the name given, with what STS does not allow replaced by `-` and cut to
 * 64 characters. The run id is never cut.
 * Source: STS API reference, AssumeRoleWithWebIdentity, RoleSessionName: 2–64 of `[\w+=,.@-]`.
 */
export function sessionName(given: string, job: Pick<Job, 'repository' | 'runId'>): string {
  if (given !== '') return clean(given).slice(0, MAX_SESSION_NAME).padEnd(2, '-')
  const run = clean(job.runId).slice(0, 24)
  const end = run ? `-${run}` : ''
  const room = MAX_SESSION_NAME - 'hf-oidc-'.length - end.length
  const full = clean(job.repository)
  // Where both do not fit, the repository says more than its owner, whom the subject in CloudTrail names anyway.
  const repository = full.length <= room ? full : clean(job.repository.split('/').at(-1) ?? '')
  return `hf-oidc${repository ? '-' : ''}${repository.slice(0, room)}${end}`
}

function clean(text: string): string {
  return text.replace(/[^A-Za-z0-9_+=,.@-]+/g, '-')
}
