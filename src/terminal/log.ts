/** The log of a program without a runner: lines on the console. Debug lines are dropped. */
import type { Log } from '../text/log.ts'
import { verbatim } from '../text/printable.ts'

/** The longest line, in characters. */
const MAX = 4000

export const consoleLog: Log = {
  info: (message) => console.log(verbatim(message, MAX)),
  debug: () => {},
  warning: (message) => console.warn(verbatim(message, MAX)),
}
