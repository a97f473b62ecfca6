/** Whether a token belongs to the organization, and whether the organization accepts it. */
import { listed, printable, quoted } from '../../text/printable.ts'
import { ownerOf } from '../facts/describe.ts'
import { impliedMembership, isClassic, membershipIn, plainMembership } from '../facts/rights.ts'
import type { Membership, WhoAmI } from '../facts/whoami.ts'
import type { Evidence } from '../token.ts'
import type { Found, KnownHearing } from './hearing.ts'
import type { Trouble } from './remedies.ts'

/**
 * The token's place in the organization: a membership. Only where the Hub lists no memberships at all, rights on the
 * organization count too, and access to every one of the required repositories, if all of them are the organization's;
 * `open`: that has not been asked yet.
 */
export function belonging({ who, facts, requirement }: KnownHearing): Membership | 'open' | undefined {
  const { org, repositories } = requirement
  const found = membershipIn(who, org) ?? impliedMembership(who, org)
  if (found || who.orgs.length > 0 || repositories.length === 0) return found
  if (!repositories.every(({ namespace }) => namespace === org)) return undefined
  if (facts.repositories === undefined) return 'open'
  const granted = facts.repositories.filter(({ access }) => access.granted)
  return granted.length === repositories.length ? plainMembership(org) : undefined
}

/** The finding that the token belongs to other organizations. */
export function wrongOrg({ who, requirement: { org } }: KnownHearing): Found {
  const names = who.orgs.map(({ name }) => printable(name, 80))
  const isLikeOrg = (name: string) => name.toLowerCase() === org.toLowerCase()
  const spelling = names.find(isLikeOrg)
  const trouble: Trouble = spelling ? 'misspelled-org' : isLikeOrg(who.name) ? 'user-as-org' : 'wrong-org'
  return {
    code: 'token-wrong-org',
    trouble,
    failed: `The token does not belong to the organization ${org}.`,
    seen: `a token of ${ownerOf(who)}, ${names.length === 0 ? 'for whom the Hub lists no organization' : `who is a member of ${listed(names)}`}`,
    expected: `a token of a member or service account of ${org}`,
    spelling,
  }
}

/**
 * The warning that a token belongs to a member of further organizations, which is no reason to refuse it; undefined when
 * it does not. A Trusted Publisher's token is bound to its resource, whoever its user is.
 */
export function inFurtherOrganizations({ who, evidence }: Belonging, org: string): string | undefined {
  if (evidence.kind === 'resource' || !who) return undefined
  const nameOf = new Map(who.orgs.map(({ id, name }) => [id, name]))
  const entities = who.grants.map(({ entity }) => entity).filter(({ type }) => type === 'org')
  const named = entities.map(({ name, id }) => (id && nameOf.get(id)) ?? name ?? id ?? org)
  const others = [...new Set([...who.orgs.map(({ name }) => name), ...named])].filter((name) => name !== org)
  if (others.length === 0) return undefined
  const [those, them] = others.length === 1 ? ['another organization', 'it'] : ['other organizations', 'them']
  const names = listed(others.map((name) => printable(name, 80)))
  const advice: Record<typeof evidence.kind, string> = {
    stored: `The owner can give the token access to ${them} at any time. To rule that out, use the token of a service account, or of an account that is a member of ${org} only.`,
    minted: `Check the service account: it should be a member of ${org} only.`,
    oauth: `Whether the token reaches ${them} too depends on the OAuth app.`,
  }
  return `The token’s owner (${ownerOf(who)}) is also a member of ${those} (${names}). ${advice[evidence.kind]}`
}

interface Belonging {
  who: WhoAmI | undefined
  evidence: Evidence
}

/** A finding for each rule of the organization that keeps the token out. */
export function restrictions({ who, requirement }: KnownHearing, membership: Membership): Found[] {
  const { org } = requirement
  return membership.securityRestrictions.map((restriction) => {
    const rule = printable(restriction, 60)
    const seen = `the restriction "${rule}" of ${org} on the token ${quoted(who.displayName ?? '', 80)} of ${ownerOf(who)}`
    if (restriction === 'token-revoked') {
      return {
        code: 'token-revoked-by-org',
        trouble: 'cut-off',
        failed: `An admin of ${org} has revoked this token’s access to the organization.`,
        seen,
        expected: 'a token that the organization accepts',
      }
    }
    if (restriction === 'token-policy') {
      return {
        code: 'token-pending-approval',
        trouble: isClassic(who) ? 'classic' : 'unapproved',
        failed: `The token policy of ${org} does not accept this token yet.`,
        seen,
        expected: 'a fine-grained token that an admin has approved',
      }
    }
    return {
      code: 'org-restricted',
      trouble: KNOWN_RULES.find((known) => known === restriction) ?? 'unknown-rule',
      failed: `${org} does not accept this token, because of its restriction "${rule}".`,
      seen,
      expected: 'no restriction',
      rule,
    }
  })
}

const KNOWN_RULES = ['mfa', 'sso', 'ip'] as const
