/** The shapes of the Hub's answers about service accounts and their tokens, as far as they are used. */
import { isRecord } from '../text/json.ts'
import type { GrantedRights } from './mint-rights.ts'
import { list, misshapen, optional, readItems, readShape, record, text, time } from './shape.ts'

export interface ServiceAccount {
  id: string
  /** The name that people see; others may have the same. */
  name: string
  /** The name of its user, as whoami-v2 gives it for the account's tokens; undefined when the Hub does not say. */
  slug: string | undefined
}

/** A token of a service account, without its value. Optional parts are undefined when the Hub does not say. */
export interface AccountToken extends Partial<GrantedRights> {
  id: string
  displayName: string
  /** Milliseconds since the epoch; undefined when the Hub does not say. */
  createdAt: number | undefined
  /** Milliseconds since the epoch; undefined for a token that was never used. */
  lastUsedAt?: number | 'unreadable' | undefined
  /** Milliseconds since the epoch. */
  expiresAt?: number | undefined
  /** The last four characters of its value. */
  last4?: string | undefined
  /** `fineGrained`, for all that are minted. */
  role?: string | undefined
}

/** A token that was just minted. */
export interface MintedToken {
  /** A secret, given only this once. */
  value: string
  /** Undefined when the Hub does not say. */
  id: string | undefined
  granted: GrantedRights
  /** Milliseconds since the epoch; undefined when the Hub does not say. */
  createdAt?: number | undefined
}

/** The accounts of a list. Source: Hub API, GET /api/organizations/{name}/service-accounts. */
export function readAccounts(json: unknown): ServiceAccount[] {
  return readItems(list(json), account)
}

function account(value: unknown): ServiceAccount {
  const { _id, name, user } = record(value)
  const slug = typeof user === 'string' ? user : undefined
  return { id: identifier(_id), name: typeof name === 'string' ? name : (slug ?? misshapen()), slug }
}

/**
 * The tokens of an account; undefined when the Hub does not list them: then nobody knows which there are.
 * Source: Hub API, GET …/service-accounts/{serviceAccountId}.
 */
export function readTokens(json: unknown): AccountToken[] | undefined {
  return optional(record(json).accessTokens, (tokens) => readItems(list(tokens), accountToken))
}

function accountToken(value: unknown): AccountToken {
  const item = record(value)
  return {
    id: identifier(item._id),
    displayName: text(item.displayName),
    createdAt: tolerant(item.createdAt, time),
    lastUsedAt: optional(item.lastUsedAt, (at) => tolerant(at, time) ?? 'unreadable'),
    expiresAt: tolerant(item.expiration, time),
    last4: tolerant(item.last4, text),
    role: tolerant(item.role, text),
    ...grantedRights(item),
  }
}

/** What the Hub says of rights; undefined for each part that is absent or has another shape. */
function grantedRights(item: Record<string, unknown>): GrantedRights {
  return {
    permissions: tolerant(item.permissions, texts),
    repoIds: tolerant(item.repoIds, texts),
    repoPermissions: tolerant(item.repoPermissions, texts),
    endpointPatterns: tolerant(item.endpointPatterns, texts),
  }
}

/** Anything shorter is not a token; masked, it would only make the log unreadable. */
const SHORTEST = 8

/**
 * A new token. Its id counts only next to the name that was asked for: by its id it will be deleted.
 * Source: Hub API, POST …/service-accounts/{serviceAccountId}/tokens.
 */
export function readMinted(json: unknown, displayName: string): MintedToken {
  const { token, tokenInfo } = record(json)
  const value = text(token).trim()
  if (value.length < SHORTEST) misshapen()
  const info = isRecord(tokenInfo) ? tokenInfo : {}
  const isOurs = info.displayName === undefined || info.displayName === displayName
  const id = isOurs ? tolerant(info._id, identifier) : undefined
  return { value, id, granted: grantedRights(info), createdAt: tolerant(info.createdAt, time) }
}

/** IDs become part of a path. */
function identifier(value: unknown): string {
  const id = text(value)
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : misshapen()
}

function texts(value: unknown): string[] {
  return list(value).map(text)
}

/** What `read` returns; undefined for anything that it cannot read. */
function tolerant<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return readShape(() => optional(value, read))
}
