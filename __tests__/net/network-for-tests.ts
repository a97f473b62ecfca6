/** Deadlines, clients and servers for the tests of this folder; {@link closeAll} ends all of them. */
import { createServer, type Socket } from 'node:net'
import { type SandboxRequest, type SandboxResponse, Service } from '../../sandbox/service.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { Http, type HttpOptions, type ProxyFor } from '../../src/net/http.ts'

const open: { close(): unknown }[] = []

export function keep<T extends { close(): unknown }>(thing: T): T {
  open.push(thing)
  return thing
}

export async function closeAll(): Promise<void> {
  for (const thing of open.splice(0).reverse()) await thing.close()
}

export function deadline(limitMs = 5000): Deadline {
  const made = new Deadline(limitMs)
  keep({ close: () => made.stop() })
  return made
}

export interface ClientOptions extends Partial<HttpOptions> {
  limitMs?: number
  proxyFor?: ProxyFor
}

export function client({ limitMs, proxyFor = async () => undefined, ...limits }: ClientOptions = {}): Http {
  return keep(new Http(deadline(limitMs), proxyFor, limits))
}

/** A TCP server on loopback that says nothing by itself. Returns its port. */
export async function tcpServer(onConnection: (socket: Socket) => void = () => {}): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {})
    keep({ close: () => socket.destroy() })
    onConnection(socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  keep({ close: () => server.close() })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

/** A service that answers every call this way. Its operations are the paths. */
export async function service(answer: (request: SandboxRequest) => SandboxResponse): Promise<Service> {
  const made = new Service('hub', {
    operation: ({ url }) => url.pathname,
    handle: (_operation, request) => answer(request),
  })
  await made.listen()
  return keep(made)
}

export const get = (url: string) => ({ method: 'GET', url: new URL(url), what: 'a test' })
