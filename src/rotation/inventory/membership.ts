/** Whose a token is, and whether its owner still belongs to the organization. Pure. */
import type { Members } from '../../hub/members.ts'
import { printable } from '../../text/printable.ts'
import type { Found, InventoryFacts, TokenOwner } from './facts.ts'

/** Whose a token is. */
export type OwnerOfToken =
  /** An account that is no member and does not leave. */
  | { kind: 'service account'; name: string }
  /** A person; `member`: whether the organization still has them. */
  | { kind: 'person'; name: string; member: Found<boolean> }
  | { kind: 'unknown'; why: string }

/** What the token itself says about its owner's membership; undefined when it lists no organizations. */
export function isMemberByToken({ orgs, orgsAreListed }: TokenOwner, org: string): boolean | undefined {
  if (!orgsAreListed || orgs.length === 0) return undefined
  // Whoever wrote the organization's name in another case has not left it.
  return orgs.some(({ name }) => name.toLowerCase() === org.toLowerCase())
}

/** The owner, by all that is known. `slug`: of the service account whose tokens are listed. */
export function ownerOf(
  who: TokenOwner,
  org: string,
  facts: Pick<InventoryFacts, 'members' | 'serviceAccounts'>,
  slug: string | undefined,
): OwnerOfToken {
  if (who.name === '') return { kind: 'unknown', why: 'the Hub does not name the owner of the token' }
  const name = printable(who.name, 60)
  const accounts = 'is' in facts.serviceAccounts ? facts.serviceAccounts.is : new Set<string>()
  if (who.name === slug || accounts.has(who.name)) return { kind: 'service account', name }
  return { kind: 'person', name, member: membership(who, org, facts) }
}

/** Whoever is on the list of members has not left, whatever else a token leaves out. */
function membership(
  who: TokenOwner,
  org: string,
  { members, serviceAccounts }: Pick<InventoryFacts, 'members' | 'serviceAccounts'>,
): Found<boolean> {
  const byToken = isMemberByToken(who, org)
  if (byToken === true || ('is' in members && members.is.has(who))) return { is: true }
  if (byToken === false) return { is: false }
  // A service account is not on the list either.
  if ('is' in members && members.is.missing === undefined && 'is' in serviceAccounts) return { is: false }
  const unknown = 'unknown' in members ? members.unknown : missing(members.is, serviceAccounts)
  return { unknown: `whoami-v2 lists no organizations for this token, and ${unknown}` }
}

function missing({ missing }: Members, accounts: Found<ReadonlySet<string>>): string {
  if (missing !== undefined) return `the list of members is incomplete: ${missing}`
  return 'unknown' in accounts ? accounts.unknown : ''
}
