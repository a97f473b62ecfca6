/** The words by which each service's refusals are told apart, in the order in which they are tried. */
import type { CommonKind, EcsKind, LambdaKind, SecretKind, StsKind } from './reason.ts'

/** Applies to a refusal whose code and words match both patterns; one that is left out matches everything. */
export interface Rule<Kind> {
  kind: Kind
  /** AWS's code, such as `InvalidIdentityToken` or `InvalidIdentityTokenException`. */
  name?: RegExp
  /** The message after `plainWords`. */
  words?: RegExp
}

const DENIED_NAME = /AccessDenied|^NotAuthorized/

/** Sources: STS API reference, AssumeRole and AssumeRoleWithWebIdentity, "Errors"; what users of OIDC federation report. */
export const STS: readonly Rule<StsKind>[] = [
  { kind: 'provider-missing', name: /^InvalidIdentityToken/, words: /no openid ?connect provider found/i },
  { kind: 'audience-not-registered', name: /^InvalidIdentityToken/, words: /incorrect token audience/i },
  { kind: 'thumbprint', words: /match configured thumbprint/i },
  { kind: 'role-not-in-token', name: /^InvalidIdentityToken/, words: /roles claim of the identity token/i },
  { kind: 'issuer-unreachable', words: /could(?:n't| not) retrieve verification key/i },
  { kind: 'issuer-unreachable', name: /^IDPCommunicationError/ },
  { kind: 'session-expired', name: /^ExpiredToken/, words: /security token included in the request/i },
  { kind: 'token-expired', name: /^ExpiredToken/ },
  { kind: 'token-expired', name: /^IDPRejectedClaim|^InvalidIdentityToken/, words: /\bexpired\b/i },
  { kind: 'token-rejected', name: /^IDPRejectedClaim|^InvalidIdentityToken/ },
  { kind: 'session-policy-too-large', name: /^PackedPolicyTooLarge/ },
  { kind: 'session-policy-too-large', words: /at 'policy' failed to satisfy constraint.{1,80}length less than/i },
  { kind: 'session-policy-malformed', name: /^MalformedPolicyDocument/ },
  { kind: 'region-disabled', name: /^RegionDisabled/ },
  { kind: 'region-disabled', words: /sts is not activated in this region/i },
  { kind: 'chain-too-long', words: /session limit for roles assumed by role chaining/i },
  { kind: 'session-too-long', words: /maxsessionduration|at 'durationseconds' failed to satisfy constraint/i },
]

/** Tried last: a setting that STS names in its own words. */
export const STS_LAST: readonly Rule<StsKind>[] = [
  { kind: 'setting', name: /^Validation|^Malformed|^InvalidParameter|^MissingParameter/ },
]

/** A KMS key, and no access key of a user. */
const A_KEY = String.raw`\b(?:kms key|key/[\w-]{1,80}|customer (?:master|managed) key)`

/** Sources: Secrets Manager API reference, "Errors" of each call; KMS developer guide, "Key states of AWS KMS keys". */
export const SECRET: readonly Rule<SecretKind>[] = [
  { kind: 'default-key', words: /different aws account if you encrypt the secret with the default kms/i },
  { kind: 'key-disabled', words: new RegExp(`${A_KEY}.{0,200} is (?:disabled|not enabled)`, 'i') },
  { kind: 'key-deleted', words: new RegExp(`${A_KEY}.{0,200} is (?:pending (?:deletion|import)|unavailable)`, 'i') },
  { kind: 'key-deleted', words: /\b(?:key|alias) '?arn:aws.{1,300} (?:does not exist|is not found)/i },
  { kind: 'key-denied', name: /^KMSAccessDenied/ },
  { kind: 'key-denied', name: DENIED_NAME, words: /access to kms is not allowed/i },
  { kind: 'key-denied', name: DENIED_NAME, words: /customer master key that does not exist/i },
  { kind: 'decryption-failed', name: /^(?:Decryption|Encryption)Failure/ },
  { kind: 'function-not-invocable', words: /cannot invoke the specified lambda function/i },
  { kind: 'secret-replica', words: /not permitted on a replica secret/i },
  { kind: 'secret-managed', words: /\bmanaged by (?:another|a different|an aws) service/i },
  { kind: 'too-many-versions', name: /^LimitExceeded/ },
  { kind: 'too-many-versions', words: /maximum number of (?:secret )?versions/i },
  {
    kind: 'secret-deleted',
    name: /^Invalid(?:Request|Parameter)/,
    words: /(?:marked|scheduled) for deletion|marked deleted/i,
  },
  { kind: 'version-missing', name: /^ResourceNotFound/, words: /staging label|version/i },
  { kind: 'secret-missing', name: /^ResourceNotFound/ },
]

const CONTROLLER = '(?:code_?deploy|external)'

/** Source: ECS API reference, DescribeServices and UpdateService, "Errors". */
export const ECS: readonly Rule<EcsKind>[] = [
  {
    kind: 'controller',
    words: new RegExp(`\\b${CONTROLLER} deployment controller|deployment controller.{1,80}\\b${CONTROLLER}\\b`, 'i'),
  },
  { kind: 'cluster-missing', name: /^ClusterNotFound/ },
  { kind: 'service-missing', name: /^ServiceNotFound/ },
  { kind: 'service-inactive', name: /^ServiceNotActive/ },
  { kind: 'service-inactive', words: /service (?:was|is) (?:not active|inactive)|still draining/i },
  { kind: 'task-definition', words: /task ?definition (?:is inactive|not found|does not exist)/i },
  { kind: 'account-blocked', name: /^Blocked/ },
]

/** Source: Lambda API reference, Invoke, "Errors". */
export const LAMBDA: readonly Rule<LambdaKind>[] = [
  { kind: 'function-not-invocable', words: /cannot invoke the specified lambda function/i },
  { kind: 'function-missing', name: /^ResourceNotFound/ },
]

/** Sources: "Common Errors" of each API reference; IAM user guide, "Troubleshoot Signature Version 4 signing". */
export const COMMON: readonly Rule<CommonKind>[] = [
  {
    kind: 'clock',
    words: /signature (?:expired|not yet current)|is (?:now earlier|still later) than|time too skewed/i,
  },
  { kind: 'clock', name: /^Request(?:Expired|TimeTooSkewed|InTheFuture)/ },
  { kind: 'wrong-region', words: /credential should be scoped to/i },
  { kind: 'session-expired', name: /^ExpiredToken/ },
  { kind: 'session-unknown', name: /^UnrecognizedClient|^InvalidClientTokenId|^InvalidAccessKeyId/ },
  {
    kind: 'signature',
    name: /^InvalidSignature|^SignatureDoesNotMatch|^IncompleteSignature|^MissingAuthenticationToken/,
  },
]
