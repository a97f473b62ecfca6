/**
 * Service accounts of an organization. The shape of this API is known from public use, not from a specification:
 * everything that knows it is in this file.
 */
import { ActionError } from '../errors/action-error.ts'
import type { HttpResponse } from '../net/http.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { code, link, type Part, prose } from '../text/message.ts'
import { listed, printable, quoted } from '../text/printable.ts'
import { bearer, callHub, type HubAccess, type HubCall, hubFailed, said } from './call.ts'
import { type HubPages, hubPages } from './pages.ts'
import { list, misshapen, optional, readItems, readShape, record, text, time } from './shape.ts'

/** The longest name that the Hub takes for a token. Source: Hub API, POST …/service-accounts/{id}/tokens, `displayName`. */
export const MAX_TOKEN_NAME = 100

export interface ServiceAccount {
  id: string
  name: string
  /** The name of its user, as whoami-v2 gives it for the account's tokens; undefined when the Hub does not say. */
  slug: string | undefined
}

/** A token of a service account, without its value. */
export interface AccountToken {
  id: string
  displayName: string
  /** Milliseconds since the epoch; undefined when the Hub does not say. */
  createdAt: number | undefined
}

/** Where the admin token came from: the input that names its secret, and that name. */
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
   * The account with this ID or, if there is none, with this name.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  async find(nameOrId: string): Promise<ServiceAccount> {
    const what = 'the Hub’s list of service accounts'
    const answer = await this.#call({ method: 'GET', path: '', what })
    const accounts = this.#read(answer, what, (json) => readItems(list(json), account))
    const found = accounts.find(({ id }) => id === nameOrId) ?? accounts.find(({ name }) => name === nameOrId)
    if (found) return found
    const names = accounts.map(({ name }) => printable(name, 60))
    throw new ActionError('exchange-rejected', {
      failed: `${this.#org} has no service account ${quoted(nameOrId, 80)}.`,
      seen: names.length === 0 ? 'no service accounts' : `service accounts: ${listed(names)}`,
      expected: 'a service account with that name or ID',
      cause: prose`${code('service-account')} has a typo, or the account was deleted.`,
      fix: prose`Create the account under ${link(this.#pages.serviceAccounts(this.#org))}, or correct ${code('service-account')}.`,
    })
  }

  /**
   * The account's live tokens.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  async tokens({ id }: ServiceAccount): Promise<AccountToken[]> {
    const what = 'the tokens of the service account'
    const answer = await this.#call({ method: 'GET', path: `/${id}`, what })
    return this.#read(answer, what, (json) => readItems(list(record(json).accessTokens), accountToken))
  }

  /**
   * Mints a token. Its value is returned only this once: the caller masks it before anything else. `onLost`: called when a
   * token may have been minted although no usable answer arrived; a retry may follow.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  async mint(
    { id, name }: ServiceAccount,
    displayName: string,
    permissions: readonly string[],
    onLost: () => Promise<void>,
  ): Promise<{ value: string; id: string | undefined }> {
    const what = `a new token of the service account ${printable(name, 80)}`
    const body = JSON.stringify({ displayName, permissions })
    const answer = await this.#call({ method: 'POST', path: `/${id}/tokens`, body, what, onLost })
    const isUsable = readShape(() => mintedToken(jsonOf(answer))) !== undefined
    if (isSuccess(answer) && !isUsable) await onLost()
    return this.#read(answer, what, mintedToken)
  }

  /**
   * Revokes a token at once, without an e-mail to anyone. A token that is gone already (404) is fine.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  async remove({ id }: ServiceAccount, token: AccountToken): Promise<void> {
    const path = `/${id}/tokens/${encodeURIComponent(token.id)}`
    const answer = await this.#call({ method: 'DELETE', path, what: 'the deletion of a token' })
    if (answer.status !== 404 && !isSuccess(answer)) throw this.#refused(answer)
  }

  #call(call: HubCall): Promise<HttpResponse> {
    const path = `/api/organizations/${this.#org}/service-accounts${call.path}`
    const json = call.body === undefined ? {} : { 'content-type': 'application/json' }
    return callHub(this.#access, { ...call, path, headers: { ...bearer(this.#admin), ...json } })
  }

  #read<T>(answer: HttpResponse, what: string, take: (json: unknown) => T): T {
    if (!isSuccess(answer)) throw this.#refused(answer)
    const value = readShape(() => take(jsonOf(answer)))
    if (value === undefined) throw hubFailed(what, answer, this.#access.endpoint)
    return value
  }

  #refused(answer: HttpResponse): ActionError {
    const { error } = readShape(() => record(jsonOf(answer))) ?? {}
    const seen = said(answer, typeof error === 'string' ? error : undefined)
    if (answer.status === 400) {
      return new ActionError('exchange-rejected', {
        failed: 'The Hub refused to mint the token.',
        seen,
        expected: 'permissions that exist on the Hub and that the service account may have',
        cause: prose`A permission in ${code('permissions')} does not exist, or the service account may not have it.`,
        fix: prose`Correct ${code('permissions')}, or leave it out; the token then gets only what ${code('scope')} requires.`,
      })
    }
    const isDead = answer.status === 401
    return new ActionError('exchange-rejected', {
      failed: isDead
        ? 'The Hub does not accept the admin token that mints tokens.'
        : 'The Hub does not allow the admin token to manage service accounts.',
      seen,
      expected: prose`a token with ${code('org.serviceAccounts.read')} and ${code('org.serviceAccounts.write')} on ${this.#org}`,
      cause: isDead
        ? 'The admin token was revoked, has expired, or a different token was stored.'
        : 'The admin token lacks these permissions, or the organization’s plan has no service accounts (Enterprise).',
      fix: this.#renew(),
    })
  }

  /** How the admin token is replaced, once it is certain that the secret is the right one. */
  #renew(): Part[] {
    const { input, id } = this.#secret
    const byDefault = input === 'secret-id' ? ' (the default names the secret for a stored token)' : ''
    return [
      prose`First check ${code(input)}. The action read ${id}, which must be a secret that holds only the admin token${byDefault}.`,
      prose`If it is the right secret, create a fine-grained token with only these two permissions on ${this.#org} at ${link(this.#pages.newToken)}, as an admin of ${this.#org}. Store it in that secret, in the same form as the current one.`,
    ]
  }
}

const isSuccess = ({ status }: HttpResponse): boolean => status >= 200 && status <= 299

const jsonOf = ({ body }: HttpResponse): unknown => parseJson(body.toString('utf8'))

function account(value: unknown): ServiceAccount {
  const { _id, name, user } = record(value)
  return { id: identifier(_id), name: text(name), slug: typeof user === 'string' ? user : undefined }
}

function accountToken(value: unknown): AccountToken {
  const { _id, displayName, createdAt } = record(value)
  const at = optional(createdAt, (given) => readShape(() => time(given)))
  return { id: identifier(_id), displayName: text(displayName), createdAt: at }
}

/** Anything shorter is not a token; masked, it would only make the log unreadable. */
const SHORTEST = 8

function mintedToken(json: unknown): { value: string; id: string | undefined } {
  const { token, tokenInfo } = record(json)
  const value = text(token).trim()
  if (value.length < SHORTEST) misshapen()
  const id = isRecord(tokenInfo) ? tokenInfo._id : undefined
  return { value, id: typeof id === 'string' ? id : undefined }
}

/** IDs become part of a path. */
function identifier(value: unknown): string {
  const id = text(value)
  return /^[A-Za-z0-9_-]{1,64}$/.test(id) ? id : misshapen()
}
