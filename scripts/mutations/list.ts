/** All mutations, room by room. */

import { IDENTITY } from './identity.ts'
import type { Mutation } from './mutation.ts'

export const MUTATIONS: readonly Mutation[] = [...IDENTITY]
