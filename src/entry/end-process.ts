/** Ends the process even if a hostile peer (a resolver, a proxy) keeps something open. */

/** How long handles may stay open after all output was taken, and how long output may take, in milliseconds. */
const LINGER_MS = 1_000
const OUTPUT_MS = 60_000

/** Ends the process soon after its output has been taken, if it does not end by itself. */
export function endProcess(): void {
  const exit = () => process.exit()
  process.stdout.write('', () => setTimeout(exit, LINGER_MS).unref())
  setTimeout(exit, OUTPUT_MS).unref()
}
