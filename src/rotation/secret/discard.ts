/** Revokes a token that this run minted and that nothing holds. */
import { CURRENT, PENDING } from '../../aws/secret-versions.ts'
import type { NewToken } from '../account/minter.ts'
import type { SecretContext } from '../context.ts'

/**
 * Revokes a token that this run minted for `versionId`, unless that version holds it and is current or pending. Returns
 * false if it did not: because `isOurs` said, right before, that the run may no longer undo its own work, or because the
 * Hub says nowhere which token it is.
 *
 * @throws what the Hub and Secrets Manager throw.
 */
export async function discard(
  { minter, versions }: SecretContext,
  versionId: string,
  token: NewToken,
  isOurs = () => true,
): Promise<boolean> {
  if (!minter) throw new TypeError('nobody has minted')
  if ((await versions.read(versionId))?.text.includes(token.value)) {
    const labels = (await versions.describe()).stages.get(versionId) ?? []
    if (labels.includes(CURRENT) || labels.includes(PENDING)) return true
  }
  const entries = await minter.findMinted(token)
  if (!entries || !isOurs()) return false
  for (const entry of entries) await minter.remove(entry)
  return true
}

/** The same for a token that was never stored; a warning says so if it could not be revoked. */
export async function discardUnstored(context: SecretContext, versionId: string, token: NewToken): Promise<void> {
  const isRevoked = await discard(context, versionId, token).catch(() => false)
  if (!isRevoked) {
    context.log.warning(
      `The token "${token.displayName}" was minted but is not used, and it could not be revoked. The next run will remove it.`,
    )
  }
}
