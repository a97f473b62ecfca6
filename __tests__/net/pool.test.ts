/** Several pieces of work at a time. */
import { expect, test } from '@jest/globals'
import { inPool } from '../../src/net/pool.ts'

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

test('never more than the limit are at work, and they begin in the order of the list', async () => {
  const begun: number[] = []
  let atWork = 0
  let most = 0
  await inPool([...Array(11).keys()], 4, async (item, index) => {
    expect(item).toBe(index)
    begun.push(item)
    atWork += 1
    most = Math.max(most, atWork)
    await turn()
    if (item % 3 === 0) await turn()
    atWork -= 1
  })
  expect(begun).toEqual([...Array(11).keys()])
  expect(most).toBe(4)
})

test('after a failure the others are still done, and the first failure is thrown at the end', async () => {
  const done: string[] = []
  const all = inPool(['a', 'b', 'c', 'd'], 2, async (item) => {
    await turn()
    if (item === 'a' || item === 'c') throw new Error(item)
    done.push(item)
  })
  await expect(all).rejects.toThrow('a')
  expect(done).toEqual(['b', 'd'])
})

test('what is thrown may be anything, and nothing to do is no failure', async () => {
  await expect(inPool([1], 4, () => Promise.reject(undefined))).rejects.toBeUndefined()
  await inPool([], 4, () => Promise.reject(new Error('never')))
})
