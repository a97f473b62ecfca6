/** How every call to AWS is made: our way out, our endpoints, our retries, and no settings of the SDK's own. */
import type { ActionError } from '../errors/action-error.ts'
import type { Http } from '../net/http.ts'
import { type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import type { AwsCredentials } from './caller.ts'
import { type AwsEndpoints, type AwsService, customEndpoint } from './endpoints.ts'
import { awsRequestHandler } from './request-handler.ts'
import { isTransientRefusal, type ServiceError, serviceError } from './service-error.ts'

/** What a client is for. */
export interface ClientContext {
  service: AwsService
  region: string
  endpoints: AwsEndpoints
  http: Http
  /** The call, for messages. */
  what: string
}

/** A call, and what to make of a refusal. */
export interface AwsCall<Client, Answer> extends ClientContext {
  /** The SDK's client. */
  Client: new (
    options: ClientOptions,
  ) => Client
  /** Left out for the one call that needs none. */
  credentials?: AwsCredentials
  policy: RetryPolicy
  send: (client: Client) => Promise<Answer>
  /** The error for a refusal; what it throws instead is never retried. */
  explain: (refusal: ServiceError) => ActionError | Promise<ActionError>
}

type ClientOptions = ReturnType<typeof clientOptions> & { credentials?: AwsCredentials }

/**
 * AWS's answer. Refusals that another attempt can cure are retried as `policy` allows.
 *
 * @throws what `explain` makes of the last refusal; `ActionError` `network-unreachable`, `deadline-exceeded`.
 */
export async function callAws<Client, Answer>(call: AwsCall<Client, Answer>): Promise<Answer> {
  const { Client, credentials, what, policy, send, explain } = call
  const client = new Client({ ...clientOptions(call), ...(credentials ? { credentials } : {}) })
  return await retry(what, policy, () =>
    send(client).catch(async (thrown: unknown) => {
      const refusal = serviceError(thrown)
      const failure = await withAnswer(await explain(refusal), refusal, call)
      throw isTransientRefusal(refusal) ? new TryAgain(failure, refusal.afterMs) : failure
    }),
  )
}

/** An explanation of an answer that nobody can read names what came, and who may have sent it. */
async function withAnswer(
  failure: ActionError,
  { received }: ServiceError,
  { service, policy }: { service: AwsService; policy: RetryPolicy },
): Promise<ActionError> {
  if (received === undefined) return failure
  const { withAnswer: told } = await import('../net/explain-answer.ts')
  const { endpointVariables } = await import('./explain-settings.ts')
  return told(failure, received, policy.platform, endpointVariables(service))
}

/**
 * Options for an SDK client. It sends once: `net/retry.ts` repeats.
 *
 * The SDK looks up each option that it is not given in the environment and in the shared configuration files
 * (`~/.aws/config`, a profile), which an earlier job can leave behind on a persistent runner. So all of them are given.
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
