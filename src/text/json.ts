/** JSON from outside. */

/**
 * The parsed value, or undefined when the text is not JSON. The parser's own message is dropped on purpose, because it
 * quotes the text, which may be a secret.
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** Narrows to an object that is not an array. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
