/** Which `scope` would have asked for what a token has beyond the request: for messages. Pure. */
import { type AskedRights, mayHave, needsOf } from './asked-rights.ts'
import { canonical, covers, permissionsOf, RIGHT_SETS, SCOPES, type Scope } from './scopes.ts'

/** Scopes that a message may propose: administration is never the way out of a surplus. */
const PROPOSABLE = SCOPES.filter((scope) => scope !== 'admin' && scope !== 'identity')

/**
 * The scopes, in words, that include the surplus rights in addition to what was asked for: `read+infer`. Undefined when
 * none do, or when they would ask for a right that the token is not known to have. `surplus`: items of `allow`; `most`: all
 * that a token of this kind may do, where that is limited.
 */
export function coveringScope(
  asked: AskedRights,
  surplus: readonly string[],
  most?: readonly string[],
): string | undefined {
  const permissions = surplus.map((item) => permissionsOf(item) ?? [item]).map((one) => one.map(canonical))
  if (permissions.some((one) => one.length === 0)) return undefined
  const held = permissions.flat()
  if (held.some((permission) => mayHave(asked, permission) && !isReadBesides(permission, held))) return undefined
  const added = PROPOSABLE.filter((scope) => {
    const { needs } = RIGHT_SETS[scope]
    const isNew = held.some((permission) => !mayHave(asked, permission) && mayHave(only(scope), permission))
    const isWithin = (rights: readonly string[]) =>
      needs.every((anyOf) => anyOf.some((need) => rights.some((one) => covers(one, need))))
    return isNew && isWithin(held) && (most === undefined || isWithin(most))
  })
  const all = SCOPES.filter((scope) => asked.scopes.includes(scope) || added.some((one) => one === scope))
  const scopes = all.filter((scope) => !all.some((other) => other !== scope && includes(other, scope)))
  const wider = { ...asked, scopes }
  return added.length > 0 && held.every((one) => mayHave(wider, one)) ? scopes.join('+') : undefined
}

const only = (scope: Scope): AskedRights => ({ scope, scopes: [scope], permissions: [], allow: [] })

/** An OAuth scope that writes comes with the right to read. */
function isReadBesides(permission: string, held: readonly string[]): boolean {
  return held.some((other) => other !== permission && covers(other, permission))
}

/** Whether whoever asks for one scope has asked for all of another. */
function includes(wide: Scope, narrow: Scope): boolean {
  const held = needsOf(only(wide)).flat()
  const { needs } = RIGHT_SETS[narrow]
  return needs.every((anyOf) => anyOf.some((need) => held.some((one) => covers(one, need))))
}
