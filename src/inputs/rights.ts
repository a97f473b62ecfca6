/** `scope`, `permissions` and `allow`: the one place that reads which rights are asked for. */
import { ALLOW_ITEM, type AskedRights, goesBeyond, unmetNeeds } from '../hub/asked-rights.ts'
import { GRANTABLE } from '../hub/mint-rights.ts'
import { KNOWN_PERMISSIONS, LEAST_PERMISSIONS, OAUTH_SCOPES, SCOPES, type Scope } from '../hub/scopes.ts'
import { differsLittle } from '../text/closest.ts'
import { code, joined, prose } from '../text/message.ts'
import { listed } from '../text/printable.ts'
import { didYouMean, got, type Problem, type Problems } from './problems.ts'

/** True for text that has the form of a permission: `repo.write`. */
export function isPermissionName(text: string): boolean {
  return /^[A-Za-z][A-Za-z-]*(?:\.[A-Za-z-]+)+$/.test(text)
}

export interface RightsText {
  scope: string
  permissions: readonly string[]
  allow: readonly string[]
  /** How the reader writes a scope: `scope: write` or `scope=write`. */
  settingFor: (scope: string) => string
  /** Whether somebody wrote the scope, so that it must fit the permissions. */
  isScopeGiven: boolean
}

/** The rights that are asked for, as far as they are well-formed. */
export function parseRights(text: RightsText, problems: Problems): AskedRights {
  const scopes = parseScopes(text.scope, problems)
  const permissions = parsePermissions(text.permissions, problems)
  const asked = { scope: scopes.join('+'), scopes, permissions, allow: parseAllow(text.allow, problems) }
  if (permissions.length > 0 && text.isScopeGiven) {
    for (const name of permissions.filter((one) => isPermissionName(one) && goesBeyond(asked, one))) {
      problems.add('permissions', prose`must not go beyond ${code(text.settingFor(asked.scope))} ${got(name)}`)
    }
    for (const anyOf of unmetNeeds({ ...asked, permissions: [] }, permissions)) {
      const needed = joined(anyOf.map(code), ' or ')
      problems.add('permissions', prose`must include ${needed}, which ${code(text.settingFor(asked.scope))} requires`)
    }
  }
  return asked
}

/** The scopes in the order of the table, each once; `read` when none can be read. */
function parseScopes(text: string, problems: Problems): Scope[] {
  const given = text.split(/[\s,+]+/).filter(Boolean)
  const unknown = given.find((one) => !SCOPES.some((scope) => scope === one))
  if (unknown !== undefined || given.length === 0) {
    problems.add(
      'scope',
      prose`must be one of ${SCOPES.join(', ')}, or several joined by "+" ${got(unknown ?? text)}${didYouMean(unknown ?? '', SCOPES)}`,
    )
  }
  const known = SCOPES.filter((scope) => given.includes(scope))
  return known.length > 0 ? known : ['read']
}

function parsePermissions(given: readonly string[], problems: Problems): string[] {
  const permissions = [...new Set(given)]
  for (const name of permissions) {
    if (KNOWN_PERMISSIONS.includes(name)) continue
    // The Hub's list grows, so that an unknown permission is a problem only if it looks like a known one.
    const guess = didYouMean(name, KNOWN_PERMISSIONS)
    if (!isPermissionName(name) || KNOWN_PERMISSIONS.some((known) => differsLittle(name, known))) {
      problems.add('permissions', prose`must list permissions such as ${code('repo.write')} ${got(name)}${guess}`)
    }
  }
  return permissions
}

function parseAllow(given: readonly string[], problems: Problems): string[] {
  const items = [...new Set(given)]
  const words = [...KNOWN_PERMISSIONS, ...Object.keys(OAUTH_SCOPES), 'canReadGatedRepos']
  for (const item of items) {
    const [name = ''] = item.split('@')
    if (ALLOW_ITEM.test(item) && (words.includes(name) || name.includes('.'))) continue
    problems.add(
      'allow',
      prose`must list permissions such as ${code('job.write')}, as a message prints them ${got(item)}${didYouMean(name, words)}`,
    )
  }
  return items
}

/**
 * The permissions that a token is minted with: those that were listed, or the least that the scopes require. One that the
 * Hub does not grant is a problem.
 */
export function permissionsToMint({ scopes, permissions }: AskedRights, problems: Problems): readonly string[] {
  for (const name of permissions) {
    if (isPermissionName(name) && !GRANTABLE.includes(name)) problems.add('permissions', cannotBeGranted(name))
  }
  if (permissions.length > 0) return permissions
  return [...new Set(scopes.flatMap((scope) => LEAST_PERMISSIONS[scope]))]
}

function cannotBeGranted(name: string): Problem {
  return prose`must list permissions that the Hub grants to service accounts ${got(name)}${didYouMean(name, GRANTABLE)}; these are ${listed(GRANTABLE, GRANTABLE.length)}. If the Hub grants more by now, update this action`
}
