/** How policies name a secret, and the use of its key through Secrets Manager. */
import type { Role, SecretReference } from '../request.ts'
import { namesSecret, parseSecretArn } from '../secret-arn.ts'

/** Where AWS's own names differ by partition. Source: AWS General Reference, service endpoints. */
const DNS_SUFFIXES: Record<string, string> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
  'aws-iso-e': 'cloud.adc-e.uk',
  'aws-iso-f': 'csp.hci.ic.gov',
  'aws-eusc': 'amazonaws.eu',
}

/** What AWS appends to the name of a secret in its ARN. */
const SUFFIX = '-??????'

/**
 * The end of a name rather than the six characters that AWS appends: words and numbers, such as `backup`, `DevKey` or
 * `v20261`. Among the random ones, about two of a hundred look like this.
 */
const WORDS = /-(?=.{6}$)(?:(?:[A-Z]?[a-z]{2,}|[A-Z]{2,}|[a-z])+\d*|\d+)$/

/**
 * ARN patterns that match the secret however it was named, for a policy that only narrows another one. An ARN that ends
 * like a complete one may still lack the six characters, because a name may end like them: then these are two patterns.
 */
export function secretArnPatterns(role: Role, secret: SecretReference): string[] {
  const { id } = secret
  if (!id.startsWith('arn:')) return [`${arnOfName(role, secret)}${SUFFIX}`]
  return parseSecretArn(id) ? [id, `${id}${SUFFIX}`] : [`${id}${SUFFIX}`]
}

/**
 * What a policy that is printed names as its `Resource`: the secret's complete ARN where it is known, and otherwise the
 * pattern for its name; both only for an ARN that may be the one or the other.
 *
 * @param known An ARN that AWS named for this secret. It counts only if it is a complete ARN of this very secret.
 */
export function secretResource(role: Role, secret: SecretReference, known?: string): string | string[] {
  const arn = known === undefined ? undefined : ofSecret(role, secret, known)
  if (arn !== undefined) return arn
  const patterns = secretArnPatterns(role, secret)
  const [first = secret.id] = patterns
  return patterns.length > 1 && WORDS.test(secret.id) ? patterns : first
}

/** The account that the secret is in: its ARN's own, else the role's. */
export function secretAccount(role: Role, { id }: SecretReference): string {
  const [scheme, , , , account] = id.split(':')
  return scheme === 'arn' && account ? account : role.account
}

/** The value of `kms:ViaService` when Secrets Manager uses a key. */
export function kmsViaService(partition: string, region: string): string {
  return `secretsmanager.${region}.${DNS_SUFFIXES[partition] ?? 'amazonaws.com'}`
}

function arnOfName({ partition, account }: Role, { region, id }: SecretReference): string {
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${id}`
}

function ofSecret(role: Role, secret: SecretReference, known: string): string | undefined {
  const arn = parseSecretArn(known)
  if (!arn) return undefined
  const id = secret.id.startsWith('arn:') ? secret.id : arnOfName(role, secret)
  return namesSecret(id, arn) ? known : undefined
}
