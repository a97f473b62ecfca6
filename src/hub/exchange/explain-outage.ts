/** What to tell a user when `/oauth/token` failed for a reason that is not the user's. Loaded only then. */
import { ActionError } from '../../errors/action-error.ts'
import type { HttpResponse } from '../../net/http.ts'
import { formatDuration } from '../../text/duration.ts'
import { code, link, prose } from '../../text/message.ts'
import { said } from '../call.ts'
import { STATUS_PAGE } from '../pages.ts'

export interface Outage {
  response: HttpResponse
  /** The OAuth error and its description. */
  words: readonly string[]
  tookMs: number
  /** What a refusal would be about. */
  setUp: string
}

/** `hub-failed`: the Hub could not carry out the exchange, although its answer has the form of a refusal. */
export function outage({ response, words, tookMs, setUp }: Outage): ActionError {
  const took = tookMs >= 1000 ? `, after ${formatDuration(tookMs / 1000)}` : ''
  const hasReason = words.length > 1 || words[0]?.includes(' ') || response.status >= 500
  return new ActionError('hub-failed', {
    failed: 'The Hub could not carry out the token exchange.',
    seen: `${said(response, words.join(': ') || undefined)}${took}`,
    expected: 'a token, or a refusal of the request itself',
    cause: hasReason
      ? prose`The Hub failed while it processed the request. During an incident, the Hub reports its own failures as an OAuth error such as ${code('invalid_grant')}. Nothing in this response is about ${setUp}.`
      : prose`The Hub took as long as it does during an incident and gave no reason, so it probably failed while it processed the request. A response this slow says nothing about ${setUp}.`,
    fix: prose`Check ${link(STATUS_PAGE)} for an incident, and re-run the job later. Do not change ${setUp} because of this error. To let the action retry for longer, raise ${code('timeout')}.`,
  })
}
