/** The session policy: whatever the role can do, this session can only read one secret. */
import type { Role, SecretReference } from '../request.ts'
import { kmsViaService, secretArnPatterns } from './secret-resources.ts'

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
