/** The session policy: whatever the role may, this session may read one secret. */
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

/** ARN patterns that match exactly one secret: AWS puts `-` and six random characters behind a name. */
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

/**
 * What STS gets as `Policy`: for `auto`, the right to read this one secret and to decrypt it through Secrets Manager;
 * for `none`, nothing; else the document given. JSON, at most 2,048 characters.
 * Source: IAM user guide, "Session policies"; Secrets Manager user guide, "Secret encryption and decryption".
 */
export function sessionPolicy(choice: string, role: Role, secret: SecretReference): string | undefined {
  if (choice === 'none') return undefined
  if (choice !== 'auto') return choice
  const patterns = secretArnPatterns(role, secret)
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [
      { Effect: 'Allow', Action: 'secretsmanager:GetSecretValue', Resource: patterns },
      {
        Effect: 'Allow',
        Action: 'kms:Decrypt',
        Resource: '*',
        Condition: {
          StringEquals: { 'kms:ViaService': kmsViaService(role.partition, secret.region) },
          StringLike: { 'kms:EncryptionContext:SecretARN': patterns },
        },
      },
    ],
  })
}
