/** What a token can do, seen from one organization: pure rules on the Hub's whoami-v2 answer. */

import { printable } from '../../text/printable.ts'
import type { Grant, Membership, WhoAmI } from './whoami.ts'

/** What whoami-v2 says of the token's place in the organization; undefined when the token does not belong to it. */
export function membershipIn({ orgs }: Pick<WhoAmI, 'orgs'>, org: string): Membership | undefined {
  return orgs.find(({ name }) => name === org)
}

/** Entities that lie in a namespace, which is the first part of their name. */
const IN_NAMESPACE = ['model', 'dataset', 'space', 'bucket', 'kernel', 'collection']

/** True when the entity is the organization, or lies within it. An entity that cannot be placed lies outside. */
export function isWithin({ type, name, id }: Grant['entity'], org: Membership): boolean {
  if (type === 'org') return name === undefined ? id === org.id : name === org.name
  if (type === 'resource-group') return org.resourceGroups.some((group) => group.id === id)
  return IN_NAMESPACE.includes(type) && (name?.startsWith(`${org.name}/`) ?? false)
}

/** True for tokens that reach everything that their user can reach: only fine-grained tokens can be limited. */
export function isClassic({ role }: Pick<WhoAmI, 'role'>): boolean {
  return role !== undefined && role !== 'fineGrained'
}

/** An entity in words: `model acme/x`. */
export function placeOf({ type, name, id }: Grant['entity']): string {
  return `${printable(type, 40)} ${printable(name ?? id, 120)}`
}

/** What a token can do although the Hub does not list it, in words: empty for a fine-grained token. */
export function unlistedRights(who: WhoAmI, org: Pick<Membership, 'name'>): string[] {
  if (isClassic(who)) return classicRights(who, org)
  if (who.role !== undefined) return []
  return [`unknown rights: the Hub does not list the rights of a token of type ${printable(who.authType, 40)}`]
}

/** Rights that are bound to no entity, in words: they reach beyond the organization. */
export function unboundRights(
  { global, canReadGatedRepos }: Pick<WhoAmI, 'global' | 'canReadGatedRepos'>,
  org: Pick<Membership, 'name'>,
): string[] {
  return [
    ...global.map((right) => `${printable(right, 80)} everywhere on the Hub (outside ${org.name})`),
    ...(canReadGatedRepos ? [`canReadGatedRepos: reads gated repositories outside ${org.name}`] : []),
  ]
}

/** A classic token reaches everything that its owner reaches. */
function classicRights(who: WhoAmI, org: Pick<Membership, 'name'>): string[] {
  const can = who.role === 'read' ? 'reads' : 'reads and writes'
  const owner = printable(who.name, 96) || 'its owner'
  const others = who.orgs.map(({ name }) => name).filter((name) => name !== org.name)
  return [
    `${can} everything that ${owner} can reach, in ${org.name} and outside`,
    `${can} the repositories of ${owner} (outside ${org.name})`,
    ...others.map((name) => `${can} the organization ${printable(name, 80)} (outside ${org.name})`),
  ]
}
