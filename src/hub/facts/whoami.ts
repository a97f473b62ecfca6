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
  /** The only endpoints that it holds for, as the Hub writes them; undefined: it is not limited to some. */
  patterns?: readonly string[]
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

/** A part of the answer that a verdict may depend on. */
export type Part = 'token' | 'rights' | 'expiry' | 'resource' | 'orgs'

export interface WhoAmI {
  /** What the token acts as. */
  principal: 'user' | 'app' | 'unknown'
  /** The account's ID; undefined when the Hub does not say. */
  id: string | undefined
  /** The user or service account; empty when the Hub does not say. Any text: it must pass through `printable`. */
  name: string
  /** `read`, `write`, `fineGrained` or `god`; undefined for tokens that have no role (OAuth, Trusted Publishers, apps). */
  role: string | undefined
  /** `unknown` when the Hub does not say. */
  authType: string
  displayName: string | undefined
  /** When the token was created, in milliseconds since the epoch; undefined when the Hub does not say. */
  createdAt: number | undefined
  grants: readonly Grant[]
  /** Rights that hold everywhere on the Hub. */
  global: readonly string[]
  canReadGatedRepos: boolean
  /** What an app may do; undefined for anything else. */
  appScope: AppScope | undefined
  /** Milliseconds since the epoch; undefined when the token does not expire. */
  expiresAt: number | undefined
  /** What a Trusted Publisher's token is bound to. */
  resource: string | undefined
  orgs: readonly Membership[]
  /** False when the answer has no list of organizations: {@link orgs} is empty then. */
  orgsAreListed: boolean
  /** Parts that are missing although a verdict may need them, or that have another shape: nothing in them is relied on. */
  unreadable: readonly Part[]
  /** The account's e-mail address, if the Hub says it. */
  email: string | undefined
  /** What the Hub says besides what it describes. */
  unknown: readonly UnknownMember[]
}

/** Source: Hugging Face's own server code; the Hub's description does not have it. */
export interface AppScope {
  role: string | undefined
  entities: readonly Entity[]
}

/**
 * The answer, part by part; undefined when it is not an object. Whoever judges a token requires the parts that the verdict
 * depends on to be readable (`PARTS_FOR` in `parts.ts`).
 */
export function readWhoAmI(json: unknown): WhoAmI | undefined {
  return readShape(() => whoAmI(record(json)))
}

function whoAmI(json: Record<string, unknown>): WhoAmI {
  const parts = new Parts()
  const principal = json.type === 'user' || json.type === 'app' ? json.type : 'unknown'
  const auth = parts.read('token', {}, () => record(json.auth))
  const token = parts.read('token', undefined, () => optional(auth.accessToken, record))
  return {
    principal,
    id: typeof json.id === 'string' ? json.id : undefined,
    name: typeof json.name === 'string' ? json.name : '',
    authType: parts.read('token', 'unknown', () => optional(auth.type, text) ?? 'unknown'),
    role: parts.read('token', undefined, () => token && text(token.role)),
    displayName: optional(token?.displayName, (name) => (typeof name === 'string' ? name : undefined)),
    createdAt: readShape(() => optional(token?.createdAt, time)),
    ...parts.read('rights', NO_RIGHTS, () => rights(token ?? {})),
    appScope: parts.read('rights', undefined, () => (principal === 'app' ? optional(json.scope, appScope) : undefined)),
    expiresAt: parts.read('expiry', undefined, () => optional(auth.expiresAt, time)),
    resource: parts.read('resource', undefined, () => optional(auth.resource, (given) => text(record(given).sub))),
    orgs: parts.read('orgs', [], () => memberships(json.orgs, principal)),
    orgsAreListed: Array.isArray(json.orgs),
    unreadable: parts.unreadable,
    email: typeof json.email === 'string' ? json.email : undefined,
    unknown: unknownMembers(json),
  }
}

/** Reads one part after another; one that cannot be read spoils no other. */
class Parts {
  readonly #unreadable = new Set<Part>()

  read<T>(part: Part, otherwise: T, read: () => T): T {
    const found = readShape(() => ({ value: read() }))
    if (!found) this.#unreadable.add(part)
    return found ? found.value : otherwise
  }

  get unreadable(): Part[] {
    return [...this.#unreadable]
  }
}

type Rights = Pick<WhoAmI, 'grants' | 'global' | 'canReadGatedRepos'>

const NO_RIGHTS: Rights = { grants: [], global: [], canReadGatedRepos: false }

function rights(token: Record<string, unknown>): Rights {
  const fine = optional(token.fineGrained, record)
  // A fine-grained token whose rights are not listed cannot be judged.
  if (token.role === 'fineGrained' && fine === undefined) misshapen()
  return {
    grants: fine === undefined ? [] : list(fine.scoped).map(grant),
    global: optional(fine?.global, (global) => list(global).map(text)) ?? [],
    // Anything but a plain "no" is a right.
    canReadGatedRepos: fine?.canReadGatedRepos !== undefined && fine.canReadGatedRepos !== false,
  }
}

function appScope(value: unknown): AppScope {
  const { role, entities } = record(value)
  return {
    role: optional(role, text),
    entities: list(entities ?? []).map(entity),
  }
}

function grant(value: unknown): Grant {
  const { entity: on, permissions, patterns } = record(value)
  const limits = readShape(() => list(patterns ?? []).map(text)) ?? []
  return {
    entity: entity(on),
    permissions: list(permissions).map(text),
    ...(limits.length === 0 ? {} : { patterns: limits }),
  }
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

/** An app has no memberships; whoever else has none is told an empty list. */
function memberships(orgs: unknown, principal: WhoAmI['principal']): Membership[] {
  return orgs === undefined && principal === 'app' ? [] : distinct(list(orgs).map(membership))
}

/** Two entries for one organization could contradict each other. */
function distinct(orgs: Membership[]): Membership[] {
  return new Set(orgs.map(({ name }) => name)).size === orgs.length ? orgs : misshapen()
}
