/** Durations as people write them in inputs: `60s`, `15m`, `2h`, `7d`. */

const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400 }

/** Seconds, or undefined when the text is not a whole number followed by `s`, `m`, `h` or `d`. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9})([smhd])$/.exec(text)
  if (!match?.[1] || !match[2]) return undefined
  return Number(match[1]) * (SECONDS[match[2]] ?? 1)
}

/** `90` → `1m 30s`: at most two units, rounded down. */
export function formatDuration(seconds: number): string {
  let left = Math.max(0, Math.floor(seconds))
  const parts: string[] = []
  for (const [unit, size] of Object.entries(SECONDS).reverse()) {
    const count = Math.floor(left / size)
    if (count > 0) parts.push(`${count}${unit}`)
    left -= count * size
  }
  return parts.slice(0, 2).join(' ') || '0s'
}

/** `, valid for 1h`, for times in milliseconds since the epoch; empty when it is not known. */
export function validFor(expiresAt: number | undefined, now = Date.now()): string {
  return expiresAt === undefined ? '' : `, valid for ${formatDuration((expiresAt - now) / 1000)}`
}
