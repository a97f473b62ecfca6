/** Which secrets a run has taken already: one may be named in several ways. */

/**
 * Takes the secret with this ARN for the line that names it `id`. Returns undefined when it is that line's now, and
 * otherwise what it is already, for a message. `taken`: by ARN.
 */
export function claim(taken: Map<string, string>, arn: string, id: string): string | undefined {
  const claimed = `already listed as ${id}`
  const by = taken.get(arn)
  if (by === undefined) taken.set(arn, claimed)
  return by === claimed || by === id ? undefined : by
}
