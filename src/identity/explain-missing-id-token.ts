/** Why the runner offers no ID token. Loaded only then. */
import { ActionError } from '../errors/action-error.ts'
import { block, code, type Prose, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'

/** The pull request in an event's payload, as far as it shows where the code comes from. */
export interface PullRequest {
  head?: { repo?: { full_name?: unknown } | null }
}

/** What an explanation needs to know about the job. */
export interface TokenlessJob {
  eventName: string
  actor: string
  /** `owner/name`. */
  repository: string
}

/** The failure of this job: `oidc-unavailable-for-fork` or `oidc-permission-missing`. Reads the event's payload. */
export async function explainMissingIdToken(job: TokenlessJob): Promise<ActionError> {
  return missingIdToken(job, await pullRequest())
}

/** The pull request of the event, if there is one and the runner's event file can be read. */
async function pullRequest(): Promise<PullRequest | undefined> {
  try {
    const { context } = await import('@actions/github')
    return context.payload.pull_request as PullRequest | undefined
  } catch {
    return undefined
  }
}

/** The same for a payload that has been read already. */
export function missingIdToken(job: TokenlessJob, pull: PullRequest | undefined): ActionError {
  if (isFork(pull, job.repository)) return unavailableForFork(job, pull)
  if (isDependabot(job)) return unavailableForDependabot(job)
  return permissionMissing()
}

function unavailableForFork(job: TokenlessJob, pull: PullRequest | undefined): ActionError {
  return new ActionError('oidc-unavailable-for-fork', {
    failed: `GitHub does not give this job an ID token, because it runs for a fork (${printable(pull?.head?.repo?.full_name ?? 'unknown', 100)}).`,
    seen: seenOf(job),
    expected: 'a job that runs for this repository itself',
    cause: prose`A ${code('pull_request')} run from a fork never gets an ID token, whatever the workflow says, because its code is not yours.`,
    fix: [
      prose`Skip this step for forks, and run the steps that need the token after the merge (${code('on: push')}):`,
      block(`if: ${notForFork(job.eventName)}`),
      prose`Do not switch to ${code('pull_request_target')} to get a token: the fork’s code would run with it.`,
    ],
  })
}

function unavailableForDependabot(job: TokenlessJob): ActionError {
  return new ActionError('oidc-unavailable-for-fork', {
    failed: 'GitHub does not give this job an ID token, because it runs for Dependabot.',
    seen: seenOf(job),
    expected: 'a job that runs for this repository itself',
    cause: 'GitHub treats runs started by Dependabot like runs from a fork.',
    fix: ['Skip this step for Dependabot:', block(`if: ${NOT_FOR_DEPENDABOT}`)],
  })
}

function permissionMissing(): ActionError {
  return new ActionError('oidc-permission-missing', {
    failed: 'GitHub does not give this job an ID token, because the job has no permission to request one.',
    seen: prose`no ${code('ACTIONS_ID_TOKEN_REQUEST_URL')} in the environment of this step`,
    expected: prose`${code('id-token: write')} in the permissions of the job`,
    cause: prose`The ${code('permissions:')} block is missing, or a block on the job overrides the one at the top of the workflow. In a reusable workflow, the calling job must grant the permission too.`,
    fix: [
      prose`Add this to the job. Keep the other permissions that it needs, such as ${code('contents: read')} for checkout:`,
      block('permissions:\n  id-token: write\n  contents: read'),
    ],
  })
}

function seenOf({ eventName, actor }: TokenlessJob): Prose {
  return prose`event ${code(printable(eventName, 60))}, actor ${code(printable(actor, 60))}, no ${code('ACTIONS_ID_TOKEN_REQUEST_URL')}`
}

/** Whether the code comes from a different repository. Its flag `fork` does not tell: this repository may be a fork too. */
function isFork(pull: PullRequest | undefined, repository: string): boolean {
  const head = pull?.head?.repo
  // The repository of a fork that was deleted is null.
  if (head === null) return true
  return typeof head?.full_name === 'string' && head.full_name.toLowerCase() !== repository.toLowerCase()
}

/**
 * A condition that is false for a fork's pull request and true for everything else. An event without a pull request has
 * no head repository, so the comparison alone would be false for it.
 */
function notForFork(eventName: string): string {
  // Reviews come from forks as well.
  const other =
    eventName === 'pull_request' ? "github.event_name != 'pull_request'" : 'github.event.pull_request == null'
  return `${other} || github.event.pull_request.head.repo.full_name == github.repository`
}

/** The actor of a scheduled run is somebody who changed the workflow, not whoever started the run. */
const NOT_FOR_DEPENDABOT = "github.actor != 'dependabot[bot]' || github.event_name == 'schedule'"

function isDependabot({ actor, eventName }: TokenlessJob): boolean {
  return actor === 'dependabot[bot]' && DEPENDABOT_EVENTS.includes(eventName)
}

/** The events whose runs get fewer rights when Dependabot starts them. Source: docs.github.com, "Dependabot on GitHub Actions". */
const DEPENDABOT_EVENTS = [
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'push',
  'create',
  'deployment',
  'deployment_status',
]
