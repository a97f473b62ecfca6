/** What is asked of AWS. */
import type { AwsEndpoints } from './endpoints.ts'

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
