/** The permissions that a token is minted with: the one place that says which may be listed for a scope. */
import { includes, LEAST_PERMISSIONS, NEEDED, permits, type Scope, scopeOf } from '../hub/scopes.ts'
import { code, prose } from '../text/message.ts'
import { got, type Problems } from './problems.ts'

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
    } else if (!includes(scope, scopeOf(name))) {
      problems.add('permissions', prose`must not go beyond ${code(setting)} ${got(name)}`)
    }
  }
  if (!permissions.some((name) => permits(name, scope))) {
    problems.add('permissions', prose`must include ${code(NEEDED[scope])}, which ${code(setting)} requires`)
  }
  return permissions
}
