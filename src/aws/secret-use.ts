/** What is done with a secret, and what is known when Secrets Manager refuses it. */
import type { Part } from '../text/message.ts'
import { code, prose } from '../text/message.ts'
import { verbatim } from '../text/printable.ts'
import type { AwsCaller } from './caller.ts'
import { READ_ACTIONS, READ_KMS_ACTIONS } from './policies/secret-actions.ts'
import { secretAccount } from './policies/secret-resources.ts'
import { forwardTo } from './reasons/fixer.ts'
import type { Reason, SecretKind } from './reasons/reason.ts'
import type { SecretReference } from './request.ts'
import type { SecretContent } from './secret-content.ts'
import { type ServiceError, said } from './service-error.ts'

/** What is done with a secret: the call that was refused, in words too, and all that the role needs for the whole. */
export interface SecretUse {
  /** After "is not allowed to": `read`, or `move the staging labels of`. */
  verb: string
  actions: readonly string[]
  kmsActions: readonly string[]
  /** What the secret must hold. */
  content: SecretContent
  /** How a version was asked for, where it was read. */
  asked?: AskedVersion
}

/** How a version is asked for: a policy may have a condition on the label, which a version ID never meets. */
export type AskedVersion = { stage: string } | { versionId: string }

/** Reading what the secret must hold, and nothing more. */
export function reading(content: SecretContent): SecretUse {
  return { verb: 'read', actions: READ_ACTIONS, kmsActions: READ_KMS_ACTIONS, content }
}

/** What is known when Secrets Manager refuses. */
export interface SecretRefusal {
  error: ServiceError
  caller: Omit<AwsCaller, 'credentials'>
  secret: SecretReference
  use: SecretUse
}

/** The same, with the reason that its words were read as. */
export interface SecretFacts extends SecretRefusal {
  reason: Reason<SecretKind>
}

/** What AWS said, and to whom: the role session is not the role. */
export function seenAs({ error, caller: { name } }: SecretRefusal): Part {
  return prose`${said(error)}, as ${code(verbatim(name))}`
}

/** Whom to send the message to. */
export function forwardSecret({ reason, caller: { role }, secret }: SecretFacts) {
  return forwardTo(reason, { role, owner: secretAccount(role, secret) })
}
