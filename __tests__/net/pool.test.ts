/** Many things, a few at a time. */
import { describe, expect, test } from '@jest/globals'
import { inPool } from '../../src/net/pool.ts'

const turn = () => new Promise(setImmediate)

describe('a pool', () => {
  test('does everything once, in order, with its number', async () => {
    const done: [string, number][] = []
    await inPool(['a', 'b', 'c'], 2, async (item, index) => {
      done.push([item, index])
      await turn()
    })
    expect(done).toEqual([
      ['a', 0],
      ['b', 1],
      ['c', 2],
    ])
  })

  test.each([1, 4, 50])('never does more than %i things at a time, and as many when it can', async (limit) => {
    let busy = 0
    let most = 0
    await inPool(Array.from({ length: 20 }), limit, async () => {
      busy += 1
      most = Math.max(most, busy)
      await turn()
      busy -= 1
    })
    expect(most).toBe(Math.min(limit, 20))
  })

  test('goes on after failures, and throws the first one when everything was tried', async () => {
    const tried: number[] = []
    const all = inPool([1, 2, 3, 4, 5], 2, async (item) => {
      tried.push(item)
      await turn()
      if (item % 2 === 0) throw new Error(`failure ${item}`)
    })
    await expect(all).rejects.toThrow('failure 2')
    expect(tried).toEqual([1, 2, 3, 4, 5])
  })

  test('of nothing does nothing', async () => {
    await inPool([], 4, () => Promise.reject(new Error('nothing is to be done')))
  })
})
