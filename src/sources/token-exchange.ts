/** The token source `token-exchange`: the organization's OAuth app, kept in Secrets Manager, acts for one member. */
import type { SecretReference } from '../aws/request.ts'
import { wrongSecret } from '../aws/secret-content.ts'
import { ActionError } from '../errors/action-error.ts'
import { exchangeForMember } from '../hub/exchange/member.ts'
import { checkIssuedToken } from '../hub/token-shape.ts'
import { validFor } from '../text/duration.ts'
import { code, prose } from '../text/message.ts'
import type { TokenExchangeRequest } from './request.ts'
import { readStoredSecret } from './stored-secret.ts'
import { awsOf, type SourceContext, type TokenSource } from './token-source.ts'

/** Reads `client_id` and `client_secret`, and exchanges them for a token of the member with the requested scopes. */
export function tokenExchangeSource(context: SourceContext, { member, scopes }: TokenExchangeRequest): TokenSource {
  return {
    async obtain(identity) {
      const { log, steps } = context
      const stored = await readStoredSecret(identity, context, 'oauth-app')
      const [clientId = '', clientSecret = ''] = stored.values
      if (clientSecret.trim().length < SHORTEST) throw tooShort(stored.label, awsOf(context.request).secret)
      const app = { clientId, clientSecret, member, scopes, secret: stored.label }
      const granted = await steps.time('exchange', () => exchangeForMember(app, context))
      log.info(
        `Hub: obtained a member’s token with the scopes ${granted.scopes.join(' ')}${validFor(granted.expiresAt, context.now?.())}`,
      )
      return {
        value: checkIssuedToken(granted.token, 'The response from /oauth/token'),
        origin: { label: `OAuth app in ${stored.label}`, aws: stored.origin },
        evidence: { kind: 'oauth', member, asked: scopes, granted: granted.scopes, expiresAt: granted.expiresAt },
      }
    },
  }
}

/** Anything shorter could not be masked without making the log unreadable, and no app has such a secret. */
const SHORTEST = 8

function tooShort(label: string, secret: SecretReference): ActionError {
  const clientSecret = code('client_secret')
  return new ActionError('secret-malformed', {
    failed: prose`The ${clientSecret} in ${label} is not the secret of an OAuth app.`,
    seen: `fewer than ${SHORTEST} characters`,
    expected: prose`the ${clientSecret} that the Hub showed for the app`,
    fix: wrongSecret('oauth-app', secret),
  })
}
