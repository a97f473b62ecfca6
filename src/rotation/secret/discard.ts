/** Revokes a token that this run minted and that nothing holds. */
import { CURRENT, PENDING, type RefusedWrite } from '../../aws/secret-versions.ts'
import { ActionError } from '../../errors/action-error.ts'
import { suffixed } from '../../text/message.ts'
import type { NewToken } from '../account/minter.ts'
import type { SecretContext } from '../context.ts'

/**
 * Revokes a token that this run minted for `versionId`, unless that version holds it and is current or pending. Returns
 * false if it did not: because `isOurs` said, right before, that the run may no longer undo its own work, or because the
 * Hub says nowhere (or not yet) which token it is.
 *
 * @throws what the Hub and Secrets Manager throw.
 */
export async function discard(
  context: SecretContext,
  versionId: string,
  token: NewToken,
  isOurs = () => true,
): Promise<boolean> {
  return (await isHeld(context, versionId, token)) || (await revokeMinted(context, token, isOurs))
}

/**
 * True when the version holds the token and is current or pending.
 *
 * @throws what Secrets Manager throws.
 */
export async function isHeld(
  { versions }: Pick<SecretContext, 'versions'>,
  versionId: string,
  token: NewToken,
): Promise<boolean> {
  const labels = (await versions.describe()).stages.get(versionId) ?? []
  if (!labels.includes(CURRENT) && !labels.includes(PENDING)) return false
  return (await versions.read(versionId, { labels }))?.text.includes(token.value) === true
}

async function revokeMinted({ minter }: SecretContext, token: NewToken, isOurs: () => boolean): Promise<boolean> {
  if (!minter) throw new TypeError('nobody has minted')
  const entries = await minter.findMinted(token)
  if (entries.length === 0 || !isOurs()) return false
  for (const entry of entries) await minter.remove(entry)
  return true
}

/** The same for a token that was never stored; a warning says so if it could not be revoked. */
export async function discardUnstored(context: SecretContext, versionId: string, token: NewToken): Promise<void> {
  await orWarn(context, token, discard(context, versionId, token))
}

/**
 * What AWS refused for good to store: the refusal, which says what became of the token. It is revoked, unless an earlier
 * attempt has stored it after all.
 */
export async function refusedForGood(
  context: SecretContext,
  versionId: string,
  token: NewToken,
  { refusal, mayBeStored }: RefusedWrite,
): Promise<ActionError> {
  // Nobody but this run has the token, and no version can hold it.
  const isStored = mayBeStored ? await isHeld(context, versionId, token).catch(() => undefined) : false
  if (isStored) return refusal
  const isRevoked = await orWarn(
    context,
    token,
    revokeMinted(context, token, () => isStored === false),
  )
  const became = isRevoked ? 'was revoked' : 'could not be revoked: the next run will remove it'
  const { code, explanation, cause } = refusal
  const failed = suffixed(explanation.failed, ` The token that was minted for it ${became}.`)
  return new ActionError(code, { ...explanation, failed }, cause)
}

async function orWarn({ log }: SecretContext, { displayName }: NewToken, work: Promise<boolean>): Promise<boolean> {
  const isRevoked = await work.catch(() => false)
  if (!isRevoked) {
    log.warning(
      `The token "${displayName}" was minted but is not used, and it could not be revoked. The next run will remove it.`,
    )
  }
  return isRevoked
}
