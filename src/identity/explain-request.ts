/** What to tell a user whose request for an ID token failed. Loaded only then. */
import { ActionError, type Explanation } from '../errors/action-error.ts'
import { cureOf } from '../net/cures.ts'
import { adviceAboutBetween, describeAnswer, isFromBetween, type Received } from '../net/explain-answer.ts'
import { FORGE_NAMES } from '../platform/forge.ts'
import { forgeOperators, type MaybePlatform } from '../platform/people.ts'
import { code, joined, link, type Part, prose, type Wording } from '../text/message.ts'

type Advice = Required<Pick<Explanation, 'cause' | 'fix' | 'forward'>>

/** `oidc-request-failed`: the answer, and what it says about its sender. */
export function idTokenRequestFailed(received: Received, platform: MaybePlatform): ActionError {
  const { status, body } = received.answer
  // An answer with 200 may hold a token in a place where nobody looks for it.
  const isRefusal = status !== 200
  const seen = describeAnswer(received, isRefusal)
  const advice = isFromBetween(received)
    ? adviceAboutBetween(received, `${nameOf(platform)}’s ID token endpoint`, platform)
    : adviceFor(status, body.toString('utf8', 0, 2048), platform)
  return failed(isRefusal ? seen : prose`${seen}, without a token in it`, advice, platform)
}

/** `oidc-request-failed` before any request, because the runner's variables cannot be used. */
export function requestVariablesUnusable(platform: MaybePlatform): ActionError {
  const names = [code('ACTIONS_ID_TOKEN_REQUEST_URL'), code('ACTIONS_ID_TOKEN_REQUEST_TOKEN')]
  return failed(
    prose`a value in ${joined(names, ' or ')} that cannot be used`,
    {
      cause: 'An earlier step, a wrapper around the runner or an image changed what the runner sets for each step.',
      fix: 'Make sure that nothing in the workflow, in the image or around the runner sets these variables.',
      forward: 'Anyone who can change this workflow, or the people who operate the runner.',
    },
    platform,
  )
}

function failed(seen: Wording, advice: Advice, platform: MaybePlatform): ActionError {
  return new ActionError('oidc-request-failed', {
    failed: `${nameOf(platform)}’s ID token endpoint did not return a token.`,
    seen,
    expected: prose`HTTP 200 with ${code('{"value": "<the ID token>"}')}`,
    ...advice,
  })
}

function adviceFor(status: number, text: string, platform: MaybePlatform): Advice {
  const name = nameOf(platform)
  const forward = forgeOperators(platform)
  const again: (string | Part)[] = ['Re-run the job.', statusPage(platform)]
  // What GitHub says while a job is not yet running everywhere.
  if (/pending/i.test(text) && (status === 401 || status === 403)) {
    return { cause: `${name} has not yet recorded that this job is running.`, fix: again, forward }
  }
  if (status === 401 || status === 403) {
    return {
      cause: `${name} did not accept the request token of this job. It is valid only while the job runs, and for at most about six hours.`,
      fix: ['Re-run the job. If the job is a long one, move this step closer to its beginning.', statusPage(platform)],
      forward,
    }
  }
  if (status === 404) {
    return {
      cause: `There is no ID token endpoint at this address: something changed the runner’s variables, or this server is too old for ID tokens.`,
      fix: prose`Make sure that nothing sets ${code('ACTIONS_ID_TOKEN_REQUEST_URL')}. If nothing does, update the server and the runner.`,
      forward,
    }
  }
  if (status === 429) {
    return {
      cause: `${name} limits how many ID tokens are requested at a time.`,
      fix: ['Re-run the job later, or stagger the jobs.', statusPage(platform)],
      forward,
    }
  }
  if (status === 200) {
    return {
      cause: `A proxy or another intermediary answered instead of ${name}, or ${name} changed the format of its answer.`,
      fix: again,
      forward,
    }
  }
  if (cureOf({ from: 'GitHub', status, text }) === 'retry') {
    return { cause: `${name} is having an incident.`, fix: again, forward }
  }
  return {
    cause: `${name} did not accept the request${text.trim() === '' ? '' : ', for the reason quoted above'}. Another attempt will get the same answer.`,
    fix: prose`Make sure that nothing in the workflow, in the image or around the runner sets ${code('ACTIONS_ID_TOKEN_REQUEST_URL')}, and that the server and the runner are up to date.`,
    forward,
  }
}

function statusPage(platform: MaybePlatform): Part {
  if (platform !== undefined && platform.forge !== 'github' && platform.forge !== 'ghe.com') {
    return prose`If the problem persists, check the log of the server.`
  }
  return prose`If the problem persists, check ${link('https://www.githubstatus.com')}.`
}

function nameOf(platform: MaybePlatform): string {
  return platform === undefined ? 'GitHub' : FORGE_NAMES[platform.forge]
}
