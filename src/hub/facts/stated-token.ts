/** What the account's list, or the answer to a mint request, says of a service account's token, in the form of whoami-v2. Pure. */
import type { AccountToken, ServiceAccount } from '../account-answers.ts'
import type { GrantedRights } from '../mint-rights.ts'
import type { HubRepository } from '../repository.ts'
import { ENTITY_TYPES, plainMembership, REPOSITORY_BY_ID } from './rights.ts'
import type { Entity, Grant, WhoAmI } from './whoami.ts'

/** A token of the account, as far as the Hub described it. */
export type StatedToken = Pick<AccountToken, 'displayName' | 'createdAt' | 'expiresAt' | 'role'> &
  Partial<GrantedRights>

/** Whose token it is, and which repositories its ids may stand for. */
export interface StatedFor {
  org: string
  account: ServiceAccount
  /** Those that have an id here are named by it; the list has ids only. */
  repositories: readonly HubRepository[]
}

/**
 * The token as whoami-v2 would describe it, but without its account's role; undefined when the Hub did not say what it may
 * do, or when it is no fine-grained token.
 */
export function asStated(token: StatedToken, { org, account, repositories }: StatedFor): WhoAmI | undefined {
  const { permissions, repoIds = [], repoPermissions, endpointPatterns = [], role } = token
  if (permissions === undefined || (role !== undefined && role !== 'fineGrained')) return undefined
  if (repoIds.length > 0 && repoPermissions === undefined) return undefined
  const onOrg = (names: readonly string[]): Grant => ({
    entity: { type: 'org', id: undefined, name: org },
    permissions: names,
  })
  const isLimited = (name: string) => endpointPatterns.length > 0 && name.startsWith('inference.endpoints.')
  const grants: Grant[] = [
    onOrg(permissions.filter((name) => !isLimited(name))),
    { ...onOrg(permissions.filter(isLimited)), patterns: endpointPatterns },
    ...repoIds.map((id) => ({ entity: repository(id, repositories), permissions: repoPermissions ?? [] })),
  ]
  return {
    principal: 'user',
    id: account.id,
    name: account.slug ?? account.name,
    role: 'fineGrained',
    authType: 'access_token',
    displayName: token.displayName,
    createdAt: token.createdAt,
    grants: grants.filter((grant) => grant.permissions.length > 0),
    global: [],
    canReadGatedRepos: false,
    appScope: undefined,
    expiresAt: token.expiresAt,
    resource: undefined,
    orgs: [plainMembership(org)],
    orgsAreListed: true,
    unreadable: [],
    email: undefined,
    unknown: [],
  }
}

function repository(id: string, known: readonly HubRepository[]): Entity {
  const found = known.find((one) => one.id === id)
  if (!found) return { type: REPOSITORY_BY_ID, id, name: undefined }
  return { type: ENTITY_TYPES[found.kind], id, name: `${found.namespace}/${found.name}` }
}
