/** Who calls AWS, and with which keys. */
import { type Code, code } from '../text/message.ts'
import { printable } from '../text/printable.ts'
import type { AwsEndpoints } from './endpoints.ts'
import type { Role } from './request.ts'

/** Keys for calls to AWS: masked where they are first seen, they never leave the process. */
export interface AwsCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  /** Milliseconds to add to this machine's time when a request is signed with them. Default: none. */
  clockOffsetMs?: number
}

/** A role session. */
export interface AwsCaller {
  credentials: AwsCredentials
  /** The session's ARN, for messages. */
  name: string
  role: Role
  /** `auto`, `none` or a policy document: what messages say about refusals. */
  sessionPolicy: string
  awsEndpoints: AwsEndpoints
}

/** The right time for this caller, in milliseconds since the epoch: its clock may be known to be off. */
export function timeOf({ credentials }: Pick<AwsCaller, 'credentials'>): number {
  return Date.now() + (credentials.clockOffsetMs ?? 0)
}

/** The role in a message, after "the role": its ARN; a function does not know the ARN of its own role. */
export function roleName({ arn }: Role): Code | string {
  return arn.startsWith('arn:') ? code(printable(arn)) : printable(arn)
}
