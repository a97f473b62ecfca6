/** Which of the service account's tokens an answer of whoami-v2 is about. */

import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { AccountToken, ServiceAccount } from '../../hub/service-accounts.ts'

/**
 * The one token of the account that `who` is about; undefined when it is not the account's, or may be one of several.
 * Anyone can give a token of their own any display name: only owner, name and time together identify it.
 */
export function entryOf(
  who: WhoAmI,
  { slug }: Pick<ServiceAccount, 'slug'>,
  tokens: readonly AccountToken[],
): AccountToken | undefined {
  if (slug === undefined || who.name !== slug) return undefined
  if (who.displayName === undefined || who.createdAt === undefined) return undefined
  const named = tokens.filter(({ displayName }) => displayName === who.displayName)
  if (named.some(({ createdAt }) => createdAt === undefined)) return undefined
  const [entry, ...others] = named.filter(({ createdAt }) => createdAt === who.createdAt)
  return others.length === 0 ? entry : undefined
}

/** False when it is certain that `who` is not about a token of this account: the Hub names another owner. */
export function mayOwn({ slug }: Pick<ServiceAccount, 'slug'>, who: WhoAmI): boolean {
  return slug === undefined || who.name === '' || who.name === slug
}
