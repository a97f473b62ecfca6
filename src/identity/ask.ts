/** Asks GitHub for the job's ID token. */
import { ActionError } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import { isTransient, type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import { isRecord, parseJson } from '../text/json.ts'
import type { Mask } from '../text/log.ts'
import { printable, quoted } from '../text/printable.ts'

export interface AskOptions {
  request: { url: string; token: string }
  audience: string
  http: Http
  mask: Mask
  policy: RetryPolicy
}

/**
 * The ID token (a JWT, not yet verified), already masked.
 *
 * @throws `ActionError` `oidc-request-failed`, `network-unreachable`, `deadline-exceeded`.
 * Source: docs.github.com, "OpenID Connect reference", "Methods for requesting the OIDC token".
 */
export async function askForIdToken({ request, audience, http, mask, policy }: AskOptions): Promise<string> {
  // Node's HTTP client would throw its own errors for these.
  if (!URL.canParse(request.url) || !/^[\x21-\x7e]+$/.test(request.token)) {
    throw requestFailed('ACTIONS_ID_TOKEN_REQUEST_URL or ACTIONS_ID_TOKEN_REQUEST_TOKEN is not usable', undefined)
  }
  const url = new URL(request.url)
  url.searchParams.append('audience', audience)
  const what = 'the ID token from GitHub'
  return await retry(what, policy, async () => {
    const { status, headers, body } = await http.send({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${request.token}` },
      what,
    })
    if (status !== 200) {
      const failure = requestFailed(`it answered HTTP ${status}`, body.toString('utf8'))
      if (isTransient(status)) throw new TryAgain(failure, retryAfterMs(headers, Date.now()))
      throw failure
    }
    const answer = parseJson(body.toString('utf8'))
    const value = isRecord(answer) ? answer.value : undefined
    if (typeof value !== 'string' || value === '') {
      throw requestFailed('it answered without a token', undefined)
    }
    mask(value)
    return value
  })
}

function requestFailed(seen: string, body: string | undefined): ActionError {
  const said = body?.trim() ? `: ${quoted(body.trim(), 200)}` : ''
  return new ActionError('oidc-request-failed', {
    failed: 'GitHub’s ID token endpoint did not give a token.',
    seen: `${seen}${said}`,
    expected: 'HTTP 200 with {"value": "<the ID token>"}',
    cause:
      'GitHub Actions has an incident, or the request token of this job is no longer valid (it ends with the job).',
    fix: 'Re-run the job; look at https://www.githubstatus.com if it stays.',
  })
}

/** The pull request in an event's payload, as far as it says where the code comes from. */
export interface PullRequest {
  head?: { repo?: { full_name?: unknown } | null }
}

/** What an explanation needs of the job. */
export interface TokenlessJob {
  eventName: string
  actor: string
  /** `owner/name`. */
  repository: string
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

/** Why the runner offers no ID token. Loaded with the payload of the event only when it is missing. */
export async function explainMissingIdToken(job: TokenlessJob): Promise<ActionError> {
  return missingIdToken(job, await pullRequest())
}

/** The same, for a payload that has been read. */
export function missingIdToken(job: TokenlessJob, pull: PullRequest | undefined): ActionError {
  const fork = isFork(pull, job.repository)
  const dependabot = job.actor === 'dependabot[bot]' && DEPENDABOT_EVENTS.includes(job.eventName)
  if (fork || dependabot) {
    const who = fork ? `a fork (${printable(pull?.head?.repo?.full_name ?? 'unknown', 100)})` : 'Dependabot'
    return new ActionError('oidc-unavailable-for-fork', {
      failed: `GitHub gives this job no ID token, because it runs for ${who}.`,
      seen: `event ${printable(job.eventName, 60)}, actor ${printable(job.actor, 60)}, no ACTIONS_ID_TOKEN_REQUEST_URL`,
      expected: 'a job of this repository itself',
      cause: fork
        ? 'a `pull_request` run from a fork never gets an ID token, whatever the workflow says: its code is not yours.'
        : 'runs that Dependabot starts are treated like a fork’s.',
      fix: fork
        ? `Skip this step for forks: \`if: ${notForFork(job.eventName)}\`, and do what needs the token after the merge (\`on: push\`). Do not switch to \`pull_request_target\` to get a token: that would run the fork's code with it.`
        : `Skip this step for Dependabot: \`if: ${NOT_FOR_DEPENDABOT}\`.`,
    })
  }
  return new ActionError('oidc-permission-missing', {
    failed: 'GitHub gives this job no ID token, because it has not been allowed to ask for one.',
    seen: 'no ACTIONS_ID_TOKEN_REQUEST_URL in the environment of the step',
    expected: '`id-token: write` among the permissions of the job',
    cause:
      'the `permissions:` block is missing, or a block at the job replaces the one at the top of the workflow; in a reusable workflow the calling job must grant it too.',
    fix: 'Add this to the job (keep what the job needs besides, such as `contents: read` for checkout):\npermissions:\n  id-token: write\n  contents: read',
  })
}

/** Whether the code comes from another repository. Its own flag `fork` does not tell: this repository may be a fork too. */
function isFork(pull: PullRequest | undefined, repository: string): boolean {
  const head = pull?.head?.repo
  // The repository of a fork that was deleted is null.
  if (head === null) return true
  return typeof head?.full_name === 'string' && head.full_name.toLowerCase() !== repository.toLowerCase()
}

/**
 * A condition that is false for a fork's pull request, and true for everything else: an event without a pull request
 * has no head repository, which would make a bare comparison false.
 */
function notForFork(eventName: string): string {
  // Reviews come from forks as well.
  const other =
    eventName === 'pull_request' ? "github.event_name != 'pull_request'" : 'github.event.pull_request == null'
  return `${other} || github.event.pull_request.head.repo.full_name == github.repository`
}

/** The actor of a scheduled run is somebody who touched the workflow, and not whoever started the run. */
const NOT_FOR_DEPENDABOT = "github.actor != 'dependabot[bot]' || github.event_name == 'schedule'"

/** The events whose runs get less when Dependabot starts them. Source: docs.github.com, "Dependabot on GitHub Actions". */
const DEPENDABOT_EVENTS = [
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'push',
  'create',
  'deployment',
  'deployment_status',
]
