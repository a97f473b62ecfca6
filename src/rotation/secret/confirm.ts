/** Has the Hub confirm a token that is about to take another one's place: with whoami-v2 only where nothing else can tell. */
import type { SecretContext } from '../context.ts'
import type { Standing } from './standing.ts'
import { type ConfirmedToken, type Statement, testPending } from './steps.ts'

/** The version with the new token, and what is known of it. */
export interface Unconfirmed {
  versionId: string
  /** Its staging label. Default: the pending one. */
  label?: string
  /** What the Hub said of the token: the mint answer, or the account's list. */
  statement: Statement
  /** True when a token of the same account is replaced, of which it is known that it works. */
  followsItsOwn: boolean
}

/** True when the current token is the service account's, and works. */
export function isAccounts({ minter }: Pick<SecretContext, 'minter'>, standing: Standing): boolean {
  return standing.kind === 'alive' && (standing.isListed || (minter?.isOwner(standing.who) ?? false))
}

/**
 * The confirmed token. Neither the mint answer nor the account's list says what role the account has in the organization,
 * and whether the organization accepts its tokens. A token of the account that works shows it; without one, whoami-v2 is
 * asked about one token of the account in a run.
 *
 * @throws what `testPending` throws.
 */
export async function confirm(
  context: SecretContext,
  { versionId, followsItsOwn, ...testing }: Unconfirmed,
): Promise<ConfirmedToken> {
  const { minter } = context
  if (!minter || followsItsOwn) return await testPending(context, versionId, testing)
  let asked: ConfirmedToken | undefined
  await minter.learnPlace(async () => {
    asked = await testPending(context, versionId, { ...testing, statement: () => undefined })
    return asked.whoami
  })
  return asked ?? (await testPending(context, versionId, testing))
}
