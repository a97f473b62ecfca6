/** How policies name a secret, and the use of its key through Secrets Manager. */
import type { Role, SecretReference } from '../request.ts'

/** Where AWS's own names differ by partition. Source: AWS General Reference, service endpoints. */
const DNS_SUFFIXES: Record<string, string> = {
  'aws-cn': 'amazonaws.com.cn',
  'aws-iso': 'c2s.ic.gov',
  'aws-iso-b': 'sc2s.sgov.gov',
  'aws-iso-e': 'cloud.adc-e.uk',
  'aws-iso-f': 'csp.hci.ic.gov',
  'aws-eusc': 'amazonaws.eu',
}

/** ARN patterns that match exactly one secret: AWS appends `-` and six random characters to a name. */
export function secretArnPatterns(role: Role, secret: SecretReference): string[] {
  if (!secret.id.startsWith('arn:')) {
    return [`arn:${role.partition}:secretsmanager:${secret.region}:${role.account}:secret:${secret.id}-??????`]
  }
  // An ARN may be given with or without the six characters, and a name may itself end like them.
  return /-[A-Za-z0-9]{6}$/.test(secret.id) ? [secret.id, `${secret.id}-??????`] : [`${secret.id}-??????`]
}

/** The value of `kms:ViaService` when Secrets Manager uses a key. */
export function kmsViaService(partition: string, region: string): string {
  return `secretsmanager.${region}.${DNS_SUFFIXES[partition] ?? 'amazonaws.com'}`
}
