/** The end of every end-to-end test: what it must notice. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { roleArn } from '../../sandbox/index.ts'
import { Stage } from './stage.ts'

let stage: Stage
beforeEach(async () => {
  stage = await Stage.set()
})
afterEach(() => stage.close())

/** Somebody calls the Hub's endpoint for leaked tokens, whatever the test forgets about the calls afterwards. */
async function report(token: string): Promise<void> {
  const { hub } = stage.sandbox
  const answer = await fetch(`${hub.url}/api/credentials/revoke`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ credentials: [token] }),
  })
  expect(answer.status).toBe(202)
  hub.service.calls.length = 0
}

const inputs = {
  'token-source': 'service-account',
  'role-to-assume': roleArn('accounts'),
  'secret-id': 'huggingface/acme/service-accounts',
  'service-account': 'ci',
}

test('a report of a minted token fails the test, also one about tokens that were created by hand', async () => {
  const { main } = await stage.main({ with: inputs })
  stage.reportsTokensByHand()
  await report(main.outputs['hf-token'] ?? '')
  await expect(stage.clear()).rejects.toThrow('1 minted tokens and 0 others were reported as leaked')
})

test('a report of a token that was created by hand fails the test, also one with `revoke: true`', async () => {
  await stage.main({ with: { ...inputs, revoke: 'true' } })
  await report(stage.sandbox.tokens.read)
  await expect(stage.clear()).rejects.toThrow('0 minted tokens and 1 others were reported as leaked')
})

test('a report that the test announces does not', async () => {
  stage.reportsTokensByHand()
  await report(stage.sandbox.tokens.read)
  await stage.clear()
})
