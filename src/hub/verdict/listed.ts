/** Whether the rights that whoami-v2 lists are enough for what was requested, and no more. */
import { code, joined, list, type Prose, prose } from '../../text/message.ts'
import { listed, printable } from '../../text/printable.ts'
import { allowItem, isAllowed, mayHave, needsInWords, needsOf, settingOf, unmetNeeds } from '../asked-rights.ts'
import { ownerOf, tokenKind } from '../facts/describe.ts'
import { isClassic, isRepository, isWithin, placeOf, unlistedRights } from '../facts/rights.ts'
import type { Entity, Membership, WhoAmI } from '../facts/whoami.ts'
import type { HubRepository } from '../repository.ts'
import type { Requirement } from '../requirement.ts'
import { type Scope, widthOf } from '../scopes.ts'
import type { Evidence } from '../token.ts'
import { type Found, type KnownHearing, theToken } from './hearing.ts'

/** The finding that the token cannot do what was requested; empty when it can. */
export function tooNarrow({ who, facts, requirement }: KnownHearing, org: Membership): Found[] {
  const found = shortfall(who, placesIn(org, facts.evidence, requirement), requirement)
  if (found === undefined) return []
  const { repositories } = requirement
  const where = repositories.length > 0 ? listed(repositories.map(({ label }) => label)) : 'repositories in it'
  const { missing } = found
  const lacks = missing ? prose`lacks ${needsInWords(missing)} in ${org.name}, which` : `cannot do in ${org.name} what`
  return [
    {
      code: 'token-under-scoped',
      failed: prose`${theToken(facts)} ${lacks} ${settingOf(requirement)} requires.`,
      expected: prose`a token with ${needsInWords(needsOf(requirement))} on ${org.name} or on ${where}`,
      ...found,
    },
  ]
}

/** The organization, with the repositories of it that are known by their IDs. */
interface Places extends Membership {
  repositories: readonly HubRepository[]
}

function placesIn(org: Membership, evidence: Evidence, { repositories }: Requirement): Places {
  const known = [...(evidence.kind === 'minted' ? evidence.repositories : []), ...repositories]
  return { ...org, repositories: known.filter(({ namespace }) => namespace === org.name) }
}

function isIn(entity: Entity, org: Places): boolean {
  return isWithin(entity, org) || org.repositories.some((repository) => isRepository(entity, repository))
}

type Shortfall = Pick<Found, 'trouble' | 'seen' | 'missing'>

/**
 * Why the token cannot do what is needed anywhere in the organization, or undefined when it can. A token for single
 * repositories is enough: which ones are needed is what `repositories` is for.
 */
function shortfall(who: WhoAmI, org: Places, requirement: Requirement): Shortfall | undefined {
  if (who.role === 'read') {
    const beyond = unmetNeeds(requirement, CLASSIC_READ)
    if (beyond.length > 0) {
      const seen = prose`a classic ${code('read')} token, which does not have ${needsInWords(beyond)}`
      return { trouble: 'classic-read', seen, missing: beyond }
    }
  }
  if (who.role === 'fineGrained') {
    const held = who.grants.filter(({ entity }) => isIn(entity, org)).flatMap(({ permissions }) => permissions)
    const missing = unmetNeeds(requirement, held)
    if (missing.length > 0) {
      const seen = prose`a token with ${held.length === 0 ? 'no permissions' : names([...new Set(held)])} in ${org.name}, without ${needsInWords(missing)}`
      return { trouble: 'too-narrow', seen, missing }
    }
  }
  return isRoleTooLow(org, requirement)
    ? {
        trouble: 'low-role',
        seen: `a token of ${ownerOf(who)}, who has the role ${printable(org.roleInOrg, 80)} in ${org.name}`,
      }
    : undefined
}

/** What a classic token with the role `read` can do. */
const CLASSIC_READ = ['repo.content.read']

/** Roles in an organization that do not include what a scope requires. The name of a custom role says nothing. */
const TOO_LOW: Record<Scope, readonly string[]> = {
  identity: [],
  read: ['no_access'],
  write: ['read', 'no_access'],
  contribute: ['read', 'no_access'],
  infer: ['no_access'],
  admin: ['write', 'contributor', 'read', 'no_access'],
}

/** A member's own role limits each of their tokens; a resource group can give more, but no administration. */
function isRoleTooLow({ roleInOrg, resourceGroups }: Membership, requirement: Requirement): boolean {
  if (roleInOrg === undefined) return false
  return scopesFor(requirement).some((scope) => {
    const isLow = (role: string) => TOO_LOW[scope].includes(role)
    if (!isLow(roleInOrg)) return false
    return scope === 'admin' || resourceGroups.every(({ role }) => isLow(role))
  })
}

/** The scopes whose role the account needs. */
function scopesFor(requirement: Requirement): readonly Scope[] {
  if (requirement.permissions.length === 0) return requirement.scopes
  return requirement.permissions.map(widthOf)
}

/** One thing that the token can do beyond what was requested. */
export interface Surplus {
  /** In words. */
  text: string
  /** What to write into `allow` to accept it; undefined when nothing does. */
  allow?: string | undefined
}

/** The finding that the token can do more than requested; empty when it cannot. */
export function tooWide(hearing: KnownHearing, org: Membership): Found[] {
  const { who, facts, requirement } = hearing
  const { evidence } = facts
  const surplus = [
    ...unlistedRights(who, org).map((text) => ({ text })),
    ...surplusGrants(hearing, org),
    ...surplusEverywhere(who, org, requirement),
    ...unknownMembers(who, requirement),
  ]
  if (evidence.kind === 'minted') surplus.push(...notRequested(who, evidence, requirement))
  if (surplus.length === 0) return []
  const found = overScoped(requirement, surplus, {
    seen: `a ${tokenKind(who, evidence.kind)} token of ${ownerOf(who)} with these surplus rights:`,
    where: ` in ${org.name}`,
    expected: prose`a fine-grained token with ${needsOf(requirement).length === 0 ? 'no rights' : needsInWords(needsOf(requirement))} in ${org.name} and nothing else`,
  })
  return [isClassic(who) ? { ...found, cause: CLASSIC } : found]
}

const CLASSIC =
  'It is a classic token (the token page also creates one with its preset "Full Access"). Only fine-grained tokens can be limited to an organization.'

interface Observed {
  /** What the token is, before the list of its surplus rights. */
  seen: string
  expected: Prose | string
  /** ` in acme`; empty when the place is in the list. */
  where?: string
}

/** The finding that a token can do more than requested. */
export function overScoped(
  requirement: Requirement,
  surplus: readonly Surplus[],
  { seen, expected, where = '' }: Observed,
): Found {
  const allow = [...new Set(surplus.flatMap(({ allow: item }) => item ?? []))]
  return {
    code: 'token-over-scoped',
    trouble: 'too-wide',
    failed: prose`The token can do more than ${settingOf(requirement)} allows${where}; anyone who obtained it would have those rights as well.`,
    seen: [seen, list(surplus.map(({ text }) => text))],
    expected,
    // A line that does not accept all of it would not let the job run.
    allow: surplus.every(({ allow: item }) => item !== undefined) ? allow : undefined,
  }
}

/** Every listed right that lies outside the organization or goes beyond what was requested. */
function surplusGrants({ who, facts, requirement }: KnownHearing, org: Membership): Surplus[] {
  const places = placesIn(org, facts.evidence, requirement)
  return who.grants.flatMap(({ entity, permissions }) =>
    permissions.flatMap((permission) => surplusRight(permission, entity, places, requirement) ?? []),
  )
}

function surplusRight(permission: string, entity: Entity, org: Places, requirement: Requirement): Surplus | undefined {
  const right = `${printable(permission, 80)} on ${placeOf(entity)}`
  if (!isIn(entity, org)) {
    const place = `${entity.type}:${entity.name ?? entity.id ?? ''}`
    if (isAllowed(requirement, permission, place)) return undefined
    return { text: `${right} (outside ${org.name})`, allow: allowItem(permission, place) }
  }
  if (!mayHave(requirement, permission) && !isAllowed(requirement, permission)) {
    return { text: `${right} (more than ${scopeInWords(requirement)})`, allow: allowItem(permission) }
  }
  if (requirement.repositoriesOnly && !requirement.repositories.some((one) => isRepository(entity, one))) {
    return { text: `${right} (not one of the repositories)` }
  }
  return undefined
}

/** What was requested, as the end of "more than …". */
export function scopeInWords({ scope, permissions }: Requirement): string {
  return permissions.length > 0 ? 'the permissions requested' : scope
}

/** Rights that are bound to no entity: they reach beyond the organization. */
function surplusEverywhere(
  { global, canReadGatedRepos }: Pick<WhoAmI, 'global' | 'canReadGatedRepos'>,
  org: Membership,
  requirement: Requirement,
): Surplus[] {
  const found = global
    .filter((right) => !isAllowed(requirement, right))
    .map((right) => ({
      text: `${printable(right, 80)} everywhere on the Hub (outside ${org.name})`,
      allow: allowItem(right),
    }))
  if (!canReadGatedRepos || isAllowed(requirement, 'canReadGatedRepos')) return found
  const text = `canReadGatedRepos: reads gated repositories outside ${org.name}`
  return [...found, { text, allow: 'canReadGatedRepos' }]
}

/** What the Hub says besides, where it could be a right that did not exist when this was written. */
export function unknownMembers({ unknown }: Pick<WhoAmI, 'unknown'>, requirement: Requirement): Surplus[] {
  return unknown
    .filter(({ path, couldBeRight }) => couldBeRight && !isAllowed(requirement, path))
    .map(({ path }) => ({
      text: `${printable(path, 120)}: a part of whoami-v2 that this version of the action does not know`,
      allow: allowItem(path),
    }))
}

/** What a minted token has beyond the requested permissions, although the scope includes it. */
function notRequested(
  { grants }: WhoAmI,
  { asked }: Evidence & { kind: 'minted' },
  requirement: Requirement,
): Surplus[] {
  const held = new Set(grants.flatMap(({ permissions }) => permissions))
  return [...held]
    .filter((permission) => !asked.includes(permission) && mayHave(requirement, permission))
    .filter((permission) => !isAllowed(requirement, permission))
    .map((permission) => ({ text: `${printable(permission, 80)} (not requested)`, allow: allowItem(permission) }))
}

/** Names as code, separated by commas. */
export function names(items: readonly string[]): Prose {
  return joined(
    items.map((item) => code(printable(item, 80))),
    ', ',
  )
}
