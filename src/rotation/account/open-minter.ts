/** Reads the admin token and finds the service account, for a scheduled run and for the function alike. */
import type { AwsCaller } from '../../aws/caller.ts'
import { readSecret } from '../../aws/read-secret.ts'
import type { SecretReference } from '../../aws/request.ts'
import { wrongSecret } from '../../aws/secret-content.ts'
import type { HubAccess } from '../../hub/call.ts'
import { checkTokenShape } from '../../hub/token-shape.ts'
import type { Log, Mask } from '../../text/log.ts'
import { Minter } from './minter.ts'

export interface MintingOptions {
  admin: SecretReference
  /** Slug, id, or name of the service account. */
  account: string
  org: string
  access: HubAccess
  caller: AwsCaller
  mask: Mask
  log: Log
}

/** Who mints, and the token and the secret that it must never replace or revoke. */
export interface Minting {
  minter: Minter
  /** The admin token: a secret. */
  adminToken: string
  adminArn: string
}

/**
 * The minter of one service account.
 *
 * @throws what `readSecret` throws; `ActionError` `token-malformed`, `exchange-rejected`, and what every call of the Hub
 * throws.
 */
export async function openMinter(options: MintingOptions): Promise<Minting> {
  const { admin, account, org, access, caller, mask, log } = options
  const { http, policy } = access
  const stored = await readSecret({ secret: admin, content: 'admin-token', caller, http, policy, mask })
  const adminToken = checkTokenShape(
    stored.values[0] ?? '',
    `The admin secret ${admin.id}`,
    wrongSecret('admin-token', admin),
  )
  log.info(`Secrets Manager: read ${admin.id}, version ${stored.versionId}`)
  const adminSecret = { input: admin.input ?? 'admin-secret-id', id: admin.id }
  const minter = await Minter.open({ access, org, admin: adminToken, adminSecret, account, mask, log })
  return { minter, adminToken, adminArn: stored.arn }
}
