/** Guards of `src/identity/`. */
import type { Mutation } from './mutation.ts'

export const IDENTITY: readonly Mutation[] = [
  {
    file: 'identity/claims.ts',
    without: 'a rule is compared with the whole claim',
    find: 'return p === pattern.length',
    replace: 'return true',
    tests: 'identity/claims.test',
  },
]
