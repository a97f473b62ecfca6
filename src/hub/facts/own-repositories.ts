/** Whether a token writes to the repositories that it created itself, and to no others there. Pure. */
import { CONTRIBUTE, canonical, WRITE } from '../scopes.ts'
import type { Successor } from './lost-rights.ts'
import { isWithin } from './rights.ts'
import type { Entity, Membership, WhoAmI } from './whoami.ts'

/** True when the token has the contributor permission in the organization, and no right to write that covers it. */
export function writesItsOwn(who: Pick<WhoAmI, 'grants'>, org: Membership): boolean {
  const contributes = places(who, CONTRIBUTE).filter((entity) => isWithin(entity, org))
  if (contributes.length === 0 || writesEverywhere(who, org)) return false
  const writes = places(who, WRITE)
  return contributes.some(({ type, id, name }) => {
    const isSame = (one: Entity) =>
      one.type === type && (one.id !== undefined && id !== undefined ? one.id === id : one.name === name)
    return !writes.some(isSame)
  })
}

/** True when the token writes to every repository of the organization. */
export function writesEverywhere(token: Pick<Successor, 'grants'>, org: Membership): boolean {
  return places(token, WRITE).some((entity) => entity.type === 'org' && isWithin(entity, org))
}

function places({ grants }: Pick<WhoAmI, 'grants'>, permission: string): Entity[] {
  return grants
    .filter(({ permissions }) => permissions.some((name) => canonical(name) === permission))
    .map(({ entity }) => entity)
}
