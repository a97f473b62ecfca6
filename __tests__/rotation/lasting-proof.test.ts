/** One ID token for all sessions of a run. */
import { expect, test } from '@jest/globals'
import type { Identity } from '../../src/identity/identity.ts'
import { LastingProof } from '../../src/rotation/lasting-proof.ts'

const identity = (inSeconds: number, clockOffsetMs = 0) =>
  ({ expiresAt: Date.now() / 1000 + inSeconds, clockOffsetMs }) as Identity

function proof(first: Identity) {
  const renewed: Identity[] = []
  const lasting = new LastingProof(first, async () => {
    await Promise.resolve()
    const next = identity(300)
    renewed.push(next)
    return next
  })
  return { lasting, renewed }
}

test('a valid token serves all sessions', async () => {
  const first = identity(300)
  const { lasting, renewed } = proof(first)
  for (let session = 0; session < 3; session += 1) expect(await lasting.current()).toBe(first)
  expect(renewed).toEqual([])
})

test.each([
  ['has expired', identity(-1)],
  ['is about to expire', identity(5)],
  ['has expired by the right time', identity(300, 400_000)],
])('one that %s is renewed once for all that ask', async (_, first) => {
  const { lasting, renewed } = proof(first)
  const all = await Promise.all([lasting.current(), lasting.current(), lasting.current()])
  expect(new Set([...all, await lasting.current()])).toEqual(new Set(renewed))
  expect(renewed).toHaveLength(1)
})

test('one that STS refuses as expired is replaced, and not a second time by whoever was told so later', async () => {
  const first = identity(300)
  const { lasting, renewed } = proof(first)
  const next = await lasting.renewed(first)
  expect(await lasting.renewed(first)).toBe(next)
  expect(await lasting.current()).toBe(next)
  expect(renewed).toEqual([next])
})

test('a renewal that failed is tried again by the next one', async () => {
  let calls = 0
  const lasting = new LastingProof(identity(-1), async () => {
    calls += 1
    if (calls === 1) throw new Error('no token')
    return identity(300)
  })
  await expect(lasting.current()).rejects.toThrow('no token')
  await lasting.current()
  expect(calls).toBe(2)
})
