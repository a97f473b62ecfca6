/** Which of the service account's tokens a version of a secret holds, as far as the account's list alone can tell. */
import type { AccountToken } from '../../hub/service-accounts.ts'
import { versionOfToken } from '../names.ts'

/** A version of a secret, and the token in it. */
export interface HeldToken {
  /** The secret's ARN. */
  arn: string
  versionId: string
  /** The token in the version: a secret. */
  token: string
  /** When the version was stored, in milliseconds since the epoch; undefined when AWS does not say. */
  storedAt: number | undefined
}

/** How much the clocks of the Hub and of AWS may differ, in milliseconds. */
const SKEW_MS = 60_000

/**
 * The account's token that the version holds: the only one that a rotation minted for this very version, created before the
 * version was stored, with the same last four characters. Undefined when that is not certain: when the Hub lists no such
 * characters or no time, or when two tokens were minted for the version. Its name alone identifies no token.
 */
export function heldEntry(
  { arn, versionId, token, storedAt }: HeldToken,
  tokens: readonly AccountToken[],
): AccountToken | undefined {
  const [entry, ...others] = tokens.filter(({ displayName }) => versionOfToken(displayName, arn) === versionId)
  if (entry === undefined || others.length > 0) return undefined
  if (entry.last4?.length !== 4 || !token.endsWith(entry.last4)) return undefined
  if (entry.createdAt === undefined || storedAt === undefined) return undefined
  return entry.createdAt <= storedAt + SKEW_MS ? entry : undefined
}
