/** All mutations, room by room. */
import { AUDIT } from './audit.ts'
import { AWS } from './aws.ts'
import { AWS_REASONS } from './aws-reasons.ts'
import { HUB } from './hub.ts'
import { IDENTITY } from './identity.ts'
import { INPUTS } from './inputs.ts'
import { INVENTORY } from './inventory.ts'
import type { Mutation } from './mutation.ts'
import { NET } from './net.ts'
import { PLATFORM } from './platform.ts'
import { POLICIES } from './policies.ts'
import { ROTATION } from './rotation.ts'
import { ROTATION_EVIDENCE } from './rotation-evidence.ts'
import { ROTATION_SECRET } from './rotation-secret.ts'
import { RUNNER } from './runner.ts'
import { SOURCES } from './sources.ts'
import { TEXT } from './text.ts'
import { TOKEN } from './token.ts'
import { VERDICT } from './verdict.ts'

export const MUTATIONS: readonly Mutation[] = [
  ...TEXT,
  ...PLATFORM,
  ...NET,
  ...IDENTITY,
  ...AWS,
  ...POLICIES,
  ...AWS_REASONS,
  ...HUB,
  ...VERDICT,
  ...INPUTS,
  ...SOURCES,
  ...AUDIT,
  ...TOKEN,
  ...ROTATION,
  ...ROTATION_SECRET,

  ...INVENTORY,

  ...ROTATION_EVIDENCE,

  ...RUNNER,
]
