/** What the workflow asks for, fully validated: made by `parse.ts` only. */
import type { AwsEndpoints } from '../aws/endpoints.ts'

/** What the job needs from the token, from narrow to wide. */
export const SCOPES = ['read', 'write', 'admin'] as const
export type Scope = (typeof SCOPES)[number]

export const VERIFY_MODES = ['strict', 'warn', 'off'] as const
export type VerifyMode = (typeof VERIFY_MODES)[number]

/** Which minted tokens post revokes: those that outlive the next hour, all, or none. */
export const REVOKE_MODES = ['auto', 'true', 'false'] as const
export type RevokeMode = (typeof REVOKE_MODES)[number]

/** `claim=pattern`; `*` in the pattern matches any run of characters. */
export interface ClaimRule {
  claim: string
  pattern: string
}

/** A repository on the Hub, e.g. `datasets/acme/data`. */
export interface HubRepository {
  kind: 'models' | 'datasets' | 'spaces'
  namespace: string
  name: string
  /** As people write it: `acme/model`, `datasets/acme/data`. */
  label: string
}

export interface Role {
  arn: string
  partition: string
  /** Twelve digits. */
  account: string
}

export interface SecretReference {
  /** Name or ARN. */
  id: string
  /** The key to read when the secret is a JSON object. */
  key: string
  stage: string
  /** The region to read it in: the ARN's own, else `aws-region`. */
  region: string
  /** The input that names it, when that is not `secret-id`. */
  input?: string
}

/** The session that is asked of STS. */
export interface SessionRequest {
  role: Role
  region: string
  roleSessionName: string
  roleDurationSeconds: number
  /** `auto`, `none` or a JSON policy document. */
  sessionPolicy: string
  awsEndpoints: AwsEndpoints
}

/** What is asked of AWS, when the token source needs it. */
export interface AwsRequest extends SessionRequest {
  secret: SecretReference
}

/** Where the ID token comes from. */
export type IdTokenFrom = { kind: 'github' } | { kind: 'env'; name: string } | { kind: 'file'; path: string }

export interface SecretsManagerRequest {
  kind: 'secrets-manager'
}

export interface TrustedPublisherRequest {
  kind: 'trusted-publisher'
  /** As the Hub takes it: `acme/model`, `datasets/acme/data`, or a user's name. */
  resource: string
}

export interface TokenExchangeRequest {
  kind: 'token-exchange'
  /** E-mail of a member of the organization. */
  member: string
  scopes: readonly string[]
}

export interface ServiceAccountRequest {
  kind: 'service-account'
  /** Name or id. */
  account: string
  permissions: readonly string[]
  orphanAgeSeconds: number
}

/** How the token is obtained, with what only that way needs. */
export type SourceRequest =
  | SecretsManagerRequest
  | TrustedPublisherRequest
  | TokenExchangeRequest
  | ServiceAccountRequest

export const SOURCES = ['secrets-manager', 'trusted-publisher', 'token-exchange', 'service-account'] as const

/** What the job must prove. */
export interface ProofRequest {
  /** The audience to ask for; it names the org. */
  audience: string
  /** The only issuer accepted. */
  issuer: string
  claimRules: readonly ClaimRule[]
  idTokenFrom: IdTokenFrom
}

/** What a token must be, to be confirmed. */
export interface Requirement {
  /** The organization's slug on the Hub. */
  org: string
  scope: Scope
  repositories: readonly HubRepository[]
  verify: VerifyMode
  minLifetimeSeconds: number
  /** The Hub, without a slash at the end. */
  hubEndpoint: string
}

export interface Request extends ProofRequest, Requirement {
  source: SourceRequest
  /** Undefined for a source without AWS. */
  aws: AwsRequest | undefined
  /** Whether post revokes the minted token. */
  revoke: RevokeMode
  exportEnv: readonly string[]
  exportFile: boolean
  gitCredentials: boolean
  /** Endpoints that are not the services' own, in words for the log: whoever set them is trusted with the token. */
  endpointOverrides: readonly string[]
  timeoutMs: number
  maxAttempts: number
}

/** What the runner says about the job; none of it is trusted for more than messages and file places. */
export interface Job {
  idTokenRequest: { url: string; token: string } | undefined
  serverUrl: string
  repository: string
  runId: string
  runAttempt: string
  eventName: string
  actor: string
  workflow: string
  /** Where files of this job may be put; empty if the runner gives none. */
  tempDirectory: string
  /** Names of the environment variables that had a value when the action began. */
  presetVariables: ReadonlySet<string>
  /** Variables that an earlier use of this action in the same job exported. */
  ownVariables: ReadonlySet<string>
  /** `GIT_CONFIG_COUNT` of the job so far. */
  gitConfigCount: number
}

/** Names of the variables that a run with this request sets for the later steps. */
export function exportedVariables({ exportEnv, exportFile }: Request): string[] {
  return [...exportEnv, ...(exportFile ? ['HF_TOKEN_PATH'] : [])]
}
