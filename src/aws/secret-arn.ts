/** Names and ARNs of secrets: which are valid, taken apart and compared. */

/** A complete ARN. */
export interface SecretArn {
  arn: string
  partition: string
  region: string
  account: string
  /** Without the hyphen and the six characters that AWS appends. */
  name: string
}

/**
 * The characters of a name: no `*` and no `?`, which would make a policy for one secret a policy for many.
 * Source: Secrets Manager API reference, CreateSecret, `Name` (at most 512 of these).
 */
const NAME = String.raw`[\w/+=.@-]`
/** A name with the `-` and the six characters that AWS appends may have 519. Source: the same page, `ARN`. */
const ARN = String.raw`arn:(aws(?:-[a-z]+)*):secretsmanager:([a-z0-9-]+):(\d{12}):secret:`
const SECRET_NAME = new RegExp(`^${NAME}{1,512}$`)
const SECRET_ARN = new RegExp(`^${ARN}${NAME}{1,519}$`)
const COMPLETE_ARN = new RegExp(`^${ARN}(${NAME}{1,512})-[A-Za-z0-9]{6}$`)

/** True for what can be a secret's name. */
export function isSecretName(text: string): boolean {
  return SECRET_NAME.test(text)
}

/** Partition and region of a secret's ARN, with or without the six characters at its end; undefined for anything else. */
export function readSecretArn(text: string): Pick<SecretArn, 'partition' | 'region'> | undefined {
  const [, partition, region] = SECRET_ARN.exec(text) ?? []
  return partition && region ? { partition, region } : undefined
}

/**
 * The parts of a secret's complete ARN; undefined for anything else, names among it. The ARN of
 * `huggingface/acme/write-backup` without its six characters looks like a complete one of `huggingface/acme/write`: only
 * DescribeSecret can tell which of them exists.
 */
export function parseSecretArn(text: string): SecretArn | undefined {
  const [arn, partition, region, account, name] = COMPLETE_ARN.exec(text) ?? []
  if (!arn || !partition || !region || !account || !name) return undefined
  return { arn, partition, region, account, name }
}

/** True when `entry` is this secret's name, its ARN, or its ARN without the six characters at its end. */
export function namesSecret(entry: string, { arn, name }: SecretArn): boolean {
  return entry.startsWith('arn:') ? entry === arn || entry === arn.slice(0, -7) : entry === name
}
