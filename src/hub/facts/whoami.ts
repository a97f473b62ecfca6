/** The shape of the Hub's whoami-v2 answer, as far as it is used. Source: Hub API, GET /api/whoami-v2. */
import { list, misshapen, optional, readShape, record, text, time } from '../shape.ts'
import { type UnknownMember, unknownMembers } from './unknown-members.ts'

/** What rights are on: a repository, an organization, … */
export interface Entity {
  type: string
  name: string | undefined
  /** Undefined when the Hub does not say. */
  id: string | undefined
}

/** One entry of a fine-grained token: rights on one entity. */
export interface Grant {
  entity: Entity
  permissions: readonly string[]
}

export interface Membership {
  /** Undefined when nothing says. */
  id: string | undefined
  name: string
  /** Undefined when the Hub does not say. */
  roleInOrg: string | undefined
  securityRestrictions: readonly string[]
  resourceGroups: readonly { id: string; role: string }[]
}

export interface WhoAmI {
  /** The user or service account, or an app, such as `[OIDC]`. Text from outside. */
  name: string
  /** What the token acts as: `user`, `app`, or another word of the Hub. */
  principal: string
  email: string | undefined
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
  /** Empty when the Hub lists none. */
  orgs: readonly Membership[]
  /** What an app's token is limited to; undefined for other principals. Source: Hugging Face's own servers. */
  appEntities: readonly Entity[] | undefined
  /** What the Hub says besides. */
  unknown: readonly UnknownMember[]
}

/**
 * The answer; undefined when a part of it that says what the token may do does not have the shape that the Hub documents:
 * then nothing in it can be relied on. What only describes the account may be missing.
 */
export function readWhoAmI(json: unknown): WhoAmI | undefined {
  return readShape(() => whoAmI(record(json)))
}

function whoAmI(json: Record<string, unknown>): WhoAmI {
  const auth = record(json.auth)
  const token = optional(auth.accessToken, record)
  return {
    name: typeof json.name === 'string' ? json.name : '',
    principal: typeof json.type === 'string' ? json.type : 'user',
    email: typeof json.email === 'string' ? json.email : undefined,
    authType: typeof auth.type === 'string' ? auth.type : '',
    ...(token ? accessToken(token) : WITHOUT_ROLE),
    expiresAt: optional(auth.expiresAt, time),
    resource: optional(auth.resource, (resource) => text(record(resource).sub)),
    orgs: distinct(optional(json.orgs, list) ?? []).map(membership),
    appEntities: optional(json.scope, (scope) => (optional(record(scope).entities, list) ?? []).map(entity)),
    unknown: unknownMembers(json),
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
  const fine = optional(token.fineGrained, record)
  // A fine-grained token whose rights are not listed cannot be judged.
  if (role === 'fineGrained' && fine === undefined) misshapen()
  return {
    role,
    displayName: typeof token.displayName === 'string' ? token.displayName : undefined,
    createdAt: readShape(() => time(token.createdAt)),
    grants: fine === undefined ? [] : list(fine.scoped).map(grant),
    global: optional(fine?.global, (global) => list(global).map(text)) ?? [],
    // Anything but a plain "no" is a right.
    canReadGatedRepos: fine?.canReadGatedRepos !== undefined && fine.canReadGatedRepos !== false,
  }
}

function grant(value: unknown): Grant {
  const { entity: on, permissions } = record(value)
  return { entity: entity(on), permissions: list(permissions).map(text) }
}

function entity(value: unknown): Entity {
  const { _id, type, name } = record(value)
  return { id: optional(_id, text), type: text(type), name: optional(name, text) }
}

function membership(value: unknown): Membership {
  const { id, name, roleInOrg, securityRestrictions, resourceGroups } = record(value)
  return {
    id: optional(id, text),
    name: text(name),
    roleInOrg: optional(roleInOrg, text),
    securityRestrictions: list(securityRestrictions ?? []).map(text),
    resourceGroups: list(resourceGroups ?? []).map((group) => {
      const { id: groupId, role } = record(group)
      return { id: text(groupId), role: text(role) }
    }),
  }
}

/** Two entries for one organization could contradict each other. */
function distinct(orgs: unknown[]): unknown[] {
  const names = orgs.map((org) => record(org).name)
  return new Set(names).size === orgs.length ? orgs : misshapen()
}
