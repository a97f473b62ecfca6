/** The token source `token-exchange`: the organization's OAuth app, kept in Secrets Manager, acts for one member. */

import { exchangeForMember } from '../hub/oauth-token.ts'
import { checkTokenShape } from '../hub/token-shape.ts'
import type { TokenExchangeRequest } from '../inputs/request.ts'
import { formatDuration } from '../text/duration.ts'
import { readStoredSecret } from './stored-secret.ts'
import type { SourceWorld, TokenSource } from './token-source.ts'

/** Reads `client_id` and `client_secret`, and trades them for a token of the member with the scopes asked for. */
export function tokenExchangeSource(world: SourceWorld, { member, scopes }: TokenExchangeRequest): TokenSource {
  return {
    async obtain(identity) {
      const { request, mask, log, onMinted } = world
      const stored = await readStoredSecret(identity, world, ['client_id', 'client_secret'], false)
      const [clientId = '', clientSecret = ''] = stored.values
      const granted = await exchangeForMember({ clientId, clientSecret, member, scopes, secret: stored.label }, world)
      mask(granted.token)
      onMinted({ value: granted.token, endpoint: request.hubEndpoint, expiresAt: granted.expiresAt })
      log.info(
        `Hub: got a token of a member with the scopes ${granted.scopes.join(' ')}, valid for ${formatDuration((granted.expiresAt - Date.now()) / 1000)}`,
      )
      return {
        value: checkTokenShape(
          granted.token,
          'The answer of /oauth/token',
          'Report it: the Hub answered with something else than a token.',
        ),
        origin: { label: `OAuth app in ${stored.label}`, aws: stored.origin },
        evidence: { kind: 'oauth', asked: scopes, granted: granted.scopes, expiresAt: granted.expiresAt },
      }
    },
  }
}
