/**
 * The real host names in front of the sandbox: a proxy that takes CONNECT, and behind it TLS servers for github.com's
 * issuer, AWS's regional endpoints and huggingface.co. Lets the action run with no endpoint overridden at all.
 */
import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { generate } from 'selfsigned'
import { REGION, type Sandbox } from './index.ts'

export const GITHUB_ISSUER = 'https://token.actions.githubusercontent.com'
export const ID_TOKEN_HOST = 'pipelines.actions.githubusercontent.com'

export interface InternetOptions {
  /** The proxy asks for this as `Proxy-Authorization: Basic`. */
  credentials?: { user: string; password: string }
}

export class Internet {
  /** The certificate that the TLS servers show, in PEM: what `NODE_EXTRA_CA_CERTS` must hold. */
  readonly certificate: string
  /** `host:port` of every CONNECT that was let through, in order. */
  readonly tunnels: string[] = []
  readonly #tls: TlsServer
  readonly #proxy = createHttpServer((_request, response) => response.writeHead(405).end())
  readonly #sockets = new Set<Socket>()

  private constructor(sandbox: Sandbox, key: string, certificate: string, options: InternetOptions) {
    this.certificate = certificate
    const routes = routesTo(sandbox)
    this.#tls = createTlsServer({ key, cert: certificate }, (request, response) => forward(routes, request, response))
    this.#proxy.on('connect', (request: IncomingMessage, client: Socket) => {
      this.#sockets.add(client)
      client.on('error', () => client.destroy())
      const target = request.url ?? ''
      const host = target.replace(/:\d+$/, '')
      if (options.credentials && request.headers['proxy-authorization'] !== basic(options.credentials)) {
        client.end(
          'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="proxy"\r\ncontent-length: 0\r\n\r\n',
        )
        return
      }
      if (!routes.has(host)) {
        client.end('HTTP/1.1 403 Forbidden\r\ncontent-length: 0\r\n\r\n')
        return
      }
      this.tunnels.push(target)
      const upstream = connect(portOf(this.#tls), '127.0.0.1', () => {
        client.write('HTTP/1.1 200 Connection established\r\n\r\n')
        upstream.pipe(client).pipe(upstream)
      })
      this.#sockets.add(upstream)
      upstream.on('error', () => client.destroy())
    })
  }

  /** Puts the real names in front of a sandbox. */
  static async start(sandbox: Sandbox, options: InternetOptions = {}): Promise<Internet> {
    const names = [...routesTo(sandbox).keys()]
    const pems = await generate([{ name: 'commonName', value: 'sandbox' }], {
      keySize: 2048,
      extensions: [{ name: 'subjectAltName', altNames: names.map((value) => ({ type: 2 as const, value })) }],
    })
    const internet = new Internet(sandbox, pems.private, pems.cert, options)
    for (const server of [internet.#tls, internet.#proxy]) {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    }
    return internet
  }

  /** What `HTTPS_PROXY` must be, without credentials. */
  get proxyUrl(): string {
    return `http://127.0.0.1:${portOf(this.#proxy)}`
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.#tls.closeAllConnections()
    this.#proxy.closeAllConnections()
    await Promise.all([this.#tls, this.#proxy].map((server) => new Promise((resolve) => server.close(resolve))))
  }
}

interface Route {
  origin: string
  path: (path: string) => string
}

function routesTo({ github, aws, hub }: Sandbox): Map<string, Route> {
  const same = (path: string) => path
  return new Map([
    // The sandbox's issuer is an Enterprise Server's; github.com's has no path.
    [new URL(GITHUB_ISSUER).host, { origin: github.serverUrl, path: (path: string) => `/_services/token${path}` }],
    [ID_TOKEN_HOST, { origin: github.serverUrl, path: same }],
    [`sts.${REGION}.amazonaws.com`, { origin: aws.url, path: same }],
    [`secretsmanager.${REGION}.amazonaws.com`, { origin: aws.url, path: same }],
    [`ecs.${REGION}.amazonaws.com`, { origin: aws.url, path: same }],
    ['huggingface.co', { origin: hub.url, path: same }],
  ])
}

function forward(routes: Map<string, Route>, request: IncomingMessage, response: ServerResponse): void {
  const route = routes.get(request.headers.host?.replace(/:\d+$/, '') ?? '')
  if (!route) {
    response.writeHead(421).end()
    return
  }
  const url = new URL(route.origin + route.path(request.url ?? '/'))
  const upstream = httpRequest(url, { method: request.method ?? 'GET', headers: request.headers }, (answer) => {
    response.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(response)
  })
  upstream.on('error', () => response.destroy())
  request.pipe(upstream)
}

function basic({ user, password }: { user: string; password: string }): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
}

function portOf(server: { address(): AddressInfo | string | null }): number {
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}
