/**
 * The staging label of a version whose token has been replaced: it says since when. What a rotation must remember
 * between runs lives with the secret this way, needs no permission beyond moving labels, and suits a plain string too.
 */

const RETIRED = /^hf-oidc-retired-(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)\.(\d{3})Z$/

/** `at`: milliseconds since the epoch. */
export function retiredLabel(at: number): string {
  return `hf-oidc-retired-${new Date(at).toISOString().replace(/[-:]/g, '')}`
}

/** True for a label of ours. */
export function isRetiredLabel(label: string): boolean {
  return RETIRED.test(label)
}

/** Since when a version with these labels is retired, in milliseconds since the epoch; the latest counts. */
export function retiredSince(labels: readonly string[]): number | undefined {
  const times = labels.flatMap((label) => {
    const match = RETIRED.exec(label)
    if (!match) return []
    const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0, ms = 0] = match.slice(1).map(Number)
    return [Date.UTC(year, month - 1, day, hours, minutes, seconds, ms)]
  })
  return times.length > 0 ? Math.max(...times) : undefined
}
