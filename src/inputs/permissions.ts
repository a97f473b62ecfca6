/** The permissions that a token is minted with: the one place that says which may be listed for a scope. */
import { GRANTABLE } from '../hub/mint-rights.ts'
import { includes, LEAST_PERMISSIONS, NEEDED, permits, type Scope, scopeOf } from '../hub/scopes.ts'
import { code, prose } from '../text/message.ts'
import { listed } from '../text/printable.ts'
import { didYouMean, got, type Problem, type Problems } from './problems.ts'

/** True for text that has the form of a permission: `repo.write`. */
export function isPermissionName(text: string): boolean {
  return /^[A-Za-z]+(?:\.[A-Za-z]+)+$/.test(text)
}

/**
 * The given permissions, each once; without any, the least that `scope` requires. They must be enough for the scope, and
 * must not go beyond it. `setting`: how the reader wrote the scope (`scope: write`, `scope=write`).
 */
export function parsePermissions(
  given: readonly string[],
  scope: Scope,
  setting: string,
  problems: Problems,
): readonly string[] {
  if (given.length === 0) return LEAST_PERMISSIONS[scope]
  const permissions = [...new Set(given)]
  for (const name of permissions) {
    if (!isPermissionName(name)) {
      problems.add('permissions', prose`must list permissions such as ${code(NEEDED.write)} ${got(name)}`)
    } else if (!GRANTABLE.includes(name)) {
      problems.add('permissions', cannotBeGranted(name))
    } else if (!includes(scope, scopeOf(name))) {
      problems.add('permissions', prose`must not go beyond ${code(setting)} ${got(name)}`)
    }
  }
  if (!permissions.some((name) => permits(name, scope))) {
    problems.add('permissions', prose`must include ${code(NEEDED[scope])}, which ${code(setting)} requires`)
  }
  return permissions
}

function cannotBeGranted(name: string): Problem {
  return prose`must list permissions that the Hub grants to service accounts ${got(name)}${didYouMean(name, GRANTABLE)}; these are ${listed(GRANTABLE, GRANTABLE.length)}. If the Hub grants more by now, update this action`
}
