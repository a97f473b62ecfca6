/** Does work for many items, a few at a time. */

/** What `work` returns for each item, in the items' order; at most `most` of them are being worked on at any time. */
export async function atATime<T, R>(most: number, items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results = new Map<number, R>()
  const entries = items.entries()
  // All workers take from the same iterator.
  const worker = async () => {
    for (const [at, item] of entries) results.set(at, await work(item))
  }
  await Promise.all(Array.from({ length: Math.min(most, items.length) }, worker))
  return items.flatMap((_, at) => {
    const result = results.get(at)
    return result === undefined ? [] : [result]
  })
}
