/** The shape of the Hub's whoami-v2 answer, as far as it is used; read from JSON that nobody trusts. */
import { isRecord } from '../text/json.ts'

/** One entry of a fine-grained token: rights on one entity. */
export interface Grant {
  entity: { type: string; name: string | undefined; id: string }
  permissions: readonly string[]
}

export interface Membership {
  id: string
  name: string
  /** Undefined when the Hub does not say. */
  roleInOrg: string | undefined
  securityRestrictions: readonly string[]
  resourceGroups: readonly { id: string; role: string }[]
}

export interface WhoAmI {
  /** The user or service account. */
  name: string
  /** `read`, `write`, `fineGrained` or `god`; undefined for tokens that have no role (OAuth, Trusted Publishers). */
  role: string | undefined
  authType: string
  displayName: string | undefined
  /** When the token was made, in milliseconds since the epoch; undefined when the Hub does not say. */
  createdAt: number | undefined
  grants: readonly Grant[]
  /** Rights that hold everywhere on the Hub. */
  global: readonly string[]
  canReadGatedRepos: boolean
  /** Milliseconds since the epoch; undefined when the token does not end. */
  expiresAt: number | undefined
  /** What a Trusted Publisher's token is bound to. */
  resource: string | undefined
  orgs: readonly Membership[]
}

/** Undefined when the answer does not have the shape that the Hub documents: then nothing in it can be relied on. */
export function readWhoAmI(json: unknown): WhoAmI | undefined {
  try {
    return whoAmI(record(json))
  } catch (error) {
    if (error instanceof Misshapen) return undefined
    throw error
  }
}

class Misshapen extends Error {}

function whoAmI(json: Record<string, unknown>): WhoAmI {
  const auth = record(json.auth)
  const token = auth.accessToken === undefined ? undefined : record(auth.accessToken)
  const fine = token?.fineGrained === undefined ? undefined : record(token.fineGrained)
  const role = token === undefined ? undefined : text(token.role)
  // A fine-grained token whose rights are not listed cannot be judged.
  if (role === 'fineGrained' && fine === undefined) throw new Misshapen()
  return {
    name: slug(json.name),
    role,
    authType: text(auth.type),
    displayName: token === undefined ? undefined : text(token.displayName),
    createdAt: token?.createdAt === undefined || token.createdAt === null ? undefined : time(token.createdAt),
    grants: fine === undefined ? [] : list(fine.scoped).map(grant),
    global: fine?.global === undefined ? [] : list(fine.global).map(text),
    canReadGatedRepos: fine?.canReadGatedRepos !== undefined && fine.canReadGatedRepos !== false,
    expiresAt: auth.expiresAt === undefined || auth.expiresAt === null ? undefined : time(auth.expiresAt),
    resource: auth.resource === undefined || auth.resource === null ? undefined : text(record(auth.resource).sub),
    orgs: distinct(list(json.orgs).map(membership)),
  }
}

function grant(value: unknown): Grant {
  const { entity, permissions } = record(value)
  const { _id, type, name } = record(entity)
  return {
    entity: { id: text(_id), type: text(type), name: name === undefined || name === null ? undefined : text(name) },
    permissions: list(permissions).map(text),
  }
}

function membership(value: unknown): Membership {
  const { id, name, roleInOrg, securityRestrictions, resourceGroups } = record(value)
  return {
    id: text(id),
    name: text(name),
    roleInOrg: roleInOrg === undefined || roleInOrg === null ? undefined : text(roleInOrg),
    securityRestrictions: list(securityRestrictions ?? []).map(text),
    resourceGroups: list(resourceGroups ?? []).map((group) => {
      const { id: groupId, role } = record(group)
      return { id: text(groupId), role: text(role) }
    }),
  }
}

function record(value: unknown): Record<string, unknown> {
  if (!isRecord(value)) throw new Misshapen()
  return value
}

function list(value: unknown): unknown[] {
  if (!Array.isArray(value)) throw new Misshapen()
  return value
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Misshapen()
  return value
}

/** Names on the Hub are plain; anything else would be somebody playing tricks with our log. */
function slug(value: unknown): string {
  const name = text(value)
  if (!/^[\w.-]{1,96}$/.test(name)) throw new Misshapen()
  return name
}

/** Two entries of one organization could say different things of it. */
function distinct(orgs: Membership[]): Membership[] {
  if (new Set(orgs.map(({ name }) => name)).size !== orgs.length) throw new Misshapen()
  return orgs
}

/** RFC 3339, with its zone. */
function time(value: unknown): number {
  const at = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/.test(text(value))
    ? Date.parse(text(value))
    : Number.NaN
  if (Number.isNaN(at)) throw new Misshapen()
  return at
}
