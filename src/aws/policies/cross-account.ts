/** What a secret of another account takes: its own policy, a key that can be shared, and the policy of the role. */
import type { Role, SecretReference } from '../request.ts'
import { keyStatement, oneOrAll, secretStatement, viaSecretsManager } from './missing-statements.ts'
import { READ_ACTIONS, READ_KMS_ACTIONS } from './secret-actions.ts'
import { secretAccount } from './secret-resources.ts'

/** What is done with the secret and with its key. */
export interface CrossAccountUse {
  actions: readonly string[]
  kmsActions: readonly string[]
}

/** Three documents for the administrators of two accounts. All three are needed. */
export interface CrossAccountDocuments {
  /** The account of the secret. */
  secretAccount: string
  /** The account of the role. */
  roleAccount: string
  /**
   * For the account of the secret: a policy on the secret that names the role. It replaces the secret's whole policy;
   * if there is one already, its statement must be added instead.
   */
  secretPolicy: PolicyDocument
  /**
   * For the account of the secret: a statement to add to the policy of its customer managed key. The key
   * `aws/secretsmanager` cannot be used from another account, and its policy cannot be changed.
   */
  keyStatement: object
  /** For the account of the role: what its policy must allow. The key's id is left to the reader. */
  rolePolicy: PolicyDocument
}

/** A policy document. */
export interface PolicyDocument {
  Version: '2012-10-17'
  Statement: object[]
}

/** True when the secret is not in the account of the role. */
export function isCrossAccount(role: Role, secret: SecretReference): boolean {
  return secretAccount(role, secret) !== role.account
}

/**
 * The three things that let this role use a secret of another account.
 * Source: Secrets Manager user guide, "Access AWS Secrets Manager secrets from a different account".
 *
 * @param known The secret's ARN, if AWS named it.
 */
export function crossAccountSecret(
  role: Role,
  secret: SecretReference,
  { actions, kmsActions }: CrossAccountUse = { actions: READ_ACTIONS, kmsActions: READ_KMS_ACTIONS },
  known?: string,
): CrossAccountDocuments {
  // In the policy of one secret or one key, `*` is that secret or that key.
  const ofRole = (granted: readonly string[]) => ({
    Effect: 'Allow',
    Principal: { AWS: role.arn },
    Action: oneOrAll(granted),
    Resource: '*',
  })
  return {
    secretAccount: secretAccount(role, secret),
    roleAccount: role.account,
    secretPolicy: document(ofRole(actions)),
    keyStatement: { ...ofRole(kmsActions), Condition: viaSecretsManager(role, secret) },
    rolePolicy: document(secretStatement(role, secret, actions, known), keyStatement(role, secret, kmsActions)),
  }
}

function document(...statements: object[]): PolicyDocument {
  return { Version: '2012-10-17', Statement: statements }
}
