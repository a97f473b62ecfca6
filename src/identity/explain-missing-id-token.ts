/** Why the runner offers no ID token. Loaded only then. */
import { ActionError } from '../errors/action-error.ts'
import { FORGE_NAMES } from '../platform/forge.ts'
import type { Platform } from '../platform/platform.ts'
import { code, type Prose, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { snippetBlock } from '../text/snippets.ts'
import { idTokensOf } from './other-forges.ts'

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
  serverUrl: string
  platform: Platform
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
  const { forge } = job.platform
  // These have none at all, so nothing else matters.
  if (forge === 'act' || forge === 'gitea') return idTokensOf(forge, job)
  if (FORK_EVENTS.includes(job.eventName) && isFork(pull, job.repository)) return unavailableForFork(job, pull)
  if (forge === 'forgejo') return idTokensOf(forge, job)
  if (isDependabot(job)) return unavailableForDependabot(job)
  return permissionMissing(job)
}

/**
 * The events whose runs get no ID token if the pull request is from a fork. `pull_request_target` runs the workflow of
 * the base branch with its rights, forks or not. Source: docs.github.com, "Events that trigger workflows".
 */
const FORK_EVENTS = ['pull_request', 'pull_request_review', 'pull_request_review_comment']

function unavailableForFork(job: TokenlessJob, pull: PullRequest | undefined): ActionError {
  return new ActionError('oidc-unavailable-for-fork', {
    failed: `${forgeOf(job)} does not issue an ID token to this job, because it runs for a fork (${printable(pull?.head?.repo?.full_name ?? 'unknown', 100)}).`,
    seen: seenOf(job),
    expected: 'a job that runs for this repository itself',
    cause: prose`A ${code('pull_request')} run from a fork never gets an ID token, whatever the workflow says, because its code is not yours.`,
    fix: [
      prose`Skip this step for forks, and run the steps that need the token after the merge (${code('on: push')}):`,
      // Reviews come from forks as well.
      snippetBlock(job.eventName === 'pull_request' ? 'skip-forks' : 'skip-forks-of-any-event'),
      prose`Do not switch to ${code('pull_request_target')} to get a token: the fork’s code would run with it.`,
    ],
    forward: maintainers(job, '. The author of the pull request cannot fix this'),
  })
}

function unavailableForDependabot(job: TokenlessJob): ActionError {
  return new ActionError('oidc-unavailable-for-fork', {
    failed:
      'GitHub does not issue an ID token to this job, because it runs for Dependabot without permission to get one.',
    seen: seenOf(job),
    expected: prose`${code('id-token: write')} in the permissions of the job, or a job that Dependabot did not start`,
    cause: prose`Runs that Dependabot starts have read-only permissions. In most reports, they do get an ID token if the workflow itself grants ${code('id-token: write')}.`,
    fix: [
      'If updates of dependencies need no Hub token, skip this step for Dependabot:',
      snippetBlock('skip-dependabot'),
      'If they do, grant the permission to the job. The code of the updated dependency then runs in a job that can get this token.',
      snippetBlock('permissions'),
    ],
    forward: maintainers(job, ''),
  })
}

function permissionMissing(job: TokenlessJob): ActionError {
  return new ActionError('oidc-permission-missing', {
    failed: 'GitHub does not issue an ID token to this job, because the job has no permission to request one.',
    seen: prose`no ${code('ACTIONS_ID_TOKEN_REQUEST_URL')} in the environment of this step`,
    expected: prose`${code('id-token: write')} in the permissions of the job`,
    cause: prose`The ${code('permissions:')} block is missing, or a block on the job overrides the one at the top of the workflow. In a reusable workflow, the job that calls it must grant the permission too: a called workflow can only narrow what its caller grants.`,
    fix: [
      prose`Add this to the job. Keep the other permissions that it needs, such as ${code('contents: read')} for checkout:`,
      snippetBlock('permissions'),
      'If the job is in a reusable workflow, also add it to the job that calls this workflow:',
      snippetBlock('caller-permissions'),
      ...(job.eventName === 'pull_request_target'
        ? [
            prose`This is a ${code('pull_request_target')} run, which can be started from any fork. Grant the permission only if no step of the job checks out or runs the code of the pull request: that code could get the token.`,
          ]
        : []),
    ],
    forward: maintainers(job, '. For a reusable workflow, the maintainers of the workflow that calls it'),
  })
}

function maintainers({ repository }: TokenlessJob, rest: string): Prose {
  const where = repository === '' ? 'this repository' : code(printable(repository, 120))
  return prose`Anyone who can change the workflows of ${where}${rest}.`
}

function forgeOf({ platform }: TokenlessJob): string {
  return FORGE_NAMES[platform.forge]
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
