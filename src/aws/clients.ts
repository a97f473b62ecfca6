/** How every call to AWS is made: our way out, our endpoints, our retries, and no settings of the SDK's own. */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { ActionError } from '../errors/action-error.ts'
import type { Counted } from '../net/calls-made.ts'
import type { Http, HttpRequest } from '../net/http.ts'
import { OnceMore, type RetryPolicy, retry, TryAgain } from '../net/retry.ts'
import type { AwsCredentials } from './caller.ts'
import { type AwsEndpoints, type AwsService, customEndpoint } from './endpoints.ts'
import { awsRequestHandler } from './request-handler.ts'
import { cureOfRefusal, type ServiceError, serviceError } from './service-error.ts'

/** What a client is for. */
export interface ClientContext {
  service: AwsService
  region: string
  endpoints: AwsEndpoints
  http: Pick<Http, 'send'>
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
  /** Repeating it does no harm, even if it was carried out. */
  isRepeatable?: boolean
  /** Counts it together with equal calls of the same path. */
  counted?: Counted
  /** What else tells it apart from calls with the same `what`: a version, a label. */
  about?: string
  /** It is about something that was written just now. */
  isWritten?: boolean
  /** What is wrong with an answer that AWS cannot have given to this call; undefined: nothing. */
  examine?: (answer: Answer) => ActionError | undefined
  /** The error for a refusal; what it throws instead is never retried. */
  explain: (refusal: ServiceError) => ActionError | Promise<ActionError>
}

type ClientOptions = ReturnType<typeof clientOptions> & Partial<ReturnType<typeof signing>>

/** Where a session was accepted, by service and region: another one may not know a new one yet. */
const KNOWN = new WeakMap<AwsCredentials, Set<string>>()

const placeOf = ({ service, region }: Pick<ClientContext, 'service' | 'region'>): string => `${service} ${region}`

function isKnown(credentials: AwsCredentials, call: Pick<ClientContext, 'service' | 'region'>): boolean {
  return KNOWN.get(credentials)?.has(placeOf(call)) === true
}

function remember(credentials: AwsCredentials, call: Pick<ClientContext, 'service' | 'region'>): void {
  KNOWN.set(credentials, (KNOWN.get(credentials) ?? new Set()).add(placeOf(call)))
}

/**
 * AWS's answer. Refusals that another attempt can cure are retried as `policy` allows.
 *
 * @throws what `explain` makes of the last refusal; `ActionError` `network-unreachable`, `deadline-exceeded`.
 */
export async function callAws<Client, Answer>(call: AwsCall<Client, Answer>): Promise<Answer> {
  const { credentials, what, policy, counted, send, examine, isRepeatable = false } = call
  const target = {
    what,
    ...(counted ? { route: [call.service, call.region, what, call.about].join(' '), counted } : {}),
    isCareful: !isRepeatable,
  }
  return await retry(target, policy, async ({ withinMs }) => {
    const http = { send: (request: HttpRequest) => call.http.send({ ...request, withinMs }) }
    const client = clientFor(call)
    const sent = SENDING.run(awsRequestHandler(http, what), () => send(client))
    const answer = await sent.catch(async (thrown: unknown) => {
      throw await failureOf(thrown, call)
    })
    if (credentials) remember(credentials, call)
    const fault = examine?.(answer)
    if (fault) throw isRepeatable ? new TryAgain(fault) : fault
    return answer
  })
}

/** How the calls under way are sent: a client is used for many of them, several at a time. */
const SENDING = new AsyncLocalStorage<ReturnType<typeof awsRequestHandler>>()

/** Sends for the call under way. */
const requestHandler = {
  handle: async (request: Parameters<ReturnType<typeof awsRequestHandler>['handle']>[0]) => {
    const handler = SENDING.getStore()
    if (!handler) throw new TypeError('a client is used for calls of `callAws` only')
    return await handler.handle(request)
  },
  updateHttpClientConfig() {},
  httpHandlerConfigs: () => ({}),
}

/** The clients of a session: making one costs more than a call. */
const CLIENTS = new WeakMap<AwsCredentials, WeakMap<AwsEndpoints, Map<unknown, Map<string, unknown>>>>()

function clientFor<Client, Answer>(call: AwsCall<Client, Answer>): Client {
  const { Client, credentials, endpoints, region } = call
  const make = () => new Client({ ...clientOptions(call), ...(credentials ? signing(credentials) : {}) })
  if (!credentials) return make()
  const byEndpoints = kept(CLIENTS, credentials, () => new WeakMap())
  const byClass = kept(byEndpoints, endpoints, () => new Map())
  return kept(
    kept(byClass, Client, () => new Map<string, unknown>()),
    region,
    make,
  ) as Client
}

/** What the map has for this key; if it has nothing, what `make` returns. */
function kept<K, V>(map: { get(key: K): V | undefined; set(key: K, value: V): unknown }, key: K, make: () => V): V {
  const found = map.get(key)
  if (found !== undefined) return found
  const made = make()
  map.set(key, made)
  return made
}

/** What an attempt throws for what the SDK threw. */
async function failureOf<Client, Answer>(
  thrown: unknown,
  { service, region, credentials, policy, isRepeatable = false, isWritten = false, explain }: AwsCall<Client, Answer>,
): Promise<Error> {
  const refusal = serviceError(thrown)
  const isFirstUse = credentials !== undefined && !isKnown(credentials, { service, region })
  const moment = isWritten ? 'written' : isFirstUse ? 'first-use' : undefined
  const cure = cureOfRefusal(refusal, { service, isRepeatable, moment })
  const failure = await withAnswer(await explain(refusal), refusal, { service, policy })
  if (cure === 'never') return failure
  return cure === 'once' ? new OnceMore(failure) : new TryAgain(failure, refusal.afterMs)
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

/** AWS refuses a signature whose time is more than five minutes from its own. */
function signing({ clockOffsetMs = 0, ...credentials }: AwsCredentials) {
  return { credentials, systemClockOffset: clockOffsetMs }
}

/**
 * Options for an SDK client. It sends once: `net/retry.ts` repeats.
 *
 * The SDK looks up each option that it is not given in the environment and in the shared configuration files
 * (`~/.aws/config`, a profile), which an earlier job can leave behind on a persistent runner. So all of them are given.
 * `scripts/build.ts` leaves out the code that opens these files: an option that is missing here fails every call.
 */
export function clientOptions({ service, region, endpoints }: Pick<ClientContext, 'service' | 'region' | 'endpoints'>) {
  const endpoint = customEndpoint(service, endpoints)
  return {
    region,
    ...(endpoint === undefined ? {} : { endpoint }),
    ignoreConfiguredEndpointUrls: true,
    useFipsEndpoint: endpoints.useFips,
    useDualstackEndpoint: endpoints.useDualstack,
    requestHandler,
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
