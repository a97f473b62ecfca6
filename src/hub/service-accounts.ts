/** Service accounts of an organization, and their tokens. Source: Hub API, /api/organizations/{name}/service-accounts. */
import { ActionError } from '../errors/action-error.ts'
import type { HttpResponse } from '../net/http.ts'
import { parseJson } from '../text/json.ts'
import { code, codes, link, list, type Part, prose } from '../text/message.ts'
import { listed, printable, quoted } from '../text/printable.ts'
import {
  type AccountToken,
  type MintedToken,
  readAccounts,
  readMinted,
  readTokens,
  type ServiceAccount,
} from './account-answers.ts'
import { bearer, callHub, type HubAccess, type HubCall, hubFailed, isHubsRefusal, said } from './call.ts'
import type { MintRights } from './mint-rights.ts'
import { createToken } from './new-token.ts'
import { type HubPages, hubPages } from './pages.ts'
import { type Refusal, refusalOf } from './refusal.ts'
import { readShape, record } from './shape.ts'

export type { AccountToken, ServiceAccount } from './account-answers.ts'

/** The largest list that is accepted, in bytes: all accounts, or all tokens of one, come in one answer without pages. */
const MAX_LIST_BYTES = 16 * 1024 * 1024

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
   * All accounts.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  async all(): Promise<ServiceAccount[]> {
    const what = 'the Hub’s list of service accounts'
    const answer = await this.#call({ method: 'GET', path: '', what, maxBytes: MAX_LIST_BYTES, hasContent: true })
    return await this.#read(answer, what, readAccounts)
  }

  /**
   * The account with this slug or, if there is none, with this ID or, if there is none, with this name.
   *
   * @throws `ActionError` `exchange-rejected`, also when several accounts have the name; and what every call of the Hub
   * throws.
   */
  async find(given: string): Promise<ServiceAccount> {
    const accounts = await this.all()
    const matching = [
      accounts.filter(({ slug }) => slug === given),
      accounts.filter(({ id }) => id === given),
      accounts.filter(({ name }) => name === given),
    ].find(({ length }) => length > 0)
    const [found, ...others] = matching ?? []
    if (found && others.length === 0) return found
    throw found ? this.#ambiguous(given, [found, ...others]) : this.#notFound(given, accounts)
  }

  #notFound(given: string, accounts: readonly ServiceAccount[]): ActionError {
    return new ActionError('exchange-rejected', {
      failed: `${this.#org} has no service account ${quoted(given, 80)}.`,
      seen: accounts.length === 0 ? 'no service accounts' : `service accounts: ${listed(accounts.map(slugOf))}`,
      expected: 'a service account with that slug, ID, or name',
      cause: prose`${code('service-account')} has a typo, or the account was deleted.`,
      fix: prose`Create the account under ${link(this.#pages.serviceAccounts(this.#org))}, or correct ${code('service-account')}.`,
    })
  }

  #ambiguous(given: string, accounts: readonly ServiceAccount[]): ActionError {
    return new ActionError('exchange-rejected', {
      failed: `${this.#org} has ${accounts.length} service accounts named ${quoted(given, 80)}.`,
      seen: list(accounts.map((account) => `${slugOf(account)}, ID ${account.id}`)),
      expected: 'a slug or an ID, which only one account has',
      cause: 'Several service accounts may have the same name.',
      fix: prose`Set ${code('service-account')} to the slug of the account that you mean.`,
    })
  }

  /**
   * The account's live tokens; undefined when the Hub does not list them: then nobody knows which there are.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  async tokens({ id }: ServiceAccount): Promise<AccountToken[] | undefined> {
    const what = 'the tokens of the service account'
    const answer = await this.#call({ method: 'GET', path: `/${id}`, what, maxBytes: MAX_LIST_BYTES })
    // Boxed: that there is no list is an answer too.
    return (await this.#read(answer, what, (json) => ({ tokens: readTokens(json) }))).tokens
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
    { permissions, repoIds, repoPermissions }: MintRights,
    onLost: () => Promise<void>,
  ): Promise<MintedToken> {
    const what = `a new token of the service account ${printable(name, 80)}`
    const body = JSON.stringify({
      displayName,
      permissions,
      ...(repoIds.length > 0 ? { repoIds, repoPermissions } : {}),
    })
    const answer = await this.#call({ method: 'POST', path: `/${id}/tokens`, body, what, onLost })
    const read = (json: unknown) => readMinted(json, displayName)
    const isUsable = readShape(() => read(jsonOf(answer))) !== undefined
    if (isSuccess(answer) && !isUsable) await onLost()
    return await this.#read(answer, what, read)
  }

  /**
   * Revokes a token at once, without an e-mail to anyone. A token that is gone already (404) is fine.
   *
   * @throws `ActionError` `exchange-rejected`, and what every call of the Hub throws.
   */
  async remove({ id }: Pick<ServiceAccount, 'id'>, token: Pick<AccountToken, 'id'>): Promise<void> {
    const path = `/${id}/tokens/${encodeURIComponent(token.id)}`
    const answer = await this.#call({ method: 'DELETE', path, what: 'the deletion of a token' })
    if (isSuccess(answer)) return
    if (answer.status !== 404) throw await this.#refused(answer)
    // A server that does not know the route has deleted nothing.
    if (!isHubsRefusal(answer)) throw hubFailed('the deletion of a token', answer, this.#access.endpoint)
  }

  #call(call: HubCall): Promise<HttpResponse> {
    const path = `/api/organizations/${this.#org}/service-accounts${call.path}`
    const json = call.body === undefined ? {} : { 'content-type': 'application/json' }
    return callHub(this.#access, { ...call, path, headers: { ...bearer(this.#admin), ...json } })
  }

  async #read<T>(answer: HttpResponse, what: string, take: (json: unknown) => T): Promise<T> {
    if (!isSuccess(answer)) throw await this.#refused(answer)
    const value = readShape(() => take(jsonOf(answer)))
    if (value === undefined) throw hubFailed(what, answer, this.#access.endpoint)
    return value
  }

  async #refused(answer: HttpResponse): Promise<ActionError> {
    const { error } = readShape(() => record(jsonOf(answer))) ?? {}
    const text = typeof error === 'string' ? error : undefined
    const seen = said(answer, text)
    if (answer.status === 400) {
      return new ActionError('exchange-rejected', {
        failed: 'The Hub refused to mint the token.',
        seen,
        expected: 'permissions that exist on the Hub and that the service account may have',
        cause: prose`A permission in ${code('permissions')} does not exist, or the service account may not have it.`,
        fix: prose`Correct ${code('permissions')}, or leave it out; the token then gets only what ${code('scope')} requires.`,
      })
    }
    const refusal = await refusalOf(answer, this.#admin, this.#access, text)
    return new ActionError('exchange-rejected', {
      ...EXPLAINED[refusal.means],
      seen: refusal.seen,
      expected: prose`a token with ${codes(ADMIN_PERMISSIONS)} on ${this.#org}`,
      fix: this.#renew(),
    })
  }

  /** How the admin token is replaced, once it is certain that the secret is the right one. */
  #renew(): (string | Part)[] {
    const { input, id } = this.#secret
    const byDefault = input === 'secret-id' ? ' (the default names the secret for a stored token)' : ''
    return [
      prose`First check ${code(input)}. The action read ${id}, which must be a secret that holds only the admin token${byDefault}.`,
      ...createToken(
        { org: this.#org, hubEndpoint: this.#access.endpoint, scopes: [], permissions: ADMIN_PERMISSIONS },
        `If it is the right secret, create a fine-grained token as an admin of ${this.#org} at `,
      ),
      'Store it in that secret, in the same form as the current one.',
    ]
  }
}

/** What the admin token needs. */
const ADMIN_PERMISSIONS = ['org.serviceAccounts.read', 'org.serviceAccounts.write']

const DEAD = 'The admin token was revoked, has expired, or a different token was stored'
const NOT_ALLOWED =
  'the admin token lacks these permissions, or the organization’s plan has no service accounts (Enterprise)'

/** What failed, and why, by what the refusal means. */
const EXPLAINED: Record<Refusal['means'], { failed: string; cause: string }> = {
  dead: { failed: 'The Hub does not accept the admin token that mints tokens.', cause: `${DEAD}.` },
  'not-allowed': {
    failed: 'The Hub does not allow the admin token to manage service accounts.',
    cause: `T${NOT_ALLOWED.slice(1)}.`,
  },
  unclear: {
    failed: 'The Hub refused the admin token that mints tokens.',
    cause: `${DEAD}; or ${NOT_ALLOWED}. whoami-v2, which would say whether the token is valid, gave no answer that decides it.`,
  },
}

const isSuccess = ({ status }: HttpResponse): boolean => status >= 200 && status <= 299

const jsonOf = ({ body }: HttpResponse): unknown => parseJson(body.toString('utf8'))

/** What `service-account` is set to; the name when the Hub does not say more. */
function slugOf({ slug, name }: ServiceAccount): string {
  return printable(slug ?? name, 60)
}
