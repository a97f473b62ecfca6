/** Everything that is wrong with the inputs, so that one run tells all of it. */
import { ActionError } from '../errors/action-error.ts'

/** Collects what is wrong, so that one run tells all of it. */
export class Problems {
  readonly lines: string[] = []

  add(input: string, problem: string): undefined {
    this.lines.push(`\`${input}\` ${problem}`)
    return undefined
  }
}

/** `input-invalid` with all that was found. */
export function invalid(lines: readonly string[]): ActionError {
  const count = lines.length === 1 ? 'One input is' : `${lines.length} inputs are`
  return new ActionError('input-invalid', {
    failed: `${count} not usable; nothing was asked of GitHub, AWS or the Hub.`,
    seen: lines.map((line) => `- ${line}`).join('\n'),
    fix: 'Correct the `with:` block of this step, or the variable that is named. Every input is described in the README, under "Inputs".',
  })
}
