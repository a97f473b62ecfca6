/** Whom a call over TLS is with: the URL's host, and nobody else; the same for a proxy. */
import { afterEach, describe, expect, test } from '@jest/globals'
import { proxyFromEnvironment } from '../../src/net/proxy.ts'
import { client, closeAll, get } from './network-for-tests.ts'
import { certificateFor, proxyTo, webServer } from './tls-for-tests.ts'

afterEach(closeAll)

const REFUSED = { phase: 'TLS', detail: 'ERR_TLS_CERT_ALTNAME_INVALID' }

/** What comes of a call to `host`, which shows a certificate for `names`. */
async function call(host: string, names: readonly string[], isProxied: boolean): Promise<unknown> {
  const address = host === '[::1]' ? '::1' : '127.0.0.1'
  const port = await webServer(await certificateFor(names), address)
  const proxyUrl = isProxied ? `http://127.0.0.1:${await proxyTo(port, address)}` : ''
  const http = client({ proxyFor: proxyFromEnvironment({ HTTPS_PROXY: proxyUrl }) })
  return await http.send(get(`https://${host}:${port}/`)).catch((error: unknown) => error)
}

describe.each([
  ['direct', false],
  ['through a proxy', true],
])('a certificate, %s', (_way, isProxied) => {
  test.each([
    ['localhost', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
    ['[::1]', '::1'],
  ])('for the host of https://%s is accepted', async (host, name) => {
    expect(await call(host, [name], isProxied)).toMatchObject({ status: 200 })
  })

  test.each([
    ['localhost', 'hub.example'],
    ['localhost', '127.0.0.1'],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', '127.0.0.2'],
    ['127.0.0.1', 'hub.example'],
    ['[::1]', 'localhost'],
    ['[::1]', '::2'],
    ['[::1]', '127.0.0.1'],
  ])('is refused by https://%s when it is for %s', async (host, name) => {
    expect(await call(host, [name], isProxied)).toMatchObject(REFUSED)
  })
})

test('through a proxy, a name that only the proxy can resolve is checked like any other', async () => {
  expect(await call('hub.invalid', ['hub.invalid'], true)).toMatchObject({ status: 200 })
  expect(await call('hub.invalid', ['localhost'], true)).toMatchObject(REFUSED)
})

describe('the certificate of a proxy itself', () => {
  const through = async (host: string, names: readonly string[], isTrusted = true) => {
    const port = await webServer(await certificateFor(['hub.invalid']))
    const proxyPort = await proxyTo(port, '127.0.0.1', await certificateFor(names, isTrusted))
    const http = client({ proxyFor: proxyFromEnvironment({ HTTPS_PROXY: `https://u:p@${host}:${proxyPort}` }) })
    const answer = await http.send(get(`https://hub.invalid:${port}/`)).catch((error: unknown) => error)
    return { answer, contacted: http.contacted(), proxy: `${host}:${proxyPort}`, host: `hub.invalid:${port}` }
  }

  test.each([
    ['localhost', 'localhost'],
    ['127.0.0.1', '127.0.0.1'],
  ])('is accepted when it is for %s', async (host, name) => {
    const { answer, contacted, ...expected } = await through(host, [name])
    expect(answer).toMatchObject({ status: 200 })
    expect(contacted).toEqual({ hosts: [expected.host], proxy: expected.proxy })
  })

  test.each([
    ['localhost', 'hub.invalid'],
    ['127.0.0.1', 'localhost'],
    ['127.0.0.1', '127.0.0.2'],
  ])('is refused by %s when it is for %s, and nothing is sent', async (host, name) => {
    const { answer, contacted } = await through(host, [name])
    expect(answer).toMatchObject({ ...REFUSED, isProxys: true })
    expect(contacted).toEqual({ hosts: [] })
  })

  test('is refused when it is not trusted', async () => {
    const { answer } = await through('localhost', ['localhost'], false)
    expect(answer).toMatchObject({ phase: 'TLS', detail: 'DEPTH_ZERO_SELF_SIGNED_CERT', isProxys: true })
  })
})
