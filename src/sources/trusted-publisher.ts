/** The token source `trusted-publisher`: the Hub itself exchanges the ID token for a one-hour token. No AWS at all. */
import { exchangeIdToken } from '../hub/exchange/id-token.ts'
import { checkIssuedToken } from '../hub/token-shape.ts'
import { validFor } from '../text/duration.ts'
import type { TrustedPublisherRequest } from './request.ts'
import type { SourceContext, TokenSource } from './token-source.ts'

/** RFC 8693 at the Hub's `/oauth/token`. The ID token is for the Hub and goes nowhere else. */
export function trustedPublisherSource(context: SourceContext, { resource }: TrustedPublisherRequest): TokenSource {
  return {
    async obtain(identity) {
      const { log, steps } = context
      const granted = await steps.time('exchange', () => exchangeIdToken(identity, resource, context))
      log.info(`Hub: exchanged the ID token for a token for ${resource}${validFor(granted.expiresAt, context.now?.())}`)
      const label = `trusted publisher of ${resource}`
      return {
        value: checkIssuedToken(granted.token, 'The response from /oauth/token'),
        origin: { label, aws: undefined },
        evidence: { kind: 'resource', resource, scopes: granted.stated, expiresAt: granted.expiresAt },
      }
    },
  }
}
