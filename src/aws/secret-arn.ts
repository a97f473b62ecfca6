/** ARNs of secrets, taken apart and compared. */

/** A complete ARN. */
export interface SecretArn {
  arn: string
  partition: string
  region: string
  account: string
  /** Without the hyphen and the six characters that AWS appends. */
  name: string
}

/** Source: Secrets Manager API reference, CreateSecret, `Name` and `ARN`. */
const SECRET_ARN =
  /^arn:(aws(?:-[a-z]+)*):secretsmanager:([a-z0-9-]+):(\d{12}):secret:([\w/+=.@-]{1,512})-[A-Za-z0-9]{6}$/

/**
 * The parts of a secret's complete ARN; undefined for anything else, names among it. The ARN of
 * `huggingface/acme/write-backup` without its six characters looks like a complete one of `huggingface/acme/write`: only
 * DescribeSecret can tell which of them exists.
 */
export function parseSecretArn(text: string): SecretArn | undefined {
  const [arn, partition, region, account, name] = SECRET_ARN.exec(text) ?? []
  if (!arn || !partition || !region || !account || !name) return undefined
  return { arn, partition, region, account, name }
}

/** True when `entry` is this secret's name, its ARN, or its ARN without the six characters at its end. */
export function namesSecret(entry: string, { arn, name }: SecretArn): boolean {
  return entry.startsWith('arn:') ? entry === arn || entry === arn.slice(0, -7) : entry === name
}
