/** What a token may do with a repository: the smaller of what its user may and what the token was given. */
import type { Scope, Token, User } from './accounts.ts'
import type { Repo } from './repos.ts'

/** `hidden`: the Hub answers as if the repository did not exist. `gated`: its name shows, its content does not. */
export type Access = 'write' | 'read' | 'gated' | 'hidden'

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
  const role = roleIn(namespace, token.user)
  if (role !== 'admin' && role !== 'write' && role !== 'contributor') return false
  if (token.role !== 'fineGrained') return token.role !== 'read'
  return scopes(token).some((scope) => scope.entity.name === namespace && scope.permissions.includes('repo.write'))
}

function mayWrite(repo: Repo, token: Token): boolean {
  const role = roleIn(repo.namespace, token.user)
  const userMay = role === 'admin' || role === 'write' || (role === 'contributor' && repo.creator === token.user.name)
  if (!userMay) return false
  if (token.role !== 'fineGrained') return token.role === 'write' || token.role === 'god'
  return grants(repo, token, ['repo.write'])
}

function mayReadAsMember(repo: Repo, token: Token): boolean {
  const role = roleIn(repo.namespace, token.user)
  if (role === undefined || role === 'no_access') return false
  return token.role !== 'fineGrained' || grants(repo, token, ['repo.content.read', 'repo.write'])
}

function mayReadGated(repo: Repo, token: Token): boolean {
  if (!repo.grantedTo.includes(token.user.name)) return false
  return token.role !== 'fineGrained' || token.fineGrained?.canReadGatedRepos === true
}

function grants(repo: Repo, token: Token, permissions: readonly string[]): boolean {
  return scopes(token).some(
    (scope) => covers(scope, repo) && scope.permissions.some((permission) => permissions.includes(permission)),
  )
}

/** A scope covers a repository as its owner (`org`, `user`) or as itself (`model`, `dataset`, `space`). */
function covers({ entity }: Scope, repo: Repo): boolean {
  if (entity.type === 'org' || entity.type === 'user') return entity.name === repo.namespace
  return entity.type === repo.type && entity.name === repo.name
}

function scopes(token: Token): readonly Scope[] {
  return token.fineGrained?.scoped ?? []
}

/** The user's role in a namespace; `undefined` for a stranger, and for a member whom a security restriction keeps out. */
function roleIn(namespace: string, user: User): string | undefined {
  if (user.name === namespace) return 'admin'
  const membership = user.orgs.find((org) => org.name === namespace)
  if (!membership || (membership.securityRestrictions?.length ?? 0) > 0) return undefined
  return membership.roleInOrg
}
