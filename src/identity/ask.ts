/** Asks GitHub for the job's ID token. */
import { ActionError } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import { retryAfterMs } from '../net/retry-after.ts'
import type { Mask } from '../report/log.ts'
import { isRecord, parseJson } from '../text/json.ts'
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
      if (status >= 500 || status === 429 || status === 408)
        throw new TryAgain(failure, retryAfterMs(headers, Date.now()))
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

interface PullRequest {
  head?: { repo?: { fork?: unknown; full_name?: unknown } | null }
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
export async function explainMissingIdToken(job: { eventName: string; actor: string }): Promise<ActionError> {
  const pull = await pullRequest()
  // The repository of a fork that was deleted is null.
  const fork = pull?.head?.repo === null || pull?.head?.repo?.fork === true
  const dependabot = job.actor === 'dependabot[bot]'
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
        ? "Skip this step for forks: `if: github.event.pull_request.head.repo.full_name == github.repository`, and do what needs the token after the merge (`on: push`). Do not switch to `pull_request_target` to get a token: that would run the fork's code with it."
        : "Skip this step for Dependabot: `if: github.actor != 'dependabot[bot]'`.",
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
