/** What a token can do that the one which takes its place could not: pure rules on the Hub's whoami-v2 answers. */
import { listed, printable, quoted } from '../../text/printable.ts'
import { LEAST_PERMISSIONS, NEEDED, permits, scopeOf } from '../scopes.ts'
import type { Grant, Membership, WhoAmI } from '../whoami.ts'
import { classicRights, tokenKind, unseenRights } from './judge.ts'
import { isClassic, isWithin, membershipIn } from './rights.ts'

/** What is known of the token that takes another one's place. Without `orgs`, its account's role is not known yet. */
export type Successor = Pick<WhoAmI, 'grants' | 'global' | 'canReadGatedRepos' | 'orgs'>

/** A fine-grained token with these permissions on the whole organization, and with nothing else. */
export function onWholeOrg({ id, name }: Pick<Membership, 'id' | 'name'>, permissions: readonly string[]): Successor {
  const entity = { type: 'org', id, name }
  return { grants: [{ entity, permissions }], global: [], canReadGatedRepos: false, orgs: [] }
}

/**
 * Every right of `current` that `next` lacks, in words for a message; empty when `next` can do all that `current` can.
 * Rights outside the organization count like any other. What a token can do without the Hub listing it (a classic
 * token, or one of a kind that has no list) no fine-grained token can do.
 */
export function lostRights(current: WhoAmI, next: Successor, org: Membership): string[] {
  const unlisted = isClassic(current)
    ? classicRights(current, org)
    : current.role === undefined
      ? unseenRights(current)
      : []
  return [
    ...unlisted,
    ...heldGrants(current, org).flatMap(({ entity, permissions }) =>
      permissions.flatMap((permission) => {
        const right = `${printable(permission, 80)} on ${placeOf(entity)}`
        const within = isWithin(entity, org)
        if (!covers(next, permission, entity, org)) return [within ? right : `${right} (outside ${org.name})`]
        const role = within ? barringRole(current, next, org, permission) : undefined
        return role === undefined ? [] : [`${right} (the new token’s account has only the role ${role} there)`]
      }),
    ),
    ...current.global
      .filter((right) => !next.global.includes(right))
      .map((right) => `${printable(right, 80)} everywhere on the Hub (outside ${org.name})`),
    ...(current.canReadGatedRepos && !next.canReadGatedRepos
      ? [`canReadGatedRepos: reads gated repositories outside ${org.name}`]
      : []),
  ]
}

/** The permissions that a token has within the organization, wherever there. */
export function permissionsWithin(who: WhoAmI, org: Membership): string[] {
  const held = heldGrants(who, org).filter(({ entity }) => isWithin(entity, org))
  return [...new Set(held.flatMap(({ permissions }) => permissions))]
}

/** A token in one line for people: its kind, its name, whose it is, and what it can do. */
export function describeToken(who: WhoAmI): string {
  const name = who.displayName === undefined ? '' : ` ${quoted(who.displayName, 160)}`
  const orgs = who.orgs.length === 0 ? '' : ` (member of ${listed(who.orgs.map(({ name }) => printable(name, 80)))})`
  const kind = `${isClassic(who) ? 'classic ' : ''}${tokenKind(who, { kind: 'stored' })}`
  return `${kind} token${name} of ${printable(who.name, 96)}${orgs}: ${describeRights(who)}`
}

/** What a token can do, in one line. */
export function describeRights(who: Pick<WhoAmI, 'grants' | 'global' | 'canReadGatedRepos'> & Partial<WhoAmI>): string {
  if (who.role === 'read') return 'reads everything that its owner can reach'
  if (who.role !== undefined && who.role !== 'fineGrained')
    return 'reads and writes everything that its owner can reach'
  const rights = [
    ...who.grants.flatMap(({ entity, permissions }) =>
      permissions.length === 0
        ? []
        : [`${listed(permissions.map((permission) => printable(permission, 80)))} on ${placeOf(entity)}`],
    ),
    ...who.global.map((right) => `${printable(right, 80)} everywhere on the Hub`),
    ...(who.canReadGatedRepos ? ['reads gated repositories'] : []),
  ]
  return rights.length === 0 ? 'no rights that the Hub lists' : listed(rights)
}

/** The grants of a token, those in the organization that a classic token has without a list among them. */
function heldGrants(who: WhoAmI, org: Membership): readonly Grant[] {
  const grants = isClassic(who)
    ? onWholeOrg(org, LEAST_PERMISSIONS[who.role === 'read' ? 'read' : 'write']).grants
    : who.grants
  // An admin has cut the token off from the organization: it has nothing there to lose.
  const isCutOff = org.securityRestrictions.includes('token-revoked')
  return isCutOff ? grants.filter(({ entity }) => !isWithin(entity, org)) : grants
}

function covers(next: Successor, permission: string, entity: Grant['entity'], org: Membership): boolean {
  return next.grants.some(
    (grant) =>
      grant.permissions.some((held) => includesPermission(held, permission)) &&
      (isSame(grant.entity, entity) ||
        (grant.entity.type === 'org' && isWithin(grant.entity, org) && isWithin(entity, org))),
  )
}

/** Who may write may read. */
function includesPermission(held: string, wanted: string): boolean {
  return held === wanted || (wanted === NEEDED.read && permits(held, 'read'))
}

function isSame(a: Grant['entity'], b: Grant['entity']): boolean {
  return a.type === b.type && a.id === b.id
}

function placeOf({ type, name, id }: Grant['entity']): string {
  return `${printable(type, 40)} ${printable(name ?? id, 120)}`
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
  const needed = ROLES.indexOf(ROLE_FOR[scopeOf(permission)])
  const usable = (role: string | undefined) => {
    const rank = role === undefined ? -1 : ROLES.indexOf(role)
    // A custom role’s name says nothing about its rights.
    return rank === -1 ? needed : Math.min(rank, needed)
  }
  const before = usable(membershipIn(current, org.name)?.roleInOrg)
  return usable(there.roleInOrg) < before ? there.roleInOrg : undefined
}
