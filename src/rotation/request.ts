/** What a rotation is asked to do, fully validated: only `inputs/` creates it. */
import type { EcsService } from '../aws/ecs-service.ts'
import type { SecretReference, SessionRequest } from '../aws/request.ts'
import type { HubRepository } from '../hub/repository.ts'
import type { Scope } from '../hub/scopes.ts'
import type { ProofRequest } from '../identity/request.ts'

export const MODES = ['mint', 'promote', 'report'] as const

/** The findings of an inventory that may fail the step: what `fail-on` lists. */
export const FAIL_ON = ['overdue', 'leaver', 'unused'] as const
export type FailOn = (typeof FAIL_ON)[number]

/** A year: whoever wants longer does not want previous tokens to be revoked. */
export const MAX_GRACE_SECONDS = 31_536_000

/** One secret, and what the token in it must be. */
export interface RotatedSecret {
  secret: SecretReference
  /** The scopes as they become part of names: `read+infer`. */
  scope: string
  scopes: readonly Scope[]
  /** Exactly the permissions that the token must have; empty when the scopes decide. */
  exact: readonly string[]
  /** What the token may also have. */
  allow: readonly string[]
  repositories: readonly HubRepository[]
  /** What a minted token gets. */
  permissions: readonly string[]
  /** True when the new token may be of another organization than the current one, or lack rights that it has. */
  narrow: boolean
  /** As it was written. */
  line: string
}

/** Where new tokens come from. */
export type RotationMode =
  /** Minted for a service account, with an admin token that is in a secret too. */
  | { kind: 'mint'; admin: SecretReference; account: string }
  /** A person puts one into the pending version. */
  | { kind: 'promote'; warnAgeSeconds: number }
  /** Nowhere: nothing is written. */
  | ReportMode

/** An inventory instead of a rotation. */
export interface ReportMode {
  kind: 'report'
  /** The service account whose tokens are listed, and the secret with the token that may list them. */
  listing: { admin: SecretReference; account: string } | undefined
  failOn: readonly FailOn[]
  unusedAfterSeconds: number
  /** From this age on, a token that a person must replace is due soon. */
  warnAgeSeconds: number
}

/** The secret with the token that manages the service account; undefined when there is none. */
export function adminOf(mode: RotationMode): SecretReference | undefined {
  if (mode.kind === 'promote') return undefined
  return mode.kind === 'mint' ? mode.admin : mode.listing?.admin
}

/** What the four steps need, however they are started. */
export interface StepsRequest {
  /** The organization's slug on the Hub. */
  org: string
  /** The Hub, without a slash at the end. */
  hubEndpoint: string
  /** Endpoints that are not the services' own, in words for the log. */
  endpointOverrides: readonly string[]
  secrets: readonly RotatedSecret[]
  /** How long a previous token keeps working. */
  graceSeconds: number
  services: readonly EcsService[]
  /** Nothing is written, minted or revoked. */
  dryRun: boolean
  /** Whether a proof is stored next to a minted token. */
  proof: boolean
  maxAttempts: number | undefined
}

export interface RotationRequest extends StepsRequest, ProofRequest, SessionRequest {
  mode: RotationMode
  maxAgeSeconds: number
  force: boolean
  waitForServices: boolean
  timeoutMs: number
}
