/** Which parts of a whoami-v2 answer a verdict depends on. */
import type { Evidence } from '../token.ts'
import type { Part } from './whoami.ts'

/** The parts that a verdict on a token of each kind depends on. */
export const PARTS_FOR: Readonly<Record<Evidence['kind'], readonly Part[]>> = {
  stored: ['token', 'rights', 'expiry', 'orgs'],
  minted: ['token', 'rights', 'expiry', 'orgs'],
  // The exchange says what such a token is: here it only must not be another one.
  resource: ['token', 'expiry', 'resource'],
  oauth: ['token', 'expiry', 'orgs'],
}
