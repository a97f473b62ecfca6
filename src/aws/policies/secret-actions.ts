/** What a rotation does with a secret and what reading one takes, in IAM's words. */

/** What reading a secret takes. Source: Secrets Manager API reference, GetSecretValue, "Required permissions". */
export const READ_ACTIONS = ['secretsmanager:GetSecretValue'] as const

/** The same for the customer managed key of a secret, used through Secrets Manager. */
export const READ_KMS_ACTIONS = ['kms:Decrypt'] as const

/** What a rotation takes. Source: Secrets Manager user guide, "Permissions for rotation". */
export const ROTATION_ACTIONS = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
] as const

/** The same for the customer managed key of a secret, used through Secrets Manager. */
export const ROTATION_KMS_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'] as const
