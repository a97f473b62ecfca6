/**
 * Outages of one call while everything else works: the whole of a run, against the sandbox, in virtual time. A service is
 * out from the first call on, for so many seconds.
 */
import { AwsError, secretsManagerError, stsError } from '../../sandbox/aws.ts'
import { roleArn, type Sandbox } from '../../sandbox/index.ts'
import type { SandboxResponse } from '../../sandbox/service.ts'
import { VirtualClock } from '../../sandbox/virtual-clock.ts'
import { CallCount } from '../../src/net/calls-made.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http, type HttpRequest, type HttpResponse, NetworkError, type Phase, tooSlow } from '../../src/net/http.ts'
import { readInputs, readJob } from '../../src/runner/inputs.ts'
import { Steps } from '../../src/text/steps.ts'
import { INPUTS, type InputName } from '../../src/token/inputs/definitions.ts'
import { parseInputs } from '../../src/token/inputs/parse.ts'
import { run } from '../../src/token/run.ts'

export const TIMEOUT_MS = 60_000

type Inputs = Partial<Record<InputName, string>>

/** How a call is recognized, and the inputs of a run that makes it. */
export interface Call {
  is: (request: HttpRequest) => boolean
  inputs: Inputs
  /** Whether it mints: nobody can tell whether a call whose answer was lost was carried out. */
  mints?: true
}

export const STORED: Inputs = { 'role-to-assume': roleArn('write'), scope: 'write', repositories: 'acme/model' }
const PUBLISHER: Inputs = { 'token-source': 'trusted-publisher', 'hf-resource': 'acme/model', scope: 'write' }
export const ACCOUNT: Inputs = {
  'token-source': 'service-account',
  'role-to-assume': roleArn('accounts'),
  'secret-id': 'huggingface/acme/service-accounts',
  'service-account': 'ci',
  scope: 'write',
}

export const path =
  (pattern: RegExp, method = 'GET') =>
  (request: HttpRequest) =>
    request.method === method && pattern.test(request.url.pathname)

/** By the name that the table gives it. */
export const CALLS = {
  'ID token': { is: ({ url }) => url.searchParams.has('audience'), inputs: STORED },
  discovery: { is: path(/openid-configuration$/), inputs: STORED },
  keys: { is: path(/jwks$/), inputs: STORED },
  STS: { is: (request) => routeOf(request).endsWith(' Action=AssumeRoleWithWebIdentity'), inputs: STORED },
  GetSecretValue: {
    is: ({ headers }) => headers?.['x-amz-target']?.endsWith('.GetSecretValue') ?? false,
    inputs: STORED,
  },
  'whoami-v2': { is: path(/whoami-v2$/), inputs: STORED },
  'auth-check': { is: path(/auth-check/), inputs: STORED },
  'oauth/token': { is: path(/oauth\/token$/, 'POST'), inputs: PUBLISHER, mints: true },
  'list of service accounts': { is: path(/service-accounts$/), inputs: ACCOUNT },
  'minting a token': { is: path(/service-accounts\/[^/]+\/tokens$/, 'POST'), inputs: ACCOUNT, mints: true },
} as const satisfies Record<string, Call>

export type CallName = keyof typeof CALLS

const PAGE = '<!doctype html><title>Just a moment</title>'

/** What a call meets during the outage: an answer, or none. `send`: has the service do its work. */
export type Meet = (
  request: HttpRequest,
  clock: VirtualClock,
  send: () => Promise<HttpResponse>,
) => Promise<HttpResponse>

const answered =
  (status: number, body = '', headers: Record<string, string> = {}): Meet =>
  async () => ({ status, headers, body: Buffer.from(body) })

const broken =
  (phase: Phase, detail: string): Meet =>
  async ({ what, url }) => {
    throw new NetworkError({ what, host: url.host, phase, detail })
  }

function refusedBy(format: (error: AwsError) => SandboxResponse, name: string, status: number, text = 'no'): Meet {
  return async () => asSent(format(new AwsError(name, text, status)))
}

const asSent = ({ status, headers = {}, body }: SandboxResponse): HttpResponse => ({
  status,
  headers,
  body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
})

const throttled: Meet = async ({ headers }) => {
  const isJson = headers?.['x-amz-target'] !== undefined
  const error = new AwsError(isJson ? 'ThrottlingException' : 'Throttling', 'Rate exceeded', 400)
  return asSent(isJson ? secretsManagerError(error) : stsError(error))
}

const CERTIFICATE = broken('TLS', 'CERT_HAS_EXPIRED')
const PROXY = broken('proxy', 'the proxy answered CONNECT with 407')

/** What each call meets that nothing cures, and how often it is made: once more after what may be IAM's own delay. */
export const REFUSALS: readonly (readonly [CallName, string, Meet, number])[] = [
  ...(Object.keys(CALLS) as CallName[]).flatMap((call) => [
    [call, 'a certificate that has expired', CERTIFICATE, 1] as const,
    [call, 'a proxy that requires credentials (407)', PROXY, 1] as const,
  ]),
  ['ID token', 'HTTP 403', answered(403, 'not allowed'), 1],
  ['STS', '`AccessDenied`', refusedBy(stsError, 'AccessDenied', 403), 2],
  ['STS', '`AccessDenied` with an explicit deny', refusedBy(stsError, 'AccessDenied', 403, 'with an explicit deny'), 1],
  ['STS', '`InvalidIdentityToken`', refusedBy(stsError, 'InvalidIdentityToken', 400), 1],
  [
    'GetSecretValue',
    '`UnrecognizedClientException`',
    refusedBy(secretsManagerError, 'UnrecognizedClientException', 400),
    2,
  ],
  ['GetSecretValue', '`AccessDeniedException`', refusedBy(secretsManagerError, 'AccessDeniedException', 400), 1],
  [
    'GetSecretValue',
    '`ResourceNotFoundException`',
    refusedBy(secretsManagerError, 'ResourceNotFoundException', 400),
    1,
  ],
  ['whoami-v2', 'HTTP 401', answered(401, '{"error":"Invalid credentials"}'), 1],
  ['auth-check', 'HTTP 403', answered(403, '{"error":"Forbidden"}'), 1],
  [
    'oauth/token',
    '`invalid_grant`',
    answered(400, '{"error":"invalid_grant","error_description":"no rule matches"}'),
    1,
  ],
  ['list of service accounts', 'HTTP 403', answered(403, '{"error":"Forbidden"}'), 1],
  ['minting a token', 'HTTP 403', answered(403, '{"error":"Forbidden"}'), 1],
]

/** By the name that the table gives it. */
export const FAULTS = {
  'HTTP 503': answered(503, 'busy'),
  'HTTP 429': answered(429),
  'HTTP 429, `Retry-After: 1`': answered(429, '', { 'retry-after': '1' }),
  'HTTP 429, `RateLimit` with `t=3`': answered(429, '', { ratelimit: '"api";r=0;t=3' }),
  'throttling by AWS': throttled,
  'connection refused': broken('connect', 'ECONNREFUSED'),
  'connection reset': broken('answer', 'ECONNRESET'),
  'answer lost': async ({ what, url }, _clock, send) => {
    await send()
    throw new NetworkError({ what, host: url.host, phase: 'answer', detail: 'ECONNRESET' })
  },
  silence: async ({ what, url, withinMs = Number.NaN }, clock) => {
    await clock.sleep(withinMs)
    throw new NetworkError({ what, host: url.host, phase: 'timeout', detail: tooSlow(withinMs, 'answer') })
  },
  'HTTP 200 with a page': answered(200, PAGE, { 'content-type': 'text/html' }),
  'HTTP 200 with `{}`': answered(200, '{}', { 'content-type': 'application/json' }),
} as const satisfies Record<string, Meet>

export type FaultName = keyof typeof FAULTS

/** A page instead of the answer to a call that mints: nobody can tell whether a token exists, so it is not repeated. */
export function isFinal(fault: FaultName, call: CallName): boolean {
  return fault.startsWith('HTTP 200') && 'mints' in CALLS[call]
}

/** Whether the fault can happen to the call. */
export function isPossible(fault: FaultName, call: CallName): boolean {
  if (fault === 'throttling by AWS') return call === 'STS' || call === 'GetSecretValue'
  // Its status is its answer.
  return fault !== 'HTTP 200 with `{}`' || call !== 'auth-check'
}

export interface Outage {
  call: CallName | Call
  meet: Meet
  /** How long it lasts. */
  seconds: number
  /** 0 ≤ x < 1. */
  random: () => number
}

export interface Played {
  outcome: 'served' | Error
  /** How long the run took, in milliseconds. */
  elapsedMs: number
  /** Calls to the route that was out. */
  calls: number
  /** The most calls to one route, by method, address, and operation. */
  most: number
}

/** Loads what a failure would load, so that it is not loaded while time stands still. */
export async function preload(): Promise<void> {
  await Promise.all([
    import('../../src/aws/explain-sts.ts'),
    import('../../src/aws/explain-secret.ts'),
    import('../../src/hub/explain-foreign.ts'),
    import('../../src/net/explain-network.ts'),
    import('../../src/hub/exchange/explain-outage.ts'),
  ])
}

/** Runs the main step while one call is out. */
export async function play(sandbox: Sandbox, outage: Outage): Promise<Played> {
  const { call, random } = outage
  const { is, inputs }: Call = typeof call === 'string' ? CALLS[call] : call
  // Discovery is asked only where the keys are not at the usual place.
  const prepare: Prepare = (route, number) => call === 'discovery' && route.includes('jwks') && number === 1
  return await playDuring({ ...outage, is, prepare, limitMs: TIMEOUT_MS }, async ({ http, deadline }) => {
    const { env } = sandbox.startJob()
    const job = readJob(env)
    const raw = readInputs(env, INPUTS)
    const given = { 'hf-org': 'acme', timeout: '60s', ...inputs }
    const request = parseInputs({ ...raw, values: { ...raw.values, ...given } }, job)
    const quiet = () => {}
    await run({
      request,
      job,
      http,
      policy: { deadline, calls: new CallCount(), random },
      mask: quiet,
      log: { info: quiet, debug: quiet, warning: quiet },
      ledger: { begin: quiet, made: quiet, refused: quiet },
      progress: {},
      steps: new Steps(),
      givenIdToken: () => '',
    })
  })
}

/** Whether a call to this route, with its number from 1, finds nothing. */
type Prepare = (route: string, number: number) => boolean

export interface PlayedOutage extends Pick<Outage, 'meet' | 'seconds'> {
  is: (request: HttpRequest) => boolean
  prepare?: Prepare
  limitMs: number
}

/** Does `work` in virtual time while one call is out. */
export async function playDuring(
  { is, meet, seconds, prepare, limitMs }: PlayedOutage,
  work: (network: { http: Http; deadline: Deadline }) => Promise<unknown>,
): Promise<Played> {
  const clock = new VirtualClock()
  const deadline = new Deadline(limitMs, clock)
  const real = new Deadline(TIMEOUT_MS)
  const http = new Http(real, async () => undefined)
  const counts = new Map<string, number>()
  let endsAt = Number.NaN
  let calls = 0
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const route = routeOf(request)
    const number = (counts.get(route) ?? 0) + 1
    counts.set(route, number)
    // A call takes its time, so that time passes even if nobody waits.
    await clock.sleep(50)
    const pass = () => clock.during(() => http.send(request))
    if (prepare?.(route, number)) return await answered(404)(request, clock, pass)
    if (!is(request)) return await pass()
    calls += 1
    if (Number.isNaN(endsAt)) endsAt = clock.now() + seconds * 1000
    return clock.now() < endsAt ? await meet(request, clock, pass) : await pass()
  }
  try {
    const outcome = work({ http: { send } as unknown as Http, deadline }).then(
      () => 'served' as const,
      (error: unknown) => (error instanceof Error ? error : new Error(String(error))),
    )
    await clock.run([outcome])
    return { outcome: await outcome, elapsedMs: clock.now(), calls, most: Math.max(...counts.values()) }
  } finally {
    deadline.stop()
    real.stop()
    http.close()
  }
}

/** What counts as one route: the same question to the same service. */
function routeOf({ method, url, headers, body }: HttpRequest): string {
  const operation =
    headers?.['x-amz-target'] ?? (typeof body === 'string' ? /\bAction=\w+/.exec(body)?.[0] : undefined) ?? ''
  return `${method} ${url.origin}${url.pathname} ${operation}`
}
