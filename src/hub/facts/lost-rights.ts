/** What a token can do that the one which replaces it could not: pure rules on the Hub's whoami-v2 answers. */
import { printable } from '../../text/printable.ts'
import { splitPermissions } from '../mint-rights.ts'
import type { HubRepository } from '../repository.ts'
import { covers as includesPermission, LEAST_PERMISSIONS, widthOf } from '../scopes.ts'
import {
  ENTITY_TYPES,
  isClassic,
  isWithin,
  membershipIn,
  placeOf,
  REPOSITORY_BY_ID,
  unboundRights,
  unlistedRights,
} from './rights.ts'
import type { Grant, Membership, WhoAmI } from './whoami.ts'

/** What is known of the token that replaces another one. Without `orgs`, the role of its account is not known yet. */
export type Successor = Pick<WhoAmI, 'grants' | 'global' | 'canReadGatedRepos' | 'orgs'> & Partial<Pick<WhoAmI, 'name'>>

/** A fine-grained token with these permissions on the whole organization, and with nothing else. */
export function onWholeOrg({ id, name }: Pick<Membership, 'id' | 'name'>, permissions: readonly string[]): Successor {
  const entity = { type: 'org', id, name }
  return { grants: [{ entity, permissions }], global: [], canReadGatedRepos: false, orgs: [] }
}

/**
 * A token that is minted with these permissions for exactly these repositories of the organization; without any, for the
 * whole organization.
 */
export function asMinted(
  org: Pick<Membership, 'id' | 'name'>,
  { permissions, repositories }: { permissions: readonly string[]; repositories: readonly HubRepository[] },
): Successor {
  if (repositories.length === 0) return onWholeOrg(org, permissions)
  const { onRepositories, onOrg } = splitPermissions(permissions)
  const grants = repositories
    .filter(({ namespace }) => namespace === org.name)
    .map(({ kind, namespace, name, id }) => ({
      entity: { type: ENTITY_TYPES[kind], id, name: `${namespace}/${name}` },
      permissions: onRepositories,
    }))
  const onAll = onOrg.length === 0 ? [] : onWholeOrg(org, onOrg).grants
  return { ...onWholeOrg(org, []), grants: [...grants, ...onAll] }
}

/**
 * Every right of `current` that `next` lacks, in words for a message; empty when `next` can do all that `current` can.
 * Rights outside the organization count like any other. No fine-grained token can do what a token can do without the
 * Hub listing it: a classic token, or one of a kind that has no list.
 */
export function lostRights(current: WhoAmI, next: Successor, org: Membership): string[] {
  const lostUnbound = {
    global: current.global.filter((right) => !next.global.includes(right)),
    canReadGatedRepos: current.canReadGatedRepos && !next.canReadGatedRepos,
  }
  return [...unlistedRights(current, org), ...lostGrants(current, next, org), ...unboundRights(lostUnbound, org)]
}

function lostGrants(current: WhoAmI, next: Successor, org: Membership): string[] {
  return heldGrants(current, org).flatMap((grant) =>
    grant.permissions.flatMap((permission) => {
      const how = howLost(current, next, { org, grant, permission })
      return how === undefined ? [] : [`${printable(permission, 80)} on ${placeOf(grant.entity)}${how}`]
    }),
  )
}

interface HeldRight {
  org: Membership
  grant: Grant
  permission: string
}

/** What to say after a right that is lost; undefined for one that the new token has too. */
function howLost(current: WhoAmI, next: Successor, { org, grant, permission }: HeldRight): string | undefined {
  const within = isWithin(grant.entity, org)
  const covering = next.grants.filter((one) => covers(one, permission, grant.entity, org))
  if (covering.length === 0) return within ? '' : ` (outside ${org.name})`
  if (covering.every((one) => isLimited(one, grant))) return ' (the new token has it for fewer endpoints)'
  const role = within ? barringRole(current, next, org, permission) : undefined
  return role === undefined ? undefined : ` (the new token’s account has only the role ${role} there)`
}

/** True when a grant holds for fewer endpoints than the current token's. */
function isLimited({ patterns: limits }: Grant, { patterns }: Grant): boolean {
  return limits !== undefined && !(patterns?.every((pattern) => limits.includes(pattern)) ?? false)
}

/** The permissions that a token has within the organization, wherever there. */
export function permissionsWithin(who: WhoAmI, org: Membership): string[] {
  const held = heldGrants(who, org).filter(({ entity }) => isWithin(entity, org))
  return [...new Set(held.flatMap(({ permissions }) => permissions))]
}

/** The grants of a token; for a classic token, what it can do in the organization without a list. */
function heldGrants(who: WhoAmI, org: Membership): readonly Grant[] {
  const grants = isClassic(who)
    ? onWholeOrg(org, LEAST_PERMISSIONS[who.role === 'read' ? 'read' : 'write']).grants
    : who.grants
  // The organization has revoked the token's access: it has nothing there to lose.
  const isCutOff = org.securityRestrictions.includes('token-revoked')
  return isCutOff ? grants.filter(({ entity }) => !isWithin(entity, org)) : grants
}

function covers(grant: Grant, permission: string, entity: Grant['entity'], org: Membership): boolean {
  return (
    grant.permissions.some((held) => includesPermission(held, permission)) &&
    (isSame(grant.entity, entity) ||
      (grant.entity.type === 'org' && isWithin(grant.entity, org) && isWithin(entity, org)))
  )
}

/** By their ids where both are known, otherwise by their names. */
function isSame(a: Grant['entity'], b: Grant['entity']): boolean {
  if (a.type !== b.type && a.type !== REPOSITORY_BY_ID && b.type !== REPOSITORY_BY_ID) return false
  return a.id !== undefined && b.id !== undefined ? a.id === b.id : a.name !== undefined && a.name === b.name
}

/** The Hub's own roles in an organization, the lowest first. */
const ROLES = ['no_access', 'read', 'contributor', 'write', 'admin']

/** What a permission of each width needs of its account's role. */
const ROLE_FOR = { read: 'read', write: 'write', admin: 'admin' } as const

/** The role of the new token's account, if it keeps the token from using a permission that the current one can use. */
function barringRole(current: WhoAmI, next: Successor, org: Membership, permission: string): string | undefined {
  const there = membershipIn(next, org.name)
  // Resource groups can give what the role does not.
  if (!there || there.resourceGroups.length > 0) return undefined
  const needed = ROLES.indexOf(ROLE_FOR[widthOf(permission)])
  const usable = (role: string | undefined) => {
    const rank = role === undefined ? -1 : ROLES.indexOf(role)
    // A custom role’s name says nothing about its rights.
    return rank === -1 ? needed : Math.min(rank, needed)
  }
  const role = membershipIn(current, org.name)?.roleInOrg
  // The account's list does not say its role, which is the same for all its tokens.
  if (role === undefined && current.name !== '' && next.name === current.name) return undefined
  const before = usable(role)
  return usable(there.roleInOrg) < before ? there.roleInOrg : undefined
}
