/** Ends the process although a hostile peer (a resolver, a proxy) may keep something open. */

/** How long open handles may linger once all output is out, and how long output may take, in milliseconds. */
const LINGER_MS = 1_000
const OUTPUT_MS = 60_000

/** Call it when everything is done: the process ends by itself, or soon after its output has been taken. */
export function endProcess(): void {
  const exit = () => process.exit()
  process.stdout.write('', () => setTimeout(exit, LINGER_MS).unref())
  setTimeout(exit, OUTPUT_MS).unref()
}
