/** How a token is obtained, with what only that way needs. */
import type { AwsRequest } from '../aws/request.ts'
import type { HubRepository } from '../hub/repository.ts'

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
  /** Slug, id, or name. */
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

/** What a source is asked for. */
export interface ObtainRequest {
  /** The organization's slug on the Hub. */
  org: string
  /** The Hub, without a slash at the end. */
  hubEndpoint: string
  source: SourceRequest
  /** What the token must reach; a minted one reaches no others. */
  repositories: readonly HubRepository[]
  /** Undefined for a source without AWS. */
  aws: AwsRequest | undefined
}
