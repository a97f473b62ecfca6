/** Refuses a secret that nobody can write to, whatever the role may do: before anything is minted for it. */
import type { SecretDescription } from '../../aws/secret-versions.ts'
import type { SecretContext } from '../context.ts'

/**
 * Passes a secret that can be written to.
 *
 * @throws `ActionError` `rotation-blocked` for a replica, and for a secret that is marked for deletion or that another AWS
 * service manages.
 */
export async function refuseUnfit(
  { rotated }: Pick<SecretContext, 'rotated'>,
  description: SecretDescription,
): Promise<void> {
  const { deletedAt, primaryRegion, owningService } = description
  if (deletedAt === undefined && primaryRegion === undefined && owningService === undefined) return
  const { explainUnfit } = await import('./explain-unfit.ts')
  throw explainUnfit(rotated, description)
}
