/** What the rules of the verdict look at, and what they find. */
import { printable } from '../../text/printable.ts'
import { isAllowed, mayHave } from '../asked-rights.ts'
import { ownerOf, tokenInWords } from '../facts/describe.ts'
import type { TokenFacts } from '../facts/facts.ts'
import type { WhoAmI } from '../facts/whoami.ts'
import type { Requirement } from '../requirement.ts'
import type { Finding } from './explain.ts'
import type { Case } from './remedies.ts'

/** What every rule looks at. */
export interface Hearing {
  facts: TokenFacts
  requirement: Requirement
  /** Milliseconds since the epoch. */
  now: number
}

/** A hearing in which whoami-v2 has answered. */
export interface KnownHearing extends Hearing {
  who: WhoAmI
}

/** What messages call the token and whose it is. */
export function namesOf({ label, who, evidence }: TokenFacts): Pick<Case, 'label' | 'displayName' | 'owner'> {
  const displayName = who?.displayName === undefined ? undefined : printable(who.displayName, 80)
  const from = label !== '' && evidence.kind === 'stored' ? `stored in ${label}` : label
  return { label: from, displayName, owner: who && ownerOf(who) }
}

/** The token at the start of a sentence. */
export function theToken(facts: TokenFacts): string {
  return `T${tokenInWords(namesOf(facts)).slice(1)}`
}

/** Whether the token manages service accounts although nobody asked for that. */
export function managesAccounts({ who }: TokenFacts, requirement: Requirement): boolean {
  return (who?.grants ?? []).some(({ permissions }) =>
    permissions.some((name) => MANAGES.test(name) && !mayHave(requirement, name) && !isAllowed(requirement, name)),
  )
}

const MANAGES = /^org\.serviceAccounts\.(?!read$)/

/** A finding, with what only its remedy needs to know. */
export type Found = Finding & Pick<Case, 'spelling' | 'rule' | 'allow' | 'missing' | 'outside'>
