/** A program's audit event is the last line of its log, however it ends. */
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { AUDITED_CLAIMS } from '../../src/audit/audited-claims.ts'
import { audited } from '../../src/runner/audited.ts'
import { savedFacts, saveFacts } from '../../src/runner/saved-facts.ts'
import { remember } from '../../src/text/redact.ts'
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

test('handlers of signals, and of the end of the process, are gone afterwards', async () => {
  const counts = () => ['SIGINT', 'SIGTERM', 'exit'].map((name) => process.listenerCount(name))
  const before = counts()
  let during: number[] = []
  await audited(options(), async () => {
    during = counts()
  })
  expect(during).toEqual(before.map((count) => count + 1))
  expect(counts()).toEqual(before)
})

test('when the process ends in the middle of its work', async () => {
  await audited(options(), async () => {
    const exit = process.listeners('exit').at(-1)
    exit?.(13)
    expect(event()).toMatchObject({ result: 'internal-error', org: 'acme' })
  })
})

test('others receive it too', async () => {
  const received: unknown[] = []
  await audited({ ...options(), sinks: [(sent) => void received.push(sent)] }, async () => {})
  expect(received).toMatchObject([{ event: 'hf-oidc-action', org: 'acme' }])
})

test('post gets what main saved of its token, and nothing else', () => {
  const sha256 = 'ab'.repeat(32)
  saveFacts({
    org: 'acme',
    role: 'the role',
    identity: { subject: 'repo:acme/x', claims: { jti: 'x', environment: 'production', other: 'x', ref: ['x'] } },
    token: { sha256, hubIdentity: 'acme-ci', rights: ['write'], evidence: 'minted', confirmedBy: 'mint', expiresAt: 5 },
    details: { scope: 'write', source: 'service-account', other: 'x' },
  })
  step.set({ STATE_audit: step.state.audit })
  expect(savedFacts()).toEqual({
    org: 'acme',
    role: 'the role',
    roleSession: undefined,
    identity: { subject: 'repo:acme/x', claims: { jti: 'x', environment: 'production' } },
    token: {
      sha256,
      hubIdentity: 'acme-ci',
      kind: undefined,
      rights: ['write'],
      evidence: 'minted',
      confirmedBy: 'mint',
      expiresAt: 5,
    },
    details: { scope: 'write', source: 'service-account' },
  })
})

test('what is saved fits into a variable, and holds no secret of the run', () => {
  remember('correct-horse-battery-staple')
  const text = `correct-horse-battery-staple${'\u4e2d'.repeat(1_000_000)}`
  const claims = Object.fromEntries(AUDITED_CLAIMS.map((name) => [name, text]))
  const rights = Array.from({ length: 1000 }, () => text)
  saveFacts({ org: text, role: text, identity: { subject: text, claims }, token: { rights, hubIdentity: text } })
  // Linux: MAX_ARG_STRLEN.
  expect(Buffer.byteLength(step.state.audit ?? '')).toBeLessThan(131_072)
  expect(step.state.audit).not.toContain('correct-horse')
})

test.each(['', 'no JSON', '[]', '{"org":{},"subject":{},"sha256":["x"],"rights":[5],"claims":[]}'])(
  'what post does not understand is left out: %s',
  (state) => {
    step.set({ STATE_audit: state })
    const { org, identity, token } = savedFacts()
    expect([org, identity, token?.sha256]).toEqual([undefined, undefined, undefined])
  },
)
