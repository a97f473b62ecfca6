/** Does many things a few at a time. */

/**
 * Does `work` for each item, at most `limit` at a time, in the order of the list. A failure does not stop the others.
 *
 * @throws the first failure, once everything has been tried.
 */
export async function inPool<T>(
  items: readonly T[],
  limit: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = []
  const left = items.entries()
  const worker = async () => {
    for (const [index, item] of left) {
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
