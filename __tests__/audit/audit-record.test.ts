/** The event of a run is sent once, however the run ends. */
import { expect, test } from '@jest/globals'
import type { AuditEvent } from '../../src/audit/audit-event.ts'
import { AuditRecord } from '../../src/audit/audit-record.ts'
import { Steps } from '../../src/text/steps.ts'

function record(facts = () => ({ org: 'acme' })) {
  const sent: AuditEvent[] = []
  const broken = () => {
    throw new Error('a sink that fails')
  }
  const steps = new Steps()
  const sinks = [broken, (event: AuditEvent) => void sent.push(event)]
  return { sent, steps, record: new AuditRecord({ event: 'hf-oidc-action/post', steps, facts, sinks }) }
}

test('an event is sent once, with what is known by then, also after a sink that fails', async () => {
  const { sent, steps, record: one } = record()
  await steps.time('revoke', async () => {})
  one.result = 'done'
  one.send()
  one.result = 'left-behind'
  one.send()
  expect(sent).toEqual([
    {
      event: 'hf-oidc-action/post',
      schemaVersion: 1,
      startedAt: expect.any(Number),
      durationMs: expect.any(Number),
      result: 'done',
      org: 'acme',
      steps: [{ step: 'revoke', ms: expect.any(Number), outcome: 'done' }],
    },
  ])
})

test('an event of which nobody said how it ended is an internal error', () => {
  const { sent, record: one } = record()
  one.send()
  expect(sent).toMatchObject([{ result: 'internal-error' }])
})

test('an event is sent although its facts cannot be told', () => {
  const { sent, record: one } = record(() => {
    throw new Error('no facts')
  })
  one.send()
  expect(sent).toMatchObject([{ event: 'hf-oidc-action/post' }])
})
