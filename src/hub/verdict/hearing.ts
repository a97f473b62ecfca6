/** What the rules of the verdict look at, and what they find. */
import type { TokenFacts } from '../facts/facts.ts'
import type { WhoAmI } from '../facts/whoami.ts'
import type { Requirement } from '../requirement.ts'
import type { Case, Finding } from './explain.ts'

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

/** A finding, with what only its remedy needs to know. */
export type Found = Finding & Pick<Case, 'spelling' | 'rule' | 'allow'>
