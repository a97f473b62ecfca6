/** What the rotation of one secret works with. */
import type { AuditedToken } from '../audit/audit-event.ts'
import type { SecretVersions } from '../aws/secret-versions.ts'
import type { HubAccess } from '../hub/call.ts'
import type { HubClient } from '../hub/client.ts'
import type { Deadline } from '../net/deadline.ts'
import type { Log, Mask } from '../text/log.ts'
import type { Minter } from './account/minter.ts'
import type { RotatedSecret, StepsRequest } from './request.ts'

export interface SecretContext {
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
  /** The right time, in milliseconds since the epoch: that of AWS and the Hub, whose times it is compared with. */
  now: () => number
  /** Notes for the audit event which token is about to take the current one's place. */
  noteToken: (token: AuditedToken) => void
}
