/** What a rotation is asked for, fully validated: made by `parse.ts` only. */
import type { EcsService } from '../aws/ecs-service.ts'
import type { SecretReference, SessionRequest } from '../aws/request.ts'
import type { HubRepository } from '../hub/repository.ts'
import type { Scope } from '../hub/scopes.ts'
import type { ProofRequest } from '../identity/request.ts'

export const MODES = ['mint', 'promote'] as const

/** One secret, and what the token in it must be. */
export interface RotatedSecret {
  secret: SecretReference
  scope: Scope
  repositories: readonly HubRepository[]
  /** What a minted token gets. */
  permissions: readonly string[]
  /** True when the new token may be of another organization than the current one, or lack rights that it has. */
  narrow: boolean
  /** As it was written. */
  line: string
}

/** How new tokens come about. */
export type RotationMode =
  /** Minted: a service account's, by an admin token that is in a secret too. */
  | { kind: 'mint'; admin: SecretReference; account: string }
  /** A person puts one into the pending version. */
  | { kind: 'promote'; warnAgeSeconds: number }

/** What the four steps need, however they are started. */
export interface StepsRequest {
  /** The organization's slug on the Hub. */
  org: string
  /** The Hub, without a slash at the end. */
  hubEndpoint: string
  /** Endpoints that are not the services' own, in words for the log. */
  endpointOverrides: readonly string[]
  secrets: readonly RotatedSecret[]
  /** How long a replaced token goes on working. */
  graceSeconds: number
  services: readonly EcsService[]
  /** Nothing is written, minted or revoked. */
  dryRun: boolean
  maxAttempts: number
}

export interface RotationRequest extends StepsRequest, ProofRequest, SessionRequest {
  mode: RotationMode
  maxAgeSeconds: number
  force: boolean
  waitForServices: boolean
  timeoutMs: number
}
