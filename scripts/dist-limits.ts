/** How large `dist/` may be: checked by `npm run check:dist`, and said in docs/performance.md. */

/** The largest size of all the code that a program can load, in bytes, not compressed. */
export const SIZE_LIMITS = {
  main: 730_000,
  // With the code for AWS, which only a minted token needs.
  post: 595_000,
  rotate: 850_000,
  lambda: 565_000,
} as const satisfies Readonly<Record<string, number>>

/** The largest compressed download, in bytes: what every job that uses the action waits for. */
export const DOWNLOAD_LIMIT = 325_000
