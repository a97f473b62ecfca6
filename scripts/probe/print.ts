/** The report: Markdown that can be posted as it is. */
import { redact } from '../../src/text/redact.ts'
import type { Observation } from './call.ts'

export class Print {
  readonly #write: (line: string) => void

  constructor(write: (line: string) => void) {
    this.#write = write
  }

  heading(text: string): void {
    this.line(`\n## ${text.charAt(0).toUpperCase()}${text.slice(1)}\n`)
  }

  observed(what: string, { lines: [first = '', ...rest] }: Observation): void {
    this.line(`- ${what}: ${first}`)
    for (const line of rest) this.line(`    ${line}`)
  }

  skipped(what: string, why: string): void {
    this.line(`- skipped: ${what} (${why})`)
  }

  line(text: string): void {
    this.#write(redact(text))
  }
}
