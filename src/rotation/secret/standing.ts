/** What the Hub says about the token that a secret holds now. */
import type { ActionError } from '../../errors/action-error.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { AccountToken } from '../../hub/service-accounts.ts'
import type { SecretContext } from '../context.ts'
import { isDead } from './final-verdict.ts'
import type { TokenVersion } from './look.ts'

export type Standing =
  /** The secret has no value yet. */
  | { kind: 'none' }
  /** The Hub has said twice that it does not accept the token. */
  | { kind: 'dead'; refusal: ActionError }
  /** `isListed`: that is what the account's list says; otherwise, what whoami-v2 says. */
  | { kind: 'alive'; who: WhoAmI; isListed: boolean }

/** The current token of a secret, as far as it was looked at. */
export interface Current {
  /** The secret's ARN. */
  arn: string
  current: TokenVersion | undefined
}

/** The living entry of the account's list that the current token is; undefined when that is not certain. */
export function listedEntry(
  { minter, now }: Pick<SecretContext, 'minter' | 'now'>,
  { arn, current }: Current,
): AccountToken | undefined {
  if (!current) return undefined
  const { versionId, createdAt: storedAt, value } = current
  return minter?.held({ arn, versionId, token: value.token, storedAt }, now())
}

/**
 * What the current token is. The account's list says it of a token that is certainly in it; the Hub is asked about any
 * other.
 *
 * @throws `ActionError` `hub-rate-limited`, `hub-failed`, `network-unreachable`, `deadline-exceeded`: then nobody knows
 * whether it works; and what `Minter.known` throws.
 */
export async function standingOf(
  context: Pick<SecretContext, 'hub' | 'minter' | 'rotated' | 'now'>,
  { arn, current }: Current,
): Promise<Standing> {
  if (!current) return { kind: 'none' }
  const entry = listedEntry(context, { arn, current })
  const known = entry && (await context.minter?.known(entry, context.rotated))
  if (known) return { kind: 'alive', who: known.who, isListed: true }
  return await askedStanding(context, current)
}

/**
 * What whoami-v2 says of the current token.
 *
 * @throws what `standingOf` throws.
 */
export async function askedStanding(
  { hub }: Pick<SecretContext, 'hub'>,
  current: TokenVersion | undefined,
): Promise<Standing> {
  if (!current) return { kind: 'none' }
  try {
    return { kind: 'alive', who: await hub.whoAmI(current.value.token), isListed: false }
  } catch (error) {
    if (!isDead(error)) throw error
    return { kind: 'dead', refusal: error }
  }
}
