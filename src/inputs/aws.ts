/** Inputs about AWS that several features take: role, region, secret, session policy. */

import type { Role } from '../aws/request.ts'
import { quoted } from '../text/printable.ts'
import type { Problems } from './problems.ts'

const REGION = /^[a-z]{2,5}(?:-[a-z0-9]+){1,3}-\d{1,2}$/
const ROLE_ARN = /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):role\/[\w+=,.@/-]{1,576}$/
const SECRET_ARN = /^arn:(aws(?:-[a-z]+)*):secretsmanager:([a-z0-9-]+):\d{12}:secret:[\w/+=.@-]{1,519}$/
const SECRET_NAME = /^[\w/+=.@-]{1,512}$/
/** The shortest and the longest session, in seconds. Source: STS API reference, AssumeRoleWithWebIdentity. */
export const ROLE_DURATION = { min: 900, max: 43_200 } as const
/** STS API reference, AssumeRoleWithWebIdentity, Policy. */
export const MAX_POLICY = 2048

/** The role's ARN, taken apart. */
export function parseRole(arn: string, problems: Problems): Role {
  const match = ROLE_ARN.exec(arn)
  if (match?.[1] && match[2]) return { arn, partition: match[1], account: match[2] }
  const form = 'arn:aws:iam::<12-digit account>:role/<name>'
  if (arn === '') problems.add('role-to-assume', `is required: the ARN of the IAM role, ${form}`)
  else problems.add('role-to-assume', `is ${quoted(arn, 200)}, which is not the ARN of an IAM role (${form})`)
  return { arn, partition: 'aws', account: '' }
}

/** The region of STS, and of what brings none of its own. */
export function parseRegion(text: string, problems: Problems): string {
  if (text === '') problems.add('aws-region', 'is required: set it, or AWS_REGION, for example to eu-west-1')
  else if (!REGION.test(text))
    problems.add('aws-region', `is ${quoted(text, 60)}, which is not a region like eu-west-1`)
  return text
}

/** Name or ARN of a secret; `name`: the input that says so. Returns the region to read it in. */
export function parseSecretId(name: string, id: string, region: string, role: Role, problems: Problems): string {
  const arn = SECRET_ARN.exec(id)
  if (id.startsWith('arn:') ? !arn : !SECRET_NAME.test(id)) {
    problems.add(name, `is ${quoted(id, 200)}, which is neither a Secrets Manager name nor a secret's ARN`)
  }
  if (arn && role.account !== '' && arn[1] !== role.partition) {
    problems.add(name, `is in the partition ${arn[1]}, but \`role-to-assume\` is in ${role.partition}`)
  }
  return arn?.[2] ?? region
}

/** The key of a JSON secret that holds the token. */
export function parseKey(name: string, key: string, problems: Problems): string {
  if (/[\p{Cc}:]/u.test(key)) problems.add(name, `is ${quoted(key, 60)}; a key has no colon or control character`)
  return key
}

/** `auto`, `none`, or a policy document without spaces. */
export function parseSessionPolicy(text: string, problems: Problems): string {
  if (text === 'auto' || text === 'none') return text
  let policy: unknown
  try {
    policy = JSON.parse(text)
  } catch {
    policy = undefined
  }
  if (typeof policy !== 'object' || policy === null || Array.isArray(policy) || !('Statement' in policy)) {
    problems.add('session-policy', 'is neither auto, none nor a JSON policy document with a Statement')
    return text
  }
  const compact = JSON.stringify(policy)
  if (compact.length > MAX_POLICY) {
    problems.add(
      'session-policy',
      `is ${compact.length} characters long without spaces; STS takes at most ${MAX_POLICY}`,
    )
  }
  return compact
}
