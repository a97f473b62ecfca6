/** An exchange that the Hub does not carry out: its own outage, an intermediary, or a refusal. */
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { recordMessage } from './recorded-messages.ts'
import { errorOf, type Play, Stage, warningsOf } from './stage.ts'

const EXCHANGE = 'oauth-token (trusted publisher)'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.clear())

const publisher = (more: Record<string, string> = {}): Play => ({
  with: { 'role-to-assume': '', 'token-source': 'trusted-publisher', 'hf-resource': 'acme/model', ...more },
})
const exchanges = () => stage.sandbox.hub.service.count(EXCHANGE)

describe('an outage of the Hub that looks like a refusal', () => {
  test('is retried, and the token is delivered', async () => {
    stage.sandbox.hub.abortExchanges(2)
    const { main } = await stage.main(publisher())
    expect(main.exitCode).toBe(0)
    expect(main.outputs['hf-token']).toMatch(/^hf_jwt_/)
    expect(warningsOf(main)).toEqual([])
    expect(exchanges()).toBe(3)
  })

  test('does not blame the trusted publisher if it persists', async () => {
    stage.sandbox.hub.abortExchanges(99)
    const { main } = await stage.main(publisher())
    const { title, message } = errorOf(main)
    expect(title).toBe('hub-failed')
    recordMessage('hub-failed/exchange-outage', message, stage.sandbox)
    expect(message).toContain('"invalid_grant: This operation was aborted"')
    expect(message).toContain('The Hub failed while it processed the request.')
    expect(message).not.toContain('provider: GitHub Actions')
    expect(exchanges()).toBe(6)
  })
})

test('a page of an intermediary is not taken for a refusal of the Hub', async () => {
  stage.sandbox.hub.service.inject(EXCHANGE, {
    kind: 'answer',
    status: 403,
    headers: { 'content-type': 'text/html' },
    body: '<html>Blocked by policy</html>',
  })
  const { title, message } = errorOf((await stage.main(publisher())).main)
  expect(title).toBe('hub-failed')
  expect(message).toContain('did not come from the Hub’s API')
  expect(exchanges()).toBe(1)
})

test('a plain refusal is not retried', async () => {
  const { main } = await stage.main({ ...publisher(), job: { repository: 'octo-org/other' } })
  expect(errorOf(main).title).toBe('exchange-rejected')
  expect(exchanges()).toBe(1)
})
