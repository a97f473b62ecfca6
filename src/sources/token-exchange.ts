/** The token source `token-exchange`: the organization's OAuth app, kept in Secrets Manager, acts for one member. */

import type { SecretReference } from '../aws/request.ts'
import { wrongSecret } from '../aws/secret-content.ts'
import { ActionError } from '../errors/action-error.ts'
import { exchangeForMember } from '../hub/oauth-token.ts'
import { checkTokenShape } from '../hub/token-shape.ts'
import { validFor } from '../text/duration.ts'
import type { TokenExchangeRequest } from './request.ts'
import { readStoredSecret } from './stored-secret.ts'
import { awsOf, type SourceContext, type TokenSource } from './token-source.ts'

/** Reads `client_id` and `client_secret`, and trades them for a token of the member with the scopes asked for. */
export function tokenExchangeSource(context: SourceContext, { member, scopes }: TokenExchangeRequest): TokenSource {
  return {
    async obtain(identity) {
      const { log } = context
      const stored = await readStoredSecret(identity, context, 'oauth-app')
      const [clientId = '', clientSecret = ''] = stored.values
      if (clientSecret.trim().length < 8) throw tooShort(stored.label, awsOf(context.request).secret)
      const granted = await exchangeForMember({ clientId, clientSecret, member, scopes, secret: stored.label }, context)
      log.info(`Hub: got a token of a member with the scopes ${granted.scopes.join(' ')}${validFor(granted.expiresAt)}`)
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

/** It could not be masked without making the log unreadable, and no app has one. */
function tooShort(label: string, secret: SecretReference): ActionError {
  return new ActionError('secret-malformed', {
    failed: `The client_secret in ${label} is no secret of an OAuth app.`,
    seen: 'fewer than 8 characters',
    expected: 'the client_secret that the Hub gave for the app',
    fix: wrongSecret('oauth-app', secret),
  })
}
