/** Several pieces of work at a time, but never too many. */

/**
 * Does `work` for each item, in the order of the list, at most `limit` at a time. When one fails, the others are still
 * done.
 *
 * @throws the first failure (by time), after all work has ended.
 */
export async function inPool<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const waiting = items.entries()
  const failures: unknown[] = []
  const worker = async () => {
    for (const [index, item] of waiting) {
      try {
        await work(item, index)
      } catch (error) {
        failures.push(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  if (failures.length > 0) throw failures[0]
}
