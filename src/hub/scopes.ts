/** The Hub's words for rights, and how wide each is. */

const WIDTH: Record<Scope, number> = { read: 0, write: 1, admin: 2 }

/** True when what is asked (`scope`) includes rights of the width `width`. */
export function includes(scope: Scope, width: Scope): boolean {
  return WIDTH[width] <= WIDTH[scope]
}

/** Permissions that change the organization itself: members, settings, accounts. */
const ADMINISTRATION = /^(?:org|resourceGroup)\./

/** The narrowest scope that includes a permission. The Hub's list grows: an unknown one ending in `.read` reads, any other writes. */
export function scopeOf(permission: string): Scope {
  if (permission.endsWith('.read')) return 'read'
  return ADMINISTRATION.test(permission) ? 'admin' : 'write'
}

/** The permission that a scope stands for, as the Hub names it. */
export const NEEDED: Record<Scope, string> = { read: 'repo.content.read', write: 'repo.write', admin: 'org.write' }

/** True when a permission is enough for a scope; who may write may read. */
export function permits(permission: string, scope: Scope): boolean {
  return permission === NEEDED[scope] || (scope === 'read' && permission === NEEDED.write)
}

/** What a token minted for a scope gets when the workflow does not say. */
export const LEAST_PERMISSIONS: Record<Scope, readonly string[]> = {
  read: ['repo.content.read'],
  write: ['repo.content.read', 'repo.write'],
  admin: ['repo.content.read', 'repo.write', 'org.read', 'org.write'],
}

/** The Hub's OAuth scopes, and the narrowest `scope` that includes each. Source: the Hub's pages on OAuth. */
export const OAUTH_SCOPES: Readonly<Record<string, Scope>> = {
  openid: 'read',
  profile: 'read',
  email: 'read',
  'read-billing': 'read',
  'read-memberships': 'read',
  'read-repos': 'read',
  'gated-repos': 'read',
  'read-collections': 'read',
  'read-endpoints': 'read',
  'contribute-repos': 'write',
  'write-repos': 'write',
  'write-collections': 'write',
  'inference-api': 'write',
  'write-endpoints': 'write',
  jobs: 'write',
  webhooks: 'write',
  'write-discussions': 'write',
  'manage-repos': 'admin',
}

/** What is asked of the organization's token exchange when the workflow does not say. */
export const LEAST_OAUTH_SCOPES: Record<Scope, readonly string[]> = {
  read: ['read-repos'],
  write: ['write-repos'],
  admin: ['manage-repos'],
}

/** What the job needs from the token, from narrow to wide. */
export const SCOPES = ['read', 'write', 'admin'] as const

export type Scope = (typeof SCOPES)[number]
