/** `/api/organizations/{org}/service-accounts`: lists them and their tokens, mints tokens and deletes them. */
import type { SandboxResponse } from '../service.ts'
import type { Token, User } from './accounts.ts'
import { mayInOrg } from './permissions.ts'
import { anonymous, failure, type HubCall, isResponse, type Route } from './routes.ts'
import { ORG_PERMISSIONS } from './service-accounts.ts'

const ACCOUNTS = '/api/organizations/(?<org>[^/]+)/service-accounts'

export const serviceAccountRoutes: Route[] = [
  { operation: 'service-accounts', method: 'GET', path: new RegExp(`^${ACCOUNTS}$`), answer: list },
  { operation: 'service-account', method: 'GET', path: new RegExp(`^${ACCOUNTS}/(?<id>[^/]+)$`), answer: show },
  { operation: 'mint-token', method: 'POST', path: new RegExp(`^${ACCOUNTS}/(?<id>[^/]+)/tokens$`), answer: mint },
  {
    operation: 'delete-token',
    method: 'DELETE',
    path: new RegExp(`^${ACCOUNTS}/(?<id>[^/]+)/tokens/(?<tokenId>[^/]+)$`),
    answer: remove,
  },
]

const READ = ['org.serviceAccounts.read', 'org.serviceAccounts.write']
const WRITE = ['org.serviceAccounts.write']

function list(call: HubCall): SandboxResponse {
  const org = allowed(call, READ)
  if (isResponse(org)) return org
  return { status: 200, body: call.serviceAccounts.of(org.name).map(summary) }
}

function show(call: HubCall): SandboxResponse {
  const user = account(call, READ)
  if (isResponse(user)) return user
  const accessTokens = call.serviceAccounts.tokens(user).map((token) => ({
    ...tokenInfo(token),
    permissions: token.fineGrained?.scoped.flatMap(({ permissions }) => permissions) ?? [],
  }))
  return { status: 200, body: { ...summary(user), accessTokens } }
}

function mint(call: HubCall): SandboxResponse {
  const user = account(call, WRITE)
  if (isResponse(user)) return user
  const body = JSON.parse(call.request.body) as { displayName?: unknown; permissions?: unknown } | null
  const { displayName, permissions } = body ?? {}
  if (typeof displayName !== 'string' || displayName === '') return failure(400, '"displayName" is required')
  if (!Array.isArray(permissions) || permissions.length === 0) return failure(400, '"permissions" must not be empty')
  const unknown = permissions.filter((permission) => !ORG_PERMISSIONS.includes(permission))
  if (unknown.length > 0) return failure(400, `"permissions" has an invalid value: ${unknown.join(', ')}`)
  const token = call.serviceAccounts.mint(call.params.org ?? '', user, displayName, [...permissions])
  return { status: 200, body: { token: token.value, tokenInfo: tokenInfo(token) } }
}

function remove(call: HubCall): SandboxResponse {
  const user = account(call, WRITE)
  if (isResponse(user)) return user
  const token = call.serviceAccounts.tokens(user).find(({ id }) => id === call.params.tokenId)
  if (!token) return failure(404, 'Token not found')
  call.accounts.revoke(token.value)
  return { status: 200, body: { success: true } }
}

/** The organization, if the caller's token has one of the permissions on it. */
function allowed(call: HubCall, permissions: readonly string[]): { name: string } | SandboxResponse {
  const { token, accounts, params } = call
  if (!token) return anonymous()
  const org = accounts.orgs.get(params.org ?? '')
  if (!org) return failure(404, 'Organization not found')
  if (mayInOrg(org.name, token, permissions)) return org
  return failure(403, `Forbidden: the token lacks the permission ${permissions[0]} on the organization ${org.name}`)
}

/** The service account that the path names, if the caller may do this with it. */
function account(call: HubCall, permissions: readonly string[]): User | SandboxResponse {
  const org = allowed(call, permissions)
  if (isResponse(org)) return org
  const user = call.serviceAccounts.find(org.name, { id: call.params.id ?? '' })
  return user ?? failure(404, 'Service account not found')
}

function summary({ id, name, fullname }: User): object {
  return { _id: id, user: name, name, fullname }
}

function tokenInfo({ id, displayName, createdAt }: Token): object {
  return { _id: id, displayName, createdAt: createdAt.toISOString() }
}
