import { describe, expect, test } from '@jest/globals'
import { explainNetworkError } from '../../src/net/explain-network.ts'
import { NetworkError, type Phase } from '../../src/net/http.ts'

const explain = (phase: Phase, detail = 'DETAIL', proxy?: string) =>
  explainNetworkError(new NetworkError({ what: 'the Hub’s whoami-v2', host: 'hub.example', phase, detail, proxy }))
    .message

describe('a network failure', () => {
  test.each<[Phase, string]>([
    ['DNS', 'does not resolve'],
    ['connect', 'Open TCP port 443'],
    ['TLS', 'NODE_EXTRA_CA_CERTS'],
    ['proxy', 'Check `HTTPS_PROXY`'],
    ['answer', 'closed the connection before the response was complete'],
    ['policy', 'Check `hf-endpoint`, `oidc-issuer`'],
  ])('in phase %s has its own cause and remedy', (phase, text) => {
    expect(explain(phase)).toContain(text)
    expect(explain(phase)).toContain(`Seen: phase ${phase}: DETAIL`)
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
