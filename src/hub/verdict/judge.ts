/** Compares what a token can do with what was requested: pure, no call. */
import { ActionError } from '../../errors/action-error.ts'
import { formatDuration } from '../../text/duration.ts'
import { code, joined, list, type Prose, prose } from '../../text/message.ts'
import { listed, printable, quoted } from '../../text/printable.ts'
import { ownerOf, tokenKind } from '../facts/describe.ts'
import type { Failure, Question, TokenFacts } from '../facts/facts.ts'
import { isClassic, isWithin, membershipIn, placeOf, unboundRights, unlistedRights } from '../facts/rights.ts'
import type { Membership, WhoAmI } from '../facts/whoami.ts'
import { mayStandIn, type Requirement } from '../requirement.ts'
import { includes, NEEDED, OAUTH_SCOPES, permits, type Scope, scopeOf } from '../scopes.ts'
import type { Evidence } from '../token.ts'
import { type Case, explain, type Finding, remedy, type Trouble } from './explain.ts'

/** What every rule looks at. */
interface Hearing {
  facts: TokenFacts
  requirement: Requirement
  /** Milliseconds since the epoch. */
  now: number
}

/** A hearing in which whoami-v2 has answered. */
interface KnownHearing extends Hearing {
  who: WhoAmI
}

/** A finding, with what only its remedy needs to know. */
type Found = Finding & Pick<Case, 'spelling' | 'rule'>

/**
 * Every problem, the gravest first; an empty list is a confirmation. `now`: milliseconds since the epoch. Codes:
 * `token-wrong-org`, `token-revoked-by-org`, `token-pending-approval`, `org-restricted`, `token-expired`,
 * `token-under-scoped`, `token-over-scoped`, `token-expiring`; for questions that the Hub did not answer,
 * `token-rejected`, `token-expired`, `hub-rate-limited`, `hub-failed`, `network-unreachable`, `deadline-exceeded`.
 */
export function judge(facts: TokenFacts, requirement: Requirement, now: number): ActionError[] {
  const hearing = { facts, requirement, now }
  const explained = (found: readonly Found[]) => found.map((finding) => toError(finding, hearing))
  return [
    ...unanswered('whoami-v2', hearing),
    ...explained(facts.who ? judgeWhoAmI({ ...hearing, who: facts.who }) : []),
    ...unanswered('bound repository', hearing),
    ...explained(readsOnly(hearing)),
    ...unanswered('repositories', hearing),
    ...explained(reachable(hearing)),
  ]
}

/** True when whoami-v2 was rate limited, and the checks of the repositories replace it. */
export function isStoodIn({ failures }: TokenFacts, requirement: Requirement): boolean {
  return failures.some((failure) => isTolerated(failure, requirement))
}

function isTolerated({ question, error }: Failure, requirement: Requirement): boolean {
  return question === 'whoami-v2' && error.code === 'hub-rate-limited' && mayStandIn(requirement)
}

function toError({ spelling, rule, ...finding }: Found, { facts, requirement }: Hearing): ActionError {
  const { evidence, label, who } = facts
  const displayName = who?.displayName === undefined ? undefined : printable(who.displayName, 80)
  return explain(finding, evidence, { request: requirement, label, displayName, spelling, rule })
}

/** The failures of one question. The Hub's refusal of a token gets the remedy for a token of its kind. */
function unanswered(question: Question, { facts, requirement }: Hearing): ActionError[] {
  return facts.failures
    .filter((failure) => failure.question === question && !isTolerated(failure, requirement))
    .map(({ error }) =>
      error.code === 'token-rejected' || error.code === 'token-expired'
        ? new ActionError(error.code, {
            ...error.explanation,
            ...remedy('dead', facts.evidence, { request: requirement }),
          })
        : error,
    )
}

function judgeWhoAmI(hearing: KnownHearing): Found[] {
  const { facts, requirement, who } = hearing
  const org = membershipIn(who, requirement.org)
  // The resource that a Trusted Publisher's token is bound to says more than the memberships of its owner.
  if (!org && facts.evidence.kind !== 'resource') return [wrongOrg(hearing)]
  return [...(org ? restrictions(hearing, org) : []), ...expired(hearing), ...reach(hearing, org), ...expiring(hearing)]
}

function wrongOrg({ who, requirement: { org } }: KnownHearing): Found {
  const names = who.orgs.map(({ name }) => printable(name, 80))
  const isLikeOrg = (name: string) => name.toLowerCase() === org.toLowerCase()
  const spelling = names.find(isLikeOrg)
  const trouble: Trouble = spelling ? 'misspelled-org' : isLikeOrg(who.name) ? 'user-as-org' : 'wrong-org'
  return {
    code: 'token-wrong-org',
    trouble,
    failed: `The token does not belong to the organization ${org}.`,
    seen: `a token of ${ownerOf(who)}, who is a member of ${names.length === 0 ? 'no organization' : listed(names)}`,
    expected: `a token of a member or service account of ${org}`,
    spelling,
  }
}

function restrictions({ who, requirement }: KnownHearing, membership: Membership): Found[] {
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

function expired({ facts: { expiresAt }, now }: Hearing): Found[] {
  if (expiresAt === undefined || expiresAt > now) return []
  return [
    {
      code: 'token-expired',
      trouble: 'dead',
      failed: 'The token has expired.',
      seen: `a token that expired at ${iso(expiresAt)}; this machine’s clock shows ${iso(now)}`,
      expected: 'a token that is valid now',
    },
  ]
}

function expiring({ facts: { expiresAt }, requirement: { minLifetimeSeconds }, now }: Hearing): Found[] {
  if (expiresAt === undefined || expiresAt <= now || expiresAt - now >= minLifetimeSeconds * 1000) return []
  return [
    {
      code: 'token-expiring',
      trouble: 'expiring',
      failed: 'The token expires too soon for this job.',
      seen: `a token that expires at ${iso(expiresAt)}, in ${formatDuration((expiresAt - now) / 1000)}`,
      expected: prose`a token that is valid for at least ${formatDuration(minLifetimeSeconds)} (${code('min-token-lifetime')})`,
    },
  ]
}

const iso = (ms: number): string => new Date(ms).toISOString()

/** What the token can do, next to what was requested. */
function reach(hearing: KnownHearing, org: Membership | undefined): Found[] {
  const { evidence } = hearing.facts
  if (evidence.kind === 'resource') return [...bound(hearing, evidence), ...withoutRole(hearing)]
  if (evidence.kind === 'oauth') return [...scopes(hearing, evidence), ...withoutRole(hearing)]
  return org ? [...tooNarrow(hearing, org), ...tooWide(hearing, org)] : []
}

/** A Trusted Publisher's token must be bound to the resource that was requested. */
function bound({ who }: KnownHearing, { resource }: Evidence & { kind: 'resource' }): Found[] {
  if (who.resource?.replace(/^models\//, '') === resource) return []
  return [
    {
      code: 'token-wrong-org',
      trouble: 'wrong-org',
      failed: `The token is not bound to ${resource}.`,
      seen:
        who.resource === undefined
          ? 'a token that the Hub binds to no resource'
          : `a token for ${quoted(who.resource, 120)}`,
      expected: `a token for ${quoted(resource, 120)}`,
    },
  ]
}

/** An OAuth token must have the scopes that were requested, and no others. */
function scopes({ requirement: { scope } }: Hearing, { asked, granted }: Evidence & { kind: 'oauth' }): Found[] {
  const missing = asked.filter((name) => !granted.includes(name))
  const surplus = granted.filter((name) => !asked.includes(name) || !includes(scope, OAUTH_SCOPES[name] ?? 'admin'))
  const found: Found[] = []
  if (missing.length > 0) {
    found.push({
      code: 'token-under-scoped',
      trouble: 'too-narrow',
      failed: prose`The token cannot do what ${code(`scope: ${scope}`)} requires.`,
      seen: prose`an OAuth token with ${granted.length === 0 ? 'no scopes' : prose`the scopes ${names(granted)}`}`,
      expected: prose`an OAuth token that also has ${names(missing)}`,
    })
  }
  if (surplus.length > 0) {
    found.push({
      code: 'token-over-scoped',
      trouble: 'too-wide',
      failed: 'The token can do more than requested; anyone who obtained it would have those rights as well.',
      seen: ['an OAuth token with these surplus scopes:', list(surplus.map((name) => printable(name, 80)))],
      expected: prose`an OAuth token with the scopes ${names(asked)} and no others`,
    })
  }
  return found
}

/** A bound or OAuth token has no role. One with a role is a user access token, which reaches what the role reaches. */
function withoutRole({ who: { role } }: KnownHearing): Found[] {
  if (role === undefined) return []
  return [
    {
      code: 'token-over-scoped',
      trouble: 'other-kind',
      failed: 'The Hub issued a different kind of token than requested; anyone who obtained it could do more.',
      seen: `a user access token with the role ${quoted(role, 40)}`,
      expected: 'a token that is limited to what was requested',
    },
  ]
}

function tooNarrow({ who, requirement }: KnownHearing, org: Membership): Found[] {
  const { scope, repositories } = requirement
  const seen = shortfall(who, org, scope)
  if (seen === undefined) return []
  const needed = code(NEEDED[scope])
  const where = repositories.length > 0 ? listed(repositories.map(({ label }) => label)) : 'repositories in it'
  return [
    {
      code: 'token-under-scoped',
      trouble: 'too-narrow',
      failed: prose`The token cannot do what ${code(`scope: ${scope}`)} requires in ${org.name}.`,
      seen,
      expected: prose`a token with ${needed} on ${org.name} or on ${where}`,
    },
  ]
}

/**
 * Why the token cannot do what `scope` requires anywhere in the organization, or undefined when it can. A token for single
 * repositories is enough: which ones are needed is what `repositories` is for.
 */
function shortfall(who: WhoAmI, org: Membership, scope: Scope): string | Prose | undefined {
  if (who.role === 'read' && scope !== 'read')
    return prose`a classic ${code('read')} token, which cannot ${scope === 'write' ? 'write' : 'administer'}`
  if (who.role === 'fineGrained') {
    const held = who.grants.filter(({ entity }) => isWithin(entity, org)).flatMap(({ permissions }) => permissions)
    if (!held.some((permission) => permits(permission, scope)))
      return prose`a token with ${held.length === 0 ? 'no permissions' : names([...new Set(held)])} in ${org.name}`
  }
  return isRoleTooLow(org, scope)
    ? `a token of an account that has the role ${printable(org.roleInOrg, 80)} in ${org.name}`
    : undefined
}

/** Roles in an organization that do not include what a scope requires. The name of a custom role says nothing. */
const TOO_LOW: Record<Scope, readonly string[]> = {
  read: ['no_access'],
  write: ['read', 'no_access'],
  admin: ['write', 'contributor', 'read', 'no_access'],
}

/** A member's own role limits each of their tokens; a resource group can give more, but no administration. */
function isRoleTooLow({ roleInOrg, resourceGroups }: Membership, scope: Scope): boolean {
  const isLow = (role: string) => TOO_LOW[scope].includes(role)
  if (roleInOrg === undefined || !isLow(roleInOrg)) return false
  return scope === 'admin' || resourceGroups.every(({ role }) => isLow(role))
}

function tooWide({ who, facts: { evidence }, requirement: { scope } }: KnownHearing, org: Membership): Found[] {
  const surplus = [...unlistedRights(who, org), ...surplusGrants(who, org, scope), ...unboundRights(who, org)]
  if (evidence.kind === 'minted') surplus.push(...notRequested(who, evidence.asked))
  if (surplus.length === 0) return []
  return [
    {
      code: 'token-over-scoped',
      trouble: 'too-wide',
      failed: prose`The token can do more than ${code(`scope: ${scope}`)} allows in ${org.name}; anyone who obtained it would have those rights as well.`,
      seen: [`a ${tokenKind(who, evidence.kind)} token of ${ownerOf(who)} with these surplus rights:`, list(surplus)],
      expected: `a fine-grained token with ${scope} rights in ${org.name} and nothing else`,
      ...(isClassic(who) ? { cause: CLASSIC } : {}),
    },
  ]
}

const CLASSIC = 'It is a classic token. Only fine-grained tokens can be limited to an organization.'

/** Every listed right that lies outside the organization or goes beyond `scope`, in words. */
function surplusGrants({ grants }: WhoAmI, org: Membership, scope: Scope): string[] {
  return grants.flatMap(({ entity, permissions }) =>
    permissions.flatMap((permission) => {
      const right = `${printable(permission, 80)} on ${placeOf(entity)}`
      if (!isWithin(entity, org)) return [`${right} (outside ${org.name})`]
      return includes(scope, scopeOf(permission)) ? [] : [`${right} (more than ${scope})`]
    }),
  )
}

/** What a minted token has beyond the requested permissions, although the scope includes it. */
function notRequested({ grants }: WhoAmI, asked: readonly string[]): string[] {
  const held = new Set(grants.flatMap(({ permissions }) => permissions))
  return [...held]
    .filter((permission) => !asked.includes(permission))
    .map((permission) => `${printable(permission, 80)} (not requested)`)
}

/** A token bound to a repository must not be able to write it when only reading was requested. */
function readsOnly({ facts: { boundTo } }: Hearing): Found[] {
  if (!boundTo) return []
  const { repository, read, write } = boundTo
  if (write.granted) {
    return [
      {
        code: 'token-over-scoped',
        trouble: 'too-wide',
        failed: prose`The token can do more than ${code('scope: read')} allows; anyone who obtained it would have those rights as well.`,
        seen: ['a token with these surplus rights:', list([`write access to ${repository.label}`])],
        expected: `a token that can read ${repository.label} and nothing else`,
      },
    ]
  }
  // Only the Hub's own 403, next to a granted read, says "may read, and may not write".
  if (read.granted && write.status === 403) return []
  const refusal = read.granted ? write : read
  return [outOfReach([`${repository.label}: ${refusal.seen}`], [repository.label], 'read')]
}

/** The token must be able to use each of the required repositories. */
function reachable({ facts, requirement }: Hearing): Found[] {
  const refused = facts.repositories.flatMap(({ repository, access }) =>
    access.granted ? [] : [`${repository.label}: ${access.seen}`],
  )
  if (refused.length === 0) return []
  const { org, repositories, scope } = requirement
  const foreign = repositories.filter(({ namespace }) => namespace !== org).map(({ label }) => label)
  const labels = repositories.map(({ label }) => label)
  const found = outOfReach(refused, labels, scope === 'read' ? 'read' : 'write')
  if (foreign.length === 0) return [found]
  const outside = `${listed(foreign)} ${foreign.length === 1 ? 'is' : 'are'} outside ${org}, where this action’s tokens have no rights.`
  return [{ ...found, cause: [outside, UNREACHABLE] }]
}

const UNREACHABLE =
  'A repository listed above does not exist, the token does not cover it, or it is gated and the token’s account has not accepted its terms.'

function outOfReach(refused: readonly string[], labels: readonly string[], verb: 'read' | 'write'): Found {
  return {
    code: 'token-under-scoped',
    trouble: 'out-of-reach',
    failed: `The token cannot ${verb} ${refused.length === 1 ? 'a repository' : `${refused.length} repositories`} that this job needs.`,
    seen: list(refused),
    expected: `${verb} access to ${listed(labels)}`,
    cause: UNREACHABLE,
  }
}

/** Names as code, separated by commas. */
function names(items: readonly string[]): Prose {
  return joined(
    items.map((item) => code(printable(item, 80))),
    ', ',
  )
}
