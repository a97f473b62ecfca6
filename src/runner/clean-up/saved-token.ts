/** What main saved about a token for post: read again with suspicion. */
import { isAllowedUrl, isPlainUrl } from '../../net/endpoint.ts'
import { listed } from '../../text/printable.ts'
import { REVOKE_MODES } from '../../token/request.ts'
import { isDecidingVariables } from '../deciding-variables.ts'
import type { Fate, SavedToken } from '../ledger.ts'

/** What a token can be in a call: main saves it before its shape is checked. */
const VALUE = /^[\x21-\x7e]{8,8192}$/

/** Names of the fields that main would not have saved like this; empty: the state is a {@link SavedToken}. */
export function tokenMisfits(saved: Record<string, unknown>): string[] {
  const { value, endpoint, expiresAt, revoke, variables } = saved
  const fits: Record<keyof SavedToken, boolean> = {
    value: typeof value === 'string' && VALUE.test(value),
    endpoint: typeof endpoint === 'string' && isPlainUrl(endpoint) && isAllowedUrl(new URL(endpoint)),
    expiresAt: expiresAt === undefined || isTime(expiresAt),
    revoke: REVOKE_MODES.some((mode) => mode === revoke),
    variables: isDecidingVariables(variables),
  }
  return Object.entries(fits).flatMap(([name, isFit]) => (isFit ? [] : [name]))
}

/** {@link tokenMisfits} are empty. */
export function isSavedToken(saved: Record<string, unknown>): saved is Record<string, unknown> & SavedToken {
  return tokenMisfits(saved).length === 0
}

/** What becomes of a token that is not revoked; anything that cannot be one is unknown. */
export function fateOf({ expiresAt, revoke }: Record<string, unknown>): Fate {
  return {
    expiresAt: isTime(expiresAt) ? expiresAt : undefined,
    revoke: revoke === 'true' || revoke === 'false' ? revoke : 'auto',
  }
}

/** What `Date` can show: ECMA-262, "Time Values and Time Range". */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Math.abs(value) <= 8.64e15
}

/** What to say about state that main did not save like this. The names of the fields are ours. */
export function tellMisfits(names: readonly string[]): string {
  const have = names.length === 1 ? 'has an unexpected value' : 'have unexpected values'
  const which = names.length === 0 ? '' : ` (${listed(names)} ${have})`
  return `The saved state of this step is not valid${which}. The post step therefore made no calls, and a token that was issued for this job may still be valid.`
}
