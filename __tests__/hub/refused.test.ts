/** When auth-check shows that a token no longer works. */
import { describe, expect, test } from '@jest/globals'
import { ActionError } from '../../src/errors/action-error.ts'
import type { HubAccess } from '../../src/hub/call.ts'
import { isRefused } from '../../src/hub/refused.ts'
import { parseRepository } from '../../src/hub/repository.ts'
import { type HttpResponse, NetworkError } from '../../src/net/http.ts'

const repository = parseRepository('datasets/acme/data')
if (!repository) throw new Error('not a repository')

/** Whether a token is refused by a Hub that answers this. */
async function refused(answer: () => Partial<HttpResponse>): Promise<boolean> {
  const sent: string[] = []
  const http = {
    send: async ({ method, url, headers }: { method: string; url: URL; headers: Record<string, string> }) => {
      sent.push(`${method} ${url.href} ${headers.authorization}`)
      return { status: 200, headers: {}, body: Buffer.from(''), ...answer() }
    },
  }
  const access = { endpoint: 'https://hub.example', http, policy: {} } as unknown as HubAccess
  if (!repository) throw new Error('not a repository')
  const result = await isRefused('hf_value', repository, access)
  expect(sent).toEqual(['GET https://hub.example/api/datasets/acme/data/auth-check Bearer hf_value'])
  return result
}

const body = Buffer.from('{"error":"Invalid username or password."}')
const failure = () => new NetworkError({ what: 'the Hub', host: 'hub.example', phase: 'answer', detail: 'ECONNRESET' })

describe('a token', () => {
  test('is refused when the Hub itself says so', async () => {
    expect(await refused(() => ({ status: 401, body }))).toBe(true)
    expect(await refused(() => ({ status: 401, headers: { 'x-error-message': 'Invalid' } }))).toBe(true)
  })

  test.each<[string, Partial<HttpResponse>]>([
    ['it works', { status: 200 }],
    ['it may not read the repository', { status: 403, body }],
    ['the repository is hidden from it, or does not exist', { status: 404, body }],
    ['the Hub is limited', { status: 429, body }],
    ['the Hub is down', { status: 503, body }],
    ['another server refuses it', { status: 401, body: Buffer.from('<html>Log in</html>') }],
    ['who refuses it does not say so', { status: 401 }],
  ])('is not when %s', async (_what, answer) => {
    expect(await refused(() => answer)).toBe(false)
  })

  test('is not when there is no answer, and nothing is waited for any longer', async () => {
    const lost = () => {
      throw failure()
    }
    expect(await refused(lost)).toBe(false)
    const late = () => {
      throw new ActionError('deadline-exceeded', { failed: 'No time.', fix: 'Wait.' })
    }
    await expect(refused(late)).rejects.toThrow('No time.')
  })
})
