/**
 * The one way out: every call of the action (GitHub, AWS, the Hub) is sent here, so that proxy, CA, time-outs, size
 * limits and the naming of network failures are the same for all of them.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { Socket } from 'node:net'
import type { Deadline } from './deadline.ts'
import { isAllowedUrl, isCredentialUrl } from './endpoint.ts'
import { strictTls, type TlsModule } from './strict-tls.ts'

export interface HttpRequest {
  method: string
  url: URL
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** The largest answer accepted, in bytes, in place of the client's own limit. */
  maxBytes?: number
  /** Whether it asks AWS for this machine's own credentials, which are at addresses of their own. */
  isForCredentials?: boolean
  /** What is being waited for, for messages: "the ID token from GitHub". */
  what: string
  /** Milliseconds within which the answer must be complete, so that a call that hangs leaves time for another one. */
  withinMs?: number
}

export interface HttpResponse {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
  /** Host and path that were called. */
  from?: string
  /** The proxy that the call went through, without its credentials. */
  proxy?: string | undefined
}

/** The stage of a call in which the network failed. */
export type Phase = 'DNS' | 'connect' | 'TLS' | 'proxy' | 'timeout' | 'answer' | 'policy'

/** Where and how a call failed. */
export interface NetworkFailure {
  /** What was being waited for, for messages. */
  what: string
  host: string
  phase: Phase
  /** The system's word for it, such as `ECONNREFUSED`. */
  detail: string
  /** The proxy that the call went through, without its credentials. */
  proxy?: string | undefined
  /** Whether the proxy itself is meant, and not the host behind it. */
  isProxys?: boolean
  /** The variable that names a proxy which calls like this one do not use. */
  unusedProxy?: string | undefined
}

/** There was no answer, or not a complete one. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly what: string
  readonly host: string
  readonly phase: Phase
  readonly detail: string
  readonly proxy: string | undefined
  readonly isProxys: boolean
  readonly unusedProxy: string | undefined

  constructor({ what, host, phase, detail, proxy, isProxys = false, unusedProxy }: NetworkFailure) {
    super(`${host}: ${phase} failed (${detail})`)
    this.what = what
    this.host = host
    this.phase = phase
    this.detail = detail
    this.proxy = proxy
    this.isProxys = isProxys
    this.unusedProxy = unusedProxy
  }
}

/** Where requests went. */
export interface Contacted {
  /** `host` or `host:port`, in the order of the first request to each. */
  hosts: readonly string[]
  /** The address of the proxy, without its credentials, if a request went through it. */
  proxy?: string
}

/** Limits for one attempt, and what to do meanwhile. */
export interface HttpOptions {
  /** For DNS, TCP and TLS together, in milliseconds. */
  connectMs: number
  /** Between two bytes, in milliseconds. */
  idleMs: number
  /** The largest answer accepted, in bytes. */
  maxBytes: number
  /** The variable that names a proxy which no call uses, for messages. */
  unusedProxy: string | undefined
  /** Called whenever everything to send has been handed to the network: now there is time for other work. */
  whileWaiting: () => void
}

/** The largest answer accepted by default, in bytes: far more than any service gives, far less than a runner's memory. */
export const MAX_ANSWER_BYTES = 2 * 1024 * 1024

const DEFAULTS: HttpOptions = {
  connectMs: 10_000,
  idleMs: 15_000,
  maxBytes: MAX_ANSWER_BYTES,
  unusedProxy: undefined,
  whileWaiting: () => {},
}

/** What the connection to a proxy needs. */
export interface ProxyOptions {
  /** The time that each address of the proxy gets. */
  addressMs: number
  tls: TlsModule
}

/** Finds the proxy for a URL, if there is one; `proxy` is its address without credentials. */
export type ProxyFor = (url: URL, options: ProxyOptions) => Promise<{ agent: HttpsAgent; proxy: string } | undefined>

/**
 * The time that each address of a name gets for its TCP handshake, in milliseconds: in the first attempt, Node's default.
 * With one dead address, a handshake that is slower than that would fail in every attempt.
 */
const ADDRESS_MS = [250, 1_000, 4_000] as const

/** How one call is sent. */
interface Way {
  agent: HttpAgent | HttpsAgent
  request: typeof httpRequest
  /** For a call over TLS. */
  tls?: TlsModule
  /** The time that each address gets. */
  addressMs: number
  /** The proxy's address, when it goes through one. */
  proxy?: string
}

/** Sends requests over kept connections. Redirects are never followed: a bearer token must not travel with one. */
export class Http {
  readonly #deadline: Deadline
  readonly #proxyFor: ProxyFor
  readonly #options: HttpOptions
  /** Requests that have not been sent completely. */
  #unsent = 0
  readonly #http = new HttpAgent({ keepAlive: true })
  #https: Promise<Pick<Required<Way>, 'agent' | 'request' | 'tls'>> | undefined
  /** How many attempts came to no connection, by host. */
  readonly #failures = new Map<string, number>()
  readonly #hosts = new Set<string>()
  #proxy: string | undefined

  constructor(deadline: Deadline, proxyFor: ProxyFor, options: Partial<HttpOptions> = {}) {
    this.#deadline = deadline
    this.#proxyFor = proxyFor
    this.#options = { ...DEFAULTS, ...options }
  }

  /**
   * One attempt. Resolves with any HTTP answer, whatever its status.
   *
   * @throws {@link NetworkError} when there was no complete answer; an `ActionError` `deadline-exceeded` when the
   * action has no time left.
   */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const { url, what, isForCredentials = false } = request
    if (!isAllowedUrl(url) && !(isForCredentials && isCredentialUrl(url))) {
      const detail = `${url.protocol} is only accepted for loopback addresses`
      throw new NetworkError({ what, host: url.host, phase: 'policy', detail })
    }
    if (this.#deadline.signal.aborted) throw this.#deadline.error(what)
    const addressMs = this.#addressMs(url)
    if (url.protocol === 'http:') {
      return await this.#attempt(request, { agent: this.#http, request: httpRequest, addressMs })
    }
    const https = await this.#loadHttps()
    // Whoever has a machine's own credentials is on it, or next to it.
    const proxied = isForCredentials ? undefined : await this.#proxyFor(url, { addressMs, tls: https.tls })
    return await this.#attempt(request, { ...https, ...proxied, addressMs })
  }

  /** Where requests went so far: a host to which no connection came about received nothing. */
  contacted(): Contacted {
    return { hosts: [...this.#hosts], ...(this.#proxy === undefined ? {} : { proxy: this.#proxy }) }
  }

  /** Closes the kept connections, so that they do not keep the process alive. */
  close(): void {
    this.#http.destroy()
    void this.#https?.then(({ agent }) => agent.destroy())
  }

  /** TLS is loaded with the first call that needs it. */
  #loadHttps(): Promise<Pick<Required<Way>, 'agent' | 'request' | 'tls'>> {
    this.#https ??= Promise.all([import('node:https'), import('node:tls')]).then(([{ Agent, request }, tls]) => ({
      agent: new Agent({ keepAlive: true }),
      request,
      tls,
    }))
    return this.#https
  }

  #addressMs({ host }: URL): number {
    return ADDRESS_MS[Math.min(this.#failures.get(host) ?? 0, ADDRESS_MS.length - 1)] ?? ADDRESS_MS[0]
  }

  /** Everything was sent: from now on, the host knows what the request says. */
  #recordContact({ host }: URL, { proxy }: Way): void {
    this.#hosts.add(host)
    this.#proxy ??= proxy
  }

  #attempt({ method, url, headers, body, maxBytes, what, withinMs }: HttpRequest, way: Way): Promise<HttpResponse> {
    return new Promise((resolve, reject) => {
      let phase: Phase = way.proxy ? 'proxy' : 'DNS'
      let settled = false
      const sent = once(() => {
        this.#unsent -= 1
        if (this.#unsent === 0 && !settled) this.#options.whileWaiting()
      })
      this.#unsent += 1
      const settle = (act: () => void) => {
        if (settled) return
        settled = true
        sent()
        clearTimeout(connectTimer)
        clearTimeout(wholeTimer)
        this.#deadline.signal.removeEventListener('abort', onDeadline)
        act()
      }
      const giveUp = (error: Error) =>
        settle(() => {
          reject(error)
          req.destroy()
        })
      const fail = (at: Phase, detail: string) => {
        if (phase !== 'answer' && !settled) this.#failures.set(url.host, (this.#failures.get(url.host) ?? 0) + 1)
        const { unusedProxy } = this.#options
        const isProxys = phase === 'proxy'
        giveUp(new NetworkError({ what, host: url.host, phase: at, detail, proxy: way.proxy, isProxys, unusedProxy }))
      }
      const onDeadline = () => giveUp(this.#deadline.error(what))

      const options = {
        method,
        headers: {
          accept: 'application/json',
          'user-agent': 'hf-oidc-action',
          ...headers,
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
        agent: way.agent,
        autoSelectFamilyAttemptTimeout: way.addressMs,
        ...(way.tls ? strictTls(url, way.tls) : {}),
      }
      const req = way.request(url, options)
      const connectTimer = setTimeout(
        () => fail('timeout', `no connection within ${this.#options.connectMs / 1000} s, in phase ${phase}`),
        this.#options.connectMs,
      )
      const wholeTimer =
        withinMs === undefined
          ? undefined
          : setTimeout(() => fail('timeout', tooSlow(withinMs, phase)), Math.ceil(withinMs))
      this.#deadline.signal.addEventListener('abort', onDeadline, { once: true })

      const connected = () => {
        phase = 'answer'
        clearTimeout(connectTimer)
        req.setTimeout(this.#options.idleMs, () =>
          fail('timeout', `nothing received for ${this.#options.idleMs / 1000} s`),
        )
      }
      req.on('socket', (socket) => {
        if (!socket.connecting && !isInHandshake(socket)) {
          connected()
          return
        }
        socket.once('lookup', (error) => {
          if (!error) phase = 'connect'
        })
        socket.once('connect', () => {
          if (way.tls) phase = 'TLS'
          else connected()
        })
        socket.once('secureConnect', connected)
      })
      // Without this, a proxy's refusal would look like an answer from the host behind it.
      req.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
        if (statusCode === 200) phase = 'TLS'
        else fail('proxy', `the proxy answered CONNECT with ${statusCode}`)
      })
      req.on('response', (response) => {
        this.#recordContact(url, way)
        this.#read(response, maxBytes ?? this.#options.maxBytes).then(
          (read) => {
            const { statusCode: status = 0, headers: received } = response
            const from = url.host + url.pathname
            settle(() => resolve({ status, headers: received, body: read, from, proxy: way.proxy }))
          },
          (error: Error) => fail('answer', describe(error)),
        )
      })
      req.on('error', (error: NodeJS.ErrnoException) => fail(phaseOf(error, phase), describe(error)))
      req.end(body, () => {
        // Node calls this too when the connection fails.
        if (phase === 'answer' && req.socket?.destroyed === false) this.#recordContact(url, way)
        sent()
      })
    })
  }

  async #read(response: IncomingMessage, maxBytes: number): Promise<Buffer> {
    const chunks: Buffer[] = []
    let size = 0
    for await (const chunk of response as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxBytes) throw new Error(`answer larger than ${maxBytes} bytes`)
      chunks.push(chunk)
    }
    return Buffer.concat(chunks)
  }
}

function once(act: () => void): () => void {
  let done = false
  return () => {
    if (done) return
    done = true
    act()
  }
}

/** Where an attempt was when its time was over. */
export function tooSlow(withinMs: number, phase: Phase): string {
  const where = phase === 'answer' ? '' : `, in phase ${phase}`
  return `no complete answer within ${Math.round(withinMs / 100) / 10} s${where}`
}

/** Whether the time was over after the request had been sent: a call that came to no connection names the phase. */
export function isSilent({ phase, detail }: NetworkError): boolean {
  return phase === 'timeout' && !detail.includes(', in phase ')
}

/** Whether Node or OpenSSL refused the certificate: by the code of the error. */
export function isCertificateError(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO|HOSTNAME|ALTNAME/.test(code)
}

/** Behind a proxy, the connection is there before the handshake with the host begins. */
function isInHandshake(socket: Socket): boolean {
  return 'secureConnecting' in socket && socket.secureConnecting === true
}

function phaseOf(error: NodeJS.ErrnoException, phase: Phase): Phase {
  if (error.syscall === 'getaddrinfo' || error.syscall?.startsWith('query')) return phase === 'proxy' ? 'proxy' : 'DNS'
  if (error.syscall === 'connect') return phase === 'proxy' ? 'proxy' : 'connect'
  // Certificates are judged in the handshake, before anything is sent.
  if (isCertificateError(error.code ?? '')) return 'TLS'
  // Any other TLS error after the request was sent is an incomplete answer: the request may have been carried out.
  if (phase !== 'answer' && /ERR_TLS|ERR_SSL/.test(error.code ?? '')) return 'TLS'
  return phase
}

function describe(error: NodeJS.ErrnoException): string {
  // The system's code is enough, and unlike its message it never quotes what was sent.
  if (error.code) return error.code
  const inner = error instanceof AggregateError ? (error.errors[0] as NodeJS.ErrnoException | undefined) : undefined
  return inner?.code ?? error.message.slice(0, 120)
}
