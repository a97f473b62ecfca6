/** The role of the service account, where a token of somebody else is replaced: no list and no mint answer says it. */
import { PARTS_FOR } from '../../hub/facts/parts.ts'
import { membershipIn } from '../../hub/facts/rights.ts'
import type { WhoAmI } from '../../hub/facts/whoami.ts'
import { printable } from '../../text/printable.ts'
import type { SecretContext } from '../context.ts'
import type { Standing } from './standing.ts'
import type { ConfirmedToken } from './steps.ts'

/**
 * What the Hub says of a confirmed token, with its account's role if the current token belongs to somebody else whose role
 * is known: then whoami-v2 is asked, once in a run for the account. Its silence is a warning.
 */
export async function withRole(
  { minter, hub, request, rotated, log }: SecretContext,
  standing: Standing,
  { whoami, isStated, value }: ConfirmedToken,
): Promise<WhoAmI> {
  if (!minter || !isStated || standing.kind !== 'alive' || standing.isListed) return whoami
  const role = membershipIn(standing.who, request.org)?.roleInOrg
  if (role === undefined || minter.isOwner(standing.who)) return whoami
  let silence = ''
  const place = await minter.place(async () => {
    const who = await hub.corroborate(value, PARTS_FOR.minted)
    if ('silence' in who) silence = who.silence
    return 'silence' in who ? undefined : membershipIn(who, request.org)
  })
  if (place) return { ...whoami, orgs: [place] }
  log.warning(
    `${rotated.secret.id}: the current token belongs to someone with the role ${printable(role, 80)} in ${request.org}, and the Hub did not say which role the service account has (whoami-v2: ${silence || 'no membership'}). If it is lower, the new token can do less. Check the account’s role on the Hub.`,
  )
  return whoami
}
