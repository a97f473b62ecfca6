/**
 * The one way out: every call of the action (GitHub, AWS, the Hub) is sent here, so that proxy, CA, time-outs, size
 * limits and the naming of network failures are the same for all of them.
 */
import { Agent as HttpAgent, request as httpRequest, type IncomingHttpHeaders, type IncomingMessage } from 'node:http'
import type { Agent as HttpsAgent } from 'node:https'
import type { Deadline } from './deadline.ts'
import { isAllowedUrl, isCredentialUrl } from './endpoint.ts'

export interface HttpRequest {
  method: string
  url: URL
  headers?: Record<string, string>
  body?: string | Uint8Array
  /** The largest answer accepted, in bytes, in place of the client's own limit. */
  maxBytes?: number
  /** The most that this attempt may take until its answer is complete, in milliseconds, for what is near or not there. */
  limitMs?: number
  /** Whether it asks AWS for this machine's own credentials, which are at addresses of their own. */
  isForCredentials?: boolean
  /** What is being waited for, for messages: "the ID token from GitHub". */
  what: string
}

export interface HttpResponse {
  status: number
  headers: IncomingHttpHeaders
  body: Buffer
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
}

/** There was no answer, or not a complete one. */
export class NetworkError extends Error {
  override readonly name = 'NetworkError'
  readonly what: string
  readonly host: string
  readonly phase: Phase
  readonly detail: string
  readonly proxy: string | undefined

  constructor({ what, host, phase, detail, proxy }: NetworkFailure) {
    super(`${host}: ${phase} failed (${detail})`)
    this.what = what
    this.host = host
    this.phase = phase
    this.detail = detail
    this.proxy = proxy
  }
}

/** Limits for one attempt, and what to do meanwhile. */
export interface HttpOptions {
  /** For DNS, TCP and TLS together, in milliseconds. */
  connectMs: number
  /** Between two bytes, in milliseconds. */
  idleMs: number
  /** The largest answer accepted, in bytes. */
  maxBytes: number
  /** Called whenever everything to send has been handed to the network: now there is time for other work. */
  whileWaiting: () => void
}

/** The largest answer accepted by default, in bytes: far more than any service gives, far less than a runner's memory. */
export const MAX_ANSWER_BYTES = 2 * 1024 * 1024

const DEFAULTS: HttpOptions = {
  connectMs: 10_000,
  idleMs: 15_000,
  maxBytes: MAX_ANSWER_BYTES,
  whileWaiting: () => {},
}

/** Finds the proxy for a URL, if there is one; `proxy` is its address without credentials. */
export type ProxyFor = (url: URL) => Promise<{ agent: HttpsAgent; proxy: string } | undefined>

/** How one call is sent. */
interface Way {
  agent: HttpAgent | HttpsAgent
  request: typeof httpRequest
  secure?: boolean
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
  #https: Promise<{ agent: HttpsAgent; request: typeof httpRequest }> | undefined

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
    if (url.protocol === 'http:') return await this.#attempt(request, { agent: this.#http, request: httpRequest })
    const [proxied, https] = await Promise.all([this.#proxyFor(url), this.#loadHttps()])
    return await this.#attempt(request, { ...https, ...proxied, secure: true })
  }

  /** Closes the kept connections, so that they do not keep the process alive. */
  close(): void {
    this.#http.destroy()
    void this.#https?.then(({ agent }) => agent.destroy())
  }

  /** TLS is loaded with the first call that needs it. */
  #loadHttps(): Promise<{ agent: HttpsAgent; request: typeof httpRequest }> {
    this.#https ??= import('node:https').then(({ Agent, request }) => ({
      agent: new Agent({ keepAlive: true }),
      request,
    }))
    return this.#https
  }

  #attempt({ method, url, headers, body, maxBytes, limitMs, what }: HttpRequest, way: Way): Promise<HttpResponse> {
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
        clearTimeout(limitTimer)
        this.#deadline.signal.removeEventListener('abort', onDeadline)
        act()
      }
      const giveUp = (error: Error) =>
        settle(() => {
          reject(error)
          req.destroy()
        })
      const fail = (at: Phase, detail: string) =>
        giveUp(new NetworkError({ what, host: url.host, phase: at, detail, proxy: way.proxy }))
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
        // Whatever NODE_TLS_REJECT_UNAUTHORIZED says: a certificate that is not trusted is a failure.
        ...(way.secure ? { rejectUnauthorized: true } : {}),
      }
      const req = way.request(url, options)
      const connectTimer = setTimeout(
        () => fail('timeout', `no connection within ${this.#options.connectMs / 1000} s, in phase ${phase}`),
        this.#options.connectMs,
      )
      const limitTimer =
        limitMs === undefined
          ? undefined
          : setTimeout(() => fail('timeout', `no answer within ${limitMs / 1000} s`), limitMs)
      this.#deadline.signal.addEventListener('abort', onDeadline, { once: true })

      const connected = () => {
        phase = 'answer'
        clearTimeout(connectTimer)
        req.setTimeout(this.#options.idleMs, () =>
          fail('timeout', `nothing received for ${this.#options.idleMs / 1000} s`),
        )
      }
      req.on('socket', (socket) => {
        if (!socket.connecting) {
          connected()
          return
        }
        socket.once('lookup', (error) => {
          if (!error) phase = 'connect'
        })
        socket.once('connect', () => {
          if (way.secure) phase = 'TLS'
          else connected()
        })
        socket.once('secureConnect', connected)
      })
      // Without this, a proxy's refusal would look like an answer from the host behind it.
      req.once('proxyConnect', ({ statusCode }: { statusCode: number }) => {
        if (statusCode !== 200) fail('proxy', `the proxy answered CONNECT with ${statusCode}`)
      })
      req.on('response', (response) => {
        this.#read(response, maxBytes ?? this.#options.maxBytes).then(
          (read) => settle(() => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: read })),
          (error: Error) => fail('answer', describe(error)),
        )
      })
      req.on('error', (error: NodeJS.ErrnoException) => fail(phaseOf(error, phase), describe(error)))
      req.end(body, sent)
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

/** Whether Node or OpenSSL refused the certificate: by the code of the error. */
export function isCertificateError(code: string): boolean {
  return /CERT|SELF_SIGNED|UNABLE_TO|HOSTNAME|ALTNAME/.test(code)
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
