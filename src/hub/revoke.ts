/** Revokes a token at the endpoint for leaked ones: it requires nothing but the token, and e-mails the owner. */
import { callHub, type HubAccess, hubFailed } from './call.ts'

/**
 * Resolves when the Hub has accepted the report: from then on the token works nowhere. Each call e-mails its owner.
 *
 * @throws `ActionError` `hub-failed`, `hub-rate-limited`, `network-unreachable`, `deadline-exceeded`.
 * Source: Hub API, POST /api/credentials/revoke.
 */
export async function revokeToken(token: string, access: HubAccess): Promise<void> {
  const what = 'the Hub to revoke the token'
  const answer = await callHub(access, {
    method: 'POST',
    path: '/api/credentials/revoke',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ credentials: [token] }),
    what,
  })
  // Any other success is not the Hub's: the page of a proxy, for example.
  if (answer.status !== 202) throw hubFailed(what, answer, access.endpoint)
}
