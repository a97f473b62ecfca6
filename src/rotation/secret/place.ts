/** Where a secret keeps its token: in words for messages, and in commands for a shell. */
import type { SecretReference } from '../../aws/request.ts'
import { CURRENT, PENDING } from '../../aws/secret-versions.ts'
import type { SecretShape, TokenPlace } from '../../aws/store-command.ts'
import { type Block, block } from '../../text/message.ts'
import type { SecretContext } from '../context.ts'

/** One phrase for messages: `huggingface/acme/write, version 1234`. */
export function labelOf({ rotated }: Pick<SecretContext, 'rotated'>, versionId: string): string {
  return `${rotated.secret.id}, version ${versionId}`
}

/** Where a person stores a new token: in the pending version, in the form of the current one. */
export function pendingPlace(secret: SecretReference, shape: SecretShape = { kind: 'unknown' }): TokenPlace {
  return { secret: { ...secret, stage: CURRENT }, shape, storeAs: PENDING }
}

/** The command that lists the versions of a secret with their labels. */
export function listVersions(secret: SecretReference): Block {
  return block(`aws secretsmanager list-secret-version-ids ${addressOf(secret)}`)
}

/** The command that moves a staging label away from a version; without `to`, no version has it then. */
export function moveLabel(secret: SecretReference, label: string, from: string, to?: string): Block {
  const target = to === undefined ? '' : ` --move-to-version-id ${to}`
  return block(
    `aws secretsmanager update-secret-version-stage ${addressOf(secret)} --version-stage ${label} --remove-from-version-id ${from}${target}`,
  )
}

function addressOf({ region, id }: SecretReference): string {
  return `--region ${region} --secret-id ${id}`
}
