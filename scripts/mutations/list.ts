/** All mutations, room by room. */
import { AWS } from './aws.ts'
import { IDENTITY } from './identity.ts'
import type { Mutation } from './mutation.ts'
import { NET } from './net.ts'
import { ROTATION } from './rotation.ts'
import { ROTATION_SECRET } from './rotation-secret.ts'
import { TEXT } from './text.ts'

export const MUTATIONS: readonly Mutation[] = [...TEXT, ...NET, ...IDENTITY, ...AWS, ...ROTATION, ...ROTATION_SECRET]
