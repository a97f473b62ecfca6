/** A program's audit event is the last line of its log, however it ends. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { audited } from '../../src/runner/audited.ts'
import { savedFacts, saveFacts } from '../../src/runner/saved-facts.ts'
import { Steps } from '../../src/text/steps.ts'
import { Step } from './step.ts'

let step: Step
beforeEach(() => {
  step = new Step()
})
afterEach(() => step.end())
const event = () => JSON.parse(step.lines.at(-1)?.replace(/^Audit: /, '') ?? '') as object
const options = () => ({ event: 'hf-oidc-action', steps: new Steps(), facts: () => ({ org: 'acme' }) }) as const

test('after its work', async () => {
  await audited(options(), async (record) => {
    record.result = 'delivered'
  })
  expect(event()).toMatchObject({ event: 'hf-oidc-action', result: 'delivered', org: 'acme' })
})

test('after an error, which is thrown on', async () => {
  const work = async () => {
    throw new Error('broken')
  }
  await expect(audited(options(), work)).rejects.toThrow('broken')
  expect(event()).toMatchObject({ result: 'internal-error' })
})

test('handlers of signals are gone afterwards', async () => {
  const before = ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal))
  let during: number[] = []
  await audited(options(), async () => {
    during = ['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal))
  })
  expect(during).toEqual(before.map((count) => count + 1))
  expect(['SIGINT', 'SIGTERM'].map((signal) => process.listenerCount(signal))).toEqual(before)
})

test('post gets what main saved of its token, and nothing else', () => {
  const sha256 = 'ab'.repeat(32)
  saveFacts({
    org: 'acme',
    role: 'the role',
    identity: { subject: 'repo:acme/x', claims: { jti: 'x' } },
    token: { sha256, hubIdentity: 'acme-ci', rights: ['write'] },
    details: { scope: 'write', source: 'service-account', other: 'x' },
  })
  step.set({ STATE_audit: step.state.audit })
  expect(savedFacts()).toEqual({
    org: 'acme',
    role: 'the role',
    roleSession: undefined,
    identity: { subject: 'repo:acme/x', claims: {} },
    token: { sha256, hubIdentity: 'acme-ci', kind: undefined },
    details: { scope: 'write', source: 'service-account' },
  })
})

test('what is saved for post stays short, whatever the claims say', () => {
  saveFacts({ identity: { subject: 'x'.repeat(1_000_000), claims: {} }, role: `a${'\n'.repeat(100_000)}` })
  expect((step.state.audit ?? '').length).toBeLessThan(5_000)
})

test.each(['', 'no JSON', '[]', '{"org":5,"subject":{},"sha256":["x"]}'])(
  'what post does not understand is left out: %s',
  (state) => {
    step.set({ STATE_audit: state })
    const { org, identity, token } = savedFacts()
    expect([org, identity, token?.sha256]).toEqual([undefined, undefined, undefined])
  },
)
