/** What a service account's token can be minted with. Source: Hub API, POST …/service-accounts/{id}/tokens. */

import { code, type Prose, prose } from '../text/message.ts'
import { listed } from '../text/printable.ts'
import { CONTRIBUTE, canonical, permissionsOf, WRITE } from './scopes.ts'
import type { Evidence } from './token.ts'

/** The longest name that the Hub takes for a token (`displayName`). */
export const MAX_TOKEN_NAME = 100

/** What can be granted on single repositories. */
export const GRANTABLE_ON_REPOSITORIES: readonly string[] = ['repo.content.read', 'repo.write']

/**
 * What can be granted on the organization: the 13 of the description of 17 August 2026, and the contributor permission, which
 * the Hub grants since 12 October 2026 under a name that nobody has published (not observed).
 */
export const GRANTABLE: readonly string[] = [
  ...GRANTABLE_ON_REPOSITORIES,
  'inference.serverless.write',
  'inference.endpoints.infer.write',
  'inference.endpoints.write',
  'org.read',
  'org.write',
  'collection.read',
  'collection.write',
  'resourceGroup.write',
  'job.write',
  'org.serviceAccounts.read',
  'org.serviceAccounts.write',
  CONTRIBUTE,
]

/** The rights of a token that is to be minted. */
export interface MintRights {
  /** On the whole organization. */
  permissions: readonly string[]
  /** The repositories, by the Hub's id, that {@link repoPermissions} are for; empty: there are none. */
  repoIds: readonly string[]
  repoPermissions: readonly string[]
}

/** These permissions on the whole organization. */
export function onWholeOrganization(permissions: readonly string[]): MintRights {
  return { permissions, repoIds: [], repoPermissions: [] }
}

/** What the Hub says that it granted; undefined where it does not say. */
export interface GrantedRights {
  permissions: readonly string[] | undefined
  repoIds: readonly string[] | undefined
  repoPermissions: readonly string[] | undefined
  endpointPatterns: readonly string[] | undefined
}

/** For whom a token was, or would be, minted: what the summary says of it. */
export function mintedFor(org: string, permissions: readonly string[], labels: readonly string[]): Prose {
  if (labels.length === 0) return prose`organization-wide: list ${code('repositories')} to mint it for these alone`
  const { onOrg } = splitPermissions(permissions)
  const beyond = onOrg.length === 0 ? '' : `; ${listed(onOrg)} on all of ${org}, because repositories cannot limit that`
  return prose`${listed(labels)}${beyond}`
}

/** Whether permissions let a token write to the repositories that it creates itself, and to no others. */
export function writesOnlyItsOwn(permissions: readonly string[]): boolean {
  const names = permissions.map(canonical)
  return names.includes(CONTRIBUTE) && !names.includes(WRITE)
}

/** {@link writesOnlyItsOwn}, for a token of which the next job gets another one. */
export function isOnlyForItsOwn(evidence: Evidence): boolean {
  if (evidence.kind === 'minted') return writesOnlyItsOwn(evidence.granted ?? evidence.asked)
  return evidence.kind === 'oauth' && writesOnlyItsOwn(evidence.granted.flatMap((scope) => permissionsOf(scope) ?? []))
}

/** Permissions, split into those that repositories limit and those that hold on the whole organization. */
export function splitPermissions(permissions: readonly string[]): { onRepositories: string[]; onOrg: string[] } {
  const isLimited = (name: string) => GRANTABLE_ON_REPOSITORIES.includes(name)
  return { onRepositories: permissions.filter(isLimited), onOrg: permissions.filter((name) => !isLimited(name)) }
}
