/** What a token may do with a repository: the smaller of what its user may and what the token was given. */
import type { OAuthGrant, Scope, Token } from './accounts.ts'
import { type Repo, repoKey } from './repos/repos.ts'

/** `hidden`: the Hub answers as if the repository did not exist. `gated`: its name shows, its content does not. */
export type Access = 'write' | 'read' | 'gated' | 'hidden'

/** The contributor permission of October 2026; its name on the wire has not been observed. */
const CONTRIBUTE = 'repo.contribute'

/** The best that this token (`undefined`: no token) may do with the repository. */
export function accessTo(repo: Repo, token: Token | undefined): Access {
  if (token && mayWrite(repo, token)) return 'write'
  if (token && mayReadAsMember(repo, token)) return 'read'
  if (repo.private) return 'hidden'
  if (!repo.gated) return 'read'
  return token && mayReadGated(repo, token) ? 'read' : 'gated'
}

/** Whether the token may create a repository in this namespace. */
export function mayCreateIn(namespace: string, token: Token): boolean {
  const role = roleIn(namespace, token)
  if (role !== 'admin' && role !== 'write' && role !== 'contributor') return false
  if (token.grant) {
    const { grant } = token
    return grant.kind === 'org' && grant.org === namespace && has(grant, ['contribute-repos', 'manage-repos'])
  }
  if (token.role !== 'fineGrained') return token.role !== 'read'
  return scopes(token).some(
    (scope) =>
      scope.entity.name === namespace && scope.permissions.some((one) => one === 'repo.write' || one === CONTRIBUTE),
  )
}

/** Whether the token may open a pull request on a repository that it may read. */
export function mayOpenPullRequest(repo: Repo, token: Token | undefined): boolean {
  if (!token) return false
  if (mayWrite(repo, token)) return true
  if (token.grant) return token.grant.kind === 'org' && has(token.grant, ['write-discussions'])
  if (token.role !== 'fineGrained') return token.role !== 'read'
  return (token.fineGrained?.global ?? []).includes('discussion.write') || grants(repo, token, ['discussion.write'])
}

/** Whether the token has one of these permissions on the organization itself. */
export function mayInOrg(org: string, token: Token, permissions: readonly string[]): boolean {
  if (roleIn(org, token) === undefined) return false
  return scopes(token).some(
    (scope) =>
      scope.entity.type === 'org' &&
      scope.entity.name === org &&
      scope.permissions.some((permission) => permissions.includes(permission)),
  )
}

function mayWrite(repo: Repo, token: Token): boolean {
  const { grant } = token
  if (grant?.kind === 'repo') return grant.access === 'write' && grant.key === repoKey(repo.type, repo.name)
  const role = roleIn(repo.namespace, token)
  const userMay = role === 'admin' || role === 'write' || (role === 'contributor' && repo.creator === token.user.name)
  if (!userMay) return false
  if (grant) return grant.kind === 'org' && scopesReach(grant, repo, token, ['write-repos', 'manage-repos'])
  if (token.role !== 'fineGrained') return token.role === 'write' || token.role === 'god'
  if (grants(repo, token, ['repo.write'])) return true
  // A contributor's token writes to what this very token created, and to nothing else.
  return repo.creatorTokenId === token.id && grants(repo, token, [CONTRIBUTE])
}

function mayReadAsMember(repo: Repo, token: Token): boolean {
  const { grant } = token
  if (grant?.kind === 'repo') return grant.key === repoKey(repo.type, repo.name)
  const role = roleIn(repo.namespace, token)
  if (role === undefined || role === 'no_access') return false
  if (grant) {
    return grant.kind === 'org' && scopesReach(grant, repo, token, ['read-repos', 'write-repos', 'manage-repos'])
  }
  return token.role !== 'fineGrained' || grants(repo, token, ['repo.content.read', 'repo.write'])
}

function mayReadGated(repo: Repo, token: Token): boolean {
  if (!repo.grantedTo.includes(token.user.name)) return false
  const { grant } = token
  if (grant?.kind === 'repo') return false
  if (grant?.kind === 'gated') return true
  if (grant) return grant.org === repo.namespace && has(grant, ['gated-repos'])
  return token.role !== 'fineGrained' || token.fineGrained?.canReadGatedRepos === true
}

/** Whether one of the scopes covers the repository, or it was created through the same app and that is enough. */
function scopesReach(
  grant: OAuthGrant & { kind: 'org' },
  repo: Repo,
  token: Token,
  wanted: readonly string[],
): boolean {
  if (grant.org !== repo.namespace) return false
  if (has(grant, wanted)) return true
  return has(grant, ['contribute-repos']) && repo.creator === token.user.name && repo.creatorClientId === grant.clientId
}

function has({ scopes }: { scopes: readonly string[] }, wanted: readonly string[]): boolean {
  return wanted.some((scope) => scopes.includes(scope))
}

function grants(repo: Repo, token: Token, permissions: readonly string[]): boolean {
  return scopes(token).some(
    (scope) => covers(scope, repo) && scope.permissions.some((permission) => permissions.includes(permission)),
  )
}

/** A scope covers a repository as its owner (`org`, `user`) or as itself (`model`, `dataset`, …). */
function covers({ entity }: Scope, repo: Repo): boolean {
  if (entity.type === 'org' || entity.type === 'user') return entity.name === repo.namespace
  return entity.type === repo.type && entity.name === repo.name
}

function scopes(token: Token): readonly Scope[] {
  return token.fineGrained?.scoped ?? []
}

/**
 * The role of the token's user in a namespace; `undefined` for a stranger, for a member whom a security restriction
 * keeps out, and for a token that an admin cut off.
 */
function roleIn(namespace: string, { user, cutOffFrom }: Token): string | undefined {
  if (user.name === namespace) return 'admin'
  const membership = user.orgs.find((org) => org.name === namespace)
  if (!membership || (membership.securityRestrictions?.length ?? 0) > 0) return undefined
  return cutOffFrom.has(namespace) ? undefined : membership.roleInOrg
}
