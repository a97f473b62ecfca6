/** What a request tells policies: condition keys and their values. */

/** Condition keys (any case) and their values, as a caller writes them. An absent key is a missing one. */
export type ContextValues = Readonly<Record<string, string | readonly string[] | undefined>>

/** Keys in lower case. A key without a value is not in it. */
export type Context = ReadonlyMap<string, readonly string[]>

/**
 * Keys that differ by case only are one key with several values.
 * Source: IAM user guide, "Troubleshoot access denied error messages".
 */
export function contextOf(values: ContextValues): Context {
  const context = new Map<string, readonly string[]>()
  for (const [name, value] of Object.entries(values)) {
    const key = name.toLowerCase()
    const all = [...(context.get(key) ?? []), ...(typeof value === 'string' ? [value] : (value ?? []))]
    if (all.length > 0) context.set(key, all)
  }
  return context
}

/** The value of a key that has exactly one. */
export function singleValue(context: Context, key: string): string | undefined {
  const values = context.get(key) ?? []
  return values.length === 1 ? values[0] : undefined
}
