/** Why AWS refused, as one of a closed list of reasons; what `read.ts` makes of AWS's words. */

/** The kinds of policy that AWS names in a refusal. Source: IAM user guide, "Troubleshoot access denied error messages". */
export type PolicyKind =
  | 'identity'
  | 'resource'
  | 'session'
  | 'boundary'
  | 'endpoint'
  | 'service-control'
  | 'resource-control'
  | 'trust'

/** `silent`: no policy of that kind allows the action. `deny`: one denies it explicitly. */
type Ruling = 'silent' | 'deny'

/** A policy of this kind refused. */
export type Denial = `${PolicyKind}-${Ruling}`

/** AWS refused for want of a permission; in the last two cases without a word about which policy it was. */
export type Denied = Denial | 'denied' | 'denied-explicitly'

/** What every service can answer. */
export type CommonKind =
  | 'clock'
  | 'session-expired'
  | 'session-unknown'
  | 'signature'
  | 'wrong-region'
  | 'transient'
  | 'unsent'
  | 'unreadable'
  | 'other'

export type StsKind =
  | Denied
  | CommonKind
  | 'tags-not-trusted'
  | 'provider-missing'
  | 'audience-not-registered'
  | 'thumbprint'
  | 'issuer-unreachable'
  | 'token-rejected'
  | 'token-expired'
  | 'role-not-in-token'
  | 'session-policy-too-large'
  | 'session-policy-malformed'
  | 'session-too-long'
  | 'chain-too-long'
  | 'region-disabled'
  | 'setting'

export type SecretKind =
  | Denied
  | CommonKind
  | 'key-denied'
  | 'key-disabled'
  | 'key-deleted'
  | 'default-key'
  | 'decryption-failed'
  | 'secret-missing'
  | 'version-missing'
  | 'secret-deleted'
  | 'secret-replica'
  | 'secret-managed'
  | 'too-many-versions'
  | 'function-not-invocable'

export type EcsKind =
  | Denied
  | CommonKind
  | 'cluster-missing'
  | 'service-missing'
  | 'service-inactive'
  | 'controller'
  | 'task-definition'
  | 'account-blocked'

export type LambdaKind = Denied | CommonKind | 'function-missing' | 'function-not-invocable'

/** What each service can answer. */
export interface Kinds {
  sts: StsKind
  secret: SecretKind
  ecs: EcsKind
  lambda: LambdaKind
}

export type ServiceName = keyof Kinds
export type ReasonKind = Kinds[ServiceName]

/** Why AWS refused. What AWS names is undefined where it names nothing, or nothing of the form that IAM documents. */
export interface Reason<Kind extends ReasonKind = ReasonKind> {
  kind: Kind
  /** Whether the refusal is about the KMS key of a secret and not about the secret. */
  onKey: boolean
  /** The ARN of the session or user. */
  principal: string | undefined
  /** `secretsmanager:GetSecretValue`. */
  action: string | undefined
  /** An ARN. */
  resource: string | undefined
  /** The ARN of the policy that denies; AWS names it for explicit denies within one organization. */
  policyArn: string | undefined
}
