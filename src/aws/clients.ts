/** What every AWS client of the action shares: our way out, our endpoints, no retries and no settings of its own. */
import type { Http } from '../net/http.ts'
import { type AwsEndpoints, type AwsService, customEndpoint } from './endpoints.ts'
import { awsRequestHandler } from './request-handler.ts'

/** What a client is for. */
export interface ClientContext {
  service: AwsService
  region: string
  endpoints: AwsEndpoints
  http: Http
  /** The call, for messages. */
  what: string
}

/**
 * Options for an SDK client. It sends once: `net/retry.ts` repeats.
 *
 * The SDK looks for each option that it is not given in the environment and in the shared configuration files
 * (`~/.aws/config`, a profile), which an earlier job can leave on a persistent runner. So all of them are given.
 * `scripts/build.ts` leaves out the code that opens these files: an option that is missing here fails every call.
 */
export function clientOptions({ service, region, endpoints, http, what }: ClientContext) {
  const endpoint = customEndpoint(service, endpoints)
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    useFipsEndpoint: endpoints.useFips,
    useDualstackEndpoint: endpoints.useDualstack,
    requestHandler: awsRequestHandler(http, what),
    customUserAgent: [['hf-oidc-action', '1']] as [string, string][],
    maxAttempts: 1,
    // The SDK's own defaults.
    retryMode: 'standard',
    defaultsMode: 'legacy' as const,
    authSchemePreference: [],
    sigv4aSigningRegionSet: notSet,
    disableClockSkewCorrection: false,
    userAgentAppId: notSet,
  }
}

/** An option without a value; the SDK would look elsewhere for one that is undefined. */
const notSet = async () => undefined
