/** The Hub's words for rights, and the sets of rights that `scope` names. */

/** What `scope` may name, in the order in which several are written: the name becomes part of other names. */
export const SCOPES = ['identity', 'read', 'write', 'contribute', 'infer', 'admin'] as const

export type Scope = (typeof SCOPES)[number]

/**
 * The Hub's contributor permission: the token may create repositories, and write to those that it created itself. It
 * exists since 12 October 2026; nobody has published its name in whoami-v2 and in the request for a new token, so this
 * is the OAuth scope's name in the form of a permission. `npm run probe` prints the real one. Not observed.
 */
export const CONTRIBUTE = 'repo.contribute'

/** Whether a permission is the contributor permission, under any name that it may turn out to have. */
function isContribute(permission: string): boolean {
  return /^repos?(?:\.\w+)*\.contribut\w*(?:\.write)?$/i.test(permission) || permission === 'contribute-repos'
}

/** A permission under the one name by which it is compared. */
export function canonical(permission: string): string {
  if (permission === 'repo.content.write') return WRITE
  return isContribute(permission) ? CONTRIBUTE : permission
}

export const READ = 'repo.content.read'
export const WRITE = 'repo.write'
export const ADMINISTER = 'org.write'
/** Inference Providers, and Inference Endpoints. */
export const INFER = ['inference.serverless.write', 'inference.endpoints.infer.write'] as const

/** Permissions that read the organization's repositories and collections, and change nothing. */
const READS = [READ, 'repo.access.read', 'org.repos.read', 'collection.read']

/** A set of rights that has a name. */
interface RightSet {
  /** What the token must have: one permission of each entry. */
  needs: readonly (readonly string[])[]
  /** What it may have besides; `organization`: everything there. */
  may: readonly string[] | 'organization'
}

export const RIGHT_SETS: Readonly<Record<Scope, RightSet>> = {
  identity: { needs: [], may: READS },
  read: { needs: [[READ]], may: READS },
  write: { needs: [[WRITE]], may: [...READS, 'discussion.write', 'collection.write'] },
  contribute: { needs: [[CONTRIBUTE]], may: READS },
  infer: { needs: [INFER], may: [...INFER, ...READS] },
  admin: { needs: [[ADMINISTER]], may: 'organization' },
}

/** What a token gets that is minted for a scope, when the workflow does not say. */
export const LEAST_PERMISSIONS: Readonly<Record<Scope, readonly string[]>> = {
  identity: [],
  read: [READ],
  write: [READ, WRITE],
  contribute: [READ, CONTRIBUTE],
  infer: INFER,
  admin: [READ, WRITE, 'org.read', ADMINISTER],
}

/** True when who has `held` can do what `wanted` allows; who may write may read. */
export function covers(held: string, wanted: string): boolean {
  const [has, wants] = [canonical(held), canonical(wanted)]
  return has === wants || (has === WRITE && (wants === READ || wants === CONTRIBUTE))
}

/** What a permission does, as far as it matters for the role that its account needs. */
export function widthOf(permission: string): 'read' | 'write' | 'admin' {
  if (permission.endsWith('.read')) return 'read'
  return /^(?:org|resourceGroup)\./.test(permission) ? 'admin' : 'write'
}

/** Every permission that has been seen. Sources: the Hub's API description, public answers of whoami-v2. */
export const KNOWN_PERMISSIONS: readonly string[] = [
  ...READS,
  WRITE,
  'repo.content.write',
  CONTRIBUTE,
  'discussion.write',
  'collection.write',
  ...INFER,
  'inference.endpoints.write',
  'job.write',
  'sql-console.embed.write',
  'org.read',
  ADMINISTER,
  'org.members.read',
  'org.members.write',
  'org.billing.read',
  'org.auditLog.write',
  'org.networkSecurity.read',
  'org.networkSecurity.write',
  'org.serviceAccounts.read',
  'org.serviceAccounts.write',
  'resourceGroup.write',
  'post.write',
  'user.webhooks.read',
  'user.webhooks.write',
  'user.billing.read',
  'user.notifications.read',
  'user.mcp.read',
]

/** One of the Hub's OAuth scopes. */
interface OAuthScope {
  /** The permissions that come with it, as far as they have names. */
  permissions: readonly string[]
  /** The scopes of this action with which a workflow may request it; `undefined`: with each. */
  within?: readonly Scope[]
}

/** The Hub's OAuth scopes. Source: the Hub's pages on OAuth. */
export const OAUTH_SCOPES: Readonly<Record<string, OAuthScope>> = {
  openid: { permissions: [] },
  profile: { permissions: [] },
  email: { permissions: [] },
  'read-billing': { permissions: ['user.billing.read'] },
  'read-memberships': { permissions: [] },
  'read-repos': { permissions: [READ] },
  'gated-repos': { permissions: [] },
  'read-collections': { permissions: ['collection.read'] },
  'read-endpoints': { permissions: [] },
  'contribute-repos': { permissions: [CONTRIBUTE], within: ['write', 'contribute', 'admin'] },
  'write-repos': { permissions: [READ, WRITE], within: ['write', 'admin'] },
  'write-collections': { permissions: ['collection.write'], within: ['write', 'admin'] },
  'write-discussions': { permissions: ['discussion.write'], within: ['write', 'admin'] },
  'inference-api': { permissions: ['inference.serverless.write'], within: ['write', 'infer', 'admin'] },
  'write-endpoints': { permissions: ['inference.endpoints.write'], within: ['write', 'admin'] },
  jobs: { permissions: ['job.write'], within: ['write', 'admin'] },
  webhooks: { permissions: ['user.webhooks.write'], within: ['write', 'admin'] },
  // It creates and deletes repositories, which no permission of its own stands for.
  'manage-repos': { permissions: [READ, WRITE, ADMINISTER], within: ['admin'] },
}

/** Scopes that only say who somebody is. The Hub may add them without being asked. Not observed. */
export const HARMLESS_OAUTH_SCOPES: readonly string[] = ['openid', 'profile', 'email']

/** What is asked of the organization's token exchange when the workflow does not say. */
export const LEAST_OAUTH_SCOPES: Readonly<Record<Scope, readonly string[]>> = {
  identity: ['openid'],
  read: ['read-repos'],
  write: ['write-repos'],
  contribute: ['contribute-repos'],
  infer: ['inference-api'],
  admin: ['manage-repos'],
}

/** What the token of a Trusted Publisher may do at most: that of a repository, and that of a user. */
export const REPOSITORY_RIGHTS: readonly string[] = [READ, WRITE]
export const USER_RIGHTS: readonly string[] = [READ, INFER[0]]

/** The permissions of an OAuth scope, or of a permission that is used as one; undefined for an unknown one. */
export function permissionsOf(oauthScope: string): readonly string[] | undefined {
  if (Object.hasOwn(OAUTH_SCOPES, oauthScope)) return OAUTH_SCOPES[oauthScope]?.permissions
  return KNOWN_PERMISSIONS.includes(canonical(oauthScope)) ? [canonical(oauthScope)] : undefined
}
