/** An ID token for a Hub token: the exchange of Trusted Publishers. */
import type { Identity } from '../../identity/identity.ts'
import { type ExchangeContext, exchange, GRANT_TYPE, type Granted } from './oauth-token.ts'

/**
 * A token for one repository or user, for the verified identity.
 *
 * @throws what `exchange` throws; `exchange-rejected` says what to enter on the settings page.
 * Source: RFC 8693; huggingface.co/docs/hub/trusted-publishers.
 */
export function exchangeIdToken(identity: Identity, resource: string, context: ExchangeContext): Promise<Granted> {
  const body = JSON.stringify({
    grant_type: GRANT_TYPE,
    subject_token_type: 'urn:ietf:params:oauth:token-type:id_token',
    subject_token: identity.idToken,
    resource,
  })
  const advise = async (error: string) => {
    const { trustedPublisherAdvice } = await import('./explain.ts')
    return trustedPublisherAdvice(error, { identity, resource, endpoint: context.request.hubEndpoint })
  }
  const headers = { 'content-type': 'application/json' }
  return exchange(
    { headers, body, purpose: `for ${resource}`, asked: [], setUp: 'the trusted publisher', advise },
    context,
  )
}
