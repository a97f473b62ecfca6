/** `/api/organizations/{org}/service-accounts`: lists them and their tokens, mints tokens and deletes them. */
import type { SandboxResponse } from '../service.ts'
import { objectId, type Token, type User } from './accounts.ts'
import { wrongBody } from './contract.ts'
import { mayInOrg } from './permissions.ts'
import { anonymous, failure, type HubCall, isResponse, type Route } from './routes.ts'

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
  const accessTokens = call.serviceAccounts.tokens(user).map((token) => {
    const { permissions, repoIds, repoPermissions } = rights(token)
    return {
      ...named(token),
      role: token.role,
      permissions,
      repoIds,
      repoPermissions,
      endpointPatterns: [],
      last4: token.value.slice(-4),
      ...(token.lastUsedAt && { lastUsedAt: token.lastUsedAt.toISOString() }),
      ...(token.expiresAt && { expiration: token.expiresAt.toISOString() }),
    }
  })
  return { status: 200, body: { ...summary(user), accessTokens } }
}

interface MintBody {
  displayName?: string
  permissions?: string[]
  repoIds?: string[]
  repoPermissions?: string[]
}

function mint(call: HubCall): SandboxResponse {
  const user = account(call, WRITE)
  if (isResponse(user)) return user
  const wrong = wrongBody(call.request)
  if (wrong.length > 0) return failure(400, wrong.join('; '))
  const {
    displayName,
    permissions = [],
    repoIds = [],
    repoPermissions = [],
  } = JSON.parse(call.request.body) as MintBody
  const org = call.params.org ?? ''
  const own = [...call.repos.values()].filter(({ namespace }) => namespace === org)
  const repos = own.filter(({ id }) => repoIds.includes(id))
  if (repos.length < new Set(repoIds).size) return failure(400, '"repoIds" has a repository of another organization')
  const given = { permissions, repos, repoPermissions }
  const token = call.serviceAccounts.mint(org, user, displayName ?? 'API Token', given)
  const tokenInfo = { ...named(token), ...rights(token), endpointPatterns: [], skipNetworkSecurity: false }
  return { status: 201, body: { token: token.value, tokenInfo } }
}

function remove(call: HubCall): SandboxResponse {
  const user = account(call, WRITE)
  if (isResponse(user)) return user
  const token = call.serviceAccounts.tokens(user).find(({ id }) => id === call.params.tokenId)
  if (!token) return failure(404, 'Token not found')
  call.accounts.revoke(token.value)
  return { status: 204 }
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

function summary({ id, name, fullname, email }: User): object {
  return { _id: id, user: name, name: fullname, email, createdAt: CREATED_AT }
}

/** When every service account was created. */
const CREATED_AT = '2026-08-01T08:00:00.000Z'

function named({ id, displayName, createdAt }: Token): object {
  return { _id: id, displayName, createdAt: createdAt.toISOString() }
}

/** What a token has on the organization, and what on single repositories. */
function rights({ fineGrained }: Token): { permissions: string[]; repoIds: string[]; repoPermissions: string[] } {
  const scoped = fineGrained?.scoped ?? []
  const onOrg = scoped.filter(({ entity }) => entity.type === 'org')
  const onRepos = scoped.filter(({ entity }) => entity.type !== 'org')
  return {
    permissions: onOrg.flatMap(({ permissions }) => permissions),
    repoIds: onRepos.map(({ entity }) => objectId(entity.type, entity.name)),
    repoPermissions: onRepos[0]?.permissions ?? [],
  }
}
