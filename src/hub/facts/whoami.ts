/** The shape of the Hub's whoami-v2 answer, as far as it is used. Source: Hub API, GET /api/whoami-v2. */
import { list, misshapen, optional, readShape, record, text, time } from '../shape.ts'

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
  /** When the token was created, in milliseconds since the epoch; undefined when the Hub does not say. */
  createdAt: number | undefined
  grants: readonly Grant[]
  /** Rights that hold everywhere on the Hub. */
  global: readonly string[]
  canReadGatedRepos: boolean
  /** Milliseconds since the epoch; undefined when the token does not expire. */
  expiresAt: number | undefined
  /** What a Trusted Publisher's token is bound to. */
  resource: string | undefined
  orgs: readonly Membership[]
}

/** The answer; undefined when it does not have the shape that the Hub documents: then nothing in it can be relied on. */
export function readWhoAmI(json: unknown): WhoAmI | undefined {
  return readShape(() => whoAmI(record(json)))
}

function whoAmI(json: Record<string, unknown>): WhoAmI {
  const auth = record(json.auth)
  const token = auth.accessToken === undefined ? undefined : record(auth.accessToken)
  return {
    name: slug(json.name),
    authType: text(auth.type),
    ...(token ? accessToken(token) : WITHOUT_ROLE),
    expiresAt: optional(auth.expiresAt, time),
    resource: optional(auth.resource, (resource) => text(record(resource).sub)),
    orgs: distinct(list(json.orgs).map(membership)),
  }
}

type AccessToken = Pick<WhoAmI, 'role' | 'displayName' | 'createdAt' | 'grants' | 'global' | 'canReadGatedRepos'>

const WITHOUT_ROLE: AccessToken = {
  role: undefined,
  displayName: undefined,
  createdAt: undefined,
  grants: [],
  global: [],
  canReadGatedRepos: false,
}

function accessToken(token: Record<string, unknown>): AccessToken {
  const role = text(token.role)
  const fine = token.fineGrained === undefined ? undefined : record(token.fineGrained)
  // A fine-grained token whose rights are not listed cannot be judged.
  if (role === 'fineGrained' && fine === undefined) misshapen()
  return {
    role,
    displayName: text(token.displayName),
    createdAt: optional(token.createdAt, time),
    grants: fine === undefined ? [] : list(fine.scoped).map(grant),
    global: fine?.global === undefined ? [] : list(fine.global).map(text),
    // Anything but a plain "no" is a right.
    canReadGatedRepos: fine?.canReadGatedRepos !== undefined && fine.canReadGatedRepos !== false,
  }
}

function grant(value: unknown): Grant {
  const { entity, permissions } = record(value)
  const { _id, type, name } = record(entity)
  return {
    entity: { id: text(_id), type: text(type), name: optional(name, text) },
    permissions: list(permissions).map(text),
  }
}

function membership(value: unknown): Membership {
  const { id, name, roleInOrg, securityRestrictions, resourceGroups } = record(value)
  return {
    id: text(id),
    name: text(name),
    roleInOrg: optional(roleInOrg, text),
    securityRestrictions: list(securityRestrictions ?? []).map(text),
    resourceGroups: list(resourceGroups ?? []).map((group) => {
      const { id: groupId, role } = record(group)
      return { id: text(groupId), role: text(role) }
    }),
  }
}

/** Names on the Hub are plain. Anything else is an attempt to forge lines of our log. */
function slug(value: unknown): string {
  const name = text(value)
  return /^[\w.-]{1,96}$/.test(name) ? name : misshapen()
}

/** Two entries for one organization could contradict each other. */
function distinct(orgs: Membership[]): Membership[] {
  return new Set(orgs.map(({ name }) => name)).size === orgs.length ? orgs : misshapen()
}
