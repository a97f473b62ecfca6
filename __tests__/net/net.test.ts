import { createServer as createTcpServer, type Server } from 'node:net'
import { afterEach, describe, expect, test } from '@jest/globals'
import { Service } from '../../sandbox/service.ts'
import { ActionError } from '../../src/errors/action-error.ts'
import { Deadline } from '../../src/net/deadline.ts'
import { isAllowedUrl } from '../../src/net/endpoint.ts'
import { Http, NetworkError } from '../../src/net/http.ts'
import { proxyFromEnvironment, proxyPasswords, proxyProblem } from '../../src/net/proxy.ts'
import { retry, TryAgain } from '../../src/net/retry.ts'
import { retryAfterMs } from '../../src/net/retry-after.ts'

const open: { close(): unknown }[] = []
afterEach(async () => {
  for (const thing of open.splice(0)) await thing.close()
})

function deadline(ms = 5000): Deadline {
  const made = new Deadline(ms)
  open.push({ close: () => made.stop() })
  return made
}

function http(limits = {}, limitMs = 5000): Http {
  const made = new Http(deadline(limitMs), async () => undefined, limits)
  open.push(made)
  return made
}

async function tcp(onConnection: (server: Server) => void = () => {}): Promise<number> {
  const server = createTcpServer((socket) => {
    onConnection(server)
    socket.on('error', () => {})
    open.push({ close: () => socket.destroy() })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  open.push({ close: () => server.close() })
  const address = server.address()
  return typeof address === 'object' && address ? address.port : 0
}

const get = (url: string) => ({ method: 'GET', url: new URL(url), what: 'a test' })

test.each([
  ['https://huggingface.co', true],
  ['http://127.0.0.1:1', true],
  ['http://127.9.9.9', true],
  ['http://localhost:3', true],
  ['http://[::1]:3', true],
  ['http://huggingface.co', false],
  ['http://127.0.0.1.evil.com', false],
  ['http://localhost.evil.com', false],
  ['http://0.0.0.0', false],
  ['ftp://127.0.0.1', false],
  ['file:///etc/passwd', false],
])('%s is allowed: %s', (url, allowed) => expect(isAllowedUrl(new URL(url))).toBe(allowed))

describe('one attempt', () => {
  test('refuses plain http to another host before it looks the name up', async () => {
    await expect(http().send(get('http://example.com/'))).rejects.toMatchObject({ phase: 'policy' })
  })

  test('names the phase: a TLS server that is none', async () => {
    const port = await tcp()
    await expect(http({ connectMs: 200 }).send(get(`https://127.0.0.1:${port}/`))).rejects.toMatchObject({
      phase: 'time-out',
      detail: 'no connection within 0.2 s, in phase TLS',
    })
  })

  test('names the phase: an answer in clear where TLS is spoken', async () => {
    const service = new Service('hub', { operation: () => 'x', handle: () => ({ status: 200 }) })
    await service.listen()
    open.push(service)
    await expect(http().send(get(service.url.replace('http:', 'https:')))).rejects.toMatchObject({ phase: 'TLS' })
  })

  test('gives up when nothing comes for too long', async () => {
    const port = await tcp()
    await expect(http({ idleMs: 100 }).send(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      phase: 'time-out',
      detail: 'nothing received for 0.1 s',
    })
  })

  test('ends with the deadline', async () => {
    const port = await tcp()
    await expect(http({}, 100).send(get(`http://127.0.0.1:${port}/`))).rejects.toMatchObject({
      code: 'deadline-exceeded',
    })
  })

  test('keeps its connection for the next call', async () => {
    const service = new Service('hub', { operation: () => 'x', handle: () => ({ status: 200, body: { a: 1 } }) })
    await service.listen()
    open.push(service)
    const client = http()
    for (let call = 0; call < 3; call += 1) expect((await client.send(get(service.url))).status).toBe(200)
    expect(new Set(service.calls.map(({ request }) => request.headers.connection))).toEqual(new Set(['keep-alive']))
  })
})

describe('the proxy', () => {
  const target = new URL('https://sts.eu-west-1.amazonaws.com/')
  const proxyFor = async (env: Record<string, string>, url = target) => (await proxyFromEnvironment(env)(url))?.proxy

  test.each([
    [{}, undefined],
    [{ HTTP_PROXY: 'http://proxy:3128' }, undefined],
    [{ HTTPS_PROXY: 'http://proxy:3128' }, 'proxy:3128'],
    [{ https_proxy: 'http://small:1', HTTPS_PROXY: 'http://big:2' }, 'small:1'],
    [{ ALL_PROXY: 'socks5://all:1' }, undefined],
    [{ HTTPS_PROXY: 'proxy.corp:3128' }, 'proxy.corp:3128'],
    [{ HTTPS_PROXY: 'http://user:pass@proxy:3128' }, 'proxy:3128'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'amazonaws.com' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', no_proxy: 'x, .AmazonAWS.com' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*.amazonaws.com:443' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'amazonaws.com:8443' }, 'p:1'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'aws.com,sts.eu-west-1' }, 'p:1'],
  ])('%j gives %s', async (env, proxy) => expect(await proxyFor(env as Record<string, string>)).toBe(proxy))

  test.each(['http://u:100%@p:1', 'socks5://p:1', 'http://[', 'http://p:99999', 'http://u:a/b@p:1'])(
    '"%s" is not usable, and is not shown',
    (proxy) => {
      expect(proxyProblem({ HTTPS_PROXY: proxy })).toMatch(/^`HTTPS_PROXY` is not a usable proxy: /)
      expect(proxyProblem({ HTTPS_PROXY: proxy })).not.toContain('100%')
    },
  )

  test('a usable one, or none, is no problem', () => {
    expect([proxyProblem({}), proxyProblem({ https_proxy: 'p:1' })]).toEqual([undefined, undefined])
  })

  test('IPv6 addresses can be exempt', async () => {
    const url = new URL('https://[::1]:8443/')
    for (const exception of ['::1', '[::1]', '[::1]:8443']) {
      expect(await proxyFor({ HTTPS_PROXY: 'http://p:1', NO_PROXY: exception }, url)).toBeUndefined()
    }
  })

  test('a password in its URL is a secret, also when it is written encoded', () => {
    expect(proxyPasswords({ HTTPS_PROXY: 'http://u:p%40ss@p:1' })).toEqual(['p%40ss', 'p@ss'])
    expect(proxyPasswords({ HTTPS_PROXY: 'http://p:1' })).toEqual([])
  })
})

describe('what a service asks to wait', () => {
  const now = Date.parse('2026-11-22T12:00:00Z')
  test.each([
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 12:00:30 GMT' }, 30_000],
    [{ 'retry-after': 'Sun, 22 Nov 2026 11:00:00 GMT' }, 0],
    [{ ratelimit: '"api";r=0;t=55' }, 55_000],
    [{ ratelimit: '"api";r=0; t=5', 'retry-after': '2' }, 2000],
    [{ 'retry-after': '10000000' }, 10_000_000_000],
    [{ 'retry-after': '10.5' }, 10_500],
    [{ ratelimit: '"api";r=499;t=300' }, undefined],
    [{ ratelimit: '"api";r=499;t=300, "whoami";r=0;t=20' }, 20_000],
    [{ ratelimit: ['"a";r=0;t=5', '"b";r=0;t=50'] as never }, 50_000],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '30s' }, undefined],
    [{ 'retry-after': '-5' }, undefined],
    [{}, undefined],
  ])('%j', (headers, ms) => expect(retryAfterMs(headers, now)).toBe(ms))
})

describe('retry', () => {
  const failure = new Error('busy')
  const policy = (options = {}) => ({ maxAttempts: 3, deadline: deadline(), random: () => 0, ...options })

  test('gives up after so many tries, with the last failure', async () => {
    let tries = 0
    const attempt = async () => {
      tries += 1
      throw new TryAgain(failure, 1)
    }
    await expect(retry('x', policy(), attempt)).rejects.toBe(failure)
    expect(tries).toBe(3)
  })

  test('does not repeat what was not called curable', async () => {
    let tries = 0
    await expect(
      retry('x', policy(), async () => {
        tries += 1
        throw failure
      }),
    ).rejects.toBe(failure)
    expect(tries).toBe(1)
  })

  test('does not begin a wait that does not fit into the time left', async () => {
    const started = performance.now()
    await expect(retry('x', policy(), async () => Promise.reject(new TryAgain(failure, 60_000)))).rejects.toBe(failure)
    expect(performance.now() - started).toBeLessThan(1000)
  })

  test('waits at least as long as it is told, and a random bit more', async () => {
    const waits: string[] = []
    const random = () => 0.5
    const onRetry = (message: string) => waits.push(message)
    await expect(
      retry('x', policy({ maxAttempts: 2, random, onRetry }), async () => Promise.reject(new TryAgain(failure, 100))),
    ).rejects.toBe(failure)
    expect(waits).toEqual(['x: try 1 of 2 failed, the next in 350 ms'])
  })

  test('does not ask again a host whose certificate is refused', async () => {
    let tries = 0
    const attempt = () => {
      tries += 1
      return Promise.reject(new NetworkError('x', 'h', 'TLS', 'DEPTH_ZERO_SELF_SIGNED_CERT'))
    }
    await expect(retry('x', policy(), attempt)).rejects.toThrow(/network-unreachable/)
    expect(tries).toBe(1)
  })

  test('ends when the deadline is stopped', async () => {
    const stopped = new Deadline(60_000)
    const waiting = retry('x', policy({ deadline: stopped }), async () => Promise.reject(new TryAgain(failure, 30_000)))
    stopped.stop()
    await expect(waiting).rejects.toThrow()
    expect(stopped.remainingMs()).toBe(0)
  })

  test('names a network failure for the user', async () => {
    const error = new NetworkError('a test', 'hub.example', 'TLS', 'CERT_HAS_EXPIRED')
    const thrown = await retry('x', policy({ maxAttempts: 1 }), () => Promise.reject(error)).catch((e: unknown) => e)
    expect(thrown).toBeInstanceOf(ActionError)
    expect(String(thrown)).toMatch(/\[network-unreachable\].*hub\.example[\s\S]*NODE_EXTRA_CA_CERTS/)
  })
})
