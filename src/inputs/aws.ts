/** Inputs about AWS that several features take: role, region, secret, session policy. */
import type { Role } from '../aws/request.ts'
import { isSecretName, readSecretArn } from '../aws/secret-arn.ts'
import { MAX_LEVELS, parsePath } from '../aws/secret-key.ts'
import { isRecord, parseJson } from '../text/json.ts'
import { code, prose } from '../text/message.ts'
import { quoted } from '../text/printable.ts'
import { checkSecretPartition } from './partition.ts'
import { got, type Problems } from './problems.ts'

const REGION = /^[a-z]{2,5}(?:-[a-z0-9]+){1,3}-\d{1,2}$/
const ROLE_ARN = /^arn:(aws(?:-[a-z]+)*):iam::(\d{12}):role\/[\w+=,.@/-]{0,575}[\w+=,.@-]$/
const ROLE_ARN_FORM = code('arn:aws:iam::<12-digit account>:role/<name>')
/** The shortest and the longest session, in seconds. Source: STS API reference, AssumeRoleWithWebIdentity. */
export const ROLE_DURATION = { min: 900, max: 43_200 } as const
/** STS API reference, AssumeRoleWithWebIdentity, Policy. */
export const MAX_POLICY = 2048

/** The role's ARN, taken apart. `name`: the input that names it. */
export function parseRole(arn: string, problems: Problems, name = 'role-to-assume'): Role {
  const match = ROLE_ARN.exec(arn)
  if (match?.[1] && match[2]) return { arn, partition: match[1], account: match[2] }
  problems.add(
    name,
    arn === ''
      ? prose`is required: set it to the ARN of the IAM role, ${ROLE_ARN_FORM}`
      : prose`must be the ARN of an IAM role, ${ROLE_ARN_FORM} (got ${quoted(arn, 200)})`,
  )
  return { arn, partition: 'aws', account: '' }
}

/** The region of STS, and of a secret whose name does not tell its own. */
export function parseRegion(text: string, problems: Problems): string {
  if (text === '') {
    problems.add(
      'aws-region',
      prose`is required: set it, or the variable ${code('AWS_REGION')}, for example to eu-west-1`,
    )
  } else if (!REGION.test(text)) {
    problems.add('aws-region', `must be a region such as eu-west-1 (got ${quoted(text, 60)})`)
  }
  return text
}

/** Name or ARN of a secret; `name`: the input that names it. Returns the region to read it in. */
export function parseSecretId(
  name: string,
  id: string,
  { region, role }: { region: string; role: Role },
  problems: Problems,
): string {
  const arn = readSecretArn(id)
  if (id.startsWith('arn:') ? !arn : !isSecretName(id)) {
    problems.add(name, `must be the name or the ARN of a secret in Secrets Manager (got ${quoted(id, 200)})`)
  }
  if (arn) checkSecretPartition(name, arn, problems)
  if (arn && role.account !== '' && arn.partition !== role.partition) {
    problems.add(
      name,
      prose`is in the partition ${arn.partition}, but ${code('role-to-assume')} is in ${role.partition}`,
    )
  }
  return arn?.region ?? region
}

/** The key of a JSON secret that holds the token. */
export function parseKey(name: string, key: string, problems: Problems): string {
  if (/[\p{Cc}:]/u.test(key)) {
    problems.add(name, `must not contain a colon or a control character (got ${quoted(key, 60)})`)
  }
  if (parsePath(key).length > MAX_LEVELS) {
    problems.add(name, `must have at most ${MAX_LEVELS} keys, separated by dots (got ${quoted(key, 60)})`)
  }
  return key
}

/** Source: Secrets Manager API reference, GetSecretValue, `VersionId`. */
const VERSION_ID = /^[\w.-]{32,64}$/

/** The version to read; undefined when its label decides. */
export function parseVersionId(text: string, problems: Problems): string | undefined {
  if (text === '') return undefined
  if (!VERSION_ID.test(text)) {
    problems.add('secret-version-id', `must be the ID of a version, 32 to 64 letters, digits, and hyphens ${got(text)}`)
  }
  return text
}

/** The staging label of the version to read. */
export function parseStage(stage: string, problems: Problems): string {
  if (!/^[^\s:]{1,256}$/.test(stage)) {
    problems.add('secret-version-stage', `must be a staging label, without spaces or colons ${got(stage)}`)
  }
  return stage
}

/** `auto`, `none`, or a policy document without whitespace. */
export function parseSessionPolicy(text: string, problems: Problems): string {
  if (text === 'auto' || text === 'none') return text
  const policy = parseJson(text)
  if (!isRecord(policy) || !('Statement' in policy)) {
    problems.add('session-policy', prose`must be auto, none or a JSON policy document with a ${code('Statement')}`)
    return text
  }
  const compact = JSON.stringify(policy)
  if (compact.length > MAX_POLICY) {
    problems.add(
      'session-policy',
      `is ${compact.length} characters long without whitespace; STS accepts at most ${MAX_POLICY}`,
    )
  }
  return compact
}
