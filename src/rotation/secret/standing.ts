/** What the Hub says about the token that a secret holds now. */
import type { ActionError } from '../../errors/action-error.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import type { SecretContext } from '../context.ts'
import { isDead } from './final-verdict.ts'
import type { TokenVersion } from './look.ts'

export type Standing =
  /** The secret has no value yet. */
  | { kind: 'none' }
  /** The Hub has said twice that it does not accept the token. */
  | { kind: 'dead'; refusal: ActionError }
  | { kind: 'alive'; who: WhoAmI }

/**
 * Asks the Hub who the current token is.
 *
 * @throws `ActionError` `hub-rate-limited`, `hub-failed`, `network-unreachable`, `deadline-exceeded`: then nobody knows
 * whether it works.
 */
export async function standingOf(
  { hub }: Pick<SecretContext, 'hub'>,
  current: TokenVersion | undefined,
): Promise<Standing> {
  if (!current) return { kind: 'none' }
  try {
    return { kind: 'alive', who: await hub.whoAmI(current.value.token) }
  } catch (error) {
    if (!isDead(error)) throw error
    return { kind: 'dead', refusal: error }
  }
}
