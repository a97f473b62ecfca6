/** The Hub's organizations, users and tokens. */
import { createHash } from 'node:crypto'

export type Plan = 'team' | 'enterprise' | 'plus' | 'academia'
export type SecurityRestriction = 'mfa' | 'token-policy' | 'token-revoked' | 'sso' | 'ip'
export type TokenRole = 'fineGrained' | 'read' | 'write' | 'god'

export interface Org {
  id: string
  name: string
  fullname: string
  /** Absent on a free organization. */
  plan?: Plan
}

/** A user's place in an organization. */
export interface Membership {
  name: string
  roleInOrg: 'admin' | 'write' | 'contributor' | 'read' | 'no_access' | (string & {})
  /** Why the organization does not let this user's token in. Any entry keeps it out. */
  securityRestrictions?: SecurityRestriction[]
  resourceGroups?: { name: string; role: string }[]
}

export interface User {
  id: string
  name: string
  fullname: string
  email: string
  orgs: Membership[]
}

/** A user to add. The e-mail is `<name>@example.com` by default. */
export interface NewUser {
  name: string
  orgs?: Membership[]
  fullname?: string
  email?: string
}

export type EntityType =
  | 'dataset'
  | 'model'
  | 'space'
  | 'bucket'
  | 'kernel'
  | 'collection'
  | 'org'
  | 'user'
  | 'resource-group'
  | 'oauth-app'

/** What a fine-grained token may do, and where. A repository's `name` is `namespace/name`. */
export interface Scope {
  entity: { type: EntityType; name: string }
  permissions: string[]
}

export interface FineGrained {
  scoped: Scope[]
  global?: ('discussion.write' | 'post.write')[]
  canReadGatedRepos?: boolean
}

/** What a token without a role may do: one that the Hub gave at `/oauth/token`. */
export type OAuthGrant =
  /** One repository, by its key: `ns/name`, `datasets/ns/name`, `spaces/ns/name`. */
  | { kind: 'repo'; key: string; access: 'read' | 'write' }
  /** The gated repositories that the user was let into. */
  | { kind: 'gated' }
  /** What the scopes say, in this organization, by this OAuth app. */
  | { kind: 'org'; org: string; scopes: readonly string[]; clientId: string }

export interface Token {
  id: string
  value: string
  user: User
  /** Absent on a token with a grant. */
  role?: TokenRole
  grant?: OAuthGrant
  fineGrained?: FineGrained
  displayName: string
  createdAt: Date
  expiresAt?: Date
  /** Absent on a token that nobody has used. */
  lastUsedAt?: Date
  /** `auth.type` in whoami. */
  authType: string
  /** Replaces the whole `auth` in whoami: for OAuth and Trusted Publisher tokens. */
  auth?: Record<string, unknown>
  revoked: boolean
  /** The Hub gave it to somebody who asked over HTTP. */
  minted: boolean
  /** Organizations whose admin cut this token off. */
  cutOffFrom: Set<string>
}

export interface NewToken {
  /** The user's name. */
  user: string
  /** Default: `hf_` and 34 letters and digits, different for each token and the same in each run. */
  value?: string
  role: TokenRole
  fineGrained?: FineGrained
  displayName?: string
  /** Default: 1 September 2026. */
  createdAt?: Date
  expiresAt?: Date
  authType?: string
  auth?: Record<string, unknown>
}

/** What the Hub gives at `/oauth/token`. */
export interface NewOAuthToken extends Omit<NewToken, 'role' | 'fineGrained'> {
  grant: OAuthGrant
}

export class Accounts {
  readonly orgs = new Map<string, Org>()
  readonly users = new Map<string, User>()
  /** By value; also the revoked and expired ones. */
  readonly tokens = new Map<string, Token>()
  /** To whom the Hub wrote that a token of theirs was reported as leaked, one address for each token. */
  readonly leakEmails: string[] = []
  /** The values that were reported as leaked, in order; also those that are no token, or one that was revoked before. */
  readonly reported: string[] = []
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  addOrg(org: { name: string; plan?: Plan; fullname?: string }): Org {
    const added = { id: objectId('org', org.name), fullname: org.name, ...org }
    this.orgs.set(org.name, added)
    return added
  }

  /** Adds the user, and those of the user's organizations that do not exist yet. */
  addUser(user: NewUser): User {
    const { name } = user
    const added = { id: objectId('user', name), fullname: name, email: `${name}@example.com`, orgs: [], ...user }
    for (const { name } of added.orgs) if (!this.orgs.has(name)) this.addOrg({ name })
    this.users.set(user.name, added)
    return added
  }

  /** Returns the token's value. */
  addToken(token: NewToken | NewOAuthToken): string {
    return this.#add(token, false).value
  }

  /** Adds a token that was asked for over HTTP: it is created now. */
  mint(token: NewToken | NewOAuthToken): Token {
    return this.#add({ createdAt: new Date(this.#now()), ...token }, true)
  }

  #add(token: NewToken | NewOAuthToken, minted: boolean): Token {
    const user = this.users.get(token.user)
    if (!user) throw new Error(`the sandbox's Hub has no user ${token.user}`)
    const number = this.tokens.size + 1
    const added: Token = {
      displayName: `token-${number}`,
      authType: 'access_token',
      createdAt: new Date('2026-09-01T08:00:00.000Z'),
      ...token,
      id: objectId('token', String(number)),
      value: token.value ?? `hf_${letters(`token ${number}`, 34)}`,
      user,
      revoked: false,
      minted,
      cutOffFrom: new Set(),
    }
    this.tokens.set(added.value, added)
    return added
  }

  /** The token, if it exists and is neither revoked nor expired. */
  alive(value: string): Token | undefined {
    const token = this.tokens.get(value)
    if (!token || token.revoked) return undefined
    if (token.expiresAt && token.expiresAt.getTime() <= this.#now()) return undefined
    return token
  }

  /** Revokes a token that somebody found, and writes to its owner. */
  report(value: string): void {
    this.reported.push(value)
    const token = this.alive(value)
    if (token) this.leakEmails.push(token.user.email)
    this.revoke(value)
  }

  revoke(value: string): void {
    const token = this.tokens.get(value)
    if (token) token.revoked = true
  }
}

/** An id as the Hub's database makes them: 24 hexadecimal digits, always the same for the same name. */
export function objectId(kind: string, name: string): string {
  return createHash('sha256').update(`${kind} ${name}`).digest('hex').slice(0, 24)
}

/** `length` (at most 64) letters and digits that depend on the seed alone. */
export function letters(seed: string, length: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
  const bytes = createHash('sha512').update(seed).digest()
  return Array.from(bytes.subarray(0, length), (byte) => alphabet[byte % alphabet.length]).join('')
}
