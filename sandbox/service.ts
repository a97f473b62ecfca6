/** One loopback HTTP server of the sandbox: it logs every call and can be told to be slow or broken. */
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

export type ServiceName = 'github' | 'aws' | 'hub' | 'issuer' | 'machine'

/** A request as the handlers see it: fully read. */
export interface SandboxRequest {
  method: string
  /** Path and query with the service's base URL. */
  url: URL
  headers: IncomingHttpHeaders
  /** The body as text. */
  body: string
  /** The body as it came. */
  bytes: Buffer
}

/** What a handler answers. A `body` that is neither text nor bytes is sent as JSON. */
export interface SandboxResponse {
  status: number
  headers?: Record<string, string>
  body?: unknown
}

/** One call that arrived, in the order of arrival. */
export interface Call {
  service: ServiceName
  operation: string
  request: SandboxRequest
  /** What the handler answered, even if that was lost; once an answer was sent, that answer's. 0 before, and for `reset`. */
  status: number
  /** `performance.now()` when the request had been read, and when its answer had been written (0 if it never was). */
  startedAt: number
  endedAt: number
}

/** What can go wrong with one call. */
export type Fault =
  /** Answer this instead of asking the handler. */
  | ({ kind: 'answer' } & SandboxResponse)
  /** Close the connection without asking the handler. */
  | { kind: 'reset' }
  /** Let the handler do its work, then close the connection: the answer is lost. */
  | { kind: 'lost' }
  /** Send only the first `afterBytes` bytes of the raw answer (status line and headers count), then nothing for ever. */
  | { kind: 'stall'; afterBytes: number }
  /** Let the handler answer, then change its answer. */
  | { kind: 'change'; change: (response: SandboxResponse) => SandboxResponse }

/** What becomes of an answer; undefined: it is sent. A promise holds it back. */
export type Fate = 'answer' | 'lose' | 'hang' | undefined

/**
 * Looks at a call whose work is done and whose answer is not sent yet, and says what becomes of the answer: it is sent
 * (also for `undefined`), the connection is closed, or the caller waits for ever. What it throws is lost, and so is the
 * answer: collect what you find.
 */
export type AfterWork = (call: Call) => Fate | Promise<Fate>

/** What a concrete service gives: a name for each call (for the log, for faults) and the answer. */
export interface Handler {
  /** The operation's name, e.g. `AssumeRoleWithWebIdentity` or `whoami-v2`; `unknown` if there is none. */
  operation(request: SandboxRequest): string
  handle(operation: string, request: SandboxRequest): SandboxResponse | Promise<SandboxResponse>
  /** The service's clock, for the `Date` of its answers. Default: the machine's. */
  now?(): number
  /** A larger request is refused with 413. Default: 4 MB. */
  readonly maxBodyBytes?: number
}

const DEFAULT_MAX_BODY_BYTES = 4 * 1024 * 1024

export class Service {
  readonly name: ServiceName
  /** Every call so far. Tests may empty it: `service.calls.length = 0`. */
  readonly calls: Call[] = []
  /** Added to every call, in milliseconds. */
  latencyMs = 0
  /** Called for every call that the handler worked on, also when a fault will spoil its answer. */
  afterWork: AfterWork | undefined
  #url = ''
  readonly #server: Server
  readonly #faults = new Map<string, { fault: Fault; left: number }[]>()

  constructor(name: ServiceName, handler: Handler) {
    this.name = name
    this.#server = createServer((req, res) => {
      this.#serve(handler, req, res).catch(() => res.destroy())
    })
  }

  /** `http://127.0.0.1:<port>`, no slash at the end. */
  get url(): string {
    return this.#url
  }

  /** Starts to listen on loopback. `port` 0 takes a free one. */
  async listen(port = 0): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(port, '127.0.0.1', resolve)
    })
    this.#url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise<void>((resolve) => this.#server.close(() => resolve()))
  }

  /** Lets the next `times` calls of `operation` (`*`: any) fail this way. */
  inject(operation: string, fault: Fault, times = 1): void {
    const queue = this.#faults.get(operation) ?? []
    queue.push({ fault, left: times })
    this.#faults.set(operation, queue)
  }

  clearFaults(): void {
    this.#faults.clear()
  }

  /** How often `operation` was called. */
  count(operation: string): number {
    return this.calls.filter((call) => call.operation === operation).length
  }

  #fault(operation: string): Fault | undefined {
    for (const key of [operation, '*']) {
      const queue = this.#faults.get(key)
      const head = queue?.[0]
      if (!queue || !head) continue
      head.left -= 1
      if (head.left <= 0) queue.shift()
      return head.fault
    }
    return undefined
  }

  async #serve(handler: Handler, req: IncomingMessage, res: ServerResponse): Promise<void> {
    const bytes = await readBody(req, handler.maxBodyBytes ?? DEFAULT_MAX_BODY_BYTES)
    if (bytes === undefined) {
      res.writeHead(413).end()
      return
    }
    const request: SandboxRequest = {
      method: req.method ?? 'GET',
      url: new URL(req.url ?? '/', this.#url),
      headers: req.headers,
      get body() {
        return bytes.toString('utf8')
      },
      bytes,
    }
    const operation = handler.operation(request)
    const call: Call = {
      service: this.name,
      operation,
      request,
      status: 0,
      startedAt: performance.now(),
      endedAt: 0,
    }
    this.calls.push(call)
    if (this.latencyMs > 0) await sleep(this.latencyMs)

    const fault = this.#fault(operation)
    if (fault?.kind === 'reset') {
      res.destroy()
      return
    }
    let response: SandboxResponse
    let fate: ReturnType<AfterWork>
    if (fault?.kind === 'answer') response = fault
    else {
      response = await handler.handle(operation, request)
      call.status = response.status
      fate = await this.afterWork?.(call)
    }
    if (fate === 'hang') return
    if (fate === 'lose' || fault?.kind === 'lost') {
      res.destroy()
      return
    }
    if (fault?.kind === 'change') response = fault.change(response)

    const body = encode(response)
    if (handler.now) res.setHeader('date', new Date(handler.now()).toUTCString())
    const headers = headersOf(response, body)
    if (fault?.kind === 'stall') {
      res.socket?.write(
        Buffer.concat([headOf(response.status, headers), body].map((part) => Buffer.from(part))).subarray(
          0,
          fault.afterBytes,
        ),
      )
      return
    }
    call.status = response.status
    res.writeHead(response.status, headers)
    res.end(body)
    call.endedAt = performance.now()
  }
}

/** The whole body; undefined when it is too large. */
async function readBody(req: IncomingMessage, maxBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of req as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) return undefined
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function headersOf(response: SandboxResponse, body: string | Buffer): Record<string, string> {
  return {
    ...(isRaw(response.body) ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': String(Buffer.byteLength(body)),
    ...response.headers,
  }
}

/** The status line and headers as they go over the wire. */
function headOf(status: number, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
  return `HTTP/1.1 ${status} X\r\n${lines.join('')}\r\n`
}

function encode({ body }: SandboxResponse): string | Buffer {
  if (isRaw(body)) return body ?? ''
  return JSON.stringify(body)
}

/** Whether it is sent as it is. */
function isRaw(body: unknown): body is string | Buffer | undefined {
  return typeof body === 'string' || Buffer.isBuffer(body) || body === undefined
}
