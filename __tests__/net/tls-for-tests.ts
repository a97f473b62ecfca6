/** TLS servers and proxies with certificates of our own, for the tests of this folder. */
import { createServer as createTlsServer } from 'node:https'
import { type AddressInfo, connect, isIP, type Server, type Socket } from 'node:net'
import { getCACertificates, setDefaultCACertificates, createServer as tlsServer } from 'node:tls'
import { generate } from 'selfsigned'
import { keep } from './network-for-tests.ts'

interface Certificate {
  key: string
  cert: string
}

/** How many certificates there are: two of the same name would be taken for one another's issuer. */
let made = 0

/** A certificate for these names and IP addresses, trusted until the tests are over, unless `isTrusted` is false. */
export async function certificateFor(hosts: readonly string[], isTrusted = true): Promise<Certificate> {
  const altNames = hosts.map((host) =>
    isIP(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
  )
  made += 1
  const { private: key, cert } = await generate([{ name: 'commonName', value: `certificate ${made}` }], {
    keyType: 'ec',
    extensions: [{ name: 'subjectAltName', altNames }],
  })
  if (isTrusted) {
    const before = getCACertificates('default')
    setDefaultCACertificates([...before, cert])
    keep({ close: () => setDefaultCACertificates(before) })
  }
  return { key, cert }
}

/** A web server over TLS; returns its port. */
export async function webServer(certificate: Certificate, host = '127.0.0.1'): Promise<number> {
  const server = createTlsServer(certificate, (_request, response) => response.end('{}'))
  keep({ close: () => server.closeAllConnections() })
  return await listen(server, host)
}

/** A proxy that connects every CONNECT to one port on loopback, over TLS with a certificate; returns its port. */
export async function proxyTo(port: number, host: string, certificate?: Certificate): Promise<number> {
  const serve = (socket: Socket) => {
    keep({ close: () => socket.destroy() })
    socket.on('error', () => {})
    socket.once('data', () => {
      const target = connect(port, host)
      keep({ close: () => target.destroy() })
      target.on('error', () => socket.destroy())
      target.once('connect', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        target.pipe(socket).pipe(target)
      })
    })
  }
  const { createServer } = await import('node:net')
  return await listen(certificate ? tlsServer(certificate, serve) : createServer(serve), '127.0.0.1')
}

async function listen(server: Server, host: string): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  keep({ close: () => server.close() })
  return (server.address() as AddressInfo).port
}
