import { describe, expect, test } from '@jest/globals'
import { explainNetworkError } from '../../src/net/explain-network.ts'
import { NetworkError, type Phase } from '../../src/net/http.ts'
import { platformOf } from '../platform/platforms.ts'

const explain = (phase: Phase, detail = 'DETAIL', proxy?: string) =>
  explainNetworkError(new NetworkError({ what: 'the Hub’s whoami-v2', host: 'hub.example', phase, detail, proxy }))
    .message

describe('a network failure', () => {
  test.each<[Phase, string]>([
    ['DNS', 'does not resolve'],
    ['connect', 'Open TCP port 443'],
    ['TLS', 'may not speak TLS'],
    ['proxy', 'Check `HTTPS_PROXY`'],
    ['answer', 'closed the connection before the response was complete'],
    ['policy', 'Check `hf-endpoint`, `oidc-issuer`'],
  ])('in phase %s has its own cause and remedy', (phase, text) => {
    expect(explain(phase)).toContain(text)
    expect(explain(phase)).toContain(`Seen: phase ${phase}: DETAIL`)
  })

  test.each([
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'does not trust the certificate'],
    [
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'or, if the runner’s system already trusts it, `NODE_OPTIONS=--use-system-ca`',
    ],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'valid for other names, but not for this host'],
    ['CERT_HAS_EXPIRED', 'the runner’s clock is wrong'],
    ['CERT_NOT_YET_VALID', 'the runner’s clock is wrong'],
  ])('of the certificate is explained by its code: %s', (code, text) => {
    expect(explain('TLS', code)).toContain(text)
  })

  test('of the proxy’s own certificate is not blamed on the host', () => {
    const failure = { what: 'x', host: 'hub.example', phase: 'TLS', detail: 'CERT_HAS_EXPIRED' } as const
    const { message } = explainNetworkError(new NetworkError({ ...failure, proxy: 'proxy:3128', isProxys: true }))
    expect(message).toContain('Seen: phase TLS of the proxy: CERT_HAS_EXPIRED')
    expect(message).toContain('the certificate of the proxy itself')
  })

  test.each([
    [407, 'requires credentials'],
    [403, 'does not allow connections to this host'],
    [502, 'could not reach this host'],
  ])('of the proxy is explained by what it answered: %i', (status, text) => {
    expect(explain('proxy', `the proxy answered CONNECT with ${status}`, 'proxy:3128')).toContain(text)
  })

  test.each<[Phase, boolean]>([
    ['DNS', true],
    ['connect', true],
    ['timeout', true],
    ['TLS', false],
    ['answer', false],
    ['policy', false],
  ])('in phase %s names a proxy that is set and not used: %s', (phase, isNamed) => {
    const failure = { what: 'x', host: 'hub.example', phase, detail: 'y', unusedProxy: 'HTTP_PROXY' }
    const { message } = explainNetworkError(new NetworkError(failure))
    expect(message.includes('`HTTP_PROXY` is set in this job, but `HTTPS_PROXY` is not.')).toBe(isNamed)
  })

  test('that is silence after a connection is not called a firewall', () => {
    expect(explain('timeout', 'no connection within 10 s, in phase connect')).toContain('are dropped by')
    expect(explain('timeout', 'no complete answer within 5 s, in phase TLS')).toContain('are dropped by')
    expect(explain('timeout', 'no complete answer within 5 s')).toContain('The host accepted the connection')
    expect(explain('timeout', 'nothing received for 15 s')).toContain('The host accepted the connection')
  })

  test('names host and purpose', () => {
    const message = explain('connect', 'ECONNREFUSED')
    expect(message).toContain('No answer from hub.example while waiting for the Hub’s whoami-v2.')
  })

  test('names the proxy that it went through', () => {
    expect(explain('proxy', 'x', 'proxy:3128')).toContain(
      'No answer from hub.example, through the proxy proxy:3128, while',
    )
  })

  test('shows nothing from outside as a command of the runner', () => {
    expect(explain('answer', '::error::x\n::error::y')).toContain(' : :error::x\\u{a}')
  })
})

describe('a certificate that is not trusted', () => {
  const untrusted = (env: Record<string, string>, readable: boolean, detail = 'SELF_SIGNED_CERT_IN_CHAIN') =>
    explainNetworkError(
      new NetworkError({ what: 'x', host: 'hub.example', phase: 'TLS', detail }),
      platformOf(env, { canRead: (path) => readable && path === '/etc/corp.pem' }),
    ).message
  const NAMED = { NODE_EXTRA_CA_CERTS: '/etc/corp.pem' }

  test('may be one of a file that is not there', () => {
    const message = untrusted(NAMED, false)
    expect(message).toContain(
      '`NODE_EXTRA_CA_CERTS` names `/etc/corp.pem`, but there is no file that this step can read',
    )
    expect(message).toContain('What to do: Make sure that `/etc/corp.pem` exists')
    expect(message).not.toContain('In a container')
  })

  test('may need a mount in a container', () =>
    expect(untrusted({ ...NAMED, RUNNER_TEMP: '/__w/_temp' }, false)).toContain('mount it there with `volumes:`'))

  test('has another cause if the file can be read, if there is none, or if the handshake failed', () => {
    for (const message of [untrusted(NAMED, true), untrusted({}, true)]) {
      expect(message).toContain('usually because a proxy inspects TLS')
    }
    expect(untrusted(NAMED, false, 'ECONNRESET')).toContain('The TLS handshake failed.')
  })
})

test('a network failure says who can fix it', () => {
  expect(explain('connect')).toContain('They must let it reach `hub.example`')
  expect(explain('policy')).toContain('Who can do it: Anyone who can change this workflow.')
})
