/** What takes the current token's place, and how both are described in one line. */

import { describeRights, describeToken } from '../../hub/facts/describe.ts'
import { asMinted, type Successor } from '../../hub/facts/lost-rights.ts'
import type { Membership, WhoAmI } from '../../hub/facts/whoami.ts'
import type { SecretContext } from '../context.ts'
import type { Standing } from './standing.ts'

export type Replacement =
  /** A token that is yet to be minted. */
  | { kind: 'minted' }
  /** The token of the pending version, as the Hub describes it; `ours`: a rotation has minted it. */
  | { kind: 'pending'; who: WhoAmI; ours: boolean }
  /** The token of the pending version, before the Hub has confirmed it. */
  | { kind: 'unconfirmed' }
  /** Nothing: a person has not stored a token yet. */
  | { kind: 'missing' }

/** What the replacement can do; undefined as long as nobody knows what takes the place. */
export function successorOf(
  { rotated }: SecretContext,
  org: Membership | undefined,
  replacement: Replacement,
): Successor | undefined {
  if (replacement.kind === 'pending') return replacement.who
  return replacement.kind === 'minted' && org ? asMinted(org, rotated) : undefined
}

/** The current token in one line. */
export function describeStanding(standing: Standing): string {
  switch (standing.kind) {
    case 'none':
      return 'no token yet'
    case 'dead':
      return 'a token that the Hub no longer accepts'
    case 'alive':
      return describeToken(standing.who)
  }
}

/** The token that takes its place, in one line. */
export function describeReplacement({ minter, rotated, request }: SecretContext, replacement: Replacement): string {
  switch (replacement.kind) {
    case 'pending':
      return describeToken(replacement.who)
    case 'unconfirmed':
      return 'the pending token, which was not confirmed'
    case 'missing':
      return 'no token is pending; a person has to create one'
    case 'minted': {
      const rights = describeRights(asMinted({ id: '', name: request.org }, rotated))
      return `fine-grained token of the service account ${minter?.accountName ?? ''}: ${rights}`
    }
  }
}
