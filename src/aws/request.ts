/** What is asked of AWS. */
import type { Identity } from '../identity/identity.ts'
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
  /** The key to read when the secret is a JSON object, or a path: `secret-key.ts`. */
  key: string
  /** The staging label of the version to read, unless `versionId` names one. */
  stage: string
  /** This very version, whatever its labels. */
  versionId?: string
  /** The region to read it in: the ARN's own, else `aws-region`. */
  region: string
  /** The input that names it, when that is not `secret-id`. */
  input?: string
}

/** A role to assume, and what its trust policy may ask for. */
export interface RoleHop extends Role {
  externalId?: string
}

/** AWS's own providers of a machine's identity: a container, a web identity (EKS, IRSA), an instance. */
export type RunnerIdentity =
  /** `url`: where the credentials are. `tokenFile`: the file with the token for it; else, a variable may have one. */
  | { kind: 'container'; url: string; tokenFile?: string }
  | { kind: 'web-identity'; tokenFile: string; role: Role; sessionName?: string }
  /** `endpoint`: the instance's metadata service. */
  | { kind: 'instance'; endpoint: string }

/** How a session is reached, when it takes more than one role and the job's own ID token. */
export interface Way {
  /** Who begins; undefined: the job, by its ID token. */
  runner: RunnerIdentity | undefined
  /** Every role to assume, in order. The last one makes the calls; without any, the runner does. */
  hops: readonly RoleHop[]
  /** Whether sessions after the first carry the verified claims as tags, for CloudTrail. */
  tags: boolean
}

/** The session that is asked of STS. */
export interface SessionRequest {
  /** The role whose session makes the calls. */
  role: Role
  /** Undefined: `role` is assumed at once, by the job's ID token. */
  way?: Way
  region: string
  roleSessionName: string
  roleDurationSeconds: number
  /** `auto`, `none` or a JSON policy document. */
  sessionPolicy: string
  awsEndpoints: AwsEndpoints
}

/** Who must reach what. */
export interface SessionAsked {
  identity: Identity
  request: SessionRequest
  /** The session policy of the last session. */
  document: string | undefined
}

/** Whether AWS gets the job's ID token, and checks it by its own clock: not where the runner's own identity begins. */
export function presentsIdToken({ way }: Pick<SessionRequest, 'way'>): boolean {
  return way?.runner === undefined
}

/** What is asked of AWS, when the token source needs it. */
export interface AwsRequest extends SessionRequest {
  secret: SecretReference
  /**
   * Completes a request with placeholders for claims, which are not known yet; undefined when it is complete.
   *
   * @throws `ActionError` `claim-rejected`.
   */
  fill?: (identity: Identity) => AwsRequest
}
