/** Revokes a token: the endpoint for leaked ones, which asks for nothing but the token, and e-mails its owner. */
import { callHub, type HubAccess, hubFailed } from './call.ts'

/**
 * Resolves when the Hub has taken the token: from then on it is dead everywhere. Each call e-mails the token's owner.
 *
 * @throws `ActionError` `hub-failed`, `hub-rate-limited`, `network-unreachable`, `deadline-exceeded`.
 * Source: Hub API, POST /api/credentials/revoke.
 */
export async function revokeToken(token: string, access: HubAccess): Promise<void> {
  const what = 'the revocation by the Hub'
  const answer = await callHub(access, {
    method: 'POST',
    path: '/api/credentials/revoke',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ credentials: [token] }),
    what,
  })
  // Any other answer is not the Hub's: a proxy's page, say.
  if (answer.status !== 202) throw hubFailed(what, answer, access.endpoint)
}
