/** What a token can do, seen from one organization: pure rules on the Hub's whoami-v2 answer. */

import { printable } from '../../text/printable.ts'
import type { Scope } from '../scopes.ts'
import { includes, permits, scopeOf } from '../scopes.ts'
import type { Grant, Membership, WhoAmI } from '../whoami.ts'

/** One right that goes beyond what was asked, in words for a message. */
export type Surplus = string

/** What whoami-v2 says of the token's place in the organization; undefined when the token does not belong to it. */
export function membershipIn({ orgs }: Pick<WhoAmI, 'orgs'>, org: string): Membership | undefined {
  return orgs.find(({ name }) => name === org)
}

/** True when the entity is the organization, or lies within it. An entity that cannot be placed lies outside. */
export function isWithin({ type, name, id }: Grant['entity'], org: Membership): boolean {
  if (type === 'org') return name === undefined ? id === org.id : name === org.name
  if (type === 'resource-group') return org.resourceGroups.some((group) => group.id === id)
  if (['model', 'dataset', 'space', 'bucket', 'kernel', 'collection'].includes(type)) {
    return name?.startsWith(`${org.name}/`) ?? false
  }
  return false
}

/** Every right of a fine-grained token that goes beyond `scope` in `org`. Classic tokens: {@link isClassic}. */
export function surplusRights(who: WhoAmI, org: Membership, scope: Scope): Surplus[] {
  const surplus: Surplus[] = []
  for (const { entity, permissions } of who.grants) {
    const place = `${printable(entity.type, 40)} ${printable(entity.name ?? entity.id, 120)}`
    const within = isWithin(entity, org)
    for (const permission of permissions) {
      if (!within) surplus.push(`${printable(permission, 80)} on ${place} (outside ${org.name})`)
      else if (!includes(scope, scopeOf(permission)))
        surplus.push(`${printable(permission, 80)} on ${place} (more than ${scope})`)
    }
  }
  for (const right of who.global) surplus.push(`${printable(right, 80)} everywhere on the Hub (outside ${org.name})`)
  if (who.canReadGatedRepos) surplus.push(`canReadGatedRepos: reads gated repositories outside ${org.name}`)
  return surplus
}

/** True for tokens that reach all that their user can reach: only fine-grained ones can be limited. */
export function isClassic(who: WhoAmI): boolean {
  return who.role !== undefined && who.role !== 'fineGrained'
}

/**
 * Why the token cannot do what `scope` asks anywhere in the organization, or undefined when it can.
 * A token for single repositories is enough: which ones are needed is what `repositories` is for.
 */
export function shortfall(who: WhoAmI, org: Membership, scope: Scope): string | undefined {
  if (who.role === 'read' && scope !== 'read')
    return `a classic \`read\` token, which cannot ${scope === 'write' ? 'write' : 'administer'}`
  if (who.role === 'fineGrained') {
    const held = who.grants.filter(({ entity }) => isWithin(entity, org)).flatMap(({ permissions }) => permissions)
    if (!held.some((permission) => permits(permission, scope))) {
      const names = [...new Set(held)].map((permission) => printable(permission, 80))
      return `in ${org.name} the token has ${names.length > 0 ? names.join(', ') : 'no rights at all'}`
    }
  }
  return roleShortfall(org, scope)
}

/** The member's own role limits every token of theirs. A custom role's name says nothing about its rights. */
function roleShortfall(org: Membership, scope: Scope): string | undefined {
  const role = org.roleInOrg
  if (scope === 'admin' && role !== undefined && ['write', 'contributor', 'read', 'no_access'].includes(role)) {
    return `the token's account has the role ${role} in ${org.name}`
  }
  if (scope === 'read' && role === 'no_access' && org.resourceGroups.every((group) => group.role === 'no_access')) {
    return `the token's account has the role ${role} in ${org.name}`
  }
  const elsewhere = org.resourceGroups.some((group) => !['read', 'no_access'].includes(group.role))
  if (scope === 'write' && role !== undefined && ['read', 'no_access'].includes(role) && !elsewhere) {
    return `the token's account has the role ${role} in ${org.name}`
  }
  return undefined
}
