/**
 * Service accounts of an organization. The shape of this API is known from public use, not from a specification:
 * everything that knows it is in this file.
 */
import { ActionError } from '../errors/action-error.ts'
import type { HttpResponse } from '../net/http.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { listed, printable, quoted } from '../text/printable.ts'
import { bearer, callHub, type HubAccess, type HubCall, hubFailed, said } from './call.ts'
import { type HubPages, hubPages } from './pages.ts'

export interface ServiceAccount {
  id: string
  name: string
  /** The name of its user, as whoami-v2 says it of the account's tokens; undefined when the Hub does not say. */
  slug: string | undefined
}

/** A token of a service account, without its value. */
export interface AccountToken {
  id: string
  displayName: string
  /** Milliseconds since the epoch; undefined when the Hub does not say. */
  createdAt: number | undefined
}

/** Where the admin token came from: the input that says so, and what it says. */
export interface AdminSecret {
  input: string
  id: string
}

/** An organization's service accounts, seen with an admin token that may manage them. */
export class ServiceAccounts {
  readonly #access: HubAccess
  readonly #org: string
  readonly #admin: string
  readonly #secret: AdminSecret
  readonly #pages: HubPages

  constructor(access: HubAccess, org: string, admin: string, secret: AdminSecret) {
    this.#access = access
    this.#org = org
    this.#admin = admin
    this.#secret = secret
    this.#pages = hubPages(access.endpoint)
  }

  /**
   * The account with this name or id.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  async find(nameOrId: string): Promise<ServiceAccount> {
    const answer = await this.#call({ method: 'GET', path: '', what: 'the Hub’s list of service accounts' })
    const accounts = this.#read(answer, (json) => (Array.isArray(json) ? json.flatMap(readable(account)) : undefined))
    const found = accounts.find(({ id }) => id === nameOrId) ?? accounts.find(({ name }) => name === nameOrId)
    if (found) return found
    throw new ActionError('exchange-rejected', {
      failed: `${this.#org} has no service account ${quoted(nameOrId, 80)}.`,
      seen: `service accounts: ${listed(accounts.map(({ name }) => printable(name, 60)))}`,
      expected: 'one with that name or id',
      cause: 'a slip in `service-account`, or the account was deleted.',
      fix: `Create it under ${this.#pages.serviceAccounts(this.#org)}, or correct \`service-account\`.`,
    })
  }

  /** The account's live tokens. */
  async tokens({ id }: ServiceAccount): Promise<AccountToken[]> {
    const answer = await this.#call({ method: 'GET', path: `/${id}`, what: 'the tokens of the service account' })
    return this.#read(answer, (json) =>
      isRecord(json) && Array.isArray(json.accessTokens)
        ? json.accessTokens.flatMap(readable(accountToken))
        : undefined,
    )
  }

  /**
   * Mints a token; its value comes back this once, and the caller masks it first of all. `onLost`: called when a token
   * may have been minted although no answer came; another try follows it.
   */
  async mint(
    { id, name }: ServiceAccount,
    displayName: string,
    permissions: readonly string[],
    onLost: () => Promise<void>,
  ): Promise<{ value: string; id: string | undefined }> {
    const answer = await this.#call({
      method: 'POST',
      path: `/${id}/tokens`,
      body: JSON.stringify({ displayName, permissions }),
      what: `a new token of the service account ${name}`,
      onLost,
    })
    const minted = (json: unknown) => {
      if (!isRecord(json) || typeof json.token !== 'string' || json.token.trim().length < 8) return undefined
      const id = isRecord(json.tokenInfo) ? json.tokenInfo._id : undefined
      return { value: json.token.trim(), id: typeof id === 'string' ? id : undefined }
    }
    const usable = answer.status > 299 || minted(parseJson(answer.body.toString('utf8'))) !== undefined
    if (!usable) await onLost()
    return this.#read(answer, minted)
  }

  /** Revokes a token at once; it is fine if it is gone. */
  async remove({ id }: ServiceAccount, token: AccountToken): Promise<void> {
    const answer = await this.#call({
      method: 'DELETE',
      path: `/${id}/tokens/${encodeURIComponent(token.id)}`,
      what: 'the deletion of a token',
    })
    if (answer.status !== 404 && (answer.status < 200 || answer.status > 299)) throw this.#refused(answer)
  }

  #call(call: HubCall): Promise<HttpResponse> {
    const path = `/api/organizations/${this.#org}/service-accounts${call.path}`
    const json = call.body === undefined ? {} : { 'content-type': 'application/json' }
    return callHub(this.#access, { ...call, path, headers: { ...bearer(this.#admin), ...json } })
  }

  #read<T>(answer: HttpResponse, take: (json: unknown) => T | undefined): T {
    if (answer.status < 200 || answer.status > 299) throw this.#refused(answer)
    const value = take(parseJson(answer.body.toString('utf8')))
    if (value === undefined) throw hubFailed('service accounts', answer, this.#access.endpoint)
    return value
  }

  #refused(answer: HttpResponse): ActionError {
    const body = parseJson(answer.body.toString('utf8'))
    const text = isRecord(body) && typeof body.error === 'string' ? body.error : undefined
    const expected = `a token with org.serviceAccounts.read and org.serviceAccounts.write on ${this.#org}`
    const { input, id } = this.#secret
    const renew = `First check \`${input}\`: the secret that was read is ${id}, and it must be one for the admin token alone${input === 'secret-id' ? ' (the default is the secret of a stored token)' : ''}.\nIf it is, create a fine-grained token with just these two permissions on ${this.#org}, as an admin of it: ${this.#pages.newToken}\nStore it there in the same form as the present one.`
    if (answer.status === 401) {
      return new ActionError('exchange-rejected', {
        failed: 'The Hub does not accept the admin token that should mint the token.',
        seen: said(answer, text),
        expected,
        cause: 'the admin token was revoked, has expired, or another one was stored.',
        fix: renew,
      })
    }
    if (answer.status === 400) {
      return new ActionError('exchange-rejected', {
        failed: 'The Hub does not make a token like the one that was asked for.',
        seen: said(answer, text),
        expected: 'permissions that the Hub knows, and that the service account may have',
        cause: 'a permission in `permissions` does not exist, or the service account may not have it.',
        fix: 'Correct `permissions`, or leave it out: then the token gets the least that `scope` needs.',
      })
    }
    return new ActionError('exchange-rejected', {
      failed: 'The Hub did not let the admin token manage service accounts.',
      seen: said(answer, text),
      expected,
      cause:
        'the admin token lacks these permissions, or the organization’s plan has no service accounts (Enterprise).',
      fix: renew,
    })
  }
}

class Misshapen extends Error {}

/** Skips what cannot be read: one odd entry must not hide the others. */
function readable<T>(read: (value: unknown) => T): (value: unknown) => T[] {
  return (value) => {
    try {
      return [read(value)]
    } catch (error) {
      if (error instanceof Misshapen) return []
      throw error
    }
  }
}

function account(value: unknown): ServiceAccount {
  const { _id, name, user } = isRecord(value) ? value : {}
  return { id: identifier(_id), name: text(name), slug: typeof user === 'string' ? user : undefined }
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/

function accountToken(value: unknown): AccountToken {
  const { _id, displayName, createdAt } = isRecord(value) ? value : {}
  const at = typeof createdAt === 'string' && RFC3339.test(createdAt) ? Date.parse(createdAt) : Number.NaN
  return { id: identifier(_id), displayName: text(displayName), createdAt: Number.isNaN(at) ? undefined : at }
}

function text(value: unknown): string {
  if (typeof value !== 'string') throw new Misshapen()
  return value
}

/** Ids become part of a path. */
function identifier(value: unknown): string {
  const id = text(value)
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw new Misshapen()
  return id
}
