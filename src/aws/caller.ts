/** Who calls AWS, and with which keys. */
import { type Code, code } from '../text/message.ts'
import { verbatim } from '../text/printable.ts'
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
  /** The ARNs of the sessions through which it was reached, in order; none if it was the first. */
  via?: readonly string[]
  role: Role
  /** `auto`, `none` or a policy document: what messages say about refusals. */
  sessionPolicy: string
  awsEndpoints: AwsEndpoints
  /** What Secrets Manager gave to a rotation function to write with, masked: a credential. */
  rotationToken?: string
}

/** Where a chain stands: who calls now. */
export interface Standing {
  credentials: AwsCredentials
  /** The session's ARN, for messages. */
  name: string
  /** Undefined when nobody knows the runner's own role. */
  role: Role | undefined
}

/** The right time for this caller, in milliseconds since the epoch: its clock may be known to be off. */
export function timeOf({ credentials }: Pick<AwsCaller, 'credentials'>): number {
  return Date.now() + (credentials.clockOffsetMs ?? 0)
}

/** The role in a message, after "the role": its ARN; a function does not know the ARN of its own role. */
export function roleName({ arn }: Role): Code | string {
  return arn.startsWith('arn:') ? code(verbatim(arn)) : verbatim(arn)
}
