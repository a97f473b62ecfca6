/** Whether the Hub refuses a token: asked of auth-check, whose limits are ordinary. */
import { ActionError } from '../errors/action-error.ts'
import { NetworkError } from '../net/http.ts'
import { bearer, type HubAccess, isHubsRefusal } from './call.ts'
import { authCheckPath, type HubRepository } from './repository.ts'

/**
 * True when the Hub itself answers 401 for this token and repository. Anything else, no answer included, proves nothing.
 * One attempt.
 *
 * @throws `ActionError` `deadline-exceeded`.
 * Source: Hub API, GET /api/{models|datasets|spaces}/{namespace}/{name}/auth-check.
 */
export async function isRefused(
  token: string,
  repository: HubRepository,
  { endpoint, http }: HubAccess,
): Promise<boolean> {
  const url = new URL(endpoint + authCheckPath(repository, false))
  const what = `the Hub’s auth-check of ${repository.label}`
  try {
    const answer = await http.send({ method: 'GET', url, headers: bearer(token), what })
    return answer.status === 401 && isHubsRefusal(answer)
  } catch (error) {
    if (error instanceof NetworkError || (error instanceof ActionError && error.code !== 'deadline-exceeded'))
      return false
    throw error
  }
}
