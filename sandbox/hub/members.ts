/** `/api/organizations/{org}/members`: who is a member, page by page. A service account is not on the list. */
import type { SandboxResponse } from '../service.ts'
import { mayInOrg } from './permissions.ts'
import { anonymous, failure, type HubCall, type Route } from './routes.ts'

export const memberRoutes: Route[] = [
  { operation: 'members', method: 'GET', path: /^\/api\/organizations\/(?<org>[^/]+)\/members$/, answer: list },
]

/** What the Hub's description says of the query. */
const LIMIT = { default: 500, least: 10, most: 10_000 }

function list({ request, params, token, accounts, serviceAccounts, url }: HubCall): SandboxResponse {
  if (!token) return anonymous()
  const org = accounts.orgs.get(params.org ?? '')
  if (!org) return failure(404, 'Organization not found')
  if (!mayInOrg(org.name, token, ['org.members.read', 'org.members.write'])) {
    return failure(403, `Forbidden: the token lacks the permission org.members.read on the organization ${org.name}`)
  }
  const { searchParams } = request.url
  const limit = Number(searchParams.get('limit') ?? LIMIT.default)
  if (!(limit >= LIMIT.least && limit <= LIMIT.most)) return failure(400, '"limit" is out of range')
  const from = Number(searchParams.get('cursor') ?? 0)
  const none = new Set(serviceAccounts.of(org.name))
  const all = [...accounts.users.values()].flatMap((user) => {
    const membership = none.has(user) ? undefined : user.orgs.find(({ name }) => name === org.name)
    return membership ? [{ user, role: membership.roleInOrg }] : []
  })
  const next = from + limit
  const link = `<${url}/api/organizations/${org.name}/members?limit=${limit}&cursor=${next}>; rel="next"`
  return {
    status: 200,
    headers: next < all.length ? { Link: link } : {},
    body: all.slice(from, next).map(({ user, role }) => ({
      _id: user.id,
      avatarUrl: `${url}/avatars/${user.name}.svg`,
      fullname: user.fullname,
      isPro: false,
      user: user.name,
      type: 'user',
      role,
    })),
  }
}
