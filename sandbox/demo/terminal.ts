/** How the demo looks on a terminal: plain text when it is not one. */

const COLOUR = process.stdout.isTTY && !process.env.NO_COLOR

const paint = (code: string) => (text: string) => (COLOUR ? `\u001b[${code}m${text}\u001b[0m` : text)

export const bold = paint('1')
export const dim = paint('2')
const green = paint('32')
const red = paint('31')
const yellow = paint('33')

/** A chapter's heading. */
export function heading(text: string): void {
  console.log(`\n${bold(text)}\n${dim('─'.repeat(text.length))}`)
}

/** A sentence of the story. */
export function tell(text: string): void {
  console.log(`  ${text}`)
}

/** Something that was checked; `ms` is how long it took. */
export function mark(ok: boolean, text: string, ms?: number): void {
  console.log(`  ${ok ? green('✔') : red('✘')} ${text}${ms === undefined ? '' : dim(`  ${Math.round(ms)} ms`)}`)
}

/** A step's log, as the workflow's log shows it. */
export function showLog(text: string): void {
  for (const line of text.trimEnd().split('\n')) {
    const shown = line.startsWith('Error:') ? red(line) : line.startsWith('Warning:') ? yellow(line) : line
    console.log(`  ${dim('│')} ${shown}`)
  }
}
