/** What a rotation does with a secret, in IAM's words. */

/** Source: Secrets Manager user guide, "Permissions for rotation". */
export const ROTATION_ACTIONS = [
  'secretsmanager:DescribeSecret',
  'secretsmanager:GetSecretValue',
  'secretsmanager:PutSecretValue',
  'secretsmanager:UpdateSecretVersionStage',
] as const

/** The same for the customer key of a secret, used through Secrets Manager. */
export const ROTATION_KMS_ACTIONS = ['kms:Decrypt', 'kms:GenerateDataKey'] as const
