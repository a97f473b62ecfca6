/** What a token can do, seen from one organization: pure rules on the Hub's whoami-v2 answer. */
import { printable } from '../../text/printable.ts'
import type { HubRepository } from '../repository.ts'
import type { Entity, Membership, WhoAmI } from './whoami.ts'

/** What whoami-v2 says of the token's place in the organization; undefined when the token does not belong to it. */
export function membershipIn({ orgs }: Pick<WhoAmI, 'orgs'>, org: string): Membership | undefined {
  return orgs.find(({ name }) => name === org)
}

/**
 * The token's place in the organization where the Hub lists no memberships at all, as it may for service accounts and
 * for OAuth tokens: then rights on the organization say as much.
 */
export function impliedMembership(
  { orgs, grants }: Pick<WhoAmI, 'orgs' | 'grants'>,
  org: string,
): Membership | undefined {
  if (orgs.length > 0) return undefined
  const found = grants.find(({ entity: { type, name, id } }) => type === 'org' && (name === org || id === org))
  return found ? plainMembership(org, found.entity.id) : undefined
}

/** A membership of which nothing else is known. */
export function plainMembership(name: string, id?: string): Membership {
  return { id, name, roleInOrg: undefined, securityRestrictions: [], resourceGroups: [] }
}

/** Entities that lie in a namespace, which is the first part of their name. */
const IN_NAMESPACE = ['model', 'dataset', 'space', 'bucket', 'kernel', 'collection']

/** True when the entity is the organization, or lies within it. An entity that cannot be placed lies outside. */
export function isWithin({ type, name, id }: Entity, org: Pick<Membership, 'id' | 'name' | 'resourceGroups'>): boolean {
  // A name can be given to somebody else; an ID cannot.
  if (type === 'org') return id !== undefined && org.id !== undefined ? id === org.id : name === org.name
  if (type === REPOSITORY_BY_ID) return id !== undefined
  if (type === 'resource-group') return org.resourceGroups.some((group) => group.id === id)
  return IN_NAMESPACE.includes(type) && (name?.startsWith(`${org.name}/`) ?? false)
}

/** The types of entities, by the first part of what a Trusted Publisher's resource is called. */
export const ENTITY_TYPES = {
  models: 'model',
  datasets: 'dataset',
  spaces: 'space',
  kernels: 'kernel',
  buckets: 'bucket',
} as const

function entityType(kind: string): string | undefined {
  return Object.hasOwn(ENTITY_TYPES, kind) ? ENTITY_TYPES[kind as keyof typeof ENTITY_TYPES] : undefined
}

/**
 * The type of a repository of the organization of which only the ID is known. It is not the Hub's: the account's list has
 * IDs without types and names, and a service account's token has rights in its own organization only.
 */
export const REPOSITORY_BY_ID = 'repository with the ID'

/** True when the entity is the repository. */
export function isRepository({ type, name, id }: Entity, repository: HubRepository): boolean {
  if (id !== undefined && repository.id !== undefined) return id === repository.id
  return type === entityType(repository.kind) && name === `${repository.namespace}/${repository.name}`
}

/** True when the entity is the resource of a Trusted Publisher: `acme/model`, `datasets/acme/data`, or a user's name. */
export function isResource({ type, name }: Entity, resource: string): boolean {
  const parts = resource.split('/')
  const [kind = ''] = parts
  if (parts.length === 1) return type === 'user' && name === resource
  if (parts.length === 2) return type === 'model' && name === resource
  return type === entityType(kind) && name === parts.slice(1).join('/')
}

/** True for tokens that reach everything that their user can reach: only fine-grained tokens can be limited. */
export function isClassic({ role }: Pick<WhoAmI, 'role'>): boolean {
  return role !== undefined && role !== 'fineGrained'
}

/** An entity in words: `model acme/x`. */
export function placeOf({ type, name, id }: Entity): string {
  return `${printable(type, 40)} ${printable(name ?? id ?? 'without a name', 120)}`
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
