/** The rights that a job asks for: a set, and what the token may have besides. Pure. */
import { code, joined, type Prose, prose } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import { canonical, covers, READ, RIGHT_SETS, type Scope, WRITE, widthOf } from './scopes.ts'

export interface AskedRights {
  /** The scopes in words, as they become part of names: `read+infer`. */
  scope: string
  scopes: readonly Scope[]
  /** Exactly the permissions that the token must have; empty when the scopes decide. */
  permissions: readonly string[]
  /** What the token may also have: permissions, OAuth scopes, members of whoami-v2, each possibly with `@type:name`. */
  allow: readonly string[]
}

/** The part of {@link AskedRights} that says what the token must have. */
type Asked = Pick<AskedRights, 'scopes' | 'permissions'>

/** What the token must have: one permission of each entry. */
export function needsOf({ scopes, permissions }: Asked): readonly (readonly string[])[] {
  if (permissions.length > 0) return permissions.map((permission) => [permission])
  return scopes.flatMap((scope) => RIGHT_SETS[scope].needs)
}

/** The needs that none of the held permissions meets. */
export function unmetNeeds(asked: AskedRights, held: readonly string[]): readonly (readonly string[])[] {
  return needsOf(asked).filter((anyOf) => !anyOf.some((need) => held.some((permission) => covers(permission, need))))
}

/** Whether a token with the permission, on the organization or in it, does no more than was asked for. */
export function mayHave(asked: AskedRights, permission: string): boolean {
  const name = canonical(permission)
  if (asked.permissions.length > 0) {
    return asked.permissions.some((one) => canonical(one) === name || (name === READ && covers(one, READ)))
  }
  return asked.scopes.some((scope) => {
    const { needs, may } = RIGHT_SETS[scope]
    return may === 'organization' || may.includes(name) || needs.some((anyOf) => anyOf.includes(name))
  })
}

/** Whether `permissions` may not list the permission next to these scopes: whoever wrote the scopes meant less. */
export function goesBeyond(asked: AskedRights, permission: string): boolean {
  const byScope = { ...asked, permissions: [] }
  if (mayHave(byScope, permission) || isAllowed(asked, permission)) return false
  return !(asked.scopes.includes('write') && widthOf(permission) !== 'admin')
}

/** Whether the job asks for everything in the organization. */
export function asksForAll({ scopes, permissions }: Asked): boolean {
  return permissions.length === 0 && scopes.some((scope) => RIGHT_SETS[scope].may === 'organization')
}

/** Whether the job writes to repositories that it does not create itself. */
export function asksToWrite(asked: Asked): boolean {
  return asksForAll(asked) || needsOf(asked).some((anyOf) => anyOf.some((need) => canonical(need) === WRITE))
}

/** `repo.write`; `inference.serverless.write or inference.endpoints.infer.write`. */
export function needsInWords(needs: readonly (readonly string[])[]): Prose {
  return joined(
    needs.map((anyOf) =>
      joined(
        anyOf.map((need) => code(printable(need, 80))),
        ' or ',
      ),
    ),
    ' and ',
  )
}

/** What a person should give the token: who writes to a repository reads it too. */
export function neededInWords(asked: Asked): Prose {
  const needs = needsOf(asked)
  if (needs.length === 0) return prose`no permissions`
  const reads = asked.permissions.length === 0 && asksToWrite(asked) && !needs.some((anyOf) => anyOf.includes(READ))
  return needsInWords(reads ? [[READ], ...needs] : needs)
}

/** The setting by which the rights were asked for, as a reader wrote it. */
export function settingOf({ scope, permissions, notation }: AskedRights & { notation?: 'input' | 'line' }): Prose {
  const isLine = notation === 'line'
  const [name, value] =
    permissions.length > 0 ? ['permissions', permissions.join(isLine ? ',' : ', ')] : ['scope', scope]
  return prose`${code(`${name}${isLine ? '=' : ': '}${value}`)}`
}

/** One item of `allow`. */
interface Allowed {
  name: string
  /** `user:rosa`; undefined: in the organization, or bound to no entity. */
  place: string | undefined
}

function allowedOf(item: string): Allowed {
  const at = item.indexOf('@')
  return at === -1 ? { name: item, place: undefined } : { name: item.slice(0, at), place: item.slice(at + 1) }
}

/** Whether `allow` lists the right. `place`: where it holds, if that is outside the organization, as `type:name`. */
export function isAllowed({ allow }: AskedRights, right: string, place?: string): boolean {
  return allow.map(allowedOf).some((item) => canonical(item.name) === canonical(right) && item.place === place)
}

/** What to write into `allow`; undefined when it cannot be written there. */
export function allowItem(right: string, place?: string): string | undefined {
  const item = place === undefined ? right : `${right}@${place}`
  return ALLOW_ITEM.test(item) ? item : undefined
}

/** The form of an item of `allow`. */
export const ALLOW_ITEM = /^[A-Za-z][\w-]*(?:\.[\w-]+)*(?:@[a-z][a-z-]*:[\w./-]+)?$/
