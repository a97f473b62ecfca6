/** Credentials as the endpoints of containers and instances answer them. */

import { isRecord, parseJson } from '../../text/json.ts'
import type { Mask } from '../../text/log.ts'
import type { AwsCredentials } from '../caller.ts'
import type { Role } from '../request.ts'

export interface RunnerKeys {
  keys: AwsCredentials
  /** The role, where the endpoint says which it is. */
  role: Role | undefined
}

const KEY_ID = /^\w{16,128}$/
/** Visible characters of ASCII: what can be part of a header. */
const TEXT = /^[\x21-\x7e]+$/

/**
 * The credentials, masked before anything can fail; undefined for any other answer.
 * Sources: ECS developer guide, "Task IAM role"; EC2 user guide, "Retrieve security credentials from instance metadata".
 */
export function readKeys(text: string, mask: Mask): RunnerKeys | undefined {
  const parsed = parseJson(text)
  if (!isRecord(parsed)) return undefined
  const { AccessKeyId, SecretAccessKey, Token, RoleArn } = parsed
  for (const secret of [SecretAccessKey, Token]) {
    if (typeof secret === 'string' && secret.length >= SHORTEST_MASK) mask(secret)
  }
  if (!fits(KEY_ID, AccessKeyId) || !fits(TEXT, SecretAccessKey) || !fits(TEXT, Token)) return undefined
  return {
    keys: { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: Token },
    role: roleOf(RoleArn),
  }
}

/** Masked, anything shorter would only make the log unreadable; AWS's keys are longer. */
const SHORTEST_MASK = 8

function fits(pattern: RegExp, value: unknown): value is string {
  return typeof value === 'string' && pattern.test(value)
}

function roleOf(arn: unknown): Role | undefined {
  const [, partition, account] = /^arn:([\w-]+):iam::(\d{12}):role\/[\w+=,.@/-]+$/.exec(String(arn)) ?? []
  return partition && account ? { arn: String(arn), partition, account } : undefined
}
