/** Looking at calls between their work and their answer: what was done is done, what becomes of the answer is open. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { Sandbox } from '../../sandbox/index.ts'
import type { Call } from '../../sandbox/service.ts'

let sandbox: Sandbox

beforeEach(async () => {
  sandbox = await Sandbox.start()
})

afterEach(async () => {
  await sandbox.close()
})

const whoami = (init: RequestInit = {}) =>
  fetch(`${sandbox.hub.url}/api/whoami-v2`, { headers: { authorization: `Bearer ${sandbox.tokens.read}` }, ...init })
const lastCall = () => sandbox.hub.service.calls.at(-1)

test('the observer sees the calls of all services, with what they will answer', async () => {
  const seen: string[] = []
  sandbox.afterWork = ({ service, operation, status, endedAt }) => {
    seen.push(`${service} ${operation} ${status} ${endedAt}`)
    return undefined
  }
  await whoami()
  await fetch(`${sandbox.github.issuer}/.well-known/jwks`)
  await fetch(sandbox.aws.url)
  expect(seen).toEqual(['hub whoami-v2 200 0', 'github jwks 200 0', 'aws unknown 400 0'])
  sandbox.afterWork = undefined
  await whoami()
  expect(seen).toHaveLength(3)
})

test('an answer can be lost after the work was done', async () => {
  sandbox.afterWork = () => 'lose'
  await expect(whoami()).rejects.toThrow('fetch failed')
  expect(lastCall()).toMatchObject({ operation: 'whoami-v2', status: 200, endedAt: 0 })
})

test('an answer can stay away for ever', async () => {
  const arrived = new Promise<void>((resolve) => {
    sandbox.afterWork = () => {
      resolve()
      return 'hang'
    }
  })
  const caller = new AbortController()
  let answered = false
  const asked = whoami({ signal: caller.signal }).then(() => {
    answered = true
  })
  await arrived
  sandbox.afterWork = undefined
  // What is asked later is answered.
  await fetch(`${sandbox.github.issuer}/.well-known/jwks`)
  await whoami()
  expect(answered).toBe(false)
  caller.abort()
  await expect(asked).rejects.toMatchObject({ name: 'AbortError' })
  expect(sandbox.hub.service.calls[0]).toMatchObject({ status: 200, endedAt: 0 })
})

test('the observer sees what a fault lets the handler do, and nothing else', async () => {
  const seen: Call[] = []
  sandbox.afterWork = (call) => {
    seen.push(call)
    return 'answer'
  }
  const { service } = sandbox.hub
  service.inject('whoami-v2', { kind: 'lost' })
  service.inject('whoami-v2', { kind: 'change', change: (response) => ({ ...response, status: 203 }) })
  service.inject('whoami-v2', { kind: 'reset' })
  service.inject('whoami-v2', { kind: 'answer', status: 503 })
  await expect(whoami()).rejects.toThrow('fetch failed')
  expect((await whoami()).status).toBe(203)
  await expect(whoami()).rejects.toThrow('fetch failed')
  expect((await whoami()).status).toBe(503)
  expect(seen).toHaveLength(2)
  expect(service.calls.map(({ status }) => status)).toEqual([200, 203, 0, 503])
})
