/** A token in words, for logs, messages and the summary. */
import { listed, printable, quoted } from '../../text/printable.ts'
import type { Evidence } from '../token.ts'
import { isClassic, placeOf } from './rights.ts'
import type { WhoAmI } from './whoami.ts'

/**
 * `fine-grained`, `read`, `write`, `god`; `trusted-publisher` and `oauth`; or the Hub's word for any other kind. Empty for a
 * stored token of which the Hub has said nothing.
 */
export function tokenKind(who: WhoAmI | undefined, kind: Evidence['kind']): string {
  if (kind === 'resource') return 'trusted-publisher'
  if (kind === 'oauth') return 'oauth'
  if (!who) return kind === 'minted' ? 'fine-grained' : ''
  return who.role === 'fineGrained' ? 'fine-grained' : printable(who.role ?? who.authType, 40)
}

/** Whose token it is. Names on the Hub may be any text, such as `[OIDC]`. */
export function ownerOf({ name }: Pick<WhoAmI, 'name'>): string {
  return name === '' ? 'an account that the Hub does not name' : printable(name, 96)
}

/** The token by its name and the secret that it was read from, as far as they are known. Both must be printable. */
export function tokenInWords({ displayName, label }: { displayName?: string | undefined; label?: string | undefined }) {
  return `${displayName ? `the token "${displayName}"` : 'the token'}${label ? ` (${label})` : ''}`
}

/** A token in one line for people: its kind, its name, whose it is, and what it can do. */
export function describeToken(who: WhoAmI): string {
  const name = who.displayName === undefined ? '' : ` ${quoted(who.displayName, 160)}`
  const orgs = who.orgs.length === 0 ? '' : ` (member of ${listed(who.orgs.map(({ name }) => printable(name, 80)))})`
  const kind = `${isClassic(who) ? 'classic ' : ''}${tokenKind(who, 'stored')}`
  return `${kind} token${name} of ${ownerOf(who)}${orgs}: ${describeRights(who)}`
}

/** What a token can do, in one line. */
export function describeRights(who: Pick<WhoAmI, 'grants' | 'global' | 'canReadGatedRepos'> & Partial<WhoAmI>): string {
  if (who.role === 'read') return 'reads everything that its owner can reach'
  if (isClassic({ role: who.role })) return 'reads and writes everything that its owner can reach'
  const rights = [
    ...who.grants.flatMap(({ entity, permissions }) =>
      permissions.length === 0
        ? []
        : [`${listed(permissions.map((permission) => printable(permission, 80)))} on ${placeOf(entity)}`],
    ),
    ...who.global.map((right) => `${printable(right, 80)} everywhere on the Hub`),
    ...(who.canReadGatedRepos ? ['reads gated repositories'] : []),
  ]
  return rights.length === 0 ? 'no rights that the Hub lists' : listed(rights)
}
