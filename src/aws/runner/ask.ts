/** One request to an endpoint that is on this machine, or next to it. */
import type { ActionError } from '../../errors/action-error.ts'
import { isTransient } from '../../net/cures.ts'
import { type HttpRequest, type HttpResponse, NetworkError } from '../../net/http.ts'
import { retry, TryAgain } from '../../net/retry.ts'
import { retryAfterMs } from '../../net/retry-after.ts'
import type { SessionContext } from '../assume-role.ts'

/** What is near answers at once; what is not there never does. */
const LIMIT_MS = 1_500
/** A lost packet is possible; more attempts without an answer would only hide what is missing. */
const MOST_UNANSWERED = 2
/** Far more than any answer of these endpoints. */
const MAX_BYTES = 65_536

/**
 * The answer, whatever its status, unless another attempt may cure it: an endpoint that is busy is there, and is asked
 * again like any other service.
 *
 * @throws what `unavailable` makes of a failure; `deadline-exceeded`.
 */
export async function askNearby(
  request: Omit<HttpRequest, 'withinMs' | 'isForCredentials' | 'maxBytes'>,
  { http, policy }: Pick<SessionContext, 'http' | 'policy'>,
  unavailable: (seen: string) => ActionError,
): Promise<HttpResponse> {
  let unanswered = 0
  return await retry({ what: request.what, route: request.url.href }, policy, async () => {
    const answer = await http
      .send({ ...request, withinMs: LIMIT_MS, isForCredentials: true, maxBytes: MAX_BYTES })
      .catch((error: unknown) => {
        if (!(error instanceof NetworkError)) throw error
        unanswered += 1
        const failure = unavailable(`no answer from ${error.host} (phase ${error.phase}: ${error.detail})`)
        throw unanswered < MOST_UNANSWERED ? new TryAgain(failure) : failure
      })
    if (!isTransient(answer.status)) return answer
    throw new TryAgain(unavailable(seenStatus(answer)), retryAfterMs(answer.headers, Date.now()))
  })
}

/** What came instead, without the body, which may hold keys. */
export function seenStatus({ status }: HttpResponse): string {
  return `HTTP ${status}`
}
