/** An organization's OAuth app for a member's token: the organization token exchange. */
import { type ExchangeContext, exchange, GRANT_TYPE, type Granted } from './oauth-token.ts'

/** What the exchange is made with. */
export interface MemberExchange {
  clientId: string
  clientSecret: string
  /** The member's e-mail. */
  member: string
  scopes: readonly string[]
  /** Where the app's secret was read, in words. */
  secret: string
}

/**
 * A token of one member, with these scopes at most.
 *
 * @throws what `exchange` throws.
 * Source: RFC 8693 and RFC 6749, section 2.3.1; the Hub's pages on organization token exchange.
 */
export function exchangeForMember(app: MemberExchange, context: ExchangeContext): Promise<Granted> {
  const { clientId, clientSecret, member, scopes } = app
  const form = new URLSearchParams({
    grant_type: GRANT_TYPE,
    subject_token: member,
    subject_token_type: 'urn:huggingface:token-type:user-email',
    scope: scopes.join(' '),
  })
  const credentials = Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64')
  context.mask(credentials)
  const headers = {
    authorization: `Basic ${credentials}`,
    'content-type': 'application/x-www-form-urlencoded',
  }
  const advise = async (error: string) => {
    const { memberExchangeAdvice } = await import('./explain.ts')
    return memberExchangeAdvice(error, app, context.request)
  }
  return exchange(
    {
      headers,
      body: form.toString(),
      purpose: 'for a member',
      asked: scopes,
      setUp: 'the OAuth app and the member',
      advise,
    },
    context,
  )
}

/** RFC 6749, section 2.3.1. A lone surrogate cannot be encoded. */
function encode(text: string): string {
  return encodeURIComponent(text.toWellFormed())
}
