/** The members of an organization. Source: Hub API, GET /api/organizations/{name}/members. */
import type { HttpResponse } from '../net/http.ts'
import { parseJson } from '../text/json.ts'
import { bearer, callHub, type HubAccess, header, hubFailed, said } from './call.ts'
import { list, optional, readItems, readShape, record, text } from './shape.ts'

/** The most pages that are asked for. */
const MAX_PAGES = 10
/** The most members on a page: what the Hub allows. */
const PAGE = 10_000
/** The largest page that is accepted, in bytes. */
const MAX_PAGE_BYTES = 16 * 1024 * 1024

/** An account that a token may belong to. */
export interface Account {
  /** Undefined when the Hub does not say. */
  id: string | undefined
  /** The name by which the Hub knows it, which no other account has. */
  name: string
}

/** Who is a member, as far as the Hub told. */
export class Members {
  readonly #names = new Set<string>()
  readonly #ids = new Set<string>()
  readonly #withoutId = new Set<string>()
  /** Why members may be missing; undefined for a complete list: then whoever is not on it is not a member. */
  readonly missing: string | undefined

  constructor(accounts: readonly Account[], missing?: string) {
    for (const { id, name } of accounts) {
      this.#names.add(name)
      if (id === undefined) this.#withoutId.add(name)
      else this.#ids.add(id)
    }
    this.missing = missing
  }

  /** By id where both sides have one: a name that was given up may be somebody else's now. */
  has({ id, name }: Account): boolean {
    return id === undefined ? this.#names.has(name) : this.#ids.has(id) || this.#withoutId.has(name)
  }
}

/** Why there is no list of members. */
export interface NotListed {
  /** What the Hub said. */
  refused: string
}

/**
 * The organization's members, seen with a token that has `org.members.read`; what the Hub said when it refuses that.
 *
 * @throws what every call of the Hub throws.
 */
export async function listMembers(access: HubAccess, org: string, token: string): Promise<Members | NotListed> {
  const accounts: Account[] = []
  const cursors = new Set<string>()
  let cursor: string | undefined
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const answer = await askForPage(access, { org, token, cursor })
    if (answer.status < 200 || answer.status > 299) return { refused: said(answer) }
    const { members, missing, next } = readPage(answer, access)
    accounts.push(...members)
    if (missing !== undefined || next === undefined) return new Members(accounts, missing)
    if (next === '' || cursors.has(next)) return new Members(accounts, 'the link to its next page cannot be used')
    cursors.add(next)
    cursor = next
  }
  return new Members(accounts, `it has more than ${MAX_PAGES} pages`)
}

interface Page {
  members: readonly Account[]
  /** Why the page may not be complete. */
  missing: string | undefined
  /** See {@link nextCursor}. */
  next: string | undefined
}

function readPage(answer: HttpResponse, { endpoint }: HubAccess): Page {
  const items = readShape(() => list(parseJson(answer.body.toString('utf8'))))
  if (!items) throw hubFailed(WHAT, answer, endpoint)
  const members = readItems(items, member)
  const next = nextCursor(answer)
  if (members.length < items.length) return { members, next, missing: 'some of its entries have an unknown form' }
  // Without a link to the next page, a page that is full may be one of several.
  const isCut = next === undefined && items.length >= PAGE
  return { members, next, missing: isCut ? 'its last page is full, so there may be more' : undefined }
}

const WHAT = 'the Hub’s list of members'

interface PageRequest {
  org: string
  token: string
  cursor: string | undefined
}

function askForPage(access: HubAccess, { org, token, cursor }: PageRequest): Promise<HttpResponse> {
  const query = new URLSearchParams({ limit: String(PAGE), ...(cursor === undefined ? {} : { cursor }) })
  const path = `/api/organizations/${org}/members?${query}`
  return callHub(access, { method: 'GET', path, headers: bearer(token), what: WHAT, maxBytes: MAX_PAGE_BYTES })
}

/**
 * Where the next page begins; undefined on the last one, empty when the link does not say. Only the cursor counts, whatever
 * address the link has: the token is sent to no other.
 */
function nextCursor(answer: HttpResponse): string | undefined {
  const [, url] = /<([^>]*)>\s*;[^,<]*\brel="?next\b/.exec(header(answer, 'link') ?? '') ?? []
  if (url === undefined) return undefined
  const { search } = URL.canParse(url, 'https://hub.invalid') ? new URL(url, 'https://hub.invalid') : { search: '' }
  return new URLSearchParams(search).get('cursor') ?? ''
}

function member(value: unknown): Account {
  const { _id, user } = record(value)
  return { id: optional(_id, text), name: text(user) }
}
