import { Agent, createServer, type Server } from 'node:https'
import { type AddressInfo, connect, Socket } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { generate } from 'selfsigned'
import { Http } from '../../src/net/http.ts'
import { proxyFromEnvironment } from '../../src/net/proxy.ts'
import { client, closeAll, deadline, get, keep, service, tcpServer } from './network-for-tests.ts'

afterEach(closeAll)

const ok = () => ({ status: 200, body: { a: 1 } })

async function tlsServer(): Promise<Server> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }])
  const server = createServer({ key, cert }, (_request, response) => response.end('{}'))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  keep({ close: () => server.close() })
  return server
}

describe('a call', () => {
  test('refuses plain http to another host before the name is looked up', async () => {
    await expect(client().send(get('http://example.com/'))).rejects.toMatchObject({ phase: 'policy' })
  })

  test('to an address for credentials is refused unless it asks for them', async () => {
    await expect(client().send(get('http://169.254.169.254/'))).rejects.toMatchObject({ phase: 'policy' })
    const elsewhere = { ...get('http://example.com/'), isForCredentials: true }
    await expect(client().send(elsewhere)).rejects.toMatchObject({ phase: 'policy' })
  })

  test('may have a limit of its own', async () => {
    const port = await tcpServer()
    const call = { ...get(`http://127.0.0.1:${port}/`), withinMs: 5 }
    await expect(client().send(call)).rejects.toMatchObject({
      phase: 'timeout',
      detail: expect.stringContaining('no complete answer within'),
    })
  })

  test('never follows a redirect', async () => {
    const hub = await service(() => ({ status: 302, headers: { location: '/elsewhere' } }))
    expect(await client().send(get(`${hub.url}/first`))).toMatchObject({ status: 302 })
    expect(hub.calls.map(({ operation }) => operation)).toEqual(['/first'])
  })

  test('refuses an answer that is larger than the limit, and accepts one of exactly that size', async () => {
    const hub = await service(() => ({ status: 200, body: 'x'.repeat(100) }))
    expect((await client({ maxBytes: 100 }).send(get(hub.url))).body.length).toBe(100)
    await expect(client({ maxBytes: 99 }).send(get(hub.url))).rejects.toMatchObject({
      phase: 'answer',
      detail: 'answer larger than 99 bytes',
    })
  })

  test('keeps its connection for the next one', async () => {
    const hub = await service(ok)
    const http = client()
    for (let call = 0; call < 3; call += 1) expect((await http.send(get(hub.url))).status).toBe(200)
    expect(new Set(hub.calls.map(({ request }) => request.headers.connection))).toEqual(new Set(['keep-alive']))
  })

  test('sends its body with its length', async () => {
    const hub = await service(ok)
    await client().send({ ...get(hub.url), method: 'POST', body: 'é' })
    expect(hub.calls[0]?.request).toMatchObject({ body: 'é', headers: { 'content-length': '2' } })
  })

  test('leaves time for other work once it has been sent, and only once', async () => {
    const hub = await service(ok)
    let times = 0
    const whileWaiting = () => {
      times += 1
    }
    await client({ whileWaiting }).send(get(hub.url))
    expect(times).toBe(1)
  })
})

describe('a certificate', () => {
  test('that is not trusted is refused in phase TLS', async () => {
    const { port } = (await tlsServer()).address() as AddressInfo
    await expect(client().send(get(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({
      phase: 'TLS',
      detail: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    })
  })

  test('that is not trusted is refused in phase TLS behind a proxy too', async () => {
    const { port } = (await tlsServer()).address() as AddressInfo
    const proxyPort = await tcpServer((socket) => {
      socket.once('data', () => {
        const host = connect(port, '127.0.0.1')
        keep({ close: () => host.destroy() })
        host.on('error', () => socket.destroy())
        host.once('connect', () => {
          socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
          host.pipe(socket).pipe(host)
        })
      })
    })
    const proxyFor = proxyFromEnvironment({ HTTPS_PROXY: `http://127.0.0.1:${proxyPort}` })
    await expect(client({ proxyFor }).send(get(`https://localhost:${port}/`))).rejects.toMatchObject({
      phase: 'TLS',
      detail: 'DEPTH_ZERO_SELF_SIGNED_CERT',
      proxy: `127.0.0.1:${proxyPort}`,
    })
  })

  test('is checked whatever NODE_TLS_REJECT_UNAUTHORIZED says, which is only the default of an option', async () => {
    const asked: unknown[] = []
    class Recording extends Agent {
      override createConnection(options: { rejectUnauthorized?: boolean }): never {
        asked.push(options.rejectUnauthorized)
        throw new Error('recorded')
      }
    }
    const proxyFor = async () => ({ agent: new Recording(), proxy: 'proxy:1' })
    await expect(client({ proxyFor }).send(get('https://hub.example/'))).rejects.toThrow()
    expect(asked).toEqual([true])
  })
})

describe('the time for each address of a name', () => {
  /** What Node is told in each attempt. */
  async function told(attempts: number, url = 'https://hub.example/') {
    const times: [unknown, number][] = []
    class Recording extends Agent {
      override createConnection({ autoSelectFamilyAttemptTimeout }: Record<string, unknown>) {
        times.push([autoSelectFamilyAttemptTimeout, proxyMs])
        return new Socket().destroy(new Error('recorded'))
      }
    }
    let proxyMs = 0
    const http = client({
      proxyFor: async (_url, { addressMs }) => {
        proxyMs = addressMs
        return { agent: new Recording(), proxy: 'proxy:1' }
      },
    })
    for (let made = 0; made < attempts; made += 1) await http.send(get(url)).catch(() => {})
    return times
  }

  test('grows with each attempt that comes to no connection, for a proxy too', async () => {
    expect(await told(5)).toEqual([250, 1000, 4000, 4000, 4000].map((ms) => [ms, ms]))
  })

  test('is counted for each host', async () => {
    const asked: number[] = []
    const http = client({
      proxyFor: async (_url, { addressMs }) => {
        asked.push(addressMs)
        return undefined
      },
    })
    for (const port of [1, 1, 2, 1]) await http.send(get(`https://127.0.0.1:${port}/`)).catch(() => {})
    expect(asked).toEqual([250, 1000, 250, 4000])
  })
})

describe('the hosts that were contacted', () => {
  test('are each named once, in order, with the port', async () => {
    const [one, two] = [await service(ok), await service(() => ({ status: 500 }))]
    const http = client()
    expect(http.contacted()).toEqual({ hosts: [] })
    for (const { url } of [two, one, two]) await http.send(get(`${url}/path?query`))
    expect(http.contacted()).toEqual({ hosts: [two, one].map(({ url }) => new URL(url).host) })
  })

  test('include one that got everything and never answered', async () => {
    const port = await tcpServer()
    const http = client({ idleMs: 50 })
    await http.send(get(`http://127.0.0.1:${port}/`)).catch(() => {})
    expect(http.contacted()).toEqual({ hosts: [`127.0.0.1:${port}`] })
  })

  test('do not include one that received nothing', async () => {
    const { port } = (await tlsServer()).address() as AddressInfo
    const http = client({ connectMs: 50 })
    const silent = await tcpServer()
    const urls = [
      'http://127.0.0.1:1/',
      `https://127.0.0.1:${port}/`,
      'http://hub.example/',
      `https://127.0.0.1:${silent}/`,
    ]
    for (const url of urls) await expect(http.send(get(url))).rejects.toThrow()
    expect(http.contacted()).toEqual({ hosts: [] })
  })
})

describe('a failure names its phase', () => {
  test('a TLS server that never answers', async () => {
    const port = await tcpServer()
    await expect(client({ connectMs: 200 }).send(get(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({
      phase: 'timeout',
      detail: 'no connection within 0.2 s, in phase TLS',
    })
  })

  test('a complete answer that does not come in time, though bytes do', async () => {
    const port = await tcpServer((socket) => {
      socket.write('HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n')
      const drip = setInterval(() => socket.write('x'), 20)
      socket.on('close', () => clearInterval(drip))
    })
    await expect(client().send({ ...get(`http://127.0.0.1:${port}/`), withinMs: 200 })).rejects.toMatchObject({
      phase: 'timeout',
      detail: 'no complete answer within 0.2 s',
    })
  })

  test('a plain answer where TLS is expected', async () => {
    const hub = await service(ok)
    await expect(client().send(get(hub.url.replace('http:', 'https:')))).rejects.toMatchObject({ phase: 'TLS' })
  })

  test('an answer that does not arrive', async () => {
    const port = await tcpServer()
    await expect(client({ idleMs: 100 }).send(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      phase: 'timeout',
      detail: 'nothing received for 0.1 s',
    })
  })

  test('a connection that is closed before the answer is complete', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx'))
    })
    await expect(client().send(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({ phase: 'answer' })
  })

  test('a port where nothing listens', async () => {
    await expect(client().send(get('http://127.0.0.1:1/'))).rejects.toMatchObject({
      phase: 'connect',
      detail: 'ECONNREFUSED',
    })
  })

  test('a proxy that refuses to connect', async () => {
    const port = await tcpServer((socket) => {
      socket.once('data', () => socket.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n'))
    })
    const proxyFor = proxyFromEnvironment({ HTTPS_PROXY: `http://u:p@127.0.0.1:${port}` })
    await expect(client({ proxyFor }).send(get('https://hub.example/'))).rejects.toMatchObject({
      phase: 'proxy',
      proxy: `127.0.0.1:${port}`,
      detail: 'the proxy answered CONNECT with 407',
    })
  })

  test('a proxy that is not there', async () => {
    const proxyFor = proxyFromEnvironment({ HTTPS_PROXY: 'http://127.0.0.1:1' })
    await expect(client({ proxyFor }).send(get('https://hub.example/'))).rejects.toMatchObject({
      phase: 'proxy',
      detail: 'ECONNREFUSED',
    })
  })
})

describe('the deadline', () => {
  test('ends a call in progress', async () => {
    const port = await tcpServer()
    await expect(client({ limitMs: 100 }).send(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: 'deadline-exceeded',
    })
  })

  test('lets no call start once it has passed', async () => {
    const hub = await service(ok)
    const passed = deadline()
    const http = keep(new Http(passed, async () => undefined))
    passed.stop()
    await expect(http.send(get(hub.url))).rejects.toMatchObject({ code: 'deadline-exceeded' })
    expect(hub.calls).toEqual([])
  })
})
