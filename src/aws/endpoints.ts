/** Where calls to AWS go: where the validated variables say, or else to the service's own endpoint in the region. */

/** A service that is called, spelled like the end of the variable with its endpoint: `AWS_ENDPOINT_URL_SECRETS_MANAGER`. */
export type AwsService = 'STS' | 'SECRETS_MANAGER' | 'ECS'

/** What the job's environment says about endpoints; made by `inputs/aws-endpoints.ts` only. */
export interface AwsEndpoints {
  /** Custom endpoints, by the variable that sets each. */
  urls: Readonly<Record<string, string>>
  useFips: boolean
  useDualstack: boolean
}

/** For every service that has no variable of its own. */
export const GENERAL_ENDPOINT = 'AWS_ENDPOINT_URL'

/** The variable that sets the endpoint of this service alone. */
export function endpointVariable(service: AwsService): string {
  return `${GENERAL_ENDPOINT}_${service}`
}

/**
 * The custom endpoint of a service: its own variable wins over `AWS_ENDPOINT_URL`. Undefined: AWS's own endpoint.
 *
 * Source: AWS SDKs and Tools Reference Guide, "Service-specific endpoints".
 */
export function customEndpoint(service: AwsService, { urls }: AwsEndpoints): string | undefined {
  return urls[endpointVariable(service)] ?? urls[GENERAL_ENDPOINT]
}
