/** How calls to AWS are signed. */
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import { readSecret } from '../../src/aws/read-secret.ts'
import { answer, CALLER, FakeAws, SECRET, SECRET_ARN } from './fake-aws.ts'

beforeEach(() => {
  jest.useFakeTimers({
    now: new Date('2026-11-22T12:00:00Z'),
    doNotFake: ['nextTick', 'setImmediate', 'setTimeout', 'queueMicrotask', 'performance'],
  })
})
afterEach(() => {
  jest.useRealTimers()
})

/** The headers of a signed call, by a clock that must be corrected by this much. */
async function signedWith(clock: { clockOffsetMs?: number }): Promise<Record<string, string>> {
  const aws = new FakeAws(answer({ ARN: SECRET_ARN, VersionId: '1', SecretString: 'hf_aaaaaaaaaaaa' }))
  const caller = { ...CALLER, credentials: { ...CALLER.credentials, ...clock } }
  await readSecret({ secret: SECRET, content: 'token', caller, http: aws.http, policy: aws.policy, mask() {} })
  return aws.sent[0]?.request.headers ?? {}
}

describe('a request is signed', () => {
  test.each([
    [{}, '20261122T120000Z'],
    [{ clockOffsetMs: 0 }, '20261122T120000Z'],
    [{ clockOffsetMs: 31_000 }, '20261122T120031Z'],
    [{ clockOffsetMs: -600_000 }, '20261122T115000Z'],
    // The day is part of the signature.
    [{ clockOffsetMs: 43_200_000 }, '20261123T000000Z'],
  ])('with the right time: %j', async (clock, time) => {
    const headers = await signedWith(clock)
    expect(headers['x-amz-date']).toBe(time)
    expect(headers.authorization).toContain(`Credential=ASIAEXAMPLE/${time.slice(0, 8)}/`)
  })
})
