/** How large `dist/` may be: checked by `npm run check:dist`, and said in docs/performance.md. */

/** The largest size of all the code that a program can load, in bytes, not compressed. */
export const SIZE_LIMITS = {
  main: 700_000,
  post: 60_000,
  rotate: 760_000,
  lambda: 510_000,
} as const satisfies Readonly<Record<string, number>>

/** The largest compressed download, in bytes: what every job that uses the action waits for. */
export const DOWNLOAD_LIMIT = 260_000
