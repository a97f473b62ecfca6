/** How long a run leaves alone what another one may be working on, and how long its own work is its own. */
import { describe, expect, test } from '@jest/globals'
import type { Deadline } from '../../src/net/deadline.ts'
import { beginOwnWork, Settling } from '../../src/rotation/settling.ts'
import { HOUR, MINUTE, NOW, pass, SECOND, useClock } from './fakes.ts'

useClock()

function settling() {
  const waits: [number, string][] = []
  const deadline = {
    sleep: async (ms: number, what: string) => {
      waits.push([ms, what])
      pass(ms)
    },
  } as unknown as Deadline
  const given = new Settling()
  const settle = (id: string, createdAt: number | undefined = Date.now()) =>
    given.settle(id, createdAt, deadline, 'the other run')
  return { waits, see: (id: string) => given.see(id), settle }
}

describe('unfinished work', () => {
  test('is left alone for ten seconds, once', async () => {
    const { settle, waits } = settling()
    expect(await settle('a')).toBe(true)
    expect(await settle('a')).toBe(false)
    expect(waits).toEqual([[10 * SECOND, 'the other run']])
  })

  test('is left alone from when it was first seen', async () => {
    const { see, settle, waits } = settling()
    see('a')
    pass(4 * SECOND)
    see('a')
    expect(await settle('a')).toBe(true)
    expect(waits.map(([ms]) => ms)).toEqual([6 * SECOND])
  })

  test('needs no waiting when that was long enough ago', async () => {
    const { see, settle, waits } = settling()
    see('a')
    pass(10 * SECOND)
    expect(await settle('a')).toBe(false)
    expect(waits).toEqual([])
  })

  test('of one run says nothing about that of another', async () => {
    const { settle, waits } = settling()
    await settle('a')
    expect(await settle('b')).toBe(true)
    expect(waits).toHaveLength(2)
  })

  test('that is more than ten minutes old is not waited for', async () => {
    const { settle, waits } = settling()
    expect(await settle('a', NOW - 10 * MINUTE - 1)).toBe(false)
    expect(await settle('b', NOW - HOUR)).toBe(false)
    expect(waits).toEqual([])
  })

  test('is judged by the right time, whatever this machine’s clock shows', async () => {
    const waits: number[] = []
    const deadline = { sleep: async (ms: number) => void waits.push(ms) } as unknown as Deadline
    const settle = (clockOffsetMs: number) =>
      new Settling(() => Date.now() + clockOffsetMs).settle('a', NOW - 10 * MINUTE, deadline, 'the other run')
    expect(await settle(-5 * MINUTE)).toBe(true)
    expect(await settle(5 * MINUTE)).toBe(false)
    expect(waits).toEqual([10 * SECOND])
  })

  test('of unknown age, or ten minutes old, is waited for', async () => {
    const { settle } = settling()
    expect(await settle('a', NOW - 10 * MINUTE)).toBe(true)
    expect(await settle('b', undefined)).toBe(true)
  })
})

test('a run may undo its own work for less than five seconds', () => {
  const work = beginOwnWork()
  expect(work.isOurs()).toBe(true)
  pass(5 * SECOND - 1)
  expect(work.isOurs()).toBe(true)
  pass(1)
  expect(work.isOurs()).toBe(false)
})
