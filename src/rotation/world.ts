/** What the rotation of one secret works with. */
import type { SecretVersions } from '../aws/secret-versions.ts'
import type { HubAccess } from '../hub/call.ts'
import type { HubClient } from '../hub/client.ts'
import type { RotatedSecret, StepsRequest } from '../inputs/rotation/request.ts'
import type { Deadline } from '../net/deadline.ts'
import type { Log, Mask } from '../report/log.ts'
import type { Minter } from './minter.ts'

export interface SecretWorld {
  rotated: RotatedSecret
  request: StepsRequest
  versions: SecretVersions
  hub: HubClient
  access: HubAccess
  /** Undefined when a person brings the new tokens. */
  minter: Minter | undefined
  mask: Mask
  log: Log
  deadline: Deadline
}
