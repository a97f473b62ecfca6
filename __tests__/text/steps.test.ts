import { expect, test } from '@jest/globals'
import { sha256 } from '../../src/text/sha256.ts'
import { Steps } from '../../src/text/steps.ts'

test('steps are measured in the order in which they began, whatever became of them', async () => {
  let now = 1000
  const steps = new Steps(() => now)
  const pass = (ms: number) => {
    now += ms
  }
  expect(
    await steps.time('id-token', async () => {
      pass(10.4)
      return 'x'
    }),
  ).toBe('x')
  const failing = steps.time('secret', async () => {
    pass(5)
    throw new Error('refused')
  })
  await expect(failing).rejects.toThrow('refused')
  void steps.time('verify', () => new Promise(() => {}))
  pass(7)
  await steps.time('id-token', async () => pass(1))
  expect(steps.all).toEqual([
    { step: 'id-token', ms: 10, outcome: 'done' },
    { step: 'secret', ms: 5, outcome: 'failed' },
    { step: 'verify', ms: 8, outcome: 'unfinished' },
    { step: 'id-token', ms: 1, outcome: 'done' },
  ])
  expect([steps.total('id-token'), steps.total('deliver')]).toEqual([11, undefined])
})

test('a hash is SHA-256 in hexadecimal', () => {
  // NIST's example for "abc".
  expect(sha256('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
})
