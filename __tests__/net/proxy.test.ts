import tls from 'node:tls'
import { describe, expect, test } from '@jest/globals'
import { proxyFromEnvironment, proxyPasswords, proxyProblem, unusedProxyVariable } from '../../src/net/proxy.ts'
import { plain } from '../../src/text/message.ts'

const target = new URL('https://sts.eu-west-1.amazonaws.com/')
const proxyFor = async (env: Record<string, string>, url = target) =>
  (await proxyFromEnvironment(env)(url, { addressMs: 250, tls }))?.proxy

describe('the proxy of a call', () => {
  test.each([
    [{}, undefined],
    [{ HTTP_PROXY: 'http://proxy:3128' }, undefined],
    [{ HTTPS_PROXY: 'http://proxy:3128' }, 'proxy:3128'],
    [{ https_proxy: 'http://small:1', HTTPS_PROXY: 'http://big:2' }, 'small:1'],
    [{ ALL_PROXY: 'socks5://all:1' }, undefined],
    [{ HTTPS_PROXY: 'proxy.corp:3128' }, 'proxy.corp:3128'],
    [{ HTTPS_PROXY: 'http://user:pass@proxy:3128' }, 'proxy:3128'],
    [{ HTTPS_PROXY: 'http://user:p@ss@proxy:3128/' }, 'proxy:3128'],
    [{ HTTPS_PROXY: ' HTTP://Proxy.Corp:3128 ' }, 'proxy.corp:3128'],
    [{ HTTPS_PROXY: 'https://[::1]:3128' }, '[::1]:3128'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'amazonaws.com' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'sts.eu-west-1.amazonaws.com' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', no_proxy: 'x, .AmazonAWS.com' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', no_proxy: 'x', NO_PROXY: '*' }, 'p:1'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: '*.amazonaws.com:443' }, undefined],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'amazonaws.com:8443' }, 'p:1'],
    [{ HTTPS_PROXY: 'http://p:1', NO_PROXY: 'aws.com,sts.eu-west-1' }, 'p:1'],
  ])('%j gives %s', async (env, proxy) => expect(await proxyFor(env as Record<string, string>)).toBe(proxy))

  test.each(['::1', '[::1]', '[::1]:8443'])('is not used for the IPv6 address that %s exempts', async (exception) => {
    const url = new URL('https://[::1]:8443/')
    expect(await proxyFor({ HTTPS_PROXY: 'http://p:1', NO_PROXY: exception }, url)).toBeUndefined()
  })
})

describe('a proxy that is not valid', () => {
  test.each([
    'http://u:100%@p:1',
    'socks5://p:1',
    'http://[',
    'http://p:99999',
    'http://u:a/b@p:1',
    'http://u:12/34@p:1',
    'http://u:12#34@p:1',
    'http://u:12?34@p:1',
    'http://u:12\\34@p:1',
    'http:p:1',
    'http://p%2eevil.test:1',
    'http://0x7f.1:1',
    'http://p:1/path',
    'http://',
  ])('"%s" is reported, not shown and not used', async (proxy) => {
    const problem = proxyProblem({ HTTPS_PROXY: proxy })
    expect(problem && plain(problem)).toMatch(/^`HTTPS_PROXY` is not a valid proxy; it must be an `http:\/\/` or/)
    expect(problem && plain(problem)).not.toContain('100%')
    expect(await proxyFor({ HTTPS_PROXY: proxy })).toBeUndefined()
  })

  test('is not what a valid one is called, or none', () => {
    expect([proxyProblem({}), proxyProblem({ https_proxy: 'p:1' })]).toEqual([undefined, undefined])
  })
})

test('the password in its URL is a secret, as it is written and decoded', () => {
  expect(proxyPasswords({ HTTPS_PROXY: 'http://u:p%40ss@p:1' })).toEqual(['p%40ss', 'p@ss'])
  expect(proxyPasswords({ HTTPS_PROXY: 'http://p:1' })).toEqual([])
})

test('the variable of a proxy that is not used is known only when none is used', () => {
  expect(unusedProxyVariable({ HTTP_PROXY: 'http://p:1' })).toBe('HTTP_PROXY')
  expect(unusedProxyVariable({ all_proxy: 'socks5://p:1' })).toBe('all_proxy')
  expect(unusedProxyVariable({ HTTP_PROXY: 'http://p:1', https_proxy: 'http://p:1' })).toBeUndefined()
  expect(unusedProxyVariable({ HTTP_PROXY: '' })).toBeUndefined()
})

test('its own certificate is checked, and its addresses get as much time as those of a host', async () => {
  const proxyFor = proxyFromEnvironment({ HTTPS_PROXY: 'https://proxy.corp:1' })
  const options = async (addressMs: number) => (await proxyFor(target, { addressMs, tls }))?.agent as unknown as Agent
  const [first, second] = [await options(250), await options(1000)]
  expect([first.connectOpts, second.connectOpts]).toEqual(
    [250, 1000].map((ms) =>
      expect.objectContaining({
        host: 'proxy.corp',
        rejectUnauthorized: true,
        checkServerIdentity: expect.any(Function),
        autoSelectFamilyAttemptTimeout: ms,
      }),
    ),
  )
  expect(await options(250)).toBe(first)
})

/** What `https-proxy-agent` connects to the proxy with. */
interface Agent {
  connectOpts: Record<string, unknown>
}
